"""Annotations of a PDF page: what comments, stamps and form fields say, and what of it the page shows."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

from core.documents.document import PlaceKind
from core.documents.pdf.pdfium import raw

_MOST = 500
_DRAWN = {
    raw.FPDF_ANNOT_WIDGET, raw.FPDF_ANNOT_STAMP, raw.FPDF_ANNOT_FREETEXT, raw.FPDF_ANNOT_WATERMARK,
    raw.FPDF_ANNOT_SQUARE, raw.FPDF_ANNOT_CIRCLE, raw.FPDF_ANNOT_LINE, raw.FPDF_ANNOT_POLYGON,
}  # fmt: skip
"""Annotations whose look is text of the page to who reads it."""


def with_fields(document: Any, page: Any, index: int) -> Any:
    """Page number `index` with what fields, stamps and text notes show made part of it. Its annotations are
    none any more: `comments` come first."""
    if not _DRAWN.intersection(_kinds(page)):
        return page
    if raw.FPDFPage_Flatten(page.raw, raw.FLAT_NORMALDISPLAY) != raw.FLATTEN_SUCCESS:
        return page
    page.close()
    return document[index]


def _kinds(page: Any) -> Iterator[int]:
    """The kinds of the annotations of a page."""
    for index in range(min(raw.FPDFPage_GetAnnotCount(page.raw), _MOST)):
        if annotation := raw.FPDFPage_GetAnnot(page.raw, index):
            yield raw.FPDFAnnot_GetSubtype(annotation)
            raw.FPDFPage_CloseAnnot(annotation)


def comments(page: Any, form: Any) -> Iterator[tuple[PlaceKind, str]]:
    """What comments and stamps say, and form fields. `form` is PDFium's, None without fields."""
    for index in range(min(raw.FPDFPage_GetAnnotCount(page.raw), _MOST)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, index)
        if not annotation:
            continue
        try:
            subtype = raw.FPDFAnnot_GetSubtype(annotation)
            if subtype == raw.FPDF_ANNOT_WIDGET:
                name, value = _field(annotation, form)
                yield "field", f"{name} : {value}" if name and value else value
                yield "alternative", _string(annotation, b"TU")
            elif subtype not in (raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP):
                yield "comment", _string(annotation, b"Contents")
        finally:
            raw.FPDFPage_CloseAnnot(annotation)


def _field(annotation: Any, form: Any) -> tuple[str, str]:
    """The name and the value of a field, which may stand in the field above it."""
    name, value = _string(annotation, b"T"), _string(annotation, b"V")
    if form is not None and not value:
        name = name or _wide(raw.FPDFAnnot_GetFormFieldName, form.raw, annotation)
        value = _wide(raw.FPDFAnnot_GetFormFieldValue, form.raw, annotation)
    return name, "" if value == "Off" else value


def _wide(function: Any, form: Any, annotation: Any) -> str:
    """What one of PDFium's functions writes into a buffer of UTF-16."""
    length = function(form, annotation, None, 0)
    if length <= 2:
        return ""
    buffer = (ctypes.c_ushort * (length // 2 + 1))()
    function(form, annotation, buffer, length)
    return bytes(buffer)[: length - 2].decode("utf-16-le", "replace")


def _string(annotation: Any, key: bytes) -> str:
    def value(_: Any, of: Any, buffer: Any, length: int) -> int:
        return raw.FPDFAnnot_GetStringValue(of, key, buffer, length)

    return _wide(value, None, annotation)
