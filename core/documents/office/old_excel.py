"""Workbooks of Excel 97 to 2003 (xls) and binary ones (xlsb), by python-calamine; what it leaves out of an
xls, by the records themselves (MS-XLS): headers, footers and text boxes."""

from __future__ import annotations

import io
import itertools
import struct
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineWorkbook, PasswordError

from core.documents.build import Builder, Unreadable
from core.documents.cleaning import MASKED, one_line
from core.documents.document import PlaceKind
from core.documents.office.art_texts import write_art
from core.documents.office.compound import CompoundFile
from core.documents.office.number_formats import general, header_text
from core.documents.office.old_numbers import Shown, records
from core.documents.zip_package import target_of

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
            continue
        masked = not str(sheet.visible).endswith(".Visible")
        builder.page(sheet.name, aside=MASKED["sheet"] if masked else "")
        builder.heading(2, sheet.name)
        if masked:
            builder.warn("hidden_cells", one_line(sheet.name))
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
    if b"\xeb\0" in stream and any(kind == _PICTURES for _, kind, _ in records(stream)):
        builder.warn("pictures_left_out")


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
