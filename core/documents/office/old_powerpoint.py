"""PowerPoint 97 to 2003 (MS-PPT): the text atoms of each slide, its notes, masters and comments."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from core.documents.build import Builder, Unreadable
from core.documents.document import PlaceKind
from core.documents.office.art_texts import write_art
from core.documents.office.compound import CompoundFile
from core.documents.zip_package import target_of

_CHARS, _BYTES, _STRING, _HEADER = 0x0FA0, 0x0FA8, 0x0FBA, 0x0F9F
_SLIDE, _NOTES, _MASTER, _LIST, _PERSIST = 0x03EE, 0x03F0, 0x03F8, 0x0FF0, 0x03F3
_COMMENT, _FOOTERS = 0x2EE0, 0x0FD9
_LINK, _TARGET = 0x0FD7, 1
"""A link, and which of its strings says where it leads (2.10.16)."""
_OBJECT, _BLOB = 0x1011, 0x138B
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
    shapes = [list(_texts(data, record)) for record in records if record[0] == _SLIDE]
    for number in range(max(len(outlines), len(shapes))):
        builder.page()
        texts = (*outlines[number : number + 1], *shapes[number : number + 1])
        for title, text in (each for some in texts for each in some):
            if title:
                builder.heading(2, text)
            else:
                for line in text.split("\n"):
                    builder.paragraph(line)


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
    return ((title, text) for _, title, text in _atoms(data, record, strings) if text)


def _atoms(data: bytes, record: Record, strings: tuple[int, ...] = ()) -> Iterator[tuple[int, bool, str]]:
    """(kind, is it a title, text) of the text atoms and of the marks of slides within a record. `strings`:
    kinds that are texts too."""
    title = False
    for kind, _, start, stop in _walk(data, record[2], record[3], 1):
        if kind == _HEADER and stop - start >= 4:
            title = struct.unpack_from("<I", data, start)[0] in _TITLES
        elif kind == _PERSIST:
            yield kind, False, ""
        elif kind in (_CHARS, _BYTES, *strings):
            text = data[start:stop].decode("latin-1" if kind == _BYTES else "utf-16-le", "replace")
            yield kind, title, text.replace("\r", "\n").replace("\x0b", "\n").strip()


def _outlines(data: bytes, records: list[Record]) -> list[list[tuple[bool, str]]]:
    """For each slide what its outline says: the texts between two marks of the list of slides."""
    found: list[list[tuple[bool, str]]] = []
    for record in records:
        for kind, title, text in _atoms(data, record) if record[:2] == (_LIST, 0) else ():
            if kind == _PERSIST:
                found.append([])
            elif found:
                found[-1].append((title, text))
    return found
