"""PowerPoint presentations (OOXML): each slide with its title first, then its shapes as they are placed."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from core.documents.build import Builder
from core.documents.document import PlaceKind
from core.documents.office import drawings
from core.documents.office.drawings import lines_of, text_of
from core.documents.office.slide_ground import LayoutGround, SlideGround, placeholder_of
from core.documents.office.slide_letters import without_hidden
from core.documents.office.slide_places import SlideVisibility, numbers
from core.documents.xml import Element, attribute, child, children, each, find_all, number, relation_id, tag
from core.documents.zip_package import Package

_TITLES = {"title", "ctrTitle"}
_EDGES: dict[str, PlaceKind] = {"ftr": "footer", "hdr": "header", "dt": "footer"}
_MASTERS = (
    "ppt/slideMasters/", "ppt/slideLayouts/", "ppt/notesMasters/", "ppt/handoutMasters/",
)  # fmt: skip
_PROMPT = re.compile("<[^<>]*>")
_LISTED = {"", "body", "obj"}
Spot = tuple[int, int]


class PowerPointReader:
    """One presentation being read. `main` is the name of its main part."""

    def __init__(self, package: Package, main: str, builder: Builder) -> None:
        self._package = package
        self._main = main
        self._builder = builder
        self._size: tuple[float, float] | None = None
        self._layout = functools.cache(self._layout_of)

    def read(self) -> None:
        builder, root = self._builder, self._package.main(self._main)
        builder.unit = "slide"
        self._size = numbers(child(root, "sldSz"), "cx", "cy")
        self._masters()
        for item in children(child(root, "sldIdLst"), "sldId"):
            name = self._package.target(self._main, relation_id(item))
            slide = self._package.xml(name)
            builder.slide_page(masked=attribute(slide, "show") in ("0", "false"))
            if slide is not None:
                self._slide(name, slide)
        for name in self._package.names:
            if name.startswith("ppt/comments/"):
                for text in find_all(self._package.xml(name), "text", "t"):
                    builder.place("comment", text.text or "")

    def _masters(self) -> None:
        """What masters and layouts show on every slide: shapes that are no placeholders, and the headers and
        footers that are written there."""
        for name in self._package.names:
            if name.startswith(_MASTERS) and name.endswith(".xml"):
                for shape in find_all(self._package.xml(name), "sp", "graphicFrame"):
                    text = "\n".join(lines_of(shape))
                    written = _type(shape) in ("hdr", "ftr") and not _PROMPT.fullmatch(text)
                    if placeholder_of(shape) is None or written:
                        self._builder.place("master", text)

    def _slide(self, name: str, root: Element) -> None:
        builder = self._builder
        layout = next(self._package.related(name, "slideLayout"), None)
        spots, below = self._layout(layout)
        shapes = list(_ordered(child(root, "cSld", "spTree"), spots))
        shapes.sort(key=lambda shape: _type(shape) not in _TITLES)
        visibility = SlideVisibility(self._size)
        ground = SlideGround(root, below, visibility.box_of)
        shapes = [shape for shape in shapes if not self._hidden(shape, visibility, ground)]
        if shapes and _type(shapes[0]) not in _TITLES and (title := _sole_line(shapes[0])):
            builder.heading(2, title)
            del shapes[0]
        for shape in shapes:
            self._shape(shape, name)
        for part in self._package.related(name, "notesSlide"):
            self._notes(part)

    def _layout_of(self, name: str | None) -> tuple[dict[str, Spot], LayoutGround]:
        """Where a layout has its placeholders, and what slides have beneath them."""
        spots = _layout_spots(self._package.xml(name) if name else None)
        return spots, LayoutGround.read(self._package, name)

    def _hidden(self, shape: Element, visibility: SlideVisibility, ground: SlideGround) -> bool:
        """Put what people do not see of a shape apart. Returns whether that is all of it."""
        unseen = visibility.hides(shape)
        hidden = "\n".join(lines_of(shape)) if unseen else without_hidden(shape, ground)
        if unseen:
            self._builder.warn("hidden_text")
        self._builder.hide(hidden, page=self._builder.page_number)
        return unseen

    def _shape(self, shape: Element, slide: str) -> None:
        builder, kind = self._builder, _type(shape)
        if tag(shape) == "graphicFrame":
            self._frame(shape, slide)
        elif kind in _TITLES:
            builder.heading(1 if kind == "ctrTitle" else 2, " ".join(lines_of(shape)))
        elif kind in _EDGES:
            builder.place(_EDGES[kind], "\n".join(lines_of(shape)), page=builder.page_number)
        elif kind == "sldNum":
            return
        else:
            self._body(shape, listed=kind in _LISTED and placeholder_of(shape) is not None)

    def _body(self, shape: Element, *, listed: bool) -> None:
        builder = self._builder
        if not listed:
            builder.place("textbox", "\n".join(lines_of(shape)), page=builder.page_number)
        for paragraph in children(child(shape, "txBody"), "p"):
            text, properties = text_of(paragraph), child(paragraph, "pPr")
            marked = child(properties, "buChar") is not None or child(properties, "buAutoNum") is not None
            if marked or (listed and child(properties, "buNone") is None):
                builder.item(text, depth=number(properties, "lvl"))
            else:
                builder.paragraph(text)

    def _frame(self, frame: Element, slide: str) -> None:
        """A table, a diagram or a chart."""
        for table in find_all(frame, "tbl"):
            rows = (children(row, "tc") for row in children(table, "tr"))
            self._builder.table(["\n".join(lines_of(cell)) for cell in row] for row in rows)
        drawings.write_frame(frame, slide, self._package, self._builder)

    def _notes(self, part: str) -> None:
        for shape in find_all(self._package.xml(part), "sp"):
            if _type(shape) in ("hdr", "ftr"):
                self._builder.place(_EDGES[_type(shape)], "\n".join(lines_of(shape)))
            elif _type(shape) == "body":
                self._builder.speaker_note("\n".join(lines_of(shape)))


def _type(shape: Element) -> str:
    holder = None if tag(shape) == "graphicFrame" else placeholder_of(shape)
    return attribute(holder, "type") if holder is not None else "none"


def _sole_line(shape: Element) -> str:
    """The only line of a text box: at the top of a slide without a title it is the title."""
    lines = list(lines_of(shape)) if tag(shape) == "sp" and _type(shape) not in (*_EDGES, "sldNum") else []
    return lines[0] if len(lines) == 1 and len(lines[0]) <= 100 else ""


def _ordered(tree: Element | None, spots: dict[str, Spot]) -> Iterator[Element]:
    """Shapes from top to bottom, left to right; in the file's order where one has no known place."""
    shapes: list[tuple[Spot | None, Element]] = []
    for shape in each(tree):
        if tag(shape) == "AlternateContent":
            shapes += [(None, inner) for inner in each(child(shape, "Choice"))]
        elif tag(shape) in ("sp", "graphicFrame", "grpSp", "cxnSp"):
            shapes.append((_spot(shape, spots), shape))
    if all(spot is not None for spot, _ in shapes):
        shapes.sort(key=lambda item: item[0] or (0, 0))
    for _, shape in shapes:
        if tag(shape) == "grpSp":
            yield from _ordered(shape, spots)
        else:
            yield shape


def _spot(shape: Element, spots: dict[str, Spot]) -> Spot | None:
    """(top, left), in thirds of an inch so that neighbours of nearly one height stay side by side."""
    offset = next(find_all(shape, "off"), None)
    if offset is not None:
        try:
            return int(attribute(offset, "y")) // 300_000, int(attribute(offset, "x"))
        except ValueError:
            return None
    holder = placeholder_of(shape)
    return None if holder is None else spots.get(_key(holder))


def _key(holder: Element) -> str:
    return attribute(holder, "idx") or attribute(holder, "type")


def _layout_spots(layout: Element | None) -> dict[str, Spot]:
    found: dict[str, Spot] = {}
    for shape in find_all(layout, "sp"):
        holder, spot = placeholder_of(shape), _spot(shape, {})
        if holder is not None and spot is not None:
            found[_key(holder)] = spot
    return found
