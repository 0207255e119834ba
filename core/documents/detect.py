"""What a file is, by its first bytes and, for containers, by what stands in them. Names do not count."""

from __future__ import annotations

import re
from typing import Literal

from core.documents.encoding import is_text

Shape = Literal["pdf", "zip", "cfb", "rtf", "html", "eml", "flat_odf", "image", "text", "unknown"]

_IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"GIF87a", b"GIF89a", b"BM")
_HEADER = re.compile(
    rb"(?:From |[!-9;-~]{1,70}:[ \t]?.*(?:\r?\n[ \t].*)*\r?\n)", re.IGNORECASE
)  # RFC 5322, section 2.2
_MAIL = re.compile(
    rb"^(?:received|return-path|from|to|date|subject|message-id|mime-version|content-type|delivered-to):",
    re.IGNORECASE | re.MULTILINE,
)
_MARKUP = re.compile(rb"<(?:!doctype\s+html|html|head|body|meta|table|div|p|h[1-6])[\s>/]", re.IGNORECASE)


def shape_of(data: bytes) -> Shape:
    """The family of a file. `text` covers plain text, Markdown and CSV."""
    head = data[:4096]
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n\0")
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "cfb"
    if start.startswith(b"{\\rtf"):
        return "rtf"
    if head.startswith(_IMAGES) or (head.startswith(b"RIFF") and head[8:12] == b"WEBP"):
        return "image"
    return _shape_of_text(head, start) if is_text(head) else "unknown"


def _shape_of_text(head: bytes, start: bytes) -> Shape:
    narrow = start.replace(b"\0", b"")  # UTF-16 markup
    if b"urn:oasis:names:tc:opendocument:xmlns:office:1.0" in narrow and b"office:document" in narrow:
        return "flat_odf"
    if narrow.startswith(b"<") and _MARKUP.search(narrow):
        return "html"
    if len({name.lower() for name in _MAIL.findall(_headers(head))}) >= 2:
        return "eml"
    return "text"


def _headers(head: bytes) -> bytes:
    """The lines at the very beginning that have the form of mail headers."""
    position = 0
    while match := _HEADER.match(head, position):
        position = match.end()
    return head[:position]
