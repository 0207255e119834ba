"""The format of each number in a workbook of Excel 97 to 2003 (MS-XLS) or a binary one (MS-XLSB).

python-calamine gives values only; what a cell shows is its value in its format: « 3 jours », 00075, 36:00.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from core.documents.office.number_formats import format_of, shown
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
