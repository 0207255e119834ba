"""Mail messages (RFC 5322, MIME): who, when, what about; the body; attachments as parts.

The walk is that of `core.documents.mail`, by which mails that arrive are read too. Here nothing is cut off:
quotes and signatures are part of a document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from core.documents.build import Builder
from core.documents.cleaning import clean
from core.documents.mail import headers, signed
from core.documents.mail.walk import RICH, Leaf, Walked, walk
from core.documents.reading_errors import Unreadable
from core.documents.text import calendar, html, html_said

_HEADERS = ("Subject", "From", "To", "Cc", "Date")
_OTHERS = (
    "Reply-To", "Sender", "Bcc", "Organization", "Comments", "Keywords", "Thread-Topic", "Resent-From",
    "Resent-To", "Resent-Cc", "List-Id",
)  # fmt: skip
"""Headers that programs show when asked, or of a part of the mail."""
_LABELS = re.compile(
    r"msip_labels|sensitivity|keywords|importance|x-.*(?:classif|confid|diffusion|label|protect|mention|sensi[bt]|marking).*",
    re.I,
)


_READ = ("text", "html", "calendar", "file", "message")
"""Roles of what may be read beside what is encrypted."""
_MBOX = re.compile(rb"(?<=\n)\r?\n(?=From [^\r\n]{1,200}\d\d:\d\d[^\r\n]{0,60}\r?\n[A-Za-z-]{2,60}:)")
"""Where another mail begins in a folder of mails (RFC 4155)."""


def read(data: bytes, builder: Builder) -> None:
    builder.kind = "eml"
    mails = _MBOX.split(data) if data.startswith(b"From ") else [data]
    with builder.budget.mail():
        _read(walk(mails[0]), builder)
    for number, mail in enumerate(mails[1:], 2):
        builder.part(f"message-{number}.eml", mail, unpacked=False)


def read_wrapped(data: bytes, builder: Builder) -> None:
    """A `winmail.dat` by itself (MS-OXTNEF): the mail that Outlook wrapped in it."""
    read(b"Content-Type: application/ms-tnef\r\n\r\n" + data, builder)


def read_signed(data: bytes, builder: Builder) -> None:
    """A signed file by itself (`.p7m`): what was signed, a mail or a file of any kind, is a part."""
    inner = signed.content(data)
    if inner is None:
        raise Unreadable("unknown_format")
    name = builder.name.removesuffix(".p7m")
    mail = inner[:13].lower() == b"content-type:"
    builder.part(f"{name}.eml" if mail else name, inner, unpacked=False)


def _read(walked: Walked, builder: Builder) -> None:
    if walked.left_out and not walked.leaves:
        raise Unreadable("nested")
    shown = (leaf for leaf in walked.leaves if leaf.role in _READ and leaf.data.strip())
    if walked.protection.endswith("encrypted") and not any(shown):
        raise Unreadable("encrypted")
    head(builder, {name: walked.headers.get(name) for name in _HEADERS})
    labels(builder, ((name, headers.text(value)) for name, value in walked.headers.items))
    for leaf in sorted(walked.leaves, key=lambda leaf: leaf.hidden):  # what was read, then its other forms
        _leaf(leaf, builder)
    values = [text for name in _OTHERS for text in walked.headers.all(name)]
    builder.rest(("head", text) for text in (*values, *walked.said))
    if walked.left_out:  # what was not read may hold anything
        builder.unread_part("message.eml", "nested")


def head(builder: Builder, values: dict[str, str]) -> None:
    """The headers that people see: properties, the subject as heading and place; the others are a place that
    stands in the text too, for who reads it."""
    builder.page()
    builder.title = clean(values.get("Subject", ""))
    builder.heading(1, builder.title)
    builder.place("subject", builder.title)
    for name in _HEADERS:
        builder.property(name, values.get(name, ""))
    lines = [f"{name}: {clean(values[name])}" for name in _HEADERS[1:] if values.get(name)]
    builder.place("head", "\n".join(lines))
    builder.paragraph("\n".join(lines))


def labels(builder: Builder, items: Iterable[tuple[str, str]]) -> None:
    """The headers that may bear a marking: properties."""
    for name, value in items:
        if _LABELS.fullmatch(name):
            builder.property(name, value)


def body_text(text: str, builder: Builder) -> None:
    for paragraph in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        builder.paragraph(paragraph)


def other_form(text: str, builder: Builder) -> None:
    """Another form of a text that was read: what only this one says is a place."""
    shown = html_said.plain(text) if "<" in text else text
    builder.rest(("other", text) for text in re.split(r"\n[ \t]*\n", shown.replace("\r\n", "\n")))


def _other_form(leaf: Leaf, builder: Builder) -> None:
    if leaf.media_type == RICH:
        builder.behind([("message.rtf", leaf.data)], kind="other")
    else:
        other_form(headers.charset_text(leaf.data, leaf.charset), builder)


def _leaf(leaf: Leaf, builder: Builder) -> None:
    match leaf.role:
        case "text" | "html" | "calendar":
            write = _other_form if leaf.hidden and leaf.role != "calendar" else _shown
            write(leaf, builder)
        case "picture":
            builder.picture_file(f"{leaf.number} {leaf.name}", leaf.data)
        case "signature":
            return
        case "encrypted":
            builder.unread_part(_name(leaf), "encrypted")
        case "message":
            builder.part(leaf.name, leaf.data, unpacked=False)
        case "file" | "tnef":
            _file(leaf, builder)


def _file(leaf: Leaf, builder: Builder) -> None:
    if leaf.media_type.startswith(("audio/", "video/")):  # some of it would pass for text
        builder.unread_part(_name(leaf), "unknown_format")
        return
    if leaf.media_type == "message/external-body":  # it stands elsewhere (RFC 2046, 5.2.3)
        builder.warn("part_unread", _name(leaf))
        return
    builder.budget.spend(len(leaf.data))
    builder.part(_name(leaf), leaf.data)


def _shown(leaf: Leaf, builder: Builder) -> None:
    text = headers.charset_text(leaf.data, leaf.charset)
    if leaf.role == "html":
        html.read_text(text, builder)
    elif calendar.is_card(text):
        calendar.write(text, builder)
    else:
        body_text(text, builder)
        builder.place("other", headers.charset_text(leaf.broken, leaf.charset))


def _name(leaf: Leaf) -> str:
    return leaf.name or leaf.media_type.replace("/", "-")
