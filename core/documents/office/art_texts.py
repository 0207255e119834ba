"""Texts and pictures in the drawings of old Office files (MS-ODRAW): WordArt, alternative texts, tooltips.

Their records are found by their heads, wherever they stand: each format wraps them in another way.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from core.documents.build import Builder
from core.documents.document import PlaceKind

_PROPERTIES = b"\x0b\xf0"
_TEXTS: dict[int, PlaceKind] = {0xC0: "watermark", 0x381: "alternative", 0x38D: "alternative"}
"""gtextUNICODE, wzDescription, wzTooltip (MS-ODRAW 2.3)."""
_PICTURES = (b"\x1d\xf0", b"\x1e\xf0")
_FILES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_HEAD = 60
"""Bytes before a picture's file at most: the record's head, one or two digests, a tag (MS-ODRAW 2.2.27)."""
_MOST = 200


def write_art(drawings: bytes, pictures: bytes, builder: Builder) -> None:
    """The texts in a stream of drawings as places, and the pictures in another to be recognised."""
    for kind, text in _texts(drawings):
        builder.place(kind, text)
    found = dict(_pictures(pictures))
    for at, data in found.items():
        builder.picture_file(f"picture {at}", data)
    if len(pictures) > sum(map(len, found.values())) + 2_000:  # others are drawn, not of pixels
        builder.warn("pictures_left_out")


def _texts(data: bytes) -> Iterator[tuple[PlaceKind, str]]:
    """The texts of all shapes. None is read twice, whatever heads a hostile file holds."""
    at, taken = data.find(_PROPERTIES), 0
    while at >= 0:
        start = after = at + 6
        count = struct.unpack_from("<H", data, at - 2)[0] >> 4 if at >= 2 else 0
        size = int.from_bytes(data[at + 2 : start], "little")
        if count and data[at - 2] & 0xF == 3 and 6 * count <= size <= len(data) - start:
            for kind, begin, end in _of_shape(data, start, count):
                if begin >= taken:
                    taken = min(end, start + size)
                    yield kind, data[begin:taken].decode("utf-16-le", "replace").rstrip("\0")
            after += 6 * count
        at = data.find(_PROPERTIES, after if after > start else at + 2)


def _of_shape(data: bytes, start: int, count: int) -> Iterator[tuple[PlaceKind, int, int]]:
    """Where the texts of a shape stand: properties that do not fit in four bytes are behind all (2.2.9)."""
    behind = start + 6 * count
    for number in range(count):
        name, value = struct.unpack_from("<HI", data, start + 6 * number)
        if name & 0x8000:
            if kind := _TEXTS.get(name & 0x3FFF):
                yield kind, behind, behind + value
            behind += value


def _pictures(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Where they begin, and the files."""
    for kind, magic in zip(_PICTURES, _FILES, strict=True):
        at = data.find(kind)
        for _ in range(_MOST):
            if at < 2:
                break
            begin, end = data.find(magic, at, at + _HEAD), at
            if begin > 0:
                end = at + 6 + int.from_bytes(data[at + 2 : at + 6], "little")
                yield begin, data[begin:end]
            at = data.find(kind, max(begin, end, at + 2))
