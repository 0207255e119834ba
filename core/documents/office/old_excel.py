"""Workbooks of Excel 97 to 2003 (xls) and binary ones (xlsb), by python-calamine, which gives values only.

What it leaves out is read from the records themselves (MS-XLS, MS-XLSB): the format in which a cell shows its
value (« 3 jours », 00075, 36:00), and of an xls headers, footers and text boxes.
"""

from __future__ import annotations

import io
import itertools
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineWorkbook, PasswordError

from core.documents.build import Builder, Unreadable
from core.documents.cleaning import target_of
from core.documents.document import PlaceKind
from core.documents.office.art_texts import write_art
from core.documents.office.compound import CompoundFile
from core.documents.office.number_formats import format_of, general, header_text, shown
from core.documents.office.old_formulas import of_binary_record, of_record
from core.documents.zip_package import Package

Shown = dict[tuple[int, int], str]
"""What cells show, by row and column from 0; those in no format of their own are left out."""

_GENERAL = ("", "General", "@")


class _NumberStyles:
    """The formats of a workbook, as its records come."""

    def __init__(self) -> None:
        self._codes: dict[int, str] = {}
        self._styles: list[int] = []
        self._first_1904 = False
        self._of_cells = False

    def take(self, kind: int, data: bytes) -> None:
        """A record of a book: FORMAT, XF or DATE1904 (MS-XLS 2.4)."""
        if kind == 0x41E and len(data) > 5:
            count, wide = struct.unpack_from("<HB", data, 2)
            text = data[5 : 5 + count * (1 + (wide & 1))]
            self._codes[_short(data)] = text.decode("utf-16-le" if wide & 1 else "latin-1", "replace")
        elif kind == 0xE0 and len(data) >= 4:
            self._styles.append(_short(data, 2))
        elif kind == 0x22:
            self._first_1904 = data[:1] == b"\1"

    def take_binary(self, kind: int, data: bytes) -> None:
        """A record of the styles of a binary book: BrtFmt, or BrtXF among those of cells (MS-XLSB 2.4)."""
        if kind == 44 and len(data) > 6:
            size = struct.unpack_from("<I", data, 2)[0]
            self._codes[_short(data)] = data[6 : 6 + 2 * size].decode("utf-16-le", "replace")
        elif kind in (617, 618):
            self._of_cells = kind == 617
        elif kind == 47 and self._of_cells and len(data) >= 4:
            self._styles.append(_short(data, 2))

    def shown(self, style: int, number: float) -> str:
        """A number in the format of a style; empty for one without."""
        code = format_of(self._styles[style] if style < len(self._styles) else 0, self._codes, french=True)
        return "" if code in _GENERAL else shown(number, code, french=True, first_1904=self._first_1904)


def of_xls(stream: bytes) -> dict[int, Shown]:
    """By the number of the sheet among all, in the order of the book."""
    styles = _NumberStyles()
    places: dict[int, int] = {}
    sheets = 0
    found: dict[int, Shown] = {}
    sheet = -1
    for at, kind, data in records(stream):
        if kind == 0x809:  # a book or a sheet begins
            sheet = places.get(at, -1)
        elif kind == 0x85 and len(data) > 4:
            places.setdefault(struct.unpack_from("<I", data)[0], sheets)
            sheets += 1
        elif sheet < 0:
            styles.take(kind, data)
        else:
            for row, column, style, number in _numbers(kind, data):
                found.setdefault(sheet, {})[row, column] = styles.shown(style, number)
    return found


