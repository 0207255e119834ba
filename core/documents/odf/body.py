"""The text of an OpenDocument: paragraphs, headings, lists, tables, notes and frames, wherever they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.documents.build import Builder
from core.documents.cleaning import raised
from core.documents.document import PlaceKind
from core.documents.formulas import on_one_line
from core.documents.odf.odf_drawings import chart_titles
from core.documents.odf.odf_styles import OdfLook, OdfStyles, Outline, numbered, numbered_levels
from core.documents.office.compound import part_or_warning
from core.documents.visibility import ParagraphText
from core.documents.xml import Element, attribute, child, children, find_all, number, tag, text_in
from core.documents.zip_package import Package

SHAPES = {
    "custom-shape", "rect", "ellipse", "connector", "line", "path", "polyline", "polygon", "circle",
    "regular-polygon", "measure", "caption",
}  # fmt: skip
BLOCKS = {
    "section", "text-box", "index-body", "table-of-content", "alphabetical-index", "illustration-index",
    "index-title", "user-index", "bibliography", "table-index", "object-index", "g",
    "list-header", "list-item", "a", "numbered-paragraph", *SHAPES,
}  # fmt: skip
_FRAMES = {"frame", "g", *SHAPES}
_PROMPTS = ("title", "outline", "page", "notes")
"""Classes of frames in a master page that only say what may be written there."""
_REPEAT = 200
"""Times that a repeated row or cell counts at most."""


_SPACES = {"s", "tab", "line-break"}


class OdfParagraph(ParagraphText):
    """The text of a paragraph, the frames and shapes in it, and how many pages end there."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[Element] = []
        self.breaks = 0


