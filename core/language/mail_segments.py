"""The text of a mail cut into segments: what its author wrote, and the mails quoted or forwarded below.

Every segment is kept by default: a forwarded mail is the document that a synthesis is asked of. Only a quote
of our own answer is dropped, which says nothing new. No library knows the ways in which French clients
introduce a quotation, so the rules are ours: an attribution line, a block of headers, a rule, `>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Literal

from core.language.folding import fold
from core.language.pattern_file import PatternFile, toml_beside

_LONG = 2_000
"""Characters of a line that may be an attribution."""
_WROTE = r"(?:(?:a|as|ai|avez|avait) [ée]crit|écrivait|wrote|schrieb|escribió|ha scritto)"
_ATTRIBUTION = re.compile(rf"(?:Le|On|Am|El|Il)\b.{{0,400}}?\b{_WROTE}\b.{{0,300}}:", re.IGNORECASE)
_NAMED = re.compile(rf".{{0,300}}<[^<>\s@]{{1,64}}@[^<>\s]{{1,255}}>.{{0,40}}\b{_WROTE}\s?:", re.IGNORECASE)
_PATTERNS = PatternFile(toml_beside(__file__))
_FORWARD = _PATTERNS.pattern("forward")
_HEADER = _PATTERNS.pattern("header")
_FROM = re.compile(r"de|from|von|exp[ée]diteur|envoy[ée] par", re.IGNORECASE)
_RULE = re.compile(r"\s*[_-]{20,}\s*")
_TELEPHONE = re.compile(r"(?:Envoyé|Sent) (?:de|depuis|à partir de|from) (?:mon|my|Outlook|l['’]app).{0,60}")
_SIGNATURE = re.compile(r"--|_{20,}")
FAREWELL = (
    r"(?:bien )?cordialement|cdl?t|bien [aà] (?:vous|toi)"
    r"|(?:bonne|belle) (?:journ[ée]e|soir[ée]e|r[ée]ception|fin de (?:journ[ée]e|semaine))"
    r"|(?:kind |best )?regards|best|cheers|respectueusement"
)
"""How letters close. Followed by a name only."""
_FAREWELL_LINE = re.compile(rf"(?:{FAREWELL})\s*[,.!]?", re.IGNORECASE)
CLAUSE = _PATTERNS.pattern("clause")


def under_subject(text: str, marks: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """The subject of a mail as it was sent, where what is asked begins with it, and the words below it.
    `marks` are the names and values of the mail's headers."""
    subject = next((value for name, value in marks if name == "Subject"), "")
    first, _, rest = text.partition("\n\n")
    return (subject, rest) if first and subject.endswith(first) else ("", text)


