"""The objects of a PDF as they stand in the file and in its object streams (ISO 32000-1, 7.3 and 7.5.7).

PDFium has no way to many dictionaries of a file. Here they are found as text, with what their streams hold.
"""

from __future__ import annotations

import base64
import ctypes
import itertools
import re
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from core.documents.build import Builder
from core.documents.pdf.pdf_syntax import hex_bytes
from core.documents.pdf.pdfium import raw

_OBJECT = re.compile(rb"(?<![0-9])(\d{1,9})\s+\d{1,5}\s+obj\b|endobj\b|\Z")
_STREAM = re.compile(rb"\bstream\r?\n")
_NO_CONTENT = re.compile(
    rb"/Subtype\s*/(?:Image|Type1C|CIDFontType0C|OpenType)|/Length1\b|/FunctionType|/XRef\b"
)
_FILTER = re.compile(rb"/Filter\s*(\[[^\]]{0,200}\]|/\w+)")
_PICTURES = (b"DCTDecode", b"JPXDecode", b"CCITTFaxDecode", b"JBIG2Decode")
_PHOTOGRAPH = re.compile(rb"/Filter\s*(?:\[\s*)?/DCTDecode\b(?!\s*/)")
"""A picture that is written as a file of JPEG, with all that a camera puts into one."""
LARGEST, _MOST = 4_000_000, 100_000_000
"""Bytes that a stream, and all of them, unpack to at most."""

_written = bytearray()


def _write(_writer: Any, block: Any, size: int) -> int:
    _written.extend(ctypes.string_at(block, size))
    return 1


_WRITER = raw.FPDF_FILEWRITE(version=1)
_WRITER.WriteBlock = type(_WRITER.WriteBlock)(_write)
"""Made before the jail closes: a callback of ctypes is code, and in the jail no memory may become code."""


class PdfObject(NamedTuple):
    """An object as it is written, and what its stream holds: text, or the file of a picture."""

    number: int
    text: bytes
    stream: bytes = b""
    picture: bytes = b""

    @property
    def holds_objects(self) -> bool:
        return b"/ObjStm" in self.text


def decrypted(document: Any, data: bytes) -> bytes:
    """Return the data of a file. An encrypted file that opens without a password is copied without its
    encryption."""
    if raw.FPDF_GetSecurityHandlerRevision(document) < 0:
        return data
    _written.clear()
    raw.FPDF_SaveAsCopy(document.raw, _WRITER, raw.FPDF_REMOVE_SECURITY)
    return bytes(_written)


def objects_of(data: bytes, builder: Builder) -> Iterator[PdfObject]:
    """All objects of a file. An object stream is replaced by the objects in it. Warns about streams that
    cannot be unpacked, and stops with a warning where all streams together are too large."""
    left = _MOST
    for number, body in _bodies(data):
        if left <= 0:
            builder.warn("text_left_out", builder.limits.output)
            return
        found = _object(number, body, builder)
        left -= len(found.stream)
        if found.holds_objects:
            yield from _within(found.text, found.stream)
        else:
            yield found


def _bodies(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The number of each object, and what stands between it and the next one."""
    before: re.Match[bytes] | None = None
    for match in _OBJECT.finditer(data):
        if before is not None:
            yield int(before[1]), data[before.end() : match.start()]
        before = match if match[1] else None


def _object(number: int, body: bytes, builder: Builder) -> PdfObject:
    begin = _STREAM.search(body, 0, 20_000)
    if begin is None:
        return PdfObject(number, body)
    head, packed = body[: begin.start()], body[begin.end() :]
    stream, unread = _unpacked(head, packed)
    found = PdfObject(number, head, stream, packed if _PHOTOGRAPH.search(head) else b"")
    if found.holds_objects and (unread or len(stream) == LARGEST):
        builder.warn("damaged_part", f"obj {number}")
    elif unread:  # PDFium reads what pages draw, but not what they say of it
        builder.warn("part_unread", unread)
    return found


def _unpacked(head: bytes, stream: bytes) -> tuple[bytes, str]:
    """Unpack a stream that may hold text. Returns the stream, and the name of the filter that could not be
    undone, if there is one (7.4)."""
    filters = re.findall(rb"/(\w+)", match[1]) if (match := _FILTER.search(head)) else []
    if _NO_CONTENT.search(head) or (filters and filters[-1] in _PICTURES):
        return b"", ""
    for name in filters:
        try:
            if name in (b"FlateDecode", b"Fl"):
                stream = zlib.decompressobj().decompress(stream, LARGEST)
            elif name in (b"ASCII85Decode", b"A85"):
                stream = base64.a85decode(stream.partition(b"~>")[0].removeprefix(b"<~"))
            elif name in (b"ASCIIHexDecode", b"AHx"):
                stream = hex_bytes(stream.partition(b">")[0])
            else:
                raise ValueError
        except (zlib.error, ValueError):
            return b"", name.decode("latin-1")
    return stream[:LARGEST], ""


def _within(head: bytes, stream: bytes) -> Iterator[PdfObject]:
    """The objects of an object stream. Pairs of number and place stand before them. Each object reaches to
    the next place, in whatever order the pairs are given, so that no object is read twice."""
    first = re.search(rb"/First\s+(\d{1,9})", head)
    if first is None:
        return
    start = int(first[1])
    pairs = [int(each) for each in stream[:start].split() if each.isdigit() and len(each) < 10]
    numbers = dict(zip(pairs[1::2], pairs[::2], strict=False))
    places = sorted(numbers)
    for place, end in itertools.pairwise((*places, len(stream))):
        yield PdfObject(numbers[place], stream[start + place : start + end])
