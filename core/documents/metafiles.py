"""The words that a Windows metafile draws (MS-EMF 2.3.5, MS-WMF 2.3.3): pictures from other programs."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from core.documents.text.encoding import decode

NAMES = (".emf", ".wmf", ".emz", ".wmz")
_LARGEST = 20_000_000
_DEPTH = 2
_BITMAPS = frozenset((76, 77, 80, 81, 114, 115))
_UNREAD = frozenset((96, 97, 108))
"""Records that may write words which are not read here: POLYTEXTOUT, SMALLTEXTOUT."""
_BROKEN = -1
"""Stands for the rest of a file whose records cannot be followed to the one that ends it."""
_OLD_BITMAPS = frozenset((0x0922, 0x0940, 0x0B23, 0x0B41, 0x0D33, 0x0F43))
_COMMENT, _ESCAPE = 70, 0x0626
_PICTURES = frozenset((0x401A, 0x401B))
_FORMATS = b"GDIC\x04\0\0\x40"
"""Begins a comment of other formats of the picture, as EPS (EMR_COMMENT_MULTIFORMATS)."""


def metafile_text(data: bytes, depth: int = 0) -> tuple[str, bool]:
    """The words, as they are drawn, and whether there may be others: in pixels, after the place where the
    records cannot be followed, or as outlines where no word is written."""
    more = False
    if data.startswith(b"\x1f\x8b"):
        try:
            packed = zlib.decompressobj(31)
            data = packed.decompress(data, _LARGEST)
        except zlib.error:
            return "", True
        more = bool(packed.unconsumed_tail)
    words: list[str] = []
    read, records = (_read_new, _records) if data[40:44] == b" EMF" else (_read_old, _old_records)
    within = b""
    for kind, record in records(data):
        more |= kind == _BROKEN or read(kind, record, words)
        if records is _old_records and kind == _ESCAPE and record[10:14] == b"WMFC":
            within += record[44:]
    if within:
        text, others = metafile_text(within, depth + 1) if depth < _DEPTH else ("", True)
        words.append(text)
        more |= others
    return "\n".join(dict.fromkeys(filter(None, words))), more or not any(words)


def _read_new(kind: int, record: bytes, words: list[str]) -> bool:
    """Add the words of a record; whether it may show others."""
    if kind == _COMMENT:
        return _plus_words(record[12:], words) if record[12:16] == b"EMF+" else record[12:20] == _FORMATS
    if kind in (83, 84) and (len(record) >= 56 and bool(struct.unpack_from("<I", record, 52)[0] & 0x10)):
        return True
    words.append(_emf_text(kind, record))
    return kind in _BITMAPS | _UNREAD


def _read_old(kind: int, record: bytes, words: list[str]) -> bool:
    words.append(_wmf_text(kind, record))
    return kind in _OLD_BITMAPS


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 8 <= len(data):
        kind, size = struct.unpack_from("<II", data, at)
        if size < 8:
            break
        yield kind, data[at : at + size]
        if kind == 14:  # EMR_EOF
            return
        at += size
    yield _BROKEN, b""


def _old_records(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 40 if data.startswith(b"\xd7\xcd\xc6\x9a") else 18
    while at + 6 <= len(data):
        size, kind = struct.unpack_from("<IH", data, at)
        if size < 3:
            break
        yield kind, data[at : at + 2 * size]
        if not kind:  # META_EOF
            return
        at += 2 * size
    yield _BROKEN, b""


def _plus_words(data: bytes, words: list[str]) -> bool:
    """Add the words of records of EMF+ (MS-EMFPLUS 2.3.4); whether there may be others: pictures, letters as
    shapes of a font, or records that cannot be followed."""
    more = False
    at = 4
    while at + 12 <= len(data):
        kind, _, size, length = struct.unpack_from("<HHII", data, at)
        body = data[at + 12 : at + 12 + length]
        if size < 12:
            return True
        more |= kind in _PICTURES
        if kind == 0x401C and len(body) >= 28:  # DrawString
            count = int.from_bytes(body[8:12], "little")
            words.append(body[28 : 28 + 2 * count].decode("utf-16-le", "replace"))
        elif kind == 0x4036 and len(body) >= 16:  # DrawDriverString
            options, _, count = struct.unpack_from("<III", body, 4)
            if options & 1:
                words.append(body[16 : 16 + 2 * count].decode("utf-16-le", "replace"))
            else:
                more = True
        at += size
    return more or at > len(data)


def _emf_text(kind: int, record: bytes) -> str:
    """EMR_EXTTEXTOUTA, EMR_EXTTEXTOUTW: how many letters, and where they stand in the record."""
    if kind not in (83, 84) or len(record) < 52:
        return ""
    count, place = struct.unpack_from("<II", record, 44)
    wide = kind == 84
    text = record[place : place + count * (1 + wide)]
    return text.decode("utf-16-le", "replace") if wide else decode(text)[0]


def _wmf_text(kind: int, record: bytes) -> str:
    """META_TEXTOUT, META_EXTTEXTOUT."""
    if kind == 0x0521 and len(record) > 8:
        return decode(record[8 : 8 + struct.unpack_from("<H", record, 6)[0]])[0]
    if kind == 0x0A32 and len(record) > 14:
        count, options = struct.unpack_from("<HH", record, 10)
        start = 22 if options & 6 else 14  # a rectangle stands before
        return decode(record[start : start + count])[0]
    return ""
