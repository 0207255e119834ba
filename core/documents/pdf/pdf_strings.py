"""Texts that stand in a PDF's dictionaries, where PDFium has no way to them: what annotations say besides
their contents, choices and captions of fields, alternatives of figures, names of layers, labels, properties.

The objects are found as they stand in the file and in its object streams (ISO 32000-1, 7.3 and 7.5.7).
An encrypted file that opens without a password is read in a copy of it that is not.
"""

from __future__ import annotations

import base64
import ctypes
import itertools
import re
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from core.documents.build import Builder
from core.documents.cleaning import target_of
from core.documents.document import PlaceKind
from core.documents.pdf.marks import read_xmp
from core.documents.pdf.pdfium import raw, text_string
from core.documents.pdf.unshown import UnshownObjects
from core.documents.text.encoding import decode

_OBJECT = re.compile(rb"(?<![0-9])(\d{1,9})\s+\d{1,5}\s+obj\b|endobj\b|\Z")
_STREAM = re.compile(rb"\bstream\r?\n")
_MARK = re.compile(rb"\\.|[()]", re.DOTALL)
_HEX = re.compile(rb"<(?!<)[0-9A-Fa-f\s]*>")
_SPACE = re.compile(rb"\s*")
_KINDS: dict[bytes, PlaceKind] = {
    b"Contents": "comment", b"RC": "comment", b"T": "comment", b"Subj": "comment", b"OverlayText": "comment",
    b"TU": "alternative", b"V": "field", b"DV": "field", b"Opt": "choice", b"CA": "field", b"AC": "field",
    b"Alt": "alternative", b"ActualText": "alternative", b"E": "alternative", b"Desc": "alternative",
    b"Title": "outline", b"Name": "outline", b"P": "outline", b"N": "outline", b"Reason": "other",
    b"Location": "other", b"ContactInfo": "other", b"URI": "other", b"RV": "field", b"JS": "hidden",
}  # fmt: skip
_KEYED = re.compile(rb"/(%s)\s*(?=[\[(<])" % b"|".join(_KINDS))
_ANY = re.compile(rb"/([A-Za-z][\w.#-]{0,80})\s*(?=[(<])")
_INFO = re.compile(rb"/Info\s+(\d{1,9})\s+\d+\s+R")
_MARKED = re.compile(rb"/(ActualText|Alt)\s*(?=[(<])")
_SHOWS = re.compile(rb"\s*(?:Tj|'|\")")
_GLYPH = re.compile(rb"\s*(?:[-\d.]+\s+){2,6}d[01]\b")
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r?\n)|(.))", re.DOTALL)
_SIGNS = {b"n": b"\n", b"r": b"\n", b"t": b"\t", b"b": b"", b"f": b""}
_NO_CONTENT = re.compile(
    rb"/Subtype\s*/(?:Image|Type1C|CIDFontType0C|OpenType)|/Length1\b|/FunctionType|/XRef\b"
)
_XMP = re.compile(rb"/Subtype\s*/XML\b")
_FILTER = re.compile(rb"/Filter\s*(\[[^\]]{0,200}\]|/\w+)")
_PICTURES = (b"DCTDecode", b"JPXDecode", b"CCITTFaxDecode", b"JBIG2Decode")
_PHOTOGRAPH = re.compile(rb"/Filter\s*(?:\[\s*)?/DCTDecode\b(?!\s*/)")
"""A picture that is written as a file of JPEG, with all that a camera puts into one."""
_LARGEST, _MOST = 4_000_000, 100_000_000
"""Bytes that a stream, and all of them, unpack to at most."""
_FILMS = re.compile(rb"/Subtype\s*/(?:Screen|RichMedia|Movie|Sound|3D)\b")
_EMBEDDED = re.compile(rb"/EF\s*<<\s*/(?:F|UF)\s+(\d{1,9})\s+\d+\s+R")
_SCRIPT = re.compile(rb"/JS\s+(\d{1,9})\s+\d+\s+R")
_LITERAL = re.compile(r"\"([^\"\n]{2,500})\"|'([^'\n]{2,500})'")
_TAGS = re.compile(r"<[^<>]{0,200}>")


_written = bytearray()


def _write(_writer: Any, block: Any, size: int) -> int:
    _written.extend(ctypes.string_at(block, size))
    return 1


