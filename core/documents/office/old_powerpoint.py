"""PowerPoint 97 to 2003 (MS-PPT): the text atoms of each slide, its notes, masters and comments."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import zip_longest
from typing import NamedTuple

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
"""Containers within each other."""
_MOST = 500_000
"""Records within one container."""
_PLACES: dict[int, PlaceKind] = {_NOTES: "note", _MASTER: "master", _COMMENT: "comment", _FOOTERS: "footer"}
_PROMPTS = ("Click to edit", "Cliquez pour", "*")
"""What a master says to its author, and nobody else sees."""


class PptRecord(NamedTuple):
    """A record of the file: its kind and instance, and where its content begins and ends."""

    kind: int
    instance: int
    start: int
    stop: int


class SlideText(NamedTuple):
    """A text atom, or the mark of a slide or a group, which has no text. `start`: where the content
    begins."""

    kind: int
    is_title: bool
    text: str
    start: int


def read(file: CompoundFile, builder: Builder) -> None:
    """Read a presentation. Raises Unreadable for an encrypted one."""
    builder.kind, builder.unit = "ppt", "slide"
    file.describe(builder)
    user = file.read("Current User")
    if len(user) >= 16 and struct.unpack_from("<I", user, 12)[0] == _ENCRYPTED_SESSION:
        raise Unreadable("encrypted")
    data = file.read("PowerPoint Document")
    records = list(_walk(data, 0, len(data), 0))
    _write_slides(data, records, builder)
    for record in records:
        if record.kind in _PLACES:
            _write_place(data, record, builder)
    builder.rest(("other", target) for target in _targets(data, records))
    write_art(data, file.read("Pictures"), builder)
    if any(record.kind == _OBJECT for record in records):
        builder.warn("part_unread", "OLE")


def _write_place(data: bytes, record: PptRecord, builder: Builder) -> None:
    """Keep the texts of notes, masters, comments and footers as places. Notes stay in the text as well."""
    for atom in _texts(data, record):
        if atom.text.startswith(_PROMPTS):
            continue
        if record.kind == _NOTES:
            builder.raw("> " + atom.text.replace("\n", "\n> "))
        builder.place(_PLACES[record.kind], atom.text)


def _targets(data: bytes, records: list[PptRecord]) -> Iterator[str]:
    """The addresses that links lead to."""
    for record in records:
        if record.kind == _LINK:
            for inner in _within(data, record):
                if (inner.kind, inner.instance) == (_STRING, _TARGET):
                    yield target_of(data[inner.start : inner.stop].decode("utf-16-le", "replace"))


def _write_slides(data: bytes, records: list[PptRecord], builder: Builder) -> None:
    """Write each slide: first its outline, then its other shapes."""
    slides = (record for record in records if record.kind == _SLIDE)
    for outline, slide in zip_longest(_outlines(data, records), slides):
        builder.page()
        for atom in outline or ():
            _write(atom, builder)
        if slide:
            _write_shapes(data, slide, builder)


def _write_shapes(data: bytes, slide: PptRecord, builder: Builder) -> None:
    """Write the tables and the other texts of a slide. `end` is where the last table ends."""
    tables = {group.start: group for group in _within(data, slide) if _is_table(data, group)}
    end = 0
    for atom in _atoms(data, slide, (_GROUP,)):
        if table := tables.get(atom.start):
            builder.table(_rows(data, table))
            end = table.stop
        elif atom.start >= end:
            _write(atom, builder)


def _write(atom: SlideText, builder: Builder) -> None:
    if atom.is_title:
        builder.heading(2, atom.text)
    else:
        for line in atom.text.split("\n"):
            builder.paragraph(line)


def _is_table(data: bytes, group: PptRecord) -> bool:
    """True if a group of shapes is a table, as a property of its first shape says (MS-ODRAW 2.3.6.7)."""
    if group.kind != _GROUP:
        return False
    first = next((each for each in _within(data, group, depth=_DEPTH) if each.kind == _SHAPE), None)
    options = (each for each in (_within(data, first) if first else ()) if each.kind in _OPTIONS)
    return any(
        struct.unpack_from("<H", data, at)[0] & 0x3FFF == _TABLE
        for each in options
        for at in range(each.start, min(each.start + 6 * each.instance, each.stop - 1), 6)
    )


def _rows(data: bytes, table: PptRecord) -> list[list[str]]:
    """The cells of a table, row by row. Each cell is a shape with a text, at its place (MS-ODRAW 2.2.39)."""
    cells = dict(_cells(data, table))
    lefts = sorted({left for _, left in cells})
    tops = sorted({top for top, _ in cells})
    return [[cells.get((top, left), "") for left in lefts] for top in tops]


def _cells(data: bytes, table: PptRecord) -> Iterator[tuple[tuple[int, int], str]]:
    """The place of each cell, from the top and from the left, and its text."""
    for shape in _within(data, table, depth=_DEPTH):
        inner = list(_within(data, shape)) if shape.kind == _SHAPE else []
        anchor = next((each for each in inner if each.kind == _ANCHOR and each.stop - each.start >= 16), None)
        if anchor and any(each.kind == _TEXTBOX for each in inner):
            left, top = struct.unpack_from("<ii", data, anchor.start)
            yield (top, left), "\n".join(atom.text for atom in _texts(data, shape))


def _within(data: bytes, record: PptRecord, depth: int = 1) -> Iterator[PptRecord]:
    """The records within a record."""
    return _walk(data, record.start, record.stop, depth)


def _walk(data: bytes, at: int, end: int, depth: int) -> Iterator[PptRecord]:
    """Containers and atoms, each before those within it (MS-PPT 2.3.1). What later versions say, comments
    among it, lies in blobs (2.11.22). At a `depth` of `_DEPTH` nothing within is given."""
    count = 0
    while at + 8 <= end and count < _MOST:
        version, kind, length = struct.unpack_from("<HHI", data, at)
        start, stop = at + 8, min(at + 8 + length, end)
        yield PptRecord(kind, version >> 4, start, stop)
        if (version & 0xF == 0xF or kind == _BLOB) and depth < _DEPTH:
            yield from _walk(data, start, stop, depth + 1)
        at = start + length
        count += 1


def _texts(data: bytes, record: PptRecord) -> Iterator[SlideText]:
    """The text atoms within a record that have a text."""
    strings = (_STRING,) if record.kind in (_COMMENT, _FOOTERS) else ()
    return (atom for atom in _atoms(data, record, strings) if atom.text)


def _atoms(data: bytes, record: PptRecord, more: tuple[int, ...] = ()) -> Iterator[SlideText]:
    """The text atoms and the marks of slides within a record. `more` are kinds that are given too, as texts
    or as groups."""
    is_title = False
    for kind, _, start, stop in _within(data, record):
        if kind == _HEADER and stop - start >= 4:
            is_title = struct.unpack_from("<I", data, start)[0] in _TITLES
        elif kind == _PERSIST or (kind == _GROUP and kind in more):
            yield SlideText(kind, False, "", start)
        elif kind in (_CHARS, _BYTES, *more):
            text = data[start:stop].decode("latin-1" if kind == _BYTES else "utf-16-le", "replace")
            yield SlideText(kind, is_title, text.replace("\r", "\n").replace("\x0b", "\n").strip(), start)


def _outlines(data: bytes, records: list[PptRecord]) -> list[list[SlideText]]:
    """The outline of each slide: the texts between two marks of the list of slides."""
    found: list[list[SlideText]] = []
    for record in records:
        if (record.kind, record.instance) != (_LIST, 0):
            continue
        for atom in _atoms(data, record):
            if atom.kind == _PERSIST:
                found.append([])
            elif found:
                found[-1].append(atom)
    return found