Kind = Literal["own", "quote", "forward"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """`introduction` is the attribution or the block of headers, as written."""

    kind: Kind
    text: str = field(repr=False)
    introduction: str = field(default="", repr=False)


def segments(text: str) -> tuple[Segment, ...]:
    """The segments in order. An attribution opens a quotation, a block of headers or a rule with its words
    a forward; both last until the next of them, or, where all their lines have a `>`, until these end."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    found: list[Segment] = []
    kind: Kind = "own"
    introduction: list[str] = []
    body: list[str] = []
    marks: set[bool] = set()

    def close() -> None:
        if "".join(body).strip() or introduction:
            text = "\n".join(line.rstrip() for line in body).strip("\n")
            found.append(Segment(kind=kind, text=text, introduction="\n".join(introduction).strip()))
        marks.clear()

    index = 0
    while index < len(lines):
        opened, length = opening_at(lines, index)
        if opened:
            close()
            kind, introduction, body = opened, lines[index : index + length], []
            index += length
            continue
        line = lines[index]
        marked = line.lstrip().startswith(">")
        starts = marked and kind == "own"
        ends = not marked and bool(line.strip()) and kind != "own" and marks == {True}
        if starts or ends:
            close()
            kind, introduction, body = ("quote" if starts else "own"), [], []
        body.append(line)
        if line.strip():
            marks.add(marked)
        index += 1
    close()
    return tuple(found)


def opening_at(lines: list[str], index: int) -> tuple[Kind | None, int]:
    """What begins at this line, and how many lines introduce it."""
    line = lines[index].strip()
    if not line or len(line) > _LONG:
        return None, 0
    if _FORWARD.fullmatch(line):
        return "forward", 1 + _block(lines, index + 1)
    if (length := _block(lines, index)) >= 2:
        return "forward", length
    if _RULE.fullmatch(line) and (length := _block(lines, index + 1)) >= 2:
        return "forward", 1 + length
    if _NAMED.fullmatch(line):
        return "quote", 1
    length = _attribution(lines, index)
    return ("quote" if length else None), length


def _attribution(lines: list[str], index: int) -> int:
    """How many lines an attribution takes that begins at this one, and that a client may have folded; 0 for
    what the author wrote, one that begins below it included."""
    if not _DATED.search("".join(lines[index : index + 3])):
        return 0
    for length in (1, 2, 3):
        folded = [each.strip(" >") for each in lines[index : index + length]]
        if not folded[-1] or any(_attributes(folded[n:]) for n in range(1, length)):
            return 0
        if _attributes(folded):
            return length
    return 0


def _attributes(lines: list[str]) -> bool:
    """Do lines together say who wrote what is quoted below?"""
    whole = " ".join(lines).strip()
    dated = len(whole) <= _LONG and _DATED.search(whole)
    return bool(dated) and _ATTRIBUTION.fullmatch(whole) is not None


def _block(lines: list[str], index: int) -> int:
    """How many lines a block of headers takes: it begins with a sender and has two headers at least."""
    count = taken = 0
    sender = False
    for offset, line in enumerate(lines[index : index + 14]):
        match = _HEADER.fullmatch(line[:500])
        if match:
            count += 1
            sender |= bool(_FROM.fullmatch(match[1]))
            taken = offset + 1
        elif _ends_block(line, count):
            break
    return taken if sender and count >= 2 else 0


def _ends_block(line: str, count: int) -> bool:
    if not line.strip():
        return count >= 2
    return not (count and line.startswith((" ", "\t")))


_DATED = re.compile(r"[@\d]")
"""An attribution has a date or an address."""
_LINES = 8
"""Lines of a signature, below the sign that it begins."""
_BELOW_FAREWELL = 12
"""Lines of what stands below a closing formula, blank ones not counted."""
_SIGNED = 100
"""Characters of a line with which a person signs: a name, an office, a telephone, an address."""
_CLAUSE_LINES, _CLAUSE_LENGTH = 30, 3_000
"""The lines and the characters of a clause, in its languages."""
_GOES_ON = _PATTERNS.pattern("goes_on")


def signature_of(text: str) -> str:
    """What `without_signature` leaves out."""
    return text.lstrip()[len(without_signature(text).lstrip()) :].strip()


def without_signature(text: str) -> str:
    """What a person wrote without the signature below it: `-- `, a list's footer, or a telephone's line or a
    closing formula on a line of its own with the lines that sign."""
    lines = text.split("\n")
    written = [index for index, line in enumerate(lines) if line.strip()]
    for place in range(max(0, len(written) - _BELOW_FAREWELL - _CLAUSE_LINES - 1), len(written)):
        if _signs(lines, written[place:], first=place == 0):
            return "\n".join(lines[: written[place]]).strip()
    return text


def _signs(lines: list[str], written: list[int], *, first: bool) -> bool:
    """Does a signature begin at the `first` or a later line that is not blank, and does nothing stand below
    that the person goes on to say? `written`: the places of this line and of those below it."""
    line, *below = (lines[index].strip() for index in written)
    if _SIGNATURE.fullmatch(line):
        return not first and len(lines) - written[0] - 1 <= _LINES
    if not (_FAREWELL_LINE.fullmatch(line) or _TELEPHONE.fullmatch(line)):
        return False
    signed = list(takewhile(lambda each: not CLAUSE.search(fold(each)), below))
    clause = below[len(signed) :]
    if sum(map(len, clause)) > _CLAUSE_LENGTH or any(map(_FAREWELL_LINE.fullmatch, clause)):
        return False
    return len(signed) <= _BELOW_FAREWELL and not any(
        len(each) > _SIGNED or _GOES_ON.fullmatch(each) for each in signed
    )
