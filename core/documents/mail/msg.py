"""Outlook messages (MS-OXMSG), read by python-oxmsg, told like any mail."""

from __future__ import annotations

import codecs
from typing import Any

from oxmsg import Message

from core.documents.build import Builder, Unreadable
from core.documents.mail import eml

_EMBEDDED = 5  # PidTagAttachMethod, MS-OXCMSG 2.2.2.9


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
    headers = {name.lower(): str(value) for name, value in dict(message.message_headers).items()}
    people = [(person.name or "", person.email_address or "") for person in message.recipients]
    eml.head(
        builder,
        {
            "Subject": message.subject or "",
            "From": message.sender or headers.get("from", ""),
            "To": headers.get("to") or ", ".join(_shown(name, address) for name, address in people),
            "Cc": headers.get("cc", ""),
            "Date": message.sent_date.isoformat() if message.sent_date else headers.get("date", ""),
        },
    )
    if "msip_labels" in headers:
        builder.property("msip_labels", headers["msip_labels"])
    if message.body and message.body.strip():
        eml.body_text(message.body, builder)
    elif message.html_body:
        eml.body_html(message.html_body.encode("utf-8", "replace"), "utf-8", builder)
    for number, attachment in enumerate(message.attachments, 1):
        name = attachment.file_name or f"piece-jointe-{number}"
        content = attachment.file_bytes if attachment.attached_by_value else None
        if content is None:
            builder.unread_part(name, "unknown_format")
        else:
            builder.budget.spend(len(content))
            builder.part(name, content)


def _shown(name: str, address: str) -> str:
    return f"{name} <{address}>" if name and address and name != address else name or address
