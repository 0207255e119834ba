"""A draft → the bytes of a mail: plain text, and the same as HTML. Pure.

The text is complete by itself. The HTML names its language, has real headings and tells nothing by colour
alone. The headers keep every robot from answering (RFC 3834) and say that an AI wrote the text.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, formataddr
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt

from connectors.mail.events import bare
from connectors.mail.words import Words
from core.connector import Draft
from core.documents.mail.headers import one_line

_STYLE = (
    "body{font:1rem/1.5 sans-serif;max-width:44rem}table{border-collapse:collapse}"
    "td,th{border:1px solid;padding:.2rem .5rem;text-align:left}"
)


if TYPE_CHECKING:
    _Base = EmailPolicy[EmailMessage]
else:
    _Base = EmailPolicy  # not generic at run time


class _Policy(_Base):
    """In which headers of ids are written as they are, one id a line: the library folds a long id into an
    encoded word, which breaks threads."""

    def fold(self, name: str, value: Any) -> str:
        if name.lower() in ("message-id", "in-reply-to", "references"):
            return f"{name}: " + "\r\n ".join(str(value).split()) + "\r\n"
        return super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode("ascii", "replace")


_POLICY = _Policy(linesep="\r\n", max_line_length=78)


def render(
    draft: Draft,
    *,
    id: str,
    box: str,
    name: str,
    to: str,
    subject: str,
    reply_to: str | None,
    references: Sequence[str],
    at: float,
    words: Words,
) -> bytes:
    """The whole mail, its ends of lines CRLF. `id` and `references` are without their brackets."""
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = formataddr((one_line(name), box)) if name else box
    mail["To"] = to
    mail["Subject"] = f"Re: {_subject(draft, subject) or words.no_subject()}"
    mail["Date"] = format_datetime(datetime.fromtimestamp(at, UTC))
    mail["Message-ID"] = f"<{id}>"
    if reply_to is not None:
        mail["In-Reply-To"] = f"<{reply_to}>"
        mail["References"] = " ".join(f"<{each}>" for each in dict.fromkeys((*references, reply_to)))
    mail["Auto-Submitted"] = "auto-replied"
    mail["X-Auto-Response-Suppress"] = "All"
    if not draft.notice:
        mail["X-AI-Generated"] = "yes"
    text = text_of(draft, words)
    mail.set_content(text, cte="quoted-printable")
    mail.add_alternative(
        html_of(text, mail["Subject"], draft.language), subtype="html", cte="quoted-printable"
    )
    mail["Content-Language"] = draft.language
    if draft.file is not None:
        main, _, sub = draft.file.media_type.partition("/")
        mail.add_attachment(
            draft.file.data, maintype=main, subtype=sub or "octet-stream", filename=draft.file.name
        )
    return mail.as_bytes()


def _subject(draft: Draft, asked: str) -> str:
    """Service words repeat no subject: it may be what was refused, or was never looked at."""
    return "" if draft.notice else bare(one_line(asked))


def text_of(draft: Draft, words: Words) -> str:
    """The text as it is sent: CommonMark is made to be read."""
    lines = [] if draft.notice else [words.ai_mention(), words.how_to_go_on()]
    return "\n\n".join([draft.text.strip(), *(["\n".join(["---", "", *lines])] if lines else [])]) + "\n"


_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
"""Without images: a text that names one would make the reader's program call whoever it names."""


def html_of(text: str, title: str, language: str) -> str:
    body = _MARKDOWN.render(text)
    return (
        f'<!DOCTYPE html>\n<html lang="{html.escape(language)}"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head>\n<body>\n{body}</body></html>\n"
    )
