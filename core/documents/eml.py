"""Mail messages (RFC 5322, MIME): who, when, what about; the body; attachments as parts.

The standard parser in its `compat32` policy never raises on bad headers, and the walk here is ours:
bounded in depth and number of parts. Of alternatives the plain text counts, unless it is only a remark
that there is HTML.
"""

from __future__ import annotations

import email
import re
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32
from typing import Any

from core.documents import html
from core.documents.build import Builder, Unreadable
from core.documents.cleaning import clean
from core.documents.encoding import decode

_MAX_DEPTH = 30
_HEADERS = ("Subject", "From", "To", "Cc", "Date")
_LABELS = re.compile(
    r"msip_labels|sensitivity|keywords|importance|x-.*(?:classif|label|protect|mention|sensib)", re.I
)


def read(data: bytes, builder: Builder) -> None:
    builder.kind = "eml"
    data = data.lstrip(b"\xef\xbb\xbf\r\n")
    if data.startswith(b"From "):  # one message of an mbox
        data = data.partition(b"\n")[2]
    message: Message = email.message_from_bytes(data, policy=compat32)
    head(builder, {name: header(message, name) for name in _HEADERS})
    for name, value in message.items():
        if _LABELS.fullmatch(name):
            builder.property(name, _decoded(str(value)))
    _walk(message, builder, 0)


def head(builder: Builder, values: dict[str, str]) -> None:
    """The headers that people see: properties, the subject as heading and place."""
    builder.page()
    builder.title = clean(values.get("Subject", ""))
    builder.heading(1, builder.title)
    builder.place("subject", builder.title)
    for name in _HEADERS:
        builder.property(name, values.get(name, ""))
    lines = [f"{name}: {clean(values[name])}" for name in _HEADERS[1:] if values.get(name)]
    builder.paragraph("\n".join(lines))


def header(message: Message, name: str) -> str:
    value = message.get(name)
    return "" if value is None else _decoded(str(value))


def body_html(data: bytes, declared: str | None, builder: Builder) -> None:
    """An HTML body, into the page of the mail."""
    html.read_text(decode(data, declared)[0], builder)


def body_text(text: str, builder: Builder) -> None:
    for paragraph in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        builder.paragraph(paragraph)


def _decoded(value: str) -> str:
    value = re.sub(r"\r?\n[ \t]+", " ", value)
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, ValueError):
        return decode(value.encode("utf-8", "surrogateescape"))[0]


def _walk(message: Message, builder: Builder, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise Unreadable("nested")
    kind = message.get_content_type()
    if kind in ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"):
        if "signed" not in str(message.get_param("smime-type") or ""):
            raise Unreadable("encrypted")
        builder.unread_part(_name(message) or "smime.p7m", "unknown_format")
    elif kind == "multipart/alternative":
        _alternative(message, builder, depth)
    elif message.is_multipart():
        for inner in _inner(message):
            if kind.startswith("message/"):
                builder.part(_name(message) or "message.eml", inner.as_bytes(policy=compat32))
            else:
                _walk(inner, builder, depth + 1)
    else:
        _leaf(message, kind, builder)


def _inner(message: Message) -> list[Message]:
    payload: Any = message.get_payload()
    return [part for part in payload if isinstance(part, Message)] if isinstance(payload, list) else []  # pyright: ignore[reportUnknownVariableType]


def _alternative(message: Message, builder: Builder, depth: int) -> None:
    """The plain text; the richest form instead where the text says nearly nothing."""
    parts = _inner(message)
    plain = next((part for part in parts if part.get_content_type() == "text/plain"), None)
    others = [part for part in parts if part is not plain]
    if plain is not None and (not others or len(_bytes(plain).split()) >= 15 or _tiny(others[-1])):
        _walk(plain, builder, depth + 1)
        for part in others:  # what hangs on the HTML form still counts
            for inner in part.walk():
                if inner.get_content_disposition() == "attachment":
                    _leaf(inner, inner.get_content_type(), builder)
    elif parts:
        _walk(parts[-1], builder, depth + 1)


def _tiny(part: Message) -> bool:
    return len(re.sub(rb"<[^>]*>|\s+", b" ", _bytes(part)).split()) < 30 and not part.is_multipart()


def _leaf(message: Message, kind: str, builder: Builder) -> None:
    name = _name(message)
    attached = message.get_content_disposition() == "attachment" or bool(
        name and not kind.startswith("text/")
    )
    charset = message.get_content_charset()
    if kind == "text/plain" and not attached:
        body_text(decode(_bytes(message), charset)[0], builder)
    elif kind == "text/html" and not attached:
        body_html(_bytes(message), charset, builder)
    elif (
        kind.startswith("image/")
        and message.get("Content-ID")
        and message.get_content_disposition() != "attachment"
    ):
        builder.warn("pictures_left_out")
    elif kind in (
        "application/pkcs7-signature",
        "application/pgp-signature",
        "application/x-pkcs7-signature",
    ):
        return
    else:
        data = _bytes(message)
        builder.budget.spend(len(data))
        builder.part(name or f"{kind.replace('/', '-')}", data)


def _bytes(message: Message) -> bytes:
    payload = message.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _name(message: Message) -> str:
    try:
        return clean(_decoded(message.get_filename() or "")).replace("\n", " ")
    except (ValueError, TypeError, AttributeError):
        return ""
