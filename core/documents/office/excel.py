"""Excel workbooks (OOXML): each sheet as tables, by its filled cells only.

Cells are kept sparsely, so that one far cell costs one cell. Values are what was calculated last;
dates are written as dates, since a number of days says nothing to a reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from core.documents.build import Builder
from core.documents.office import drawings
from core.documents.zip_package import (
    Element,
    Package,
    attribute,
    child,
    children,
    find_all,
    office_properties,
    relation_id,
    tag,
)  # fmt: skip

_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_PERCENT = {9: 0, 10: 2}
_CODES = re.compile(r'&(?:"[^"]*"|[LCRPNDTAFZGBIUESXYO+-]|K[0-9A-F]{6}|\d+)')


class ExcelReader:
    """One workbook being read. `main` is the name of its main part."""

    def __init__(self, package: Package, main: str, builder: Builder) -> None:
        self._package = package
        self._main = main
        self._builder = builder
        self._shared = [_rich(item) for item in children(self._part("sharedStrings"), "si")]
        self._formats = list(_formats(self._part("styles")))
        self._left = builder.limits.rows

    def read(self) -> None:
        builder, workbook = self._builder, self._package.xml(self._main)
        builder.unit = "sheet"
        office_properties(self._package, builder)
        properties = child(workbook, "workbookPr")
        epoch = properties is not None and attribute(properties, "date1904") in ("1", "true")
        self._epoch = datetime(1904, 1, 1, tzinfo=UTC) if epoch else datetime(1899, 12, 30, tzinfo=UTC)
        relations = self._package.relations(self._main)
        for sheet in children(child(workbook, "sheets"), "sheet"):
            name = relations.get(relation_id(sheet), ("", ""))[1]
            builder.page(attribute(sheet, "name"))
            builder.heading(2, attribute(sheet, "name"))
            if attribute(sheet, "state") in ("hidden", "veryHidden"):
                builder.warn("hidden_text")
            if name in self._package.infos:
                self._sheet(name)

    def _part(self, kind: str) -> Element | None:
        name = next(self._package.related(self._main, kind), None)
        return self._package.xml(name) if name else None

    def _sheet(self, name: str) -> None:
        builder, root = self._builder, self._package.xml(name)
        page = builder.page_number
        for place in find_all(child(root, "headerFooter"), *_HEADERS):
            kind = "header" if tag(place).endswith("Header") else "footer"
            builder.place(kind, _CODES.sub(" ", place.text or ""), page=page)
        for table in _tables(self._rows(child(root, "sheetData"))):
            builder.table(table)
        for kind in ("comments", "threadedComment"):
            for part in self._package.related(name, kind):
                for comment in find_all(self._package.xml(part), "comment", "threadedComment"):
                    builder.place("comment", _rich(comment), page=page)
        self._drawings(name, page)

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

    def _rows(self, data: Element | None) -> Iterator[tuple[int, dict[int, str]]]:
        """(row number, column number → text) of the rows that have text."""
        number = 0
        for row in children(data, "row"):
            given = attribute(row, "r")
            number = int(given) if given.isdecimal() else number + 1
            cells: dict[int, str] = {}
            column = 0
            for cell in children(row, "c"):
                match = _REFERENCE.fullmatch(attribute(cell, "r"))
                column = _column(match[1]) if match else column + 1
                if text := self._value(cell).strip():
                    cells[column] = text
            if not cells:
                continue
            if self._left <= 0:
                self._builder.warn("rows_left_out", self._builder.limits.rows)
                return
            self._left -= 1
            yield number, cells

    def _value(self, cell: Element) -> str:
        kind, value = attribute(cell, "t"), child(cell, "v")
        text = (value.text or "") if value is not None else ""
        match kind:
            case "s":
                return self._shared[int(text)] if text.isdecimal() and int(text) < len(self._shared) else ""
            case "inlineStr":
                return _rich(child(cell, "is"))
            case "b":
                return "VRAI" if text == "1" else "FAUX"
            case "str" | "e" | "d":
                return text
            case _:
                if not text and child(cell, "f") is not None:
                    self._builder.warn("formulas")
                return self._number(text, attribute(cell, "s"))

    def _number(self, text: str, style: str) -> str:
        try:
            number = float(text)
        except ValueError:
            return text
        shape = self._formats[int(style)] if style.isdecimal() and int(style) < len(self._formats) else ""
        if shape == "date" and 0 <= number < 2_958_466:
            return self._date(number)
        if shape.startswith("%"):
            return f"{number * 100:.{shape[1:]}f} %"
        return f"{number:.15g}" if abs(number) < 1e15 else text

    def _date(self, days: float) -> str:
        if days < 1:
            seconds = round(days * 86_400)
            return f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
        moment = self._epoch + timedelta(seconds=round(days * 86_400))
        return moment.strftime("%Y-%m-%d" if days == int(days) else "%Y-%m-%d %H:%M")


_HEADERS = ("oddHeader", "evenHeader", "firstHeader", "oddFooter", "evenFooter", "firstFooter")


def _tables(rows: Iterator[tuple[int, dict[int, str]]]) -> Iterator[list[list[str]]]:
    """Rows below each other make a table; an empty row ends it."""
    block: list[dict[int, str]] = []
    last = 0
    for number, cells in rows:
        if block and number > last + 1:
            yield _grid(block)
            block = []
        block.append(cells)
        last = number
    if block:
        yield _grid(block)


def _grid(block: list[dict[int, str]]) -> list[list[str]]:
    columns = sorted({column for cells in block for column in cells})
    return [[cells.get(column, "") for column in columns] for cells in block]


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _texts(element: Element | None) -> Iterator[str]:
    """The text of an element without phonetic readings."""
    for item in find_all(element, "t", "text", "br"):
        if not any(tag(above) == "rPh" for above in item.iterancestors()):
            yield "\n" if tag(item) == "br" else item.text or ""


def _rich(element: Element | None) -> str:
    return "".join(_texts(element))


def _formats(styles: Element | None) -> Iterator[str]:
    """For each cell style: `date`, `%` and decimals, or empty."""
    own = {attribute(item, "numFmtId"): attribute(item, "formatCode") for item in find_all(styles, "numFmt")}
    for style in children(child(styles, "cellXfs"), "xf"):
        number = attribute(style, "numFmtId")
        code = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', "", own.get(number, ""))
        builtin = int(number) if number.isdecimal() else 0
        if builtin in _DATES or (code and re.search(r"[ymdhs]", code, re.IGNORECASE) and "0.0" not in code):
            yield "date"
        elif builtin in _PERCENT or "%" in code:
            decimals = re.search(r"0\.(0+)%", code)
            yield f"%{_PERCENT.get(builtin, len(decimals[1]) if decimals else 0)}"
        else:
            yield ""
