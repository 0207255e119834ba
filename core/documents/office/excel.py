"""Excel workbooks (OOXML): each sheet as tables, by its filled cells only.

Cells are kept sparsely, so that one far cell costs one cell. Values are what was calculated last;
dates are written as dates, since a number of days says nothing to a reader.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from core.documents.build import Builder
from core.documents.cleaning import is_among, raised, with_masks
from core.documents.document import PlaceKind
from core.documents.office import drawings
from core.documents.office.number_formats import format_of, header_text, shown, shown_text
from core.documents.office.said_in_attributes import quoted, told_of
from core.documents.visibility import WHITE, alike, colour_of
from core.documents.xml import (
    Element,
    attribute,
    child,
    children,
    find_all,
    number,
    relation_id,
    tag,
    text_in,
    value_of,
)
from core.documents.zip_package import Package

_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")


class ExcelReader:
    """One workbook being read. `main` is the name of its main part."""

    def __init__(self, package: Package, main: str, builder: Builder) -> None:
        self._package = package
        self._main = main
        self._builder = builder
        self._said: list[tuple[PlaceKind, str]] = []
        self._shared = list(self._strings())
        styles = package.related_xml(main, "styles")
        own = find_all(styles, "numFmt")
        codes = {number(each, "numFmtId", -1): attribute(each, "formatCode") for each in own}
        names = [attribute(each, "name") for each in find_all(package.xml(main), "sheet")]
        self._french = _is_french(codes, [*names, *self._shared])
        self._formats = list(_formats(styles, codes, french=self._french))
        self._white_styles = frozenset(_white(styles))
        self._white: frozenset[int] = frozenset()
        self._first_1904 = False
        self._sheet_name = ""
        self._left = builder.limits.rows
        self._formulas: dict[str, None] = {}

    def _strings(self) -> Iterator[str]:
        for part in islice(self._package.related(self._main, "sharedStrings"), 1):
            for item in self._package.each_of(part, "si"):
                self._said += told_of(part, item)
                yield _rich(item)

    def read(self) -> None:
        builder, workbook = self._builder, self._package.main(self._main)
        builder.unit = "sheet"
        self._first_1904 = attribute(child(workbook, "workbookPr"), "date1904") in ("1", "true")
        for sheet in children(child(workbook, "sheets"), "sheet"):
            name = self._package.target(self._main, relation_id(sheet))
            self._sheet_name = attribute(sheet, "name")
            masked = attribute(sheet, "state") in ("hidden", "veryHidden")
            builder.sheet_page(self._sheet_name, masked=masked)
            if name in self._package.infos:
                self._sheet(name)
        builder.rest((*self._said, *(("hidden", text) for text in self._formulas)))

    def _sheet(self, name: str) -> None:
        package = self._package
        large = package.is_large(name)
        root = package.without(name, "row") if large else package.xml(name)
        page = self._builder.page_number
        self._said += told_of(name, root)
        self._around(root, page)
        coloured = next(find_all(root, "tablePart", "conditionalFormatting"), None) is not None
        self._white = frozenset() if coloured else self._white_styles
        if root is not None:
            rows = package.each_of(name, "row") if large else children(child(root, "sheetData"), "row")
            self._tables(rows, _hidden_columns(root))
        self._comments(name, page)
        self._drawings(name, page)

    def _tables(self, rows: Iterable[Element], hidden: list[range]) -> None:
        """The blocks of rows of a sheet as tables, what is hidden in them marked so."""
        for block in _blocks(self._rows(rows)):
            used = sorted({column for row in block for column in row.cells})
            masked = [range(at, at + 1) for at, one in enumerate(used) if is_among(one, hidden)]
            if masked or any(row.masked for row in block):
                self._builder.warn("hidden_cells", self._sheet_name)
            cells = (([row.cells.get(column, "") for column in used], row.masked) for row in block)
            self._builder.table(with_masks(cells, masked))

    def _comments(self, sheet: str, page: int) -> None:
        """The comments on the cells of a sheet, old ones and threads."""
        for kind in ("comments", "threadedComment"):
            for part in self._package.related(sheet, kind):
                for comment in find_all(self._package.xml(part), "comment", "threadedComment"):
                    self._builder.place("comment", _rich(comment), page=page)

    def _around(self, root: Element | None, page: int) -> None:
        """Headers, footers, and what cells say of themselves."""
        above = (child(root, "headerFooter"), child(root, "customSheetViews"))
        for place in (each for block in above for each in find_all(block, *_HEADERS)):
            kind = "header" if tag(place).endswith("Header") else "footer"
            self._builder.place(kind, header_text(place.text or ""), page=page)
        for said in find_all(root, "dataValidation", "hyperlink"):
            for key in _PROMPTS:
                self._builder.place("other", attribute(said, key), page=page)

    def _drawings(self, sheet: str, page: int) -> None:
        """The text boxes, charts and diagrams of a sheet."""
        builder = self._builder
        for part in self._package.related(sheet, "drawing"):
            for box in find_all(self._package.xml(part), "txBody"):
                lines = ["".join(_texts(line)) for line in children(box, "p")]
                builder.place("textbox", "\n".join(lines), page=page)
                builder.paragraph("\n".join(lines))
            for frame in find_all(self._package.xml(part), "graphicFrame"):
                drawings.write_frame(frame, part, self._package, builder)

    def _rows(self, rows: Iterable[Element]) -> Iterator[_Row]:
        """Those that have text."""
        at = 0
        for row in rows:
            at = number(row, "r", at + 1)
            cells: dict[int, str] = {}
            column = 0
            for cell in children(row, "c"):
                self._formula(text_in(child(cell, "f")))
                match = _REFERENCE.fullmatch(attribute(cell, "r"))
                column += 1
                if match:
                    column = functools.reduce(lambda at, letter: at * 26 + ord(letter) - 64, match[1], 0)
                if text := self._value(cell).strip():
                    cells[column] = text
            if not cells:
                continue
            if self._left <= 0:
                self._builder.warn("rows_left_out", self._builder.limits.rows)
                return
            self._left -= 1
            yield _Row(at, cells, _is_hidden(row, "ht"))

    def _formula(self, formula: str) -> None:
        """Keep the texts that a formula writes or compares with."""
        if '"' not in formula:
            return
        if len(self._formulas) >= _TEXTS_OF_FORMULAS:
            self._builder.warn("part_unread", "formules")
            return
        self._formulas |= dict.fromkeys(quoted(formula))

    def _value(self, cell: Element) -> str:
        """What a cell shows. What its format hides (`;;;`) is a place."""
        value = child(cell, "v")
        text = (value.text or "") if value is not None else ""
        style = number(cell, "s")
        code = self._formats[style] if style < len(self._formats) else "General"
        shown_so = self._shown(cell, text, code)
        hidden = self._shown(cell, text, "General") if not shown_so or style in self._white else ""
        if hidden:
            self._builder.warn("hidden_cells", self._sheet_name)
            self._builder.place("hidden", hidden)
        return "" if hidden else shown_so

    def _shown(self, cell: Element, text: str, code: str) -> str:
        match attribute(cell, "t"):
            case "s":
                known = text.isdecimal() and int(text) < len(self._shared)
                return shown_text(self._shared[int(text)], code) if known else ""
            case "inlineStr":
                return shown_text(_rich(child(cell, "is")), code)
            case "b":
                return "VRAI" if text == "1" else "FAUX"
            case "str":
                return shown_text(text, code)
            case "e" | "d":
                return text
            case _:
                if not text and child(cell, "f") is not None:
                    self._builder.warn("formulas")
                try:
                    return shown(float(text), code, french=self._french, first_1904=self._first_1904)
                except ValueError:
                    return text


_TEXTS_OF_FORMULAS = 1_000
"""Texts of formulas that are read."""
_PROMPTS = ("promptTitle", "prompt", "errorTitle", "error", "tooltip")
"""What a cell says when it is chosen, or refuses what is typed in."""
_HEADERS = ("oddHeader", "evenHeader", "firstHeader", "oddFooter", "evenFooter", "firstFooter")


class _Row(NamedTuple):
    """A row's number, its text by the number of the column, whether it is hidden."""

    number: int
    cells: dict[int, str]
    masked: bool


