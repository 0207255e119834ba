"""Texts that stand in a PDF's dictionaries, where PDFium has no way to them: what annotations say besides
their contents, choices and captions of fields, alternatives of figures, names of layers, labels, properties.

The objects are found as they stand in the file and in its object streams (ISO 32000-1, 7.3 and 7.5.7).
Strings of an encrypted file are not readable so.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from core.documents.build import Builder
from core.documents.document import PlaceKind
from core.documents.zip_package import target_of

_OBJECT = re.compile(rb"(?<![0-9])(\d{1,9})\s+\d{1,5}\s+obj\b|endobj\b|\Z")
_STREAM = re.compile(rb"\bstream\r?\n")
_LITERAL = rb"\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\)"
_HEX = rb"<(?!<)[0-9A-Fa-f\s]*>"
_STRING = re.compile(rb"%s|%s" % (_LITERAL, _HEX), re.DOTALL)
_KINDS: dict[bytes, PlaceKind] = {
    b"Contents": "comment", b"RC": "comment", b"T": "comment", b"Subj": "comment", b"OverlayText": "comment",
    b"TU": "alternative", b"V": "field", b"DV": "field", b"Opt": "field", b"CA": "field", b"AC": "field",
    b"Alt": "alternative", b"ActualText": "alternative", b"E": "alternative", b"Desc": "alternative",
    b"Title": "outline", b"Name": "outline", b"P": "outline", b"N": "outline", b"Reason": "other",
    b"Location": "other", b"URI": "other",
}  # fmt: skip
_KEYED = re.compile(
    rb"/(%s)\s*(\[(?:\s|\[|\]|%s|%s)*\]|%s|%s)" % (b"|".join(_KINDS), *((_LITERAL, _HEX) * 2)),
    re.DOTALL,
)
_ANY = re.compile(rb"/([A-Za-z][\w.#-]{0,80})\s*(%s|%s)" % (_LITERAL, _HEX), re.DOTALL)
_INFO = re.compile(rb"/Info\s+(\d{1,9})\s+\d+\s+R")
_MARKED = re.compile(rb"/(ActualText|Alt)\s*(%s|%s)" % (_LITERAL, _HEX), re.DOTALL)
_WRITTEN = re.compile(rb"(%s)\s*(?:Tj|'|\")" % _LITERAL, re.DOTALL)
_GLYPH = re.compile(rb"\s*(?:[-\d.]+\s+){2,6}d[01]\b")
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r?\n)|(.))", re.DOTALL)
_SIGNS = {b"n": b"\n", b"r": b"\n", b"t": b"\t", b"b": b"", b"f": b""}
_NO_CONTENT = re.compile(
    rb"/Subtype\s*/(?:Image|Type1C|CIDFontType0C|OpenType|XML)|/Length1\b|/FunctionType|/XRef\b"
)
_LARGEST, _MOST = 4_000_000, 100_000_000
"""Bytes that a stream, and all of them, unpack to at most."""
_FILMS = re.compile(rb"/Subtype\s*/(?:Screen|RichMedia|Movie|Sound|3D)\b")
_EMBEDDED = re.compile(rb"/EF\s*<<\s*/(?:F|UF)\s+(\d{1,9})\s+\d+\s+R")
_TAGS = re.compile(r"<[^<>]{0,200}>")


class _Object(NamedTuple):
    """A dictionary as it is written, and what its stream holds."""

    number: int
    text: bytes
    stream: bytes


def read_strings(data: bytes, builder: Builder) -> None:
    """What the dictionaries say, as far as no word of it was read; properties of their own; files that stand
    in no list of attachments. Films are said to be unread."""
    if b"/Encrypt" in data:
        return
    info = {int(match[1]) for match in _INFO.finditer(data)}
    said: list[tuple[PlaceKind, str]] = []
    files: list[bytes] = []
    for each in _objects(data):
        if each.number in info:
            for key, value in _ANY.findall(each.text):
                builder.property(key.decode("latin-1"), _text(value))
            continue
        if _FILMS.search(each.text):
            builder.warn("part_unread", "film")
        elif b"/EF" in each.text and b"/F" in each.text:
            files.append(each.text)
        said += _said(each)
    _read_files(files, data, builder)
    builder.rest(said)


def _objects(data: bytes) -> Iterator[_Object]:
    """All objects, those in object streams after the stream."""
    before: re.Match[bytes] | None = None
    left = _MOST
    for match in _OBJECT.finditer(data):
        if before is not None and left > 0:
            body = data[before.end() : match.start()]
            begin = _STREAM.search(body, 0, 20_000)
            head = body[: begin.start()] if begin else body
            stream = _unpacked(head, body[begin.end() :]) if begin else b""
            left -= len(stream)
            if b"/ObjStm" in head:
                yield from _within(head, stream)
            else:
                yield _Object(int(before[1]), head, stream)
        before = match if match[1] else None


def _unpacked(head: bytes, stream: bytes) -> bytes:
    """A stream that may hold text."""
    if _NO_CONTENT.search(head):
        return b""
    if b"FlateDecode" not in head:
        return b"" if b"/Filter" in head else stream[:_LARGEST]
    try:
        return zlib.decompressobj().decompress(stream, _LARGEST)
    except zlib.error:
        return b""


def _within(head: bytes, stream: bytes) -> Iterator[_Object]:
    """The objects of an object stream: pairs of number and place stand before them."""
    first = re.search(rb"/First\s+(\d{1,9})", head)
    if first is None:
        return
    start = int(first[1])
    pairs = [int(each) for each in stream[:start].split() if each.isdigit()]
    places = [*pairs[1::2], len(stream)]
    for index, number in enumerate(pairs[::2][: len(places) - 1]):
        yield _Object(number, stream[start + places[index] : start + places[index + 1]], b"")


def _said(each: _Object) -> Iterator[tuple[PlaceKind, str]]:
    named = b"/FT" in each.text or b"/Widget" in each.text or b"/Kids" in each.text
    sealed = b"/ByteRange" in each.text
    for key, value in _KEYED.findall(each.text):
        if (key == b"T" and named) or (key == b"Contents" and sealed):  # a field's name, a seal
            continue
        for string in _STRING.findall(value):
            text = _text(string)
            yield _KINDS[key], target_of(text) if key == b"URI" else _TAGS.sub(" ", text)
    if b"/PatternType" in each.text or _GLYPH.match(each.stream):
        yield "watermark", " ".join(_text(string) for string in _WRITTEN.findall(each.stream))
    for _, string in _MARKED.findall(each.stream):
        yield "alternative", _text(string)


def _read_files(specifications: list[bytes], data: bytes, builder: Builder) -> None:
    """Files that hang on annotations and pages, of which no part has the name."""
    known = {part.name for part in builder.parts}
    wanted: dict[int, str] = {}
    for text in specifications:
        names = [_text(value) for key, value in _ANY.findall(text) if key in (b"UF", b"F")]
        reference = _EMBEDDED.search(text)
        if names and reference and not known.intersection(names):
            wanted[int(reference[1])] = names[0]
    streams = {each.number: each.stream for each in _objects(data) if each.number in wanted} if wanted else {}
    for number, name in wanted.items():
        if (stream := streams.get(number)) and len(stream) < _LARGEST:
            builder.part(name, stream)
        else:
            builder.warn("part_unread", name)


def _text(string: bytes) -> str:
    """A text string (ISO 32000-1, 7.9.2.2), without control signs."""
    if string.startswith(b"<"):
        digits = re.sub(rb"\s", b"", string[1:-1])
        raw = bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
    else:
        raw = _ESCAPE.sub(_unescaped, string[1:-1])
    if raw.startswith(b"\xfe\xff"):
        return raw[2:].decode("utf-16-be", "replace")
    if raw.startswith(b"\xef\xbb\xbf"):
        return raw[3:].decode("utf-8", "replace")
    return raw.decode("cp1252", "replace")


def _unescaped(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return bytes([int(match[1], 8) & 255])
    return b"" if match[2] else _SIGNS.get(match[3], match[3])
