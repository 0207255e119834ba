"""A mail as a question with its documents: what its author asks, what is quoted or forwarded, the files.

Runs in the sandbox (`read_task`, `part_task`); what comes out is plain data. The quoted mails become
one text, a document like the files: `HISTORY` is its number as a part.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO

from core.documents.build import Builder, Full, UnpackBudget, Unreadable, clean
from core.documents.document import Limits
from core.documents.file_reader import read_within
from core.documents.mail import headers
from core.documents.mail.walk import Leaf, Walked, walk
from core.documents.text import calendar, html
from core.documents.text.html_said import plain
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
    beside: list[str] = []
    pieces = [piece for leaf in walked.leaves if (piece := text_of(leaf, limits or Limits(), beside))]
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
    history += filter(None, (other_forms(walked, pieces), "\n\n".join(beside)))
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
            for paragraph in re.split(r"\n[ \t]*\n", plain(text) if leaf.role == "html" else text):
                if not known.issuperset(_WORDS.findall(paragraph)):
                    left.append(" ".join(paragraph.split()))
    return "\n\n".join(dict.fromkeys(left))


_WORDS = re.compile(r"[^\W\d_]{3,}")


def text_of(leaf: Leaf, limits: Limits, beside: list[str]) -> str:
    """What a leaf shows in the body of the mail; to `beside` goes what it shows round its text."""
    if leaf.role not in ("text", "html", "calendar") or (leaf.hidden and leaf.role != "calendar"):
        return ""
    text = headers.charset_text(leaf.data, leaf.charset)
    if leaf.role == "html":
        return _written(text, html.read_text, limits, beside)
    return _written(text, calendar.write, limits, beside) if calendar.is_card(text) else text


def _written(text: str, write: Callable[[str, Builder], None], limits: Limits, beside: list[str]) -> str:
    """What a mail client would show of a page or an invitation, hidden nodes left out, as Markdown."""
    builder = Builder("", "html", limits, reader=read_within, budget=UnpackBudget(limits))
    try:
        builder.page()
        write(text, builder)
    except Full:
        pass
    except Unreadable:
        return re.sub(r"<[^>]*>", " ", text)
    document = builder.document()
    beside += [place.text for place in document.places if place.kind == "other"]
    return "\n\n".join(page.to_markdown() for page in document.pages)


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
