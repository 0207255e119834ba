"""A draft → the bytes of a mail: plain text, and the same as HTML. Pure.

The text is complete by itself. The HTML names its language, has real headings and tells nothing by colour
alone. The headers keep every robot from answering (RFC 3834), say that an AI wrote the text, carry its
signed record (`core.provenance`), and are written without being parsed again (`fields`).
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import quote

from markdown_it import MarkdownIt

from connectors.mail import events, fields
from connectors.mail.fields import VERBATIM
from connectors.mail.notes import Note
from connectors.mail.words import Words
from core.connector import Draft, File
from core.documents.mail.headers import one_line
from core.language.commonmark import readable

_STYLE = (
    "body{font:1rem/1.5 sans-serif;max-width:44rem}table{border-collapse:collapse}"
    "td,th{border:1px solid;padding:.2rem .5rem;text-align:left}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The headers of a mail that do not come from its draft: its Message-ID without brackets, our mailbox and
    the `name` shown of it, the person whom it goes to, and when it is sent, in seconds since 1970."""

    id: str
    box: str
    name: str
    to: str
    at: float


def render(draft: Draft, envelope: Envelope, note: Note | None, words: Words) -> bytes:
    """The whole mail, with CRLF at the ends of lines. `note` is about the mail that it answers."""
    mail = EmailMessage(policy=VERBATIM)
    subject, last = words.own_subject(), note is not None and note.last
    if note is not None:
        asked = "" if draft.notice else events.bare(one_line(note.origin.subject))
        subject = f"Re: {fields.harmless(asked) or words.no_subject()}"
    mail["From"] = fields.mailbox(envelope.name, envelope.box)
    mail["To"] = fields.mailbox("", envelope.to)
    mail["Subject"] = fields.unstructured(subject)
    mail["Date"] = format_datetime(datetime.fromtimestamp(envelope.at, UTC))
    mail["Message-ID"] = fields.ids([envelope.id])
    if note is not None and (known := fields.ids([note.origin.id])):
        mail["In-Reply-To"] = known
        mail["References"] = fields.ids((*note.origin.references, note.origin.id))
    mail["Auto-Submitted"] = "auto-replied"
    mail["X-Auto-Response-Suppress"] = "All"
    if draft.generated:
        mail["X-AI-Generated"] = "yes"
    if draft.record:
        mail["X-Relais-Provenance"] = fields.pieces(draft.record)
    plain = readable(text_of(draft, words, words.how_to_judge(), last=last))
    mail.set_content(fields.whole(plain), cte="quoted-printable")
    shown = fields.whole(text_of(draft, words, _links(envelope, words), last=last))
    page = html_of(shown, subject, draft.language)
    mail.add_alternative(page, subtype="html", cte="quoted-printable")
    if draft.file is not None:
        _attach(mail, draft.file)
    mail["Content-Language"] = draft.language
    return mail.as_bytes()


def _attach(mail: EmailMessage, file: File) -> None:
    main, sub = fields.media_type(file.media_type)
    mail.add_attachment(file.data, maintype=main, subtype=sub)
    *_, part = mail.iter_parts()
    del part["Content-Disposition"]
    part["Content-Disposition"] = fields.attachment(file.name)


def text_of(draft: Draft, words: Words, judge: str, *, last: bool = False) -> str:
    """The text as it is sent: CommonMark is made to be read. `judge` says how an answer is judged."""
    lines = [words.ai_mention()] if draft.writers and not draft.notice else []
    if last:  # a reply to it, a judgement too, would not be read
        lines += [words.last_of_the_day()]
    elif not draft.notice:
        lines += [words.how_to_go_on(), judge]
    text = draft.text.strip()
    return "\n".join([text, "", "---", "", *lines, ""]) if lines else f"{text}\n"


def _links(envelope: Envelope, words: Words) -> str:
    """Two links that judge the answer in this envelope, each by a mail whose subject says so (RFC 6068)."""
    body = quote(words.send_as_it_is())
    subjects = {good: quote(events.judging(envelope.id, words, good=good)) for good in (True, False)}
    return " · ".join(
        f"[{words.judged(good=good)}](mailto:{quote(envelope.box, safe='@')}?subject={subject}&body={body})"
        for good, subject in subjects.items()
    )


_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
"""Without images: a text that names one would make the reader's program call whoever it names."""


def html_of(text: str, title: str, language: str) -> str:
    body = _MARKDOWN.render(text)
    return (
        f'<!DOCTYPE html>\n<html lang="{html.escape(language)}"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head>\n<body>\n{body}</body></html>\n"
    )