class OdfReader:
    def __init__(
        self, builder: Builder, roots: tuple[Element | None, ...], package: Package | None = None
    ) -> None:
        self._builder = builder
        self._package = package
        self._lists = {
            attribute(style, "name"): style for root in roots for style in find_all(root, "list-style")
        }
        self.styles = OdfStyles(roots)
        self._outline = Outline(roots)
        self._notes: list[str] = []
        self._counts: dict[str, int] = {}
        self._paged = False

    def text(self, body: Element) -> None:
        """A whole text document."""
        self._paged = next(find_all(body, "soft-page-break"), None) is not None
        self._builder.unit = "page" if self._paged else "none"
        self._builder.page()
        self.blocks(body)

    def notes(self) -> None:
        """The notes, at the end, under their numbers."""
        for at, note in enumerate(self._notes, 1):
            self._builder.paragraph(f"[^{at}]: {note}")

    def masters(self, masters: Element | None) -> None:
        """Keep what master pages show as places: headers, footers, and the rest."""
        for page in children(masters, "master-page"):
            for part in page:
                is_prompt = attribute(part, "class") in _PROMPTS or tag(part) == "notes"
                if not is_prompt:
                    for line in self.lines(part):
                        self._builder.place(_place_of(part), line)

    def lines(self, element: Element) -> Iterator[str]:
        """The paragraphs within an element that have letters, without `<placeholders>`."""
        for paragraph in find_all(element, "p", "h"):
            text = self._paragraph(paragraph).text
            if re.search(r"[^\W\d_]", text) and not re.fullmatch(r"<.*>", text):
                yield text

    def blocks(self, container: Element) -> None:  # noqa: C901 - a flat table of cases
        """Write the paragraphs, lists, tables and frames in an element."""
        for element in container:
            match tag(element):
                case "h":
                    rank = number(element, "outline-level", 1)
                    self._write(element, rank, self._number(element, rank))
                case "p":
                    self._write(element, 0)
                case "list":
                    self._list(element, "", 0)
                case "table":
                    self.table(element)
                case "frame":
                    self.frame(element)
                case "soft-page-break":
                    self._turn(1)
                case "tracked-changes":
                    self._builder.warn("tracked_changes")
                case "section" if attribute(element, "display") == "none":
                    self._builder.hide(text_in(element))
                case name if name in BLOCKS:
                    self.blocks(element)
                case _:
                    pass

    def _number(self, heading: Element, level: int) -> str:
        """The number of a heading, unless it or its style wants none."""
        unlisted = attribute(heading, "is-list-header") == "true" or self.styles.is_unlisted(heading)
        return "" if unlisted else self._outline.next(level)

    def _write(self, element: Element, level: int, mark: str = "") -> None:
        paragraph, builder = self._paragraph(element), self._builder
        text = f"{mark} {paragraph.text}".strip() if paragraph.text else ""
        name = attribute(element, "style-name")
        named = name, attribute(self.styles.get(name), "parent-style-name")
        if level:
            builder.heading(level, text)
        elif "Title" in named and text:
            builder.heading(1, text)
            builder.title = builder.title or text
        else:
            builder.paragraph(text)
        self._frames(paragraph)

    def _frames(self, paragraph: OdfParagraph) -> None:
        for frame in paragraph.frames:
            self.frame(frame)
        self._turn(paragraph.breaks)

    def _turn(self, pages: int) -> None:
        for _ in range(pages if self._paged else 0):
            self._builder.page()

    def _paragraph(self, element: Element) -> OdfParagraph:
        paragraph = OdfParagraph()
        self._inline(element, paragraph, self.styles.look_of_holder(element))
        self._builder.hide(paragraph.hidden.text)
        return paragraph

    def _inline(self, element: Element, into: OdfParagraph, above: OdfLook) -> None:
        """Read the text in an element, which stands in another one of the look `above`. Hidden text is taken
        out of the tree, so that nothing finds it again as text that was not read."""
        look = self.styles.look(element, above)
        hides = self.styles.hides(look, element)
        pieces = into.hidden if hides else into.pieces
        pieces.append(element.text or "")
        if hides:
            element.text = None
        for item in element:
            if tag(item) in _SPACES:
                pieces.append(_space(item))
            else:
                self._inline_item(item, into, look)
            pieces.append(item.tail or "")
            if hides:
                item.tail = None

    def _inline_item(self, item: Element, into: OdfParagraph, look: OdfLook) -> None:
        match tag(item):
            case "soft-page-break":
                into.breaks += 1
            case "note":
                into.pieces.append(self._note(item))
            case "annotation":
                self._builder.place("comment", "\n".join(self.lines(item)))
            case "ruby-text" | "annotation-end" | "tracked-changes":
                pass
            case name if name in _FRAMES:
                into.frames.append(item)
            case _:
                start = len(into.pieces)
                self._inline(item, into, look)
                if self.styles.raises(item):
                    into.pieces[start:] = map(raised, into.pieces[start:])

    def _note(self, note: Element) -> str:
        body = child(note, "note-body")
        text = " ".join(self.lines(body)) if body is not None else ""
        self._builder.place("note", text)
        self._notes.append(text)
        return f"[^{len(self._notes)}]"

    def frame(self, frame: Element) -> None:
        """A text box (a place too), a table, or nothing that can be read."""
        inner = child(frame, "text-box")
        if inner is None and tag(frame) != "frame":
            inner = frame
        if inner is not None:
            page = self._builder.page_number if self._paged or self._builder.unit == "slide" else None
            self._builder.place("textbox", "\n".join(self.lines(inner)), page=page)
            self.blocks(inner)
        for table in children(frame, "table"):
            self.table(table)
        for item in children(frame, "object"):
            self.embedded(item)
        for item in children(frame, "object-ole"):
            name = attribute(item, "href").removeprefix("./")
            if self._package and name in self._package.infos:
                part_or_warning(name, self._package.read(name), self._builder)

    def embedded(self, item: Element) -> None:
        """The titles and tables of an embedded chart or spreadsheet, and formulas: in a file of its own, or
        where it is shown."""
        name = attribute(item, "href").removeprefix("./")
        root = self._package.xml(f"{name}/content.xml") if self._package and name else item
        for title in chart_titles(root):
            self._builder.paragraph(title)
        for formula in find_all(root, "math"):
            self._builder.paragraph(on_one_line(formula))
        for table in find_all(root, "table"):
            self.table(table)

    def _list(self, element: Element, style: str, depth: int) -> None:
        """Write a list. Its numbers go on from the list before where it says so."""
        style = attribute(element, "style-name") or style
        key = f"{style}/{depth}"
        if attribute(element, "continue-numbering") != "true" and not attribute(element, "continue-list"):
            self._counts[key] = 0
        for item in element:
            if tag(item) in ("list-item", "list-header"):
                self._counts[key] = number(item, "start-value", self._counts.get(key, 0) + 1)
                self._list_item(item, style, depth)

    def _list_item(self, item: Element, style: str, depth: int) -> None:
        """Write the blocks of a list item. The first of them that is no list bears the mark."""
        mark = self._mark(style, depth)
        for block in item:
            match tag(block):
                case "list":
                    self._list(block, style, depth + 1)
                case "h":
                    level = int(attribute(block, "outline-level") or 1)
                    self._write(block, level, mark.removeprefix("-"))
                    mark = ""
                case "p":
                    paragraph = self._paragraph(block)
                    self._builder.item(paragraph.text, depth=depth, mark=mark or " ")
                    self._frames(paragraph)
                    mark = ""
                case _:
                    pass

    def _mark(self, style: str, depth: int) -> str:
        levels = numbered_levels(self._lists.get(style, ()))
        return numbered(depth + 1, levels, lambda level: self._counts.get(f"{style}/{level - 1}", 1)) or "-"

    def table(self, table: Element) -> None:
        rows = [list(cells_of(row)) for row in rows_of(table)]
        if max((len(row) for row in rows), default=0) <= 1:
            for cell in (cell for row in rows for cell in row if cell is not None):
                self.blocks(cell)
            return
        self._builder.table([[self.cell(cell) for cell in row] for row in rows])

    def cell(self, cell: Element | None) -> str:
        if cell is None:
            return ""
        lines: list[str] = []
        for block in cell:
            if tag(block) == "table":
                lines += self._inner_rows(block)
            elif tag(block) == "list":
                lines += [f"- {line}" for line in self.lines(block)]
            elif tag(block) == "annotation":
                self._builder.place("comment", "\n".join(self.lines(block)))
            elif tag(block) in ("p", "h"):
                lines += self._cell_lines(block, cell)
            elif tag(block) in BLOCKS or tag(block) == "frame":
                lines += self.lines(block)
        values = filter(None, (attribute(cell, name) for name in _VALUES))
        return "\n".join(filter(None, lines)) or next(values, "")

    def _cell_lines(self, block: Element, cell: Element) -> Iterator[str]:
        """A paragraph of a cell, and the frames in it. The cell's value goes where the paragraph hides it."""
        paragraph = self._paragraph(block)
        yield paragraph.text
        for frame in paragraph.frames:
            yield from self.lines(frame)
        if paragraph.hidden.text:
            for key in [key for key in cell.attrib if key.rpartition("}")[2] in _VALUES]:
                del cell.attrib[key]

    def _inner_rows(self, table: Element) -> Iterator[str]:
        """The rows of a table within a cell, each as a line."""
        for row in rows_of(table):
            texts = [self.cell(inner).replace("\n", " ") for inner in cells_of(row)]
            yield " – ".join(filter(None, texts))


