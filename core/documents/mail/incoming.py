"""A mail as a question with its documents: what its author asks, what is quoted or forwarded, the files.

Runs in the sandbox (`read_task`, `part_task`); what comes out is plain data. The quoted mails become
one text, a document like the files: `HISTORY` is its number as a part.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO

from core.documents.build import Builder, Full, UnpackBudget, Unreadable, clean
from core.documents.file_reader import read_within
from core.documents.limits import Limits
from core.documents.mail import headers
from core.documents.mail.calendar import told
from core.documents.mail.walk import Leaf, Walked, walk
from core.documents.text import html
from core.language import mail_segments
from core.language.mail_segments import Segment

READ = "core.documents.mail.incoming:read_task"
PART = "core.documents.mail.incoming:part_task"
HISTORY = 0
"""The number of the part that holds what is quoted and forwarded."""
TEXT = 1_000_000
"""Characters of text of one mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFile:
    """A file of a mail. `number` names it for `part_task`; `size` is in bytes."""

    number: int
    name: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """`own` is what the author wrote, without signature; `history` what stands below, our own answers left
    out; `protection` see `walk.Walked`; `left_out`: a cap was met."""

    own: str = field(repr=False)
    history: str = field(repr=False)
    files: tuple[MailFile, ...] = ()
    protection: str = ""
    left_out: bool = False


def read(
    data: bytes, *, ours: tuple[str, ...] = (), known: bool = False, limits: Limits | None = None
) -> Mail:
    """`ours` are the bot's own addresses, whose quoted mails are dropped; with `known` also what those quote
    in their turn: it was read before."""
    walked = walk(data)
    pieces = [piece for leaf in walked.leaves if (piece := text_of(leaf, limits or Limits()))]
    own: list[str] = []
    history: list[str] = []
    before = False
    for segment in mail_segments.segments("\n\n".join(pieces)[:TEXT]):
        if segment.kind == "own":
            own.append(mail_segments.without_signature(segment.text))
        elif _is_ours(segment, ours):
            before = known
        elif not before:
            history.append(f"{segment.introduction}\n\n{segment.text}".strip())
    if other := other_forms(walked, pieces):
        history.append(other)
    return Mail(
        own=clean("\n\n".join(filter(None, own))),
        history="\n\n".join(history),
        files=tuple(_files(walked)),
        protection=walked.protection,
        left_out=walked.left_out or sum(map(len, pieces)) > TEXT,
    )


def other_forms(walked: Walked, shown: list[str]) -> str:
    """What only the forms of the mail say that are not shown (multipart/alternative): who reads the other
    form sees it, and a marking may stand there."""
    known = {word for piece in shown for word in _WORDS.findall(piece)}
    left: list[str] = []
    for leaf in walked.leaves:
        if leaf.hidden and leaf.role in ("text", "html"):
            text = headers.charset_text(leaf.data, leaf.charset)
            for paragraph in re.split(r"\n[ \t]*\n", html.plain(text) if leaf.role == "html" else text):
                if not known.issuperset(_WORDS.findall(paragraph)):
                    left.append(" ".join(paragraph.split()))
    return "\n\n".join(dict.fromkeys(left))


_WORDS = re.compile(r"[^\W\d_]{3,}")


def text_of(leaf: Leaf, limits: Limits) -> str:
    """What a leaf shows in the body of the mail."""
    if leaf.role == "calendar":
        return told(headers.charset_text(leaf.data, leaf.charset))
    if leaf.hidden or leaf.role not in ("text", "html"):
        return ""
    text = headers.charset_text(leaf.data, leaf.charset)
    return html_text(text, limits) if leaf.role == "html" else text


def html_text(text: str, limits: Limits) -> str:
    """What a mail client would show of an HTML body, hidden nodes left out, as Markdown."""
    builder = Builder("", "html", limits, reader=read_within, budget=UnpackBudget(limits))
    try:
        builder.page()
        html.read_text(text, builder)
    except Full:
        pass
    except Unreadable:
        return re.sub(r"<[^>]*>", " ", text)
    return "\n\n".join(page.to_markdown() for page in builder.document().pages)


def _is_ours(segment: Segment, ours: tuple[str, ...]) -> bool:
    sender = segment.introduction.lower()
    if segment.kind == "forward":  # only the line of the sender: the others name who got it
        sender = next(
            (line for line in sender.split("\n") if re.match(r"[>\s*_|]*(?:de|from|von|exp)", line)), ""
        )
    return any(address.lower() in sender for address in ours)


def _files(walked: Walked) -> Iterator[MailFile]:
    for leaf in walked.leaves:
        if leaf.role in ("file", "message", "tnef") and leaf.data.strip():
            name = leaf.name or f"piece-jointe-{leaf.number}{_SUFFIXES.get(leaf.media_type, '')}"
            yield MailFile(number=leaf.number, name=name, media_type=leaf.media_type, size=len(leaf.data))


_SUFFIXES = {"application/pdf": ".pdf", "text/csv": ".csv", "text/plain": ".txt", "text/html": ".html"}


def part(data: bytes, number: int, ours: tuple[str, ...] = (), *, known: bool = False) -> bytes | None:
    """The bytes of a file of the mail, or of its history; None when there is no such part."""
    if number == HISTORY:
        return read(data, ours=ours, known=known).history.encode()
    return next((leaf.data for leaf in walk(data).leaves if leaf.number == number), None)


def read_task(file: BinaryIO, arguments: dict[str, Any], limits: Limits) -> dict[str, Any]:
    data = file.read(limits.file_size + 1)
    return asdict(read(data, ours=tuple(arguments["ours"]), known=arguments["known"], limits=limits))


def part_task(file: BinaryIO, arguments: dict[str, Any], limits: Limits) -> str | None:
    """The part in base64."""
    data = file.read(limits.file_size + 1)
    found = part(data, int(arguments["number"]), tuple(arguments["ours"]), known=arguments["known"])
    return None if found is None else base64.b64encode(found).decode()


def from_json(raw: dict[str, Any]) -> Mail:
    """What `read_task` gave."""
    files = tuple(MailFile(**each) for each in raw.pop("files"))
    return Mail(**raw, files=files)
