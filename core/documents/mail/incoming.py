"""A mail as a question with its documents: what its author asks, what is quoted or forwarded, the files.

Runs in the sandbox (`read_task`, `part_task`); what comes out is plain data. The quoted mails become
one text, a document like the files: `HISTORY` is its number as a part.
"""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from core.documents.build import Builder
from core.documents.cleaning import clean
from core.documents.document import Limits
from core.documents.file_reader import outermost
from core.documents.mail import headers
from core.documents.mail.walk import RICH, Leaf, Walked, walk
from core.documents.reading_errors import Full, Unreadable
from core.documents.text import calendar, html, rtf
from core.documents.visibility import may_be_screenshot
from core.language import mail_segments
from core.language.folding import fold
from core.language.mail_segments import Segment

READ = "core.documents.mail.incoming:read_task"
PART = "core.documents.mail.incoming:part_task"
HISTORY = 0
"""The number of the part that holds what is quoted and forwarded."""
PICTURES = 10
"""Pictures of the text of one mail that are read."""
TEXT = 1_000_000
"""Characters of text of one mail."""
SIGNATURE = 4_000
"""Characters of what its author signs with, in all its forms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFile:
    """A file of a mail. `number` names it for `part_task`; `size` is in bytes."""

    number: int
    name: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """`own` is what the author wrote, without `signature`, which may bear a marking, as may the lines that
    are `broken` (`walk.Leaf`); `history` what stands below, our own answers left out; `pictures` those that
    the text shows and that are as large as a part of a screen; `protection` see `walk.Walked`; `left_out`: a
    cap was met; `answers`: all that it brings is an answer to an invitation."""

    own: str = field(repr=False)
    history: str = field(repr=False)
    signature: str = field(default="", repr=False)
    broken: str = field(default="", repr=False)
    files: tuple[MailFile, ...] = ()
    pictures: tuple[MailFile, ...] = ()
    protection: str = ""
    left_out: bool = False
    answers: bool = False


def read(
    data: bytes, *, ours: tuple[str, ...] = (), known: bool = False, limits: Limits | None = None
) -> Mail:
    """Read a mail as bytes into its author's words, what they quote, and its files.

    `ours` are the addresses whose quoted mails are dropped. With `known` the mail replies to one that was
    read before: what it quotes first is dropped where it names no address, and all below it.
    """
    walked = walk(data)
    beside: list[str] = []
    limits = limits or Limits()
    texts = (text_of(leaf, limits, beside) for leaf in walked.leaves if not leaf.hidden)
    pieces = list(filter(None, texts))
    below: list[str] = []
    own, history = _told("\n\n".join(pieces)[:TEXT], ours, below, known=known)
    others = other_forms(walked, [*pieces, *beside], ours, limits, below, known=known)
    history += filter(None, (others, "\n\n".join(beside)))
    cards = [leaf for leaf in walked.leaves if _signs(leaf, walked.headers)]
    below += [headers.charset_text(leaf.data, leaf.charset) for leaf in cards]
    files = [leaf for leaf in walked.leaves if leaf not in cards]
    answers = not history and _only_answers(files)
    return Mail(
        own=clean("\n\n".join(filter(None, own))),
        history="\n\n".join(history),
        signature="\n".join(dict.fromkeys(filter(None, below)))[:SIGNATURE],
        broken="\n".join(headers.charset_text(leaf.broken, leaf.charset) for leaf in files if leaf.broken),
        files=() if answers else tuple(_files(files)),
        pictures=tuple(_pictures(walked))[:PICTURES],
        protection=walked.protection,
        left_out=walked.left_out or sum(map(len, pieces)) > TEXT,
        answers=answers,
    )


def _only_answers(leaves: list[Leaf]) -> bool:
    """True if a mail brings files, and all of them are answers to an invitation."""
    came = [leaf for leaf in leaves if leaf.role not in ("text", "html", "picture", "signature")]
    return bool(came) and all(map(_answers, came))


def _answers(leaf: Leaf) -> bool:
    """Is a file an answer to an invitation (RFC 5546, 3.2.3 and 3.2.7)?"""
    return _ANSWER.search(leaf.data) is not None and calendar.is_card(leaf.data[:100].decode("latin-1"))


_ANSWER = re.compile(rb"^METHOD:(?:REPLY|COUNTER)\s*$", re.MULTILINE | re.IGNORECASE)


def _told(text: str, ours: tuple[str, ...], below: list[str], *, known: bool) -> tuple[list[str], list[str]]:
    """What the author of a text wrote, and what of the quoted and forwarded mails is not dropped. A word that
    the author put between the lines of a quotation stands below the line that it is about; to `below` goes
    what the author signs with."""
    own: list[str] = []
    history: list[str] = []
    before = False
    found = mail_segments.segments(text)
    for n, segment in enumerate(found):
        if segment.kind == "own":
            own += [_line_above(found, n), mail_segments.without_signature(segment.text)]
            below.append(mail_segments.signature_of(segment.text))
        elif _is_ours(segment, ours) or (known and not history and "@" not in segment.introduction):
            before = known
        elif not before:
            rule = "---\n" if segment.kind == "forward" else ""  # so that no reader takes the text for a mail
            history.append(f"{rule}{segment.introduction}\n\n{segment.text}".strip())
    return own, history


def _line_above(found: Sequence[Segment], n: int) -> str:
    """The last line of the quotation that the segment `n` stands in the midst of; empty where it does not."""
    above, below = found[max(n - 1, 0)], found[min(n + 1, len(found) - 1)]
    inside = above.kind == below.kind == "quote" and not below.introduction
    return above.text.rstrip("> \n").rpartition("\n")[2] if inside else ""


def other_forms(
    walked: Walked, shown: list[str], ours: tuple[str, ...], limits: Limits, below: list[str], *, known: bool
) -> str:
    """What only the forms of the mail say that are not shown (multipart/alternative): who reads the other
    form sees it, and a marking may stand there. To `below` goes what they are signed with."""
    heard = {word for piece in shown for word in _WORDS.findall(piece)}
    left: list[str] = []
    for leaf in walked.leaves:
        beside: list[str] = []
        own, history = _told(text_of(leaf, limits, beside) if leaf.hidden else "", ours, below, known=known)
        for paragraph in re.split(r"\n[ \t]*\n", "\n\n".join([*own, *history, *beside])):
            if not heard.issuperset(_WORDS.findall(paragraph)):
                left.append(" ".join(paragraph.split()))
    return "\n\n".join(dict.fromkeys(left))


_WORDS = re.compile(r"[^\W\d_]{3,}")


def text_of(leaf: Leaf, limits: Limits, beside: list[str]) -> str:
    """What a leaf shows in the body of the mail; to `beside` goes what it shows round its text."""
    if leaf.role not in ("text", "html"):
        return ""
    if leaf.media_type == RICH:
        return _written(leaf.data.decode("latin-1"), _write_rich, limits, beside)
    text = headers.charset_text(leaf.data, leaf.charset)
    if leaf.role == "html":
        return _written(text, html.read_text, limits, beside)
    return _written(text, calendar.write, limits, beside) if calendar.is_card(text) else text


def _written(text: str, write: Callable[[str, Builder], None], limits: Limits, beside: list[str]) -> str:
    """What a mail client would show of a page or an invitation, hidden nodes left out, as Markdown."""
    builder = Builder("", "html", limits, outermost(limits))
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


def _write_rich(text: str, builder: Builder) -> None:
    rtf.read(text.encode("latin-1"), builder)


def _is_ours(segment: Segment, ours: tuple[str, ...]) -> bool:
    sender = segment.introduction.lower()
    if segment.kind == "forward":  # only the line of the sender: the others name who got it
        sender = next(
            (line for line in sender.split("\n") if re.match(r"[>\s*_|]*(?:de|from|von|exp)", line)), ""
        )
    return any(re.search(rf"(?<![\w.+-]){re.escape(each.lower())}(?![\w.-])", sender) for each in ours)


def _signs(leaf: Leaf, top: headers.Headers) -> bool:
    """Is it the card of the author, by its name or address, which mail programs hang on what is signed with
    it?"""
    if leaf.role != "file" or leaf.media_type not in _CARDS:
        return False
    card = fold(headers.charset_text(leaf.data, leaf.charset))
    whose = "\n".join(_WHOSE.findall(card))
    known = set(_WORDS.findall(whose))
    return card.count("begin:vcard") == 1 and any(
        each.address.lower() in whose
        or (len(name := _WORDS.findall(fold(each.name))) > 1 and known.issuperset(name))
        for each in headers.mailboxes(top.get("From"))
    )


_WHOSE = re.compile(r"^(?:\w+\.)?(?:fn|n|email)[;:].*", re.MULTILINE)
"""The lines of a card that say whose it is (RFC 6350, 6.2 and 6.4.2)."""
_CARDS = ("text/vcard", "text/x-vcard", "text/directory")


def _files(leaves: Sequence[Leaf]) -> Iterator[MailFile]:
    """The files, each of another name: people and models tell them apart by it. An invitation is one of them,
    once, however often the mail holds it."""
    names = Counter[str]()
    attached = {leaf.data for leaf in leaves if leaf.role == "file"}
    for leaf in leaves:
        if leaf.role not in ("file", "message", "tnef", "calendar") or not (leaf.name or leaf.data.strip()):
            continue
        if leaf.role == "calendar" and leaf.data in attached:
            continue
        name = leaf.name or _UNNAMED.get(leaf.media_type, "piece-jointe-{}").format(leaf.number)
        names[name] += 1
        if names[name] > 1:
            stem, dot, suffix = name.rpartition(".") if "." in name else (name, "", "")
            name = f"{stem} ({names[name]}){dot}{suffix}"
        yield MailFile(number=leaf.number, name=name, media_type=leaf.media_type, size=len(leaf.data))


def _pictures(walked: Walked) -> Iterator[MailFile]:
    """The pictures of the text that may be screenshots, each once: logos are smaller, and come again in each
    mail that is quoted."""
    seen: set[bytes] = set()
    for leaf in walked.leaves:
        if leaf.role != "picture" or leaf.data in seen:
            continue
        seen.add(leaf.data)
        if may_be_screenshot(leaf.data):
            name = leaf.name or f"image-{leaf.number}.{leaf.media_type.partition('/')[2]}"
            yield MailFile(number=leaf.number, name=name, media_type=leaf.media_type, size=len(leaf.data))


_UNNAMED = {
    "application/pdf": "piece-jointe-{}.pdf",
    "text/csv": "piece-jointe-{}.csv",
    "text/plain": "piece-jointe-{}.txt",
    "text/html": "piece-jointe-{}.html",
    "text/calendar": "invitation.ics",
}


def part(data: bytes, number: int, ours: tuple[str, ...] = (), *, known: bool = False) -> bytes | None:
    """The bytes of a file of the mail, or of its history; None when there is no such part."""
    if number == HISTORY:
        return read(data, ours=ours, known=known).history.encode(errors="replace")
    return next((leaf.data for leaf in walk(data).leaves if leaf.number == number), None)


def read_task(file: BinaryIO, arguments: dict[str, Any], limits: Limits) -> Mail:
    data = file.read(limits.file_size + 1)
    return read(data, ours=tuple(arguments["ours"]), known=arguments["known"], limits=limits)


def part_task(file: BinaryIO, arguments: dict[str, Any], limits: Limits) -> str | None:
    """The part in base64."""
    data = file.read(limits.file_size + 1)
    found = part(data, int(arguments["number"]), tuple(arguments["ours"]), known=arguments["known"])
    return None if found is None else base64.b64encode(found).decode()