def _place_of(part: Element) -> PlaceKind:
    """The kind of place that a part of a master page is."""
    if tag(part).startswith("header"):
        return "header"
    return "footer" if tag(part).startswith("footer") else "master"


def _space(item: Element) -> str:
    """The white space that an element stands for (ODF 1.3 part 3, 6.1.3 to 6.1.5)."""
    if tag(item) == "s":
        return " " * min(number(item, "c", 1), 100)
    return "\t" if tag(item) == "tab" else "\n"


_VALUES = ("string-value", "value", "date-value", "time-value", "boolean-value")


def is_masked(row: Element) -> bool:
    """Whether a row or column is hidden or filtered."""
    return attribute(row, "visibility") in ("collapse", "filter")


def masked_columns(table: Element) -> list[range]:
    """The hidden columns, counted from 0."""
    found: list[range] = []
    at = 0
    for column in find_all(table, "table-column"):
        end = at + max(number(column, "number-columns-repeated", 1), 1)
        if is_masked(column):
            found.append(range(at, end))
        at = end
    return found


def rows_of(table: Element) -> Iterator[Element]:
    """The rows, those in groups and headers too. Repeated rows that are filled are given as often."""
    for item in table:
        if tag(item) in ("table-header-rows", "table-rows", "table-row-group"):
            yield from rows_of(item)
        elif tag(item) == "table-row":
            yield from [item] * _repeated(item, "number-rows-repeated")


def cells_of(row: Element) -> Iterator[Element | None]:
    """The cells; None for those covered by another."""
    for item in row:
        if tag(item) in ("table-cell", "covered-table-cell"):
            cell = None if tag(item).startswith("covered") else item
            yield from [cell] * _repeated(item, "number-columns-repeated")


def _repeated(item: Element, name: str) -> int:
    """How often an element counts: once where it is empty, since that only fills the sheet."""
    filled = "columns" in name or next(find_all(item, "p"), None) is not None
    return min(number(item, name, 1), _REPEAT) if filled else 1
