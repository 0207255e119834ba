"""PowerPoint 97 to 2003 (MS-PPT): the text atoms of each slide, its notes, masters and comments."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from core.documents.build import Builder, Unreadable
from core.documents.cleaning import target_of
from core.documents.document import PlaceKind
from core.documents.office.art_texts import write_art
from core.documents.office.compound import CompoundFile

_CHARS, _BYTES, _STRING, _HEADER = 0x0FA0, 0x0FA8, 0x0FBA, 0x0F9F
_SLIDE, _NOTES, _MASTER, _LIST, _PERSIST = 0x03EE, 0x03F0, 0x03F8, 0x0FF0, 0x03F3
_COMMENT, _FOOTERS = 0x2EE0, 0x0FD9
_LINK, _TARGET = 0x0FD7, 1
"""A link, and which of its strings says where it leads (2.10.16)."""
_OBJECT, _BLOB = 0x1011, 0x138B
_GROUP, _SHAPE, _ANCHOR, _TEXTBOX = 0xF003, 0xF004, 0xF00F, 0xF00D
_OPTIONS, _TABLE = (0xF00B, 0xF121, 0xF122), 0x039F
_ENCRYPTED_SESSION = 0xF3D1C4DF
_TITLES = (0, 6)
_DEPTH = 40
_MOST = 500_000

Record = tuple[int, int, int, int]
"""Kind, instance, and where the content begins and ends."""


def read(file: CompoundFile, builder: Builder) -> None:
    builder.kind, builder.unit = "ppt", "slide"
    file.describe(builder)
    user = file.read("Current User")
    if len(user) >= 16 and struct.unpack_from("<I", user, 12)[0] == _ENCRYPTED_SESSION:
        raise Unreadable("encrypted")
    data = file.read("PowerPoint Document")
    records = list(_walk(data, 0, len(data), 0))
    _slides(data, records, builder)
    for record in records:
        for _, text in _texts(data, record) if record[0] in _PLACES else ():
            if text.startswith(_PROMPTS):
                continue
            if record[0] == _NOTES:
                builder.raw("> " + text.replace("\n", "\n> "))
            builder.place(_PLACES[record[0]], text)
    builder.rest(("other", target) for target in _targets(data, records))
    write_art(data, file.read("Pictures"), builder)
    if any(record[0] == _OBJECT for record in records):
        builder.warn("part_unread", "OLE")


_PLACES: dict[int, PlaceKind] = {_NOTES: "note", _MASTER: "master", _COMMENT: "comment", _FOOTERS: "footer"}
_PROMPTS = ("Click to edit", "Cliquez pour", "*")
"""What a master says to its author, and nobody else sees."""


def _targets(data: bytes, records: list[Record]) -> Iterator[str]:
    """Where links lead."""
    for record in records:
        for kind, instance, start, stop in _walk(data, *record[2:], 1) if record[0] == _LINK else ():
            if (kind, instance) == (_STRING, _TARGET):
                yield target_of(data[start:stop].decode("utf-16-le", "replace"))


def _slides(data: bytes, records: list[Record], builder: Builder) -> None:
    """Each slide by its outline, then by its other shapes."""
    outlines = _outlines(data, records)
    slides = [record for record in records if record[0] == _SLIDE]
    for number in range(max(len(outlines), len(slides))):
        builder.page()
        for title, text in (each for some in outlines[number : number + 1] for each in some):
            _write(title, text, builder)
        for slide in slides[number : number + 1]:
            tables = {table[2]: table for table in _walk(data, *slide[2:], 1) if _is_table(data, table)}
            within = 0
            for _, title, text, at in _atoms(data, slide, (_GROUP,)):
                if at in tables:
                    builder.table(_rows(data, tables[at]))
                    within = tables[at][3]
                elif at >= within:
                    _write(title, text, builder)


def _write(title: bool, text: str, builder: Builder) -> None:
    if title:
        builder.heading(2, text)
    else:
        for line in text.split("\n"):
            builder.paragraph(line)


def _is_table(data: bytes, group: Record) -> bool:
    """Whether a group of shapes is a table, as a property of its first shape says (MS-ODRAW 2.3.6.7)."""
    if group[0] != _GROUP:
        return False
    first = next((each for each in _walk(data, *group[2:], _DEPTH) if each[0] == _SHAPE), None)
    options = (each for each in (_walk(data, *first[2:], 1) if first else ()) if each[0] in _OPTIONS)
    return any(
        struct.unpack_from("<H", data, at)[0] & 0x3FFF == _TABLE
        for _, count, start, stop in options
        for at in range(start, min(start + 6 * count, stop - 1), 6)
    )


def _rows(data: bytes, group: Record) -> list[list[str]]:
    """The cells of a table by where they stand: each is a shape with a text (MS-ODRAW 2.2.39)."""
    cells: dict[tuple[int, int], str] = {}
    for shape in _walk(data, *group[2:], _DEPTH):
        inner = list(_walk(data, *shape[2:], 1)) if shape[0] == _SHAPE else []
        anchor = next((each for each in inner if each[0] == _ANCHOR and each[3] - each[2] >= 16), None)
        if anchor and any(each[0] == _TEXTBOX for each in inner):
            left, top = struct.unpack_from("<ii", data, anchor[2])
            cells[top, left] = "\n".join(text for _, text in _texts(data, shape))
    columns = sorted({left for _, left in cells})
    tops = sorted({top for top, _ in cells})
    return [[cells.get((top, left), "") for left in columns] for top in tops]


def _walk(data: bytes, at: int, end: int, depth: int) -> Iterator[Record]:
    """Containers and atoms, those above before those within (MS-PPT 2.3.1); what later versions say, comments
    among it, lies in blobs (2.11.22)."""
    count = 0
    while at + 8 <= end and count < _MOST:
        version, kind, length = struct.unpack_from("<HHI", data, at)
        start, stop = at + 8, min(at + 8 + length, end)
        yield kind, version >> 4, start, stop
        if (version & 0xF == 0xF or kind == _BLOB) and depth < _DEPTH:
            yield from _walk(data, start, stop, depth + 1)
        at = start + length
        count += 1


def _texts(data: bytes, record: Record) -> Iterator[tuple[bool, str]]:
    """(is it a title, text) of the text atoms within a record."""
    strings = (_STRING,) if record[0] in (_COMMENT, _FOOTERS) else ()
    return ((title, text) for _, title, text, _ in _atoms(data, record, strings) if text)


def _atoms(data: bytes, record: Record, more: tuple[int, ...] = ()) -> Iterator[tuple[int, bool, str, int]]:
    """(kind, is it a title, text, place) of the text atoms and of the marks of slides within a record.
    `more`: kinds that are given too, as texts or as groups."""
    title = False
    for kind, _, start, stop in _walk(data, record[2], record[3], 1):
        if kind == _HEADER and stop - start >= 4:
            title = struct.unpack_from("<I", data, start)[0] in _TITLES
        elif kind == _PERSIST or (kind == _GROUP and kind in more):
            yield kind, False, "", start
        elif kind in (_CHARS, _BYTES, *more):
            text = data[start:stop].decode("latin-1" if kind == _BYTES else "utf-16-le", "replace")
            yield kind, title, text.replace("\r", "\n").replace("\x0b", "\n").strip(), start


def _outlines(data: bytes, records: list[Record]) -> list[list[tuple[bool, str]]]:
    """For each slide what its outline says: the texts between two marks of the list of slides."""
    found: list[list[tuple[bool, str]]] = []
    for record in records:
        for kind, title, text, _ in _atoms(data, record) if record[:2] == (_LIST, 0) else ():
            if kind == _PERSIST:
                found.append([])
            elif found:
                found[-1].append((title, text))
    return found
