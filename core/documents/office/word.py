"""Word documents (OOXML, transitional and strict): the body in order, and everything round it.

Tables may nest, text boxes and notes hang on paragraphs, headings come from styles. Pages are those
of the last time the document was laid out, where the file says so. Insertions count, deletions do not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from core.documents.build import Builder
from core.documents.cleaning import raised
from core.documents.document import Document
from core.documents.formulas import on_one_line
from core.documents.office import drawings
from core.documents.office.word_styles import Numbering, WordStyles
from core.documents.visibility import ParagraphText
from core.documents.xml import Element, attribute, child, children, each, find_all, number, relation_id, tag
from core.documents.zip_package import Package

_GREEK = " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼"
"""Symbol from 0x20 on, as Adobe encodes it."""
_SIGNS = "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑"
"""The same from 0xA0 on."""
_TICKS: dict[str, dict[int, str]] = {
    "wingdings": {
        0x6F: "☐", 0x71: "☐", 0x72: "☐", 0x78: "☒", 0xA8: "☐", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
        0xDF: "←", 0xE0: "→", 0xE8: "→", 0xF0: "⇨", 0xF3: "⇔",
    },
    "wingdings 2": {
        0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0x2A: "☐", 0xA3: "☐", 0x30: "☐",
    },
    "webdings": {0x61: "✓", 0x63: "☐", 0x67: "■", 0x72: "✗"},
}  # fmt: skip


def shown(font: str, code: int) -> str:
    """The sign of a code in a font, of 0xF020 to 0xF0FF too; `•` for one that is only drawn, the letter
    itself in a font that is no symbol font."""
    low = code - 0xF000 if 0xF000 <= code <= 0xF0FF else code
    name = font.strip().lower()
    if name == "symbol":
        signs, start = (_SIGNS, 0xA0) if low >= 0xA0 else (_GREEK, 0x20)
        return signs[low - start] if start <= low < start + len(signs) else "•"
    if name in _TICKS or name == "wingdings 3":
        return _TICKS.get(name, {}).get(low, "•")
    return "•" if low != code else chr(code) if code < 0x110000 else ""


_SKIPPED = {"del", "moveFrom", "instrText", "delText", "delInstrText", "pPr", "rPr", "proofErr", "sdtPr"}
_TEXT = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}


class _WordParagraph(ParagraphText):
    """The text of a paragraph, and what hangs on it."""

    def __init__(self) -> None:
        super().__init__()
        self.boxes: list[Element] = []
        self.frames: list[Element] = []
        self.notes: list[tuple[str, str]] = []
        self.fields: list[str] = []
        """How far each field that is open has come: `begin`, or `separate`, behind which is what it shows."""
        self.early = self.late = 0
        """Pages that end before the text, and within it or after."""

    def asks(self, name: str, item: Element) -> bool:
        """Whether a text belongs to what a field is told, in which another may stand (17.16.18): nothing
        finds it again where it looks for what was not read."""
        if name == "fldChar":
            turn = attribute(item, "fldCharType")
            if self.fields and turn != "begin":
                self.fields.pop()
            if turn != "end":
                self.fields.append(turn)
        asked = name == "t" and "begin" in self.fields[:-1]
        if asked:
            item.text = None
        return asked


class WordReader:
    """One document being read. `main` is the name of its main part."""

    def __init__(self, package: Package, main: str, builder: Builder) -> None:
        self._package = package
        self._main = main
        self._builder = builder
        self._styles = WordStyles(self._part("styles"))
        self._numbering = Numbering(self._part("numbering"))
        self._notes: list[tuple[str, str]] = []
        self._framed: list[Element] = []
        self._chunks: dict[str, Document | None] = {}
        self._paged = False

    def read(self) -> None:
        builder, root = self._builder, self._package.main(self._main)
        self._around()
        self._paged = next(find_all(root, "lastRenderedPageBreak"), None) is not None
        builder.unit = "page" if self._paged else "none"
        if next(find_all(root, "ins", "del", "moveFrom"), None) is not None:
            builder.warn("tracked_changes")
        builder.page()
        self._blocks(child(root, "body"))
        self._write_notes()

    def _part(self, kind: str) -> Element | None:
        return self._package.related_xml(self._main, kind)

    def _around(self) -> None:
        """Headers, footers and comments: places, no text. Text boxes in them carry stamps."""
        for kind in ("header", "footer"):
            for name in self._package.related(self._main, kind):
                for line in self._lines(self._package.xml(name)):
                    self._builder.place("header" if kind == "header" else "footer", line)
        for comment in children(self._part("comments"), "comment"):
            self._builder.place("comment", "\n".join(self._lines(comment)))

    def _lines(self, element: Element | None) -> Iterator[str]:
        """The text of all paragraphs below, those in boxes and tables too."""
        for paragraph in find_all(element, "p"):
            if next(paragraph.iterancestors("{*}Fallback"), None) is None:
                yield from filter(None, (self._paragraph(paragraph).text,))

    def _blocks(self, container: Element | None) -> None:
        for element in _flat(container):
            match tag(element):
                case "p" if not _begins_next(element):
                    self._write(element)
                case "tbl":
                    self._table(element)
                case "subDoc":
                    self._builder.warn("part_unread", "subDoc")
                case "altChunk":
                    self._chunk(relation_id(element))
                case _:
                    pass

    def _chunk(self, relation: str) -> None:
        """A file of another format that Word shows in the text (ECMA-376 part 1, 17.17.2)."""
        name = self._package.target(self._main, relation)
        if name not in self._package.infos:
            self._builder.unread_part("altChunk", "damaged")
            return
        if name not in self._chunks:
            file = name.rpartition("/")[2]
            self._chunks[name] = self._builder.shown_file(file, self._package.read(name))
        if (shown := self._chunks[name]) is not None:
            self._builder.within(shown)

    def _write(self, element: Element) -> None:
        """A paragraph as a heading, a list entry or text; then its boxes and the pages that end in it."""
        paragraph, builder = self._paragraph(element), self._builder
        text, style = paragraph.text, self._styles.of(element)
        self._turn(paragraph.early)
        mark = self._numbering.mark(*style.numbered) if style.numbered else None
        if not text:
            builder.paragraph(mark if mark and mark.isalpha() and len(mark) > 3 else "")
        elif style.level:
            builder.heading(style.level, f"{mark} {text}" if mark and mark != "-" else text)
            builder.title = builder.title or (text if style.title else "")
        elif mark:
            builder.item(text, depth=style.depth, mark=mark)
        else:
            builder.paragraph(text)
        self._after(paragraph)
        self._turn(paragraph.late)

    def _after(self, paragraph: _WordParagraph) -> None:
        builder = self._builder
        for box in paragraph.boxes:
            page = builder.page_number if self._paged else None
            builder.place("textbox", "\n".join(self._lines(box)), page=page)
            self._blocks(box)
        for frame in paragraph.frames:
            drawings.write_frame(frame, self._main, self._package, builder)
        self._notes += paragraph.notes

    def _turn(self, pages: int) -> None:
        for _ in range(pages if self._paged else 0):
            self._builder.page()

    def _paragraph(self, element: Element) -> _WordParagraph:
        paragraph = _WordParagraph()
        self._runs(element, paragraph)
        self._builder.hide(paragraph.hidden.text)
        return paragraph

    def _runs(self, element: Element, into: _WordParagraph) -> None:
        for item in element:
            name = tag(item)
            if name in _SKIPPED or into.asks(name, item):
                continue
            if name == "AlternateContent":
                chosen = child(item, "Choice")
                self._runs(item if chosen is None else chosen, into)
            elif name == "r" and self._styles.hides(item):
                for text in find_all(item, "t", *_TEXT):
                    into.hidden.append(_TEXT.get(tag(text), text.text or ""))
                    text.text = None  # nothing finds it again where it looks for what was not read
            elif name == "graphicData" and attribute(item, "uri").endswith(("/chart", "/diagram")):
                into.frames.append(item)
            elif not self._leaf(name, item, into):
                self._within(item, into)

    def _within(self, item: Element, into: _WordParagraph) -> None:
        """Take what an element contains, raised where it stands above the line."""
        start = len(into.pieces)
        self._runs(item, into)
        if tag(item) == "r" and self._styles.raises(item):
            into.pieces[start:] = map(raised, into.pieces[start:])

    def _leaf(self, name: str, item: Element, into: _WordParagraph) -> bool:
        """Take what stands in a run. False for what only contains."""
        if name == "t":
            into.pieces.append(item.text or "")
        elif name in _TEXT:
            page = name == "br" and attribute(item, "type") in ("page", "column")
            into.pieces.append("" if page else _TEXT[name])
        elif name == "lastRenderedPageBreak":
            if into.text:
                into.late += 1
            else:
                into.early += 1
        elif name == "txbxContent":
            into.boxes.append(item)
        elif name in ("footnoteReference", "endnoteReference"):
            into.notes.append((name.removesuffix("Reference"), attribute(item, "id")))
            into.pieces.append(f"[^{len(self._notes) + len(into.notes)}]")
        elif name in _SHOWN:
            into.pieces.append(_SHOWN[name](item))
        else:
            return False
        return True

    def _write_notes(self) -> None:
        """Footnotes and endnotes, at the end, under the numbers of their references."""
        texts: dict[tuple[str, str], str] = {}
        for kind in ("footnote", "endnote"):
            for note in children(self._part(f"{kind}s"), kind):
                texts[(kind, attribute(note, "id"))] = " ".join(self._lines(note))
        for at, key in enumerate(list(self._notes), 1):
            if text := texts.get(key, ""):
                self._builder.place("note", text)
                self._builder.paragraph(f"[^{at}]: {text}")

    def _table(self, table: Element) -> None:
        """A table; one of a single column only frames what is in it."""
        rows = [list(_cells(row)) for row in _rows(table)]
        if max((len(row) for row in rows), default=0) <= 1:
            for row in rows:
                for _, cell in row:
                    self._blocks(cell)
            return
        breaks = 0
        texts: list[list[str]] = []
        for row in rows:
            line: list[str] = []
            ends = [0]
            for span, cell in row:
                text, turned = self._cell(cell)
                line += [text] + [""] * (span - 1)
                ends.append(turned)
            texts.append(line)
            breaks += max(ends)
        self._builder.table(texts)
        framed, self._framed = self._framed, []
        for frame in framed:
            drawings.write_frame(frame, self._main, self._package, self._builder)
        self._turn(breaks)

    def _cell(self, cell: Element | None) -> tuple[str, int]:
        """The text of a cell, nested tables row by row, and the page breaks in it."""
        if cell is None:
            return "", 0
        lines: list[str] = []
        breaks = 0
        for element in _flat(cell):
            if tag(element) == "p":
                paragraph = self._paragraph(element)
                style = self._styles.of(element)
                mark = self._numbering.mark(*style.numbered) if style.numbered and paragraph.text else None
                lines.append(f"{mark} {paragraph.text}" if mark else paragraph.text)
                lines += [line for box in paragraph.boxes for line in self._lines(box)]
                self._framed += paragraph.frames
                self._notes += paragraph.notes
                breaks += paragraph.early + paragraph.late
            elif tag(element) == "tbl":
                for row in _rows(element):
                    cells = [self._cell(inner)[0].replace("\n", " ") for _, inner in _cells(row)]
                    lines.append(" – ".join(filter(None, cells)))
        return "\n".join(filter(None, lines)), breaks


def _begins_next(paragraph: Element) -> bool:
    """Whether a paragraph is a large letter in a frame of its own (17.3.1.11): it goes to the next one, which
    it begins."""
    dropped = attribute(child(paragraph, "pPr", "framePr"), "dropCap") in ("drop", "margin")
    start = next(find_all(next(paragraph.itersiblings("{*}p"), None), "t"), None) if dropped else None
    if start is None:
        return False
    start.text = "".join(text.text or "" for text in find_all(paragraph, "t")) + (start.text or "")
    for text in find_all(paragraph, "t"):
        text.text = None
    return True


def _flat(container: Element | None) -> Iterator[Element]:
    """The blocks of a container, those in content controls and insertions too."""
    for element in each(container):
        match tag(element):
            case "sdt":
                yield from _flat(child(element, "sdtContent"))
            case "customXml" | "ins" | "moveTo" | "smartTag":
                yield from _flat(element)
            case _:
                yield element


def _rows(table: Element) -> Iterator[Element]:
    return (row for row in _flat(table) if tag(row) == "tr")


def _cells(row: Element) -> Iterator[tuple[int, Element | None]]:
    """(columns, cell); None for the lower part of a cell that spans rows, and for what a row leaves out
    before its first cell (17.4.15)."""
    if before := number(child(row, "trPr", "gridBefore"), "val"):
        yield min(before, 100), None
    for cell in _flat(row):
        if tag(cell) != "tc":
            continue
        width = number(child(cell, "tcPr", "gridSpan"), "val", 1)
        merge = child(cell, "tcPr", "vMerge")
        lower = merge is not None and attribute(merge, "val") != "restart"
        yield min(width, 100), (None if lower else cell)


def _chosen(options: Element) -> str:
    """What a field with a list of choices shows: the chosen one, else the first (17.16.9)."""
    entries, index = children(options, "listEntry"), number(child(options, "result"), "val")
    return attribute(entries[index], "val") if index < len(entries) else ""


def _symbol(item: Element) -> str:
    try:
        code = int(attribute(item, "char"), 16)
    except ValueError:
        return ""
    return shown(attribute(item, "font"), code)


_SHOWN: dict[str, Callable[[Element], str]] = {
    "ddList": _chosen,
    "sym": _symbol,
    "oMath": on_one_line,
}
"""Elements that show a text which is no text node."""