_WRITER = raw.FPDF_FILEWRITE(version=1)
_WRITER.WriteBlock = type(_WRITER.WriteBlock)(_write)
"""Made before the jail closes: a callback of ctypes is code, and in the jail no memory may become code."""


class _Object(NamedTuple):
    """A dictionary as it is written, and what its stream holds: text, or the file of a picture."""

    number: int
    text: bytes
    stream: bytes
    picture: bytes = b""


def read_strings(document: Any, data: bytes, builder: Builder) -> None:
    """What the dictionaries say, as far as no word of it was read; properties of their own; files that stand
    in no list of attachments. Films, and what could not be unpacked, are said to be unread."""
    if raw.FPDF_GetSecurityHandlerRevision(document) >= 0:
        _written.clear()
        raw.FPDF_SaveAsCopy(document.raw, _WRITER, raw.FPDF_REMOVE_SECURITY)
        data = bytes(_written)
    info = {int(match[1]) for match in _INFO.finditer(data)}
    said: list[tuple[PlaceKind, str]] = []
    files: list[bytes] = []
    scripts: set[int] = set()
    unshown = UnshownObjects()
    for each in _objects(data, builder):
        unshown.take(each.number, each.text, each.stream)
        scripts.update(int(number) for number in _SCRIPT.findall(each.text))
        if _XMP.search(each.text):
            read_xmp(each.stream, builder)
        elif each.number in info:
            for key, value in _values(_ANY, each.text, builder):
                builder.property(key.decode("latin-1"), _text(value))
            continue
        if _FILMS.search(each.text):
            builder.warn("part_unread", "film")
        elif b"/EF" in each.text and b"/F" in each.text:
            files.append(each.text)
        said += _said(each, builder)
    _read_files(files, data, builder)
    programs = (each.stream for each in _objects(data, builder) if each.number in scripts) if scripts else ()
    unshown.read(data, builder)
    builder.rest((*said, *(("hidden", _told_by(decode(program)[0])) for program in programs)))


def _objects(data: bytes, builder: Builder) -> Iterator[_Object]:
    """All objects, those in object streams after the stream."""
    before: re.Match[bytes] | None = None
    left = _MOST
    for match in _OBJECT.finditer(data):
        if before is not None and left <= 0:
            builder.warn("text_left_out", builder.limits.output)
            return
        if before is not None:
            body = data[before.end() : match.start()]
            begin = _STREAM.search(body, 0, 20_000)
            head = body[: begin.start()] if begin else body
            packed = b"/ObjStm" in head
            stream, unread = _unpacked(head, body[begin.end() :]) if begin else (b"", "")
            if packed and (unread or len(stream) == _LARGEST):
                builder.warn("damaged_part", f"obj {int(before[1])}")
            elif unread:  # PDFium reads what pages draw, but not what they say of it
                builder.warn("part_unread", unread)
            left -= len(stream)
            if packed:
                yield from _within(head, stream)
            else:
                picture = body[begin.end() :] if begin and _PHOTOGRAPH.search(head) else b""
                yield _Object(int(before[1]), head, stream, picture)
        before = match if match[1] else None


def _unpacked(head: bytes, stream: bytes) -> tuple[bytes, str]:
    """A stream that may hold text, and the filter that could not be undone, if one could not (7.4)."""
    filters = re.findall(rb"/(\w+)", match[1]) if (match := _FILTER.search(head)) else []
    if _NO_CONTENT.search(head) or (filters and filters[-1] in _PICTURES):
        return b"", ""
    for name in filters:
        try:
            if name in (b"FlateDecode", b"Fl"):
                stream = zlib.decompressobj().decompress(stream, _LARGEST)
            elif name in (b"ASCII85Decode", b"A85"):
                stream = base64.a85decode(stream.partition(b"~>")[0].removeprefix(b"<~"))
            elif name in (b"ASCIIHexDecode", b"AHx"):
                stream = _hex(stream.partition(b">")[0])
            else:
                raise ValueError
        except (zlib.error, ValueError):
            return b"", name.decode("latin-1")
    return stream[:_LARGEST], ""


def _within(head: bytes, stream: bytes) -> Iterator[_Object]:
    """The objects of an object stream: pairs of number and place stand before them. Each reaches to the next
    place, in whatever order they are given, so that none is read twice."""
    first = re.search(rb"/First\s+(\d{1,9})", head)
    if first is None:
        return
    start = int(first[1])
    pairs = [int(each) for each in stream[:start].split() if each.isdigit() and len(each) < 10]
    numbers = dict(zip(pairs[1::2], pairs[::2], strict=False))
    places = sorted(numbers)
    for place, end in itertools.pairwise((*places, len(stream))):
        yield _Object(numbers[place], stream[start + place : start + end], b"")


