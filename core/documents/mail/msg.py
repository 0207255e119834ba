"""Outlook messages (MS-OXMSG), read by python-oxmsg, told like any mail."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from oxmsg import Message

from core.documents.build import Builder
from core.documents.document import PlaceKind
from core.documents.mail import eml
from core.documents.mail.tnef import decompressed, speaks
from core.documents.office.compound import object_of
from core.documents.reading_errors import Unreadable
from core.documents.text import html
from core.documents.text.encoding import decode


def _alias(name: str) -> codecs.CodecInfo | None:
    """`windows-950` and the like, as the library names code pages."""
    digits = name.replace("_", "-").removeprefix("windows-")
    return codecs.lookup(f"cp{digits}") if name.startswith("windows") and digits.isdecimal() else None


codecs.register(_alias)


def read(data: bytes, builder: Builder) -> None:
    builder.kind = "msg"
    try:
        message: Any = Message.load(data)
    except Exception as error:
        raise Unreadable("damaged", type(error).__name__) from error
    _write(message, builder)


def _write(message: Any, builder: Builder) -> None:
    """A message, or one that is attached to another. Raises Unreadable for those too deep in each other."""
    with builder.budget.mail():
        eml.head(builder, _headers(message))
        eml.labels(builder, _transport(message).items())
        properties: Any = message.properties
        page: bytes = properties.binary_prop_value(_HTML) or (message.html_body or "").encode(
            "utf-8", "replace"
        )
        rich = decompressed(properties.binary_prop_value(_RTF) or b"")
        shown = decode(page, properties.body_encoding)[0]
        if message.body and message.body.strip():
            eml.body_text(message.body, builder)
            eml.other_form(shown, builder)
        elif page.strip():
            html.read_text(shown, builder)
        elif rich:
            builder.part("message.rtf", rich, unpacked=False)
            rich = b""
        if rich:
            builder.behind([("message.rtf", rich)], kind="other")
        for number, attachment in enumerate(message.attachments, 1):
            _attachment(attachment, number, builder)
        builder.rest(_beside(message))


_HTML, _RTF = 0x1013, 0x1009


def _beside(message: Any) -> Iterator[tuple[PlaceKind, str]]:
    """What an appointment, a task or a person's card says in properties of its own, and blind copies."""
    for each in message.properties:
        value = getattr(each, "value", None)
        if isinstance(value, str) and speaks(each.pid, value):
            yield "other", value


def _attachment(attachment: Any, number: int, builder: Builder) -> None:
    """A file, a message, or an object of another program (PidTagAttachMethod: 1, 5, 6). Others stand
    elsewhere: their names are all there is."""
    texts = attachment.properties.str_prop_value
    name = attachment.file_name or texts(_SHORT_NAME) or texts(_SHOWN_NAME) or f"piece-jointe-{number}"
    within: Any = next((one for one in attachment._storage.storages if one.name == _WITHIN), None)
    streams: dict[str, bytes] = {each.name: each.bytes_ for each in within.streams} if within else {}
    if _PROPERTIES in streams:
        message = _embedded(within)
        builder.part_written(message.subject or name, "msg", partial(_write, message))
        return
    if within:
        name, content = object_of(lambda stream: streams.get(stream, b"")) or (name, None)
    else:
        content = attachment.file_bytes
    if content is None:
        builder.unread_part(name, "unknown_format")
    else:
        builder.budget.spend(len(content))
        builder.part(name, content)


def _headers(message: Any) -> dict[str, str]:
    headers = _transport(message)
    people = [(person.name or "", person.email_address or "") for person in message.recipients]
    return {
        "Subject": message.subject or "",
        "From": message.sender or headers.get("from", ""),
        "To": headers.get("to") or ", ".join(_shown(name, address) for name, address in people),
        "Cc": headers.get("cc", ""),
        "Date": message.sent_date.isoformat() if message.sent_date else headers.get("date", ""),
    }


def _transport(message: Any) -> dict[str, str]:
    return {name.lower(): str(value) for name, value in dict(message.message_headers).items()}


def _embedded(storage: Any) -> Any:
    """The message that is attached as such (MS-OXMSG 2.2.2.1). Its properties have a header of 24 bytes,
    which the library takes for one of 32."""
    streams = tuple(
        replace(stream, bytes_=stream.bytes_[:24] + b"\0" * 8 + stream.bytes_[24:])
        if stream.name == _PROPERTIES
        else stream
        for stream in storage.streams
    )
    return Message(replace(storage, streams=streams))


_WITHIN, _PROPERTIES = "__substg1.0_3701000D", "__properties_version1.0"
_SHORT_NAME, _SHOWN_NAME = 0x3704, 0x3001


def _shown(name: str, address: str) -> str:
    return f"{name} <{address}>" if name and address and name != address else name or address
