"""OpenDocument texts, presentations and spreadsheets (ODF 1.3), zipped or flat."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.documents.build import Builder, Full, Unreadable
from core.documents.document import PlaceKind
from core.documents.numbering import formatted
from core.documents.package import (
    Element,
    Package,
    attribute,
    child,
    children,
    each,
    find_all,
    parse,
    tag,
)  # fmt: skip

_FORMATS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_BLOCKS = {
    "section", "text-box", "index-body", "table-of-content", "alphabetical-index", "illustration-index",
    "index-title", "user-index", "bibliography", "table-index", "object-index", "g", "custom-shape",
    "list-header", "list-item", "rect", "ellipse", "a",
}  # fmt: skip
_REPEAT = 200


def read(package: Package, builder: Builder) -> None:
    """A zipped document. Sets properties, pages and places."""
    manifest = package.xml("META-INF/manifest.xml")
    if next(find_all(manifest, "encryption-data"), None) is not None:
        raise Unreadable("encrypted")
    content = package.xml("content.xml")
    styles = package.xml("styles.xml")
    _properties(package.xml("meta.xml"), builder)
    reader = _Reader(builder, (content, styles), package)
    reader.read(child(content, "body"), child(styles, "master-styles"))


def read_flat(data: bytes, builder: Builder) -> None:
    """A document in a single XML file."""
    root = parse(data)
    if tag(root) != "document":
        raise Unreadable("unknown_format")
    kind = attribute(root, "mimetype").rpartition(".")[2]
    builder.kind = {"presentation": "odp", "spreadsheet": "ods"}.get(kind, "odt")  # type: ignore[assignment]
    _properties(root, builder)
    _Reader(builder, (root,)).read(child(root, "body"), child(root, "master-styles"))


def _properties(root: Element | None, builder: Builder) -> None:
    meta = next(find_all(root, "meta"), None)
    for item in each(meta):
        name = attribute(item, "name") if tag(item) == "user-defined" else tag(item)
        if tag(item) != "document-statistic":
            builder.property(name, "".join(item.itertext()))


@dataclass(slots=True, kw_only=True)
class _Paragraph:
    pieces: list[str] = field(default_factory=list[str])
    frames: list[Element] = field(default_factory=list[Element])
    breaks: int = 0

    @property
    def text(self) -> str:
        return "".join(self.pieces).replace("\t", " ").strip()


class _Reader:
    def __init__(
        self, builder: Builder, roots: tuple[Element | None, ...], package: Package | None = None
    ) -> None:
        self._builder = builder
        self._package = package
        self._lists = {
            attribute(style, "name"): style for root in roots for style in find_all(root, "list-style")
        }
        self._styles = {
            attribute(style, "name"): style for root in roots for style in find_all(root, "style")
        }
        self._notes: list[str] = []
        self._counts: dict[str, int] = {}
        self._paged = False
        self._rows = builder.limits.rows

    def read(self, body: Element | None, masters: Element | None) -> None:
        self._around(masters)
        for kind in each(body):
            match tag(kind):
                case "spreadsheet":
                    self._sheets(kind)
                case "presentation" | "drawing":
                    self._slides(kind)
                case _:
                    self._paged = next(find_all(kind, "soft-page-break"), None) is not None
                    self._builder.unit = "page" if self._paged else "none"
                    self._builder.page()
                    self._blocks(kind)
        for number, note in enumerate(self._notes, 1):
            self._builder.paragraph(f"[^{number}]: {note}")

    def _around(self, masters: Element | None) -> None:
        for page in children(masters, "master-page"):
            for part in page:
                kind: PlaceKind = "master"
                if tag(part).startswith(("header", "footer")):
                    kind = "header" if tag(part).startswith("header") else "footer"
                if attribute(part, "class") in ("title", "outline", "page", "notes") or tag(part) == "notes":
                    continue
                for line in self._lines(part):
                    self._builder.place(kind, line)

    def _lines(self, element: Element) -> Iterator[str]:
        for paragraph in find_all(element, "p", "h"):
            text = self._paragraph(paragraph).text
            if re.search(r"[^\W\d_]", text) and not re.fullmatch(r"<.*>", text):
                yield text

    def _blocks(self, container: Element) -> None:  # noqa: C901 - a flat table of cases
        for element in container:
            match tag(element):
                case "h":
                    level = attribute(element, "outline-level")
                    self._write(element, int(level) if level.isdecimal() else 1)
                case "p":
                    self._write(element, 0)
                case "list":
                    self._list(element, "", 0)
                case "table":
                    self._table(element)
                case "frame":
                    self._frame(element)
                case "soft-page-break":
                    self._turn(1)
                case "tracked-changes":
                    self._builder.warn("tracked_changes")
                case name if name in _BLOCKS:
                    self._blocks(element)
                case _:
                    pass

    def _write(self, element: Element, level: int) -> None:
        paragraph, builder = self._paragraph(element), self._builder
        text = paragraph.text
        style = self._styles.get(attribute(element, "style-name"))
        named = {
            attribute(element, "style-name"),
            attribute(style, "parent-style-name") if style is not None else "",
        }
        if level:
            builder.heading(level, text)
        elif "Title" in named and text:
            builder.heading(1, text)
            builder.title = builder.title or text
        else:
            builder.paragraph(text)
        self._frames(paragraph)

    def _frames(self, paragraph: _Paragraph) -> None:
        for frame in paragraph.frames:
            self._frame(frame)
        self._turn(paragraph.breaks)

    def _turn(self, pages: int) -> None:
        for _ in range(pages if self._paged else 0):
            self._builder.page()

    def _paragraph(self, element: Element) -> _Paragraph:
        paragraph = _Paragraph()
        self._inline(element, paragraph)
        return paragraph

    def _inline(self, element: Element, into: _Paragraph) -> None:  # noqa: C901 - likewise
        into.pieces.append(element.text or "")
        for item in element:
            match tag(item):
                case "s":
                    count = attribute(item, "c")
                    into.pieces.append(" " * (min(int(count), 100) if count.isdecimal() else 1))
                case "tab":
                    into.pieces.append("\t")
                case "line-break":
                    into.pieces.append("\n")
                case "soft-page-break":
                    into.breaks += 1
                case "note":
                    into.pieces.append(self._note(item))
                case "annotation":
                    self._builder.place("comment", "\n".join(self._lines(item)))
                case "frame" | "custom-shape" | "g":
                    into.frames.append(item)
                case "ruby-text" | "annotation-end" | "tracked-changes":
                    pass
                case _:
                    self._inline(item, into)
            into.pieces.append(item.tail or "")

    def _note(self, note: Element) -> str:
        body = child(note, "note-body")
        text = " ".join(self._lines(body)) if body is not None else ""
        self._builder.place("note", text)
        self._notes.append(text)
        return f"[^{len(self._notes)}]"

    def _frame(self, frame: Element) -> None:
        """A text box (a place too), a table, or nothing that can be read."""
        inner = child(frame, "text-box")
        if inner is None and tag(frame) != "frame":
            inner = frame
        if inner is not None:
            page = self._builder.page_number if self._paged or self._builder.unit == "slide" else None
            self._builder.place("textbox", "\n".join(self._lines(inner)), page=page)
            self._blocks(inner)
        for table in children(frame, "table"):
            self._table(table)
        for item in children(frame, "object"):
            self._object(attribute(item, "href").removeprefix("./"))

    def _object(self, name: str) -> None:
        """The tables of an embedded spreadsheet or chart."""
        if self._package is not None:
            for table in find_all(self._package.xml(f"{name}/content.xml"), "table"):
                self._table(table)

    def _list(self, element: Element, style: str, depth: int) -> None:
        style = attribute(element, "style-name") or style
        key = f"{style}/{depth}"
        if attribute(element, "continue-numbering") != "true" and not attribute(element, "continue-list"):
            self._counts[key] = 0
        for item in element:
            if tag(item) not in ("list-item", "list-header"):
                continue
            start = attribute(item, "start-value")
            self._counts[key] = int(start) if start.isdecimal() else self._counts.get(key, 0) + 1
            first = True
            for block in item:
                if tag(block) == "list":
                    self._list(block, style, depth + 1)
                elif tag(block) == "h":
                    self._write(block, int(attribute(block, "outline-level") or 1))
                elif tag(block) == "p":
                    paragraph = self._paragraph(block)
                    mark = self._mark(style, depth, self._counts[key]) if first else " "
                    self._builder.item(paragraph.text, depth=depth, mark=mark)
                    self._frames(paragraph)
                    first = False

    def _mark(self, style: str, depth: int, number: int) -> str:
        for level in self._lists.get(style, ()):
            if attribute(level, "level") == str(depth + 1) and tag(level) == "list-level-style-number":
                shape = attribute(level, "num-format")
                if shape:
                    text = formatted(number, _FORMATS.get(shape, "decimal"))
                    return f"{attribute(level, 'num-prefix')}{text}{attribute(level, 'num-suffix')}"
        return "-"

    def _table(self, table: Element) -> None:
        rows = [list(_cells(row)) for row in _rows(table)]
        if max((len(row) for row in rows), default=0) <= 1:
            for cell in (cell for row in rows for cell in row if cell is not None):
                self._blocks(cell)
            return
        self._builder.table([[self._cell(cell) for cell in row] for row in rows])

    def _cell(self, cell: Element | None) -> str:
        if cell is None:
            return ""
        lines: list[str] = []
        for block in cell:
            if tag(block) == "table":
                for row in _rows(block):
                    texts = [self._cell(inner).replace("\n", " ") for inner in _cells(row)]
                    lines.append(" – ".join(filter(None, texts)))
            elif tag(block) == "list":
                lines += [f"- {line}" for line in self._lines(block)]
            elif tag(block) == "annotation":
                self._builder.place("comment", "\n".join(self._lines(block)))
            elif tag(block) in ("p", "h"):
                paragraph = self._paragraph(block)
                lines.append(paragraph.text)
                lines += [line for frame in paragraph.frames for line in self._lines(frame)]
        return "\n".join(filter(None, lines))

    def _slides(self, body: Element) -> None:
        builder = self._builder
        builder.unit = "slide"
        for slide in children(body, "page"):
            builder.page()
            shapes = [shape for shape in slide if tag(shape) != "notes"]
            shapes.sort(key=_spot)
            if shapes and attribute(shapes[0], "class") != "title":
                lines = list(self._lines(shapes[0]))
                if len(lines) == 1 and len(lines[0]) <= 100:
                    builder.heading(2, lines[0])
                    del shapes[0]
            for shape in shapes:
                self._slide_shape(shape)
            for notes in children(slide, "notes"):
                for frame in children(notes, "frame"):
                    if attribute(frame, "class") == "notes" and (lines := list(self._lines(frame))):
                        builder.place("note", "\n".join(lines), page=builder.page_number)
                        builder.raw("\n".join(f"> {line}" for line in lines))

    def _slide_shape(self, shape: Element) -> None:
        if attribute(shape, "class") == "title":
            self._builder.heading(2, " ".join(self._lines(shape)))
        elif tag(shape) == "frame":
            if not attribute(shape, "class"):
                self._frame(shape)
            else:
                for inner in shape:
                    self._blocks(inner) if tag(inner) == "text-box" else None
                for table in children(shape, "table"):
                    self._table(table)
                for item in children(shape, "object"):
                    self._object(attribute(item, "href").removeprefix("./"))
        elif tag(shape) in _BLOCKS:
            self._builder.place("textbox", "\n".join(self._lines(shape)), page=self._builder.page_number)
            self._blocks(shape)

    def _sheets(self, body: Element) -> None:
        builder = self._builder
        builder.unit = "sheet"
        for sheet in children(body, "table"):
            builder.page(attribute(sheet, "name"))
            builder.heading(2, attribute(sheet, "name"))
            block: list[list[str]] = []
            for row in _rows(sheet):
                cells = [self._cell(cell) for cell in _cells(row)]
                if any(cells):
                    self._count_row()
                    block.append(cells)
                elif block:
                    builder.table(block)
                    block = []
            builder.table(block)
            for shapes in children(sheet, "shapes"):
                self._blocks(shapes)

    def _count_row(self) -> None:
        self._rows -= 1
        if self._rows < 0:
            self._builder.warn("rows_left_out", self._builder.limits.rows)
            raise Full


def _spot(shape: Element) -> tuple[bool, int, float]:
    """Titles first, then from top to bottom and left to right."""
    return attribute(shape, "class") != "title", round(_length(shape, "y")), _length(shape, "x")


def _length(shape: Element, name: str) -> float:
    """A coordinate in centimetres; 0 without one."""
    match = re.fullmatch(r"(-?[\d.]{1,12})(cm|mm|in|pt|px)?", attribute(shape, name))
    try:
        value = float(match[1]) if match else 0.0
    except ValueError:
        return 0.0
    return value * {"mm": 0.1, "in": 2.54, "pt": 2.54 / 72, "px": 2.54 / 96}.get(
        match[2] if match else "", 1.0
    )


def _rows(table: Element) -> Iterator[Element]:
    """The rows, those in groups and headers too. Repeated rows that are filled are given as often."""
    for item in table:
        if tag(item) in ("table-header-rows", "table-rows", "table-row-group"):
            yield from _rows(item)
        elif tag(item) == "table-row":
            yield from [item] * _repeated(item, "number-rows-repeated")


def _cells(row: Element) -> Iterator[Element | None]:
    """The cells; None for those covered by another."""
    for item in row:
        if tag(item) in ("table-cell", "covered-table-cell"):
            cell = None if tag(item).startswith("covered") else item
            yield from [cell] * _repeated(item, "number-columns-repeated")


def _repeated(item: Element, name: str) -> int:
    """How often an element counts: once where it is empty, since that only fills the sheet."""
    count = attribute(item, name)
    if not count.isdecimal():
        return 1
    filled = next(find_all(item, "p"), None) is not None
    return min(int(count), _REPEAT) if filled or "columns" in name else 1
