"""Texts that stand in a PDF's dictionaries, where PDFium has no way to them: what annotations say besides
their contents, choices and captions of fields, alternatives of figures, names of layers, labels, properties.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from core.documents.build import Builder
from core.documents.cleaning import target_of
from core.documents.document import PlaceKind
from core.documents.pdf.marks import read_xmp
from core.documents.pdf.pdf_objects import LARGEST, PdfObject, decrypted, objects_of
from core.documents.pdf.pdf_syntax import outermost_strings, text_of_string, values_of
from core.documents.pdf.unshown import UnshownObjects
from core.documents.text.encoding import decode

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
_XMP = re.compile(rb"/Subtype\s*/XML\b")
_FILMS = re.compile(rb"/Subtype\s*/(?:Screen|RichMedia|Movie|Sound|3D)\b")
_EMBEDDED = re.compile(rb"/EF\s*<<\s*/(?:F|UF)\s+(\d{1,9})\s+\d+\s+R")
_SCRIPT = re.compile(rb"/JS\s+(\d{1,9})\s+\d+\s+R")
_LITERAL = re.compile(r"\"([^\"\n]{2,500})\"|'([^'\n]{2,500})'")
_TAGS = re.compile(r"<[^<>]{0,200}>")
_FIELD = (b"/FT", b"/Widget", b"/Kids")
"""One of them stands in the dictionary of a form field."""


def read_strings(document: Any, data: bytes, builder: Builder) -> None:
    """Read what the dictionaries of a file say, as far as some word of it was not read yet.

    Sets properties, and reads files that stand in no list of attachments as parts. Warns about films and
    about streams that could not be unpacked.
    """
    data = decrypted(document, data)
    info = {int(match[1]) for match in _INFO.finditer(data)}
    said: list[tuple[PlaceKind, str]] = []
    files: list[bytes] = []
    scripts: set[int] = set()
    unshown = UnshownObjects()
    for each in objects_of(data, builder):
        unshown.take(each.number, each.text, each.stream)
        scripts.update(map(int, _SCRIPT.findall(each.text)))
        if _XMP.search(each.text):
            read_xmp(each.stream, builder)
        elif each.number in info:
            _read_properties(each, builder)
            continue
        if _FILMS.search(each.text):
            builder.warn("part_unread", "film")
        elif b"/EF" in each.text and b"/F" in each.text:
            files.append(each.text)
        if each.picture:
            builder.describe_picture(each.picture)
        said += _texts(each, builder)
    _read_files(_specified_files(files, builder), data, builder)
    unshown.read(data, builder)
    said += _texts_of_scripts(scripts, data, builder)
    builder.rest(said)


def _read_properties(each: PdfObject, builder: Builder) -> None:
    for key, value in values_of(_ANY, each.text, builder):
        builder.property(key.decode("latin-1"), text_of_string(value))


def _texts_of_scripts(numbers: set[int], data: bytes, builder: Builder) -> list[tuple[PlaceKind, str]]:
    """The texts in the scripts that stand in streams of their own."""
    if not numbers:
        return []
    scripts = (each.stream for each in objects_of(data, builder) if each.number in numbers)
    return [("hidden", _texts_in_script(decode(script)[0])) for script in scripts]


def _texts(each: PdfObject, builder: Builder) -> Iterator[tuple[PlaceKind, str]]:
    """The texts in an object: in its dictionary, in the pattern or glyph that it draws, and in its marks."""
    yield from _texts_of_dictionary(each.text, builder)
    if b"/PatternType" in each.text or _GLYPH.match(each.stream):
        strings = outermost_strings(each.stream)
        shown = (text_of_string(each.stream[at:end]) for at, end in strings if _SHOWS.match(each.stream, end))
        yield "watermark", " ".join(shown)
    for _, string in values_of(_MARKED, each.stream, builder):
        yield "alternative", text_of_string(string)


def _texts_of_dictionary(text: bytes, builder: Builder) -> Iterator[tuple[PlaceKind, str]]:
    """What the known keys of a dictionary say, without the name of a form field and without a seal."""
    passed: set[bytes] = set()
    if any(mark in text for mark in _FIELD):
        passed.add(b"T")
    if b"/ByteRange" in text:
        passed.add(b"Contents")
    for key, string in values_of(_KEYED, text, builder):
        if key not in passed:
            read = _READ.get(key, _without_tags)
            yield _KINDS[key], read(text_of_string(string))


def _without_tags(text: str) -> str:
    return _TAGS.sub(" ", text)


def _texts_in_script(script: str) -> str:
    """The texts in a program, one a line: what it shows, and what it compares with."""
    return "\n".join(double or single for double, single in _LITERAL.findall(script))


_READ: dict[bytes, Callable[[str], str]] = {b"URI": target_of, b"JS": _texts_in_script}
"""How a text is read that is not plain."""


def _specified_files(specifications: Iterable[bytes], builder: Builder) -> dict[int, str]:
    """The files that hang on annotations and pages, without those that are parts already: number of the
    object → name."""
    known = {part.name for part in builder.parts}
    wanted: dict[int, str] = {}
    for text in specifications:
        values = values_of(_ANY, text, builder)
        names = [text_of_string(value) for key, value in values if key in (b"UF", b"F")]
        reference = _EMBEDDED.search(text)
        if names and reference and not known.intersection(names):
            wanted[int(reference[1])] = names[0]
    return wanted


def _read_files(wanted: dict[int, str], data: bytes, builder: Builder) -> None:
    """Read these objects of the file as parts, under these names."""
    objects = objects_of(data, builder) if wanted else ()
    streams = {each.number: each.stream for each in objects if each.number in wanted}
    for number, name in wanted.items():
        stream = streams.get(number)
        if stream and len(stream) < LARGEST:
            builder.part(name, stream)
        else:
            builder.warn("part_unread", name)
