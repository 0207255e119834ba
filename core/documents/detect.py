"""What a file is, by its first bytes and, for containers, by what stands in them. A name never contradicts
these: of a text it says that it is a mail, since real mails begin in every way."""

from __future__ import annotations

import re
from typing import Literal

from core.documents.mail.signed import is_signature
from core.documents.sealed import is_sealed
from core.documents.text.encoding import decode, from_base64, is_text

Shape = Literal[
    "pdf", "zip", "cfb", "rtf", "html", "eml", "xml", "image", "tnef", "signed", "sealed", "text", "unknown"
]

_STARTS: dict[bytes, Shape] = {
    b"PK\x03\x04": "zip", b"PK\x05\x06": "zip", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "cfb",
    b"\x78\x9f\x3e\x22": "tnef",
}  # fmt: skip
_IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"GIF87a", b"GIF89a", b"BM")
_MEDIA = re.compile(
    rb"RIFF.{4}(?:WAVE|AVI )|FORM.{4}AIF|ID3[\x02-\x04]|OggS\0|fLaC|\.snd\0|MThd\0|\xff[\xf2\xf3\xfa\xfb]"
    rb"|.{4}ftyp",
    re.DOTALL,
)
"""Sound and films, some of which begin like a text."""
_HEADER = re.compile(
    rb">?From .*\r?\n|[!-9;-~]{1,70}[ \t]*:.*(?:\r?\n[ \t].*)*(?:\r?\n|\r|\Z)", re.IGNORECASE
)  # RFC 5322, section 2.2; the line of an mbox before it
_MAIL = re.compile(
    rb"^(?:received|return-path|from|to|date|subject|message-id|mime-version|content-type|delivered-to)"
    rb"[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{32,}+\s++)*+[A-Za-z0-9+/]*+\s*=?\s*=?")
_SHORTEST = 256
_MAIL_NAMES = (".eml", ".mbox", ".mht", ".mhtml")
_MARKUP = re.compile(rb"<(?:!doctype\s+html|html|head|body|meta|table|div|p|svg|h[1-6])[\s>/]", re.IGNORECASE)
_PROLOGUE = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL)
_ROOT = re.compile(rb"<((?:[\w.-]+:)?(?!(?:html|svg)\b)[\w.-]+)([^>]*\sxmlns\b)?")
"""The first element of XML that is no web page, and whether it says of what kind it is."""


def shape_of(data: bytes, name: str = "") -> Shape:
    """The family of a file. `text` covers plain text, Markdown and CSV."""
    head = data[:4096]
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n\0")
    shape = "signed" if head.startswith(b"\x30") and is_signature(head) else _shape_of(data, head, start)
    if shape in ("text", "unknown") and is_sealed(data):
        shape = "sealed"
    named = name.lower().endswith(_MAIL_NAMES)
    if len(_mail_headers(start)) >= (1 if named else 2) or (named and shape == "text"):
        return "eml"
    return shape


def file_in(text: str, name: str = "") -> bytes | None:
    """The file that a value holds in base64; None for others, and for keys, signatures and numbers, which
    have no name."""
    text = text.strip()
    if len(text) < _SHORTEST or not _BASE64.fullmatch(text):
        return None
    data = from_base64(text)
    shape = shape_of(data)
    keeps = shape == "unknown" or (shape == "text" and decode(data)[1])
    return data if name or not keeps else None


def _mail_headers(start: bytes) -> set[bytes]:
    """The names of a mail's headers among the lines at the very beginning that have the form of headers."""
    lines = start.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    end = 0
    while match := _HEADER.match(lines, end):
        end = match.end()
    return {name.lower() for name in _MAIL.findall(lines[:end])}


def _shape_of(data: bytes, head: bytes, start: bytes) -> Shape:
    if b"%PDF-" in data[:1024]:
        return "pdf"
    for magic, shape in _STARTS.items():
        if head.startswith(magic):
            return shape
    if start.startswith(b"{\\rtf"):
        return "rtf"
    if head.startswith(_IMAGES) or (head.startswith(b"RIFF") and head[8:12] == b"WEBP"):
        return "image"
    if _MEDIA.match(head):
        return "unknown"
    return _shape_of_text(data, start) if is_text(head) else "unknown"


def _shape_of_text(data: bytes, start: bytes) -> Shape:
    narrow = start.lstrip(b"\xff\xfe").replace(b"\0", b"").lstrip()  # UTF-16 markup
    if narrow.startswith(b"<") and _is_xml(narrow, data[-200:].replace(b"\0", b"").rstrip()):
        return "xml"
    if narrow.startswith(b"<") and _MARKUP.search(narrow):
        return "html"
    return "text"


def _is_xml(start: bytes, end: bytes) -> bool:
    """Whether a text says that it is XML, by its first line, its first element or its end."""
    at = 0
    while prologue := _PROLOGUE.match(start, at):
        at = prologue.end()
    if (root := _ROOT.match(start, at)) is None:
        return False
    ends = not _MARKUP.search(start) and end.endswith(b"</%s>" % root[1])
    return start.startswith(b"<?xml") or bool(root[2]) or ends
