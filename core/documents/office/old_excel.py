"""Workbooks of Excel 97 to 2003 (xls) and binary ones (xlsb), by python-calamine; what it leaves out of an
xls, by the records themselves (MS-XLS): headers, footers and text boxes."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineWorkbook, PasswordError

from core.documents.build import Builder, Unreadable
from core.documents.cleaning import one_line
from core.documents.document import PlaceKind
from core.documents.office.compound import CompoundFile
from core.documents.office.number_formats import general

_CODES = re.compile(r'&(?:"[^"]*"|[LCRPNDTAFZGBIUESXYO+-]|K[0-9A-F]{6}|\\d+)')
_HEADER, _FOOTER, _OBJECT_TEXT, _CONTINUE, _PASSWORD = 0x14, 0x15, 0x1B6, 0x3C, 0x2F


def read(data: bytes, builder: Builder) -> None:
    """Either format. Sets properties apart."""
    builder.unit = "sheet"
    try:
        workbook: Any = CalamineWorkbook.from_filelike(io.BytesIO(data))
    except PasswordError:
        raise Unreadable("encrypted") from None
    except Exception as error:  # noqa: BLE001 - it fails in every way on bad files
        raise Unreadable("damaged", type(error).__name__) from None
    left = builder.limits.rows
    for sheet in workbook.sheets_metadata:
        if "WorkSheet" not in str(sheet.typ):
            continue
        builder.page(sheet.name)
        builder.heading(2, sheet.name)
        if "Visible" not in str(sheet.visible):
            builder.warn("hidden_cells", one_line(sheet.name))
        left = _sheet(workbook, sheet.name, builder, left)


def _sheet(workbook: Any, name: str, builder: Builder, left: int) -> int:
    """The rows of a sheet as tables, which empty rows part; how many rows may still be read."""
    try:
        rows: Any = workbook.get_sheet_by_name(name).iter_rows()
    except Exception as error:  # noqa: BLE001 - one sheet fails alone
        builder.warn("damaged_part", f"{name} ({type(error).__name__})")
        return left
    block: list[list[str]] = []
    for row in rows:
        cells = [_value(cell) for cell in row]
        if any(cells):
            if left <= 0:
                builder.warn("rows_left_out", builder.limits.rows)
                break
            left -= 1
            block.append(cells)
        elif block:
            builder.table(block)
            block = []
    builder.table(block)
    return left


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
    for name, value in file.properties().items():
        builder.property(name, value)
    for kind, text in _places(file.read("Workbook") or file.read("Book")):
        builder.place(kind, text)


def _places(data: bytes) -> Iterator[tuple[PlaceKind, str]]:
    waiting = 0
    for kind, content in _records(data):
        if kind in (_HEADER, _FOOTER) and len(content) > 3:
            yield ("header" if kind == _HEADER else "footer"), _CODES.sub(" ", _string(content))
        elif kind == _OBJECT_TEXT and len(content) >= 12:
            waiting = struct.unpack_from("<H", content, 10)[0]
        elif kind == _CONTINUE and waiting and content:
            wide = content[0] & 1
            yield "textbox", content[1:].decode("utf-16-le" if wide else "latin-1", "replace")[:waiting]
            waiting = 0


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(data):
        kind, length = struct.unpack_from("<HH", data, at)
        yield kind, data[at + 4 : at + 4 + length]
        at += 4 + length


def _string(content: bytes) -> str:
    """A string with its length and the width of its characters before it (MS-XLS 2.5.294)."""
    wide = content[2] & 1
    return content[3:].decode("utf-16-le" if wide else "latin-1", "replace")