def records(stream: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Where each record of an xls begins, its kind and its content."""
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield at, kind, stream[at + 4 : at + 4 + length]
        at += 4 + length


def _numbers(kind: int, data: bytes) -> Iterator[tuple[int, int, int, float]]:
    """Row, column, style and value of the cells in a record: NUMBER, RK, MULRK, FORMULA (MS-XLS 2.4)."""
    if kind == 0xBD and len(data) >= 6:
        row, first = struct.unpack_from("<HH", data)
        for index in range((len(data) - 6) // 6):
            style, packed = struct.unpack_from("<HI", data, 4 + 6 * index)
            yield row, first + index, style, _unpacked(packed)
    elif kind == 0x27E and len(data) >= 10:
        row, column, style, packed = struct.unpack_from("<HHHI", data)
        yield row, column, style, _unpacked(packed)
    elif kind in (0x203, 0x06) and len(data) >= 14 and (kind == 0x203 or data[12:14] != b"\xff\xff"):
        yield struct.unpack_from("<HHHd", data)


def _unpacked(packed: int) -> float:
    """A number in four bytes (MS-XLS 2.5.217): an integer or a double's upper half, perhaps times 100."""
    if packed & 2:
        number = float((packed >> 2) - ((packed >> 31) << 30))
    else:
        number = struct.unpack("<d", struct.pack("<II", 0, packed & 0xFFFFFFFC))[0]
    return number / 100 if packed & 1 else number


def of_xlsb(package: Package, sheets: list[str]) -> dict[int, Shown]:
    """The same of a binary workbook, whose parts of sheets are given in their order."""
    styles = _NumberStyles()
    for kind, data in _binary_records(package, "xl/styles.bin"):
        styles.take_binary(kind, data)
    return {number: dict(_binary_sheet(package, name, styles)) for number, name in enumerate(sheets)}


def _binary_sheet(
    package: Package, name: str, styles: _NumberStyles
) -> Iterator[tuple[tuple[int, int], str]]:
    row = 0
    for kind, data in _binary_records(package, name):
        if kind == 0 and len(data) >= 4:
            row = struct.unpack_from("<I", data)[0]
        elif kind in (2, 5, 9) and len(data) >= (12 if kind == 2 else 16):  # packed, a double, a formula's
            column, style = struct.unpack_from("<II", data)
            packed = kind == 2
            number = struct.unpack_from("<I" if packed else "<d", data, 8)[0]
            yield (row, column), styles.shown(style & 0xFFFFFF, _unpacked(number) if packed else number)


def _binary_records(package: Package, name: str) -> Iterator[tuple[int, bytes]]:
    """Kind and content (MS-XLSB 2.1.4): kinds and lengths take seven bits of each byte."""
    data = package.read(name) if name in package.infos else b""
    at = 0
    while at < len(data):
        kind, at = _sevens(data, at, 2)
        length, at = _sevens(data, at, 4)
        yield kind, data[at : at + length]
        at += length


def _sevens(data: bytes, at: int, most: int) -> tuple[int, int]:
    number = 0
    for index in range(most):
        if at >= len(data):
            break
        byte, at = data[at], at + 1
        number |= (byte & 0x7F) << (7 * index)
        if not byte & 0x80:
            break
    return number, at


def _short(data: bytes, at: int = 0) -> int:
    return struct.unpack_from("<H", data, at)[0]


_FORMULA = 0x06
_LINK, _WORDS = 0x1B8, 0x17
_ADDRESS = bytes.fromhex("e0c9ea79f9bace118c8200aa004ba90b")
"""What stands before the address that a link leads to (MS-OSHARED 2.3.7.6)."""
_NOTE, _SERIES_TEXT, _TOOLTIP, _VALIDATION, _PICTURES = 0x1C, 0x100D, 0x800, 0x1BE, 0xEB
_HEADER, _FOOTER, _OBJECT_TEXT, _CONTINUE, _PASSWORD = 0x14, 0x15, 0x1B6, 0x3C, 0x2F


def read(data: bytes, builder: Builder, formats: Mapping[int, Shown]) -> None:
    """Either format. Sets properties apart. `formats`: what numbers show, by the number of their sheet."""
    builder.unit = "sheet"
    try:
        workbook: Any = CalamineWorkbook.from_filelike(io.BytesIO(data))
    except PasswordError:
        raise Unreadable("encrypted") from None
    except Exception as error:  # noqa: BLE001 - it fails in every way on bad files
        raise Unreadable("damaged", type(error).__name__) from None
    for number, sheet in enumerate(workbook.sheets_metadata):
        if "WorkSheet" not in str(sheet.typ):
            if "Chart" not in str(sheet.typ):  # its texts are read from their records
                builder.warn("part_unread", sheet.name)
            continue
        masked = not str(sheet.visible).endswith(".Visible")
        builder.sheet_page(sheet.name, masked=masked)
        _sheet(workbook, sheet.name, builder, formats.get(number, {}))


def is_encrypted(file: CompoundFile) -> bool:
    """Whether an xls asks for a password: the record of it stands among the first."""
    first = itertools.islice(records(file.read("Workbook") or file.read("Book")), 10)
    return any(kind == _PASSWORD for _, kind, _ in first)


def _sheet(workbook: Any, name: str, builder: Builder, formats: Shown) -> None:
    try:
        sheet: Any = workbook.get_sheet_by_name(name)
        rows: Any = sheet.iter_rows()
        first = sheet.start[1] if sheet.start else 0  # rows are all given, columns from the first in use
    except Exception as error:  # noqa: BLE001 - one sheet fails alone
        builder.warn("damaged_part", f"{name} ({type(error).__name__})")
        return
    builder.sheet(
        [formats.get((number, column)) or _value(cell) for column, cell in enumerate(row, first)]
        for number, row in enumerate(rows)
    )


def _value(value: Any) -> str:
    match value:
        case bool():
            return "VRAI" if value else "FAUX"
        case float() | int():
            return general(value, french=True)
        case datetime():
            return value.strftime("%d/%m/%Y %H:%M") if value.time() != time() else value.strftime("%d/%m/%Y")
        case date():
            return value.strftime("%d/%m/%Y")
        case time():
            return value.strftime("%H:%M")
        case timedelta():
            minutes = round(value.total_seconds() / 60)
            return f"{minutes // 60}:{minutes % 60:02}"
        case _:
            return str(value).strip()


def places(file: CompoundFile, builder: Builder) -> None:
    """Headers, footers and text boxes of an xls."""
    file.describe(builder)
    stream = file.read("Workbook") or file.read("Book")
    for kind, text in _places(stream):
        builder.place(kind, text)
    write_art(stream, b"", builder)
    found = ((kind, data) for _, kind, data in records(stream))
    _formulas(found, of_record if file.read("Workbook") else _of_excel_5, builder)
    if b"\xeb\0" in stream and any(kind == _PICTURES for _, kind, _ in records(stream)):
        builder.warn("pictures_left_out")


def binary_formulas(package: Package, sheets: list[str], builder: Builder) -> None:
    """What the formulas of a binary workbook write, as far as nothing shows it."""
    found = itertools.chain.from_iterable(_binary_records(package, name) for name in sheets)
    _formulas(found, of_binary_record, builder)


def _formulas(
    found: Iterable[tuple[int, bytes]], texts_of: Callable[[int, bytes], Iterator[str]], builder: Builder
) -> None:
    """The texts in formulas, each once, are hidden ones; formulas that are not understood are unread."""
    said: dict[str, None] = {}
    for kind, data in found:
        try:
            said.update(dict.fromkeys(texts_of(kind, data)))
        except ValueError:
            builder.warn("part_unread", "formules")
    builder.rest(("hidden", text) for text in said)


def _of_excel_5(kind: int, data: bytes) -> Iterator[str]:
    """Nothing, of formulas that Excel wrote before 1997 in another form; raises ValueError for one with a
    text."""
    if kind == _FORMULA and b"\x17" in data[22:]:
        raise ValueError("formulas of Excel 5")
    return iter(())


def _places(data: bytes) -> Iterator[tuple[PlaceKind, str]]:
    waiting = 0
    for _, kind, content in records(data):
        if kind in (_HEADER, _FOOTER) and len(content) > 3:
            yield (
                ("header" if kind == _HEADER else "footer"),
                header_text(_wide(content[3:], content[2])),
            )
        elif kind == _OBJECT_TEXT and len(content) >= 12:
            waiting = struct.unpack_from("<H", content, 10)[0]
        elif kind == _CONTINUE and waiting and content:
            yield "textbox", _wide(content[1:], content[0])[:waiting]
            waiting = 0
        else:
            yield from _said(kind, content)


def _said(kind: int, content: bytes) -> Iterator[tuple[PlaceKind, str]]:
    """Titles of charts and series, tooltips of links, what cells ask for, and who commented."""
    if kind == _SERIES_TEXT and len(content) > 4:
        yield "textbox", _wide(content[4:], content[3])
    elif kind == _NOTE and len(content) > 11:
        size = int.from_bytes(content[8:10], "little")
        yield "comment", _wide(content[11:], content[10])[:size]
    elif kind == _TOOLTIP and len(content) > 12:
        yield "alternative", content[10:].decode("utf-16-le", "replace").rstrip("\0")
    elif kind == _LINK and (at := content.find(_ADDRESS)) >= 0:
        link = content[at + len(_ADDRESS) + 4 :].decode("utf-16-le", "replace").partition("\0")[0]
        yield "other", target_of(link)
    elif kind == _VALIDATION:
        for text in _prompts(content[4:]):
            yield "other", text


def _prompts(content: bytes) -> Iterator[str]:
    """Titles and texts of what a cell says when it is chosen, or refuses what is typed in (MS-XLS 2.4.93)."""
    for _ in range(4):
        if len(content) < 3:
            return
        size = int.from_bytes(content[:2], "little") * (1 + (content[2] & 1))
        yield _wide(content[3 : 3 + size], content[2]).strip("\0")
        content = content[3 + size :]
    if len(content) > 7 and content[4] == _WORDS:  # what may be chosen
        yield from _wide(content[7 : 7 + content[5] * (1 + (content[6] & 1))], content[6]).split("\0")


def _wide(text: bytes, width: int) -> str:
    return text.decode("utf-16-le" if width & 1 else "latin-1", "replace")
