"""What a PDF says outside its pages: outline, XMP, forms. Places and properties in which marks stand."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

from core.documents.build import Builder, Unreadable
from core.documents.pdf.pdfium import raw
from core.documents.zip_package import parse, tag

_TITLES = 2_000
_PACKETS = 20
_LARGEST = 4_000_000
_PLUMBING = frozenset(("instanceID", "documentID", "originalDocumentID", "format", "li", "xmpmeta"))


def read_marks(document: Any, builder: Builder) -> None:
    """Everything outside the pages. Called when their text is in the builder."""
    builder.rest(("outline", title) for title in _outline(document))
    builder.rest(("field", text) for text in _xfa(document))


def _outline(document: Any) -> Iterator[str]:
    """The titles of the bookmarks, which a viewer shows beside the pages."""
    for number, bookmark in enumerate(document.get_toc(max_depth=15)):
        if number >= _TITLES:
            return
        yield bookmark.get_title() or ""


def read_xmp(packet: bytes, builder: Builder) -> None:
    """The values of an XMP packet as properties (ISO 16684-1)."""
    start, end = packet.find(b"<x:xmpmeta"), packet.rfind(b"</x:xmpmeta>")
    if start < 0 or end < 0:
        return
    try:
        root = parse(packet[start : end + len(b"</x:xmpmeta>")])
    except Unreadable:
        builder.warn("damaged_part", "XMP")
        return
    for element in root.iter():
        name = tag(element)
        if name == "Description":
            for key, value in element.attrib.items():
                _property(builder, key.rpartition("}")[2], str(value))
        elif not len(element) and (element.text or "").strip():
            parent = next((tag(above) for above in element.iterancestors() if tag(above) not in _LISTS), "")
            _property(builder, parent if name == "li" else name, element.text)


_LISTS = frozenset(("li", "Bag", "Seq", "Alt"))


def _property(builder: Builder, name: str, value: str) -> None:
    if name not in _PLUMBING and value not in builder.properties.values():
        builder.property(f"xmp:{name}", value)


def _xfa(document: Any) -> Iterator[str]:
    """The texts and values of an XFA form, of which the pages only say that it needs another viewer."""
    for index in range(min(raw.FPDF_GetXFAPacketCount(document.raw), _PACKETS)):
        length = ctypes.c_ulong()
        if not raw.FPDF_GetXFAPacketContent(document.raw, index, None, 0, length) or length.value > _LARGEST:
            continue
        buffer = ctypes.create_string_buffer(length.value)
        raw.FPDF_GetXFAPacketContent(document.raw, index, buffer, length.value, length)
        try:
            root = parse(buffer.raw[: length.value], loose=True)  # one may hold a part of the XML only
        except Unreadable:
            continue
        if root is not None:
            yield from (text.strip() for text in root.itertext() if text.strip())