def _said(each: _Object, builder: Builder) -> Iterator[tuple[PlaceKind, str]]:
    named = b"/FT" in each.text or b"/Widget" in each.text or b"/Kids" in each.text
    sealed = b"/ByteRange" in each.text
    if each.picture:
        builder.describe_picture(each.picture)
    for key, string in _values(_KEYED, each.text, builder):
        if (key == b"T" and named) or (key == b"Contents" and sealed):  # a field's name, a seal
            continue
        text = _text(string)
        yield _KINDS[key], _READ.get(key, partial(_TAGS.sub, " "))(text)
    if b"/PatternType" in each.text or _GLYPH.match(each.stream):
        strings = _outermost(_brackets(each.stream))
        shown = (_text(each.stream[at:end]) for at, end in strings if _SHOWS.match(each.stream, end))
        yield "watermark", " ".join(shown)
    for _, string in _values(_MARKED, each.stream, builder):
        yield "alternative", _text(string)


def _told_by(script: str) -> str:
    """The texts in a program, one a line: what it shows, and what it compares with."""
    return "\n".join(double or single for double, single in _LITERAL.findall(script))


_READ: dict[bytes, Callable[[str], str]] = {b"URI": target_of, b"JS": _told_by}


def _values(keys: re.Pattern[bytes], text: bytes, builder: Builder) -> Iterator[tuple[bytes, bytes]]:
    """Each key with each string of its value: one, or those of an array. No key stands within a string."""
    match = keys.search(text)
    brackets = _brackets(text) if match else {}
    while match:
        at, depth = match.end(), 0
        while True:
            sign = text[at : at + 1]
            if sign in (b"[", b"]"):
                depth += 1 if sign == b"[" else -1
                end = at + 1
            elif sign == b"(":
                end = brackets.get(at, 0)
                if not end:
                    builder.warn("damaged_part", "()")
                    break
                yield match[1], text[at:end]
            elif found := _HEX.match(text, at):
                end = found.end()
                yield match[1], found[0]
            else:
                break
            space = _SPACE.match(text, end)
            at = space.end() if space else end
            if depth <= 0:
                break
        match = keys.search(text, at)


def _brackets(text: bytes) -> dict[int, int]:
    """Where each literal string that begins in a text ends, by its beginning (7.3.4.2), in one pass."""
    opened: list[int] = []
    ends: dict[int, int] = {}
    for match in _MARK.finditer(text):
        if match[0] == b"(":
            opened.append(match.start())
        elif match[0] == b")" and opened:
            ends[opened.pop()] = match.end()
    return ends


def _outermost(ends: dict[int, int]) -> Iterator[tuple[int, int]]:
    last = 0
    for start in sorted(ends):
        if start >= last:
            last = ends[start]
            yield start, last


def _read_files(specifications: list[bytes], data: bytes, builder: Builder) -> None:
    """Files that hang on annotations and pages, of which no part has the name."""
    known = {part.name for part in builder.parts}
    wanted: dict[int, str] = {}
    for text in specifications:
        names = [_text(value) for key, value in _values(_ANY, text, builder) if key in (b"UF", b"F")]
        reference = _EMBEDDED.search(text)
        if names and reference and not known.intersection(names):
            wanted[int(reference[1])] = names[0]
    objects = _objects(data, builder) if wanted else ()
    streams = {each.number: each.stream for each in objects if each.number in wanted}
    for number, name in wanted.items():
        if (stream := streams.get(number)) and len(stream) < _LARGEST:
            builder.part(name, stream)
        else:
            builder.warn("part_unread", name)


def _text(string: bytes) -> str:
    """A text string as it is written, without control signs."""
    inner = string[1:-1]
    return text_string(_hex(inner) if string.startswith(b"<") else _ESCAPE.sub(_unescaped, inner))


def _hex(digits: bytes) -> bytes:
    """Digits in pairs, a last one alone counting as with a 0 (7.3.4.3). Raises ValueError for others."""
    digits = re.sub(rb"\s", b"", digits)
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii", "replace"))


def _unescaped(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return bytes([int(match[1], 8) & 255])
    return b"" if match[2] else _SIGNS.get(match[3], match[3])
