"""Marked contents of a PDF page that say which text their letters stand for (`ActualText`).

PDFium then gives that text, and none of the letters: what is seen may say something else. Where it does, the
letters are read as any others, and what is said of them is a place (`pdf_strings`). Where the letters cannot
be told, because their font has no map or one that spells no language, what is said stays, and where it is
much shorter than what is drawn, that is recognised. ISO 32000-1, 14.9.4.
"""

from __future__ import annotations

import ctypes
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from core.documents.pdf.pdfium import objects_in, raw, text_of, text_page, text_string
from core.documents.pdf.seen_words import is_language

_KEY = b"ActualText"
_MARKS = 5
_LARGEST = 20_000
_SHORTER = 2


@dataclass(slots=True, kw_only=True)
class _Span:
    """One marked content: its objects, each with the mark, and what is said of them."""

    said: bytes = field(repr=False)
    objects: list[tuple[Any, Any]]
    drawn: str = field(default="", repr=False)
    unmapped: int = 0

    @property
    def told(self) -> bool:
        """Whether the letters themselves say what is seen."""
        return 3 * self.unmapped < len(self.drawn) and is_language(self.drawn)


def uncover(document: Any, page: Any) -> list[Any]:
    """Make the letters of a page count that differ from what is said of them. Returns the text objects that
    must be recognised."""
    spans = _spans(page)
    if not spans:
        return []
    _draw(page, spans)
    untold: list[Any] = []
    for span in spans:
        drawn, said = _letters(span.drawn), _letters(text_string(span.said))
        if span.told and drawn != said:
            continue
        item, mark = span.objects[0]
        said_again = (ctypes.c_ubyte * len(span.said)).from_buffer_copy(span.said)
        raw.FPDFPageObjMark_SetBlobParam(document.raw, item, mark, _KEY, said_again, len(span.said))
        if not span.told and len(span.drawn) > _SHORTER * len(said):
            untold += [item for item, _ in span.objects]
    return untold


def _spans(page: Any) -> list[_Span]:
    """The marked contents with a text, which is taken away from them."""
    marked = [(item, mark) for item in _texts(page) for mark in _marks(item) if _says(mark)]
    spans: list[_Span] = []
    for item, mark in marked:
        if _says(mark):  # all objects of one marked content share what it says
            spans.append(_Span(said=_said(mark), objects=[]))
            raw.FPDFPageObjMark_RemoveParam(item, mark, _KEY)
        spans[-1].objects.append((item, mark))
    return spans


def _texts(page: Any) -> Iterator[Any]:
    """The text objects of a page, those in forms too."""
    for index in range(raw.FPDFPage_CountObjects(page.raw)):
        for item in objects_in(raw.FPDFPage_GetObject(page.raw, index), sys.maxsize):
            if raw.FPDFPageObj_GetType(item) == raw.FPDF_PAGEOBJ_TEXT:
                yield item


def _marks(item: Any) -> Iterator[Any]:
    for index in range(min(raw.FPDFPageObj_CountMarks(item), _MARKS)):
        yield raw.FPDFPageObj_GetMark(item, index)


def _says(mark: Any) -> bool:
    return raw.FPDFPageObjMark_GetParamValueType(mark, _KEY) == raw.FPDF_OBJECT_STRING


def _said(mark: Any) -> bytes:
    """What a mark says, as it is written."""
    length = ctypes.c_ulong()
    raw.FPDFPageObjMark_GetParamBlobValue(mark, _KEY, None, 0, length)
    if length.value > _LARGEST:
        return b""
    buffer = (ctypes.c_ubyte * length.value)()
    raw.FPDFPageObjMark_GetParamBlobValue(mark, _KEY, buffer, length.value, length)
    return bytes(buffer)


def _draw(page: Any, spans: list[_Span]) -> None:
    """Tell each span what its letters say by themselves."""
    owners = {_address(item): span for span in spans for item, _ in span.objects}
    with text_page(page) as textpage:
        for index, letter in enumerate(text_of(textpage) if textpage else ""):
            item = raw.FPDFText_GetTextObject(textpage, index)
            if item and (span := owners.get(_address(item))):
                span.drawn += letter
                span.unmapped += raw.FPDFText_HasUnicodeMapError(textpage, index) == 1


def _address(item: Any) -> int:
    return ctypes.addressof(item.contents)


def _letters(text: str) -> list[str]:
    """Letters and digits as they are seen, in no order: that of a line may differ from that of a reader."""
    return sorted(filter(str.isalnum, unicodedata.normalize("NFKD", text).casefold()))