def _hidden_columns(root: Element) -> list[range]:
    """The numbers of the hidden columns of a sheet, in their order."""
    hidden = (each for each in children(child(root, "cols"), "col") if _is_hidden(each, "width"))
    spans = (range(number(each, "min"), number(each, "max") + 1) for each in hidden)
    return sorted(spans, key=lambda span: span.start)


def _is_hidden(each: Element, size: str) -> bool:
    """Whether a row or a column is hidden, or has no height or width."""
    return attribute(each, "hidden") in ("1", "true") or attribute(each, size) in ("0", "0.0")


def _blocks(rows: Iterator[_Row]) -> Iterator[list[_Row]]:
    """Rows below each other make a table; an empty row ends it."""
    block: list[_Row] = []
    for row in rows:
        if block and row.number > block[-1].number + 1:
            yield block
            block = []
        block.append(row)
    if block:
        yield block


def _texts(element: Element | None) -> Iterator[str]:
    """The text of an element without phonetic readings."""
    for item in find_all(element, "t", "text", "br"):
        if not any(tag(above) == "rPh" for above in item.iterancestors()):
            high = value_of(child(item.getparent(), "rPr"), "vertAlign") == "superscript"
            yield "\n" if tag(item) == "br" else raised(item.text or "") if high else item.text or ""


def _rich(element: Element | None) -> str:
    return "".join(_texts(element))


def _formats(styles: Element | None, codes: dict[int, str], *, french: bool) -> Iterator[str]:
    """For each cell style its format code."""
    for style in children(child(styles, "cellXfs"), "xf"):
        yield format_of(number(style, "numFmtId"), codes, french=french)


def _white(styles: Element | None) -> Iterator[int]:
    """The cell styles whose letters are white on no ground of their own."""
    fonts, fills = children(child(styles, "fonts"), "font"), children(child(styles, "fills"), "fill")
    white = {
        str(at)
        for at, font in enumerate(fonts)
        if alike(colour_of(attribute(child(font, "color"), "rgb")[-6:]), WHITE)
    }
    plain = {""} | {
        str(at)
        for at, fill in enumerate(fills)
        if attribute(child(fill, "patternFill"), "patternType") in ("", "none")
        and child(fill, "gradientFill") is None
    }
    for at, style in enumerate(children(child(styles, "cellXfs"), "xf")):
        if attribute(style, "fontId") in white and attribute(style, "fillId") in plain:
            yield at


_FRENCH_CODE = re.compile(r"-40C\]|€|\bjours?\b", re.IGNORECASE)
_ACCENT = re.compile(r"[éèêàçùôîœ]", re.IGNORECASE)
_ENGLISH_WORD = re.compile(r"\b(?:the|of|and|for|by|with|year|quarter|amount|name)\b", re.IGNORECASE)


def _is_french(codes: dict[int, str], texts: list[str]) -> bool:
    """Whether numbers are shown as French people see them: unless nothing is French and words are English."""
    if any(map(_FRENCH_CODE.search, codes.values())) or any(map(_ACCENT.search, texts[:300])):
        return True
    return not any(map(_ENGLISH_WORD.search, texts[:300]))
