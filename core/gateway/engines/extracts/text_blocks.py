"""Plain text or Markdown cut into headings, paragraphs, items and rows; marks are dropped, addresses left out
(« […] »: a quotation says where it is not whole)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["heading", "paragraph", "item", "row"]

_HEAD = re.compile(r"^(?:From|To|Cc|Date): [^\n]*(?:@|\d)[^\n]*$", re.MULTILINE)
"""The headers of a mail, as `core.documents` writes them: who and when, which nobody states in it."""
_LINK = re.compile(r"!?\[([^\]\n]{0,300})\]\([^)\s]{0,2000}\)")
_ADDRESS = re.compile(r"<?\b(?:https?://|www\.)[^\s<>«»]{1,2000}>?")
_LEADER = re.compile(r"[.…·_]{4,}|(?:[.…·_] ){4,}")
_MARKS = re.compile(r"\*\*|__|`|\\$", re.MULTILINE)
_SPACES = re.compile(r"[ \t]+")
_BROKEN_WORD = re.compile(r"(?<=[a-zà-ÿ])-\n(?=[a-zà-ÿ])")
_HEADING = re.compile(r"#{1,6} (.{1,200})")
_ITEM = re.compile(r"(?:[-*•▪◦–—]|\(?\d{1,2}[.)°]|\(?[a-z]\)) (?=\S)")
_RULE = re.compile(r"(?:\[…\]|[\s|:\-=_*])+")
_KEY = re.compile(r"[^:]{2,30}:\s")
_TERMINAL = tuple(".!?:;,»…")
_SHORT_LINE = 55
_LONGEST_HEADING = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBlock:
    kind: Kind
    text: str = field(repr=False)


def blocks(text: str) -> Iterator[TextBlock]:
    """The blocks of a page, in order, each on one line."""
    kind: Kind = "paragraph"
    held: list[str] = []
    for line in [*_clean(text).split("\n"), ""]:
        began = _begin(line.strip())
        if held and (began.kind != "paragraph" or not began.text or _apart(held[-1], began.text)):
            yield from _block(kind, " ".join(held))
            kind, held = "paragraph", []
        match began:
            case TextBlock(kind="heading" | "row"):
                yield began
            case TextBlock(kind="item"):
                kind, held = "item", [began.text]
            case TextBlock(text=str(more)) if more:
                held.append(more)
            case _:
                pass


def is_heading(text: str) -> bool:
    """Does a line that stands alone look like a title? « Objet : … » tells something of its own."""
    if len(text) > _LONGEST_HEADING or text[:1].islower():
        return False
    return not text.endswith(_TERMINAL) and _KEY.match(text) is None


def _clean(text: str) -> str:
    text = _HEAD.sub("", text)
    text = _ADDRESS.sub("[…]", _LINK.sub(r"\1", text))
    text = _MARKS.sub("", _LEADER.sub(" … ", text))
    return _BROKEN_WORD.sub("", _SPACES.sub(" ", text))


def _begin(line: str) -> TextBlock:
    """What a line is by itself: a heading, an item's first line, a row, or text."""
    if _RULE.fullmatch(line):
        return TextBlock(kind="paragraph", text="")
    if heading := _HEADING.fullmatch(line):
        return TextBlock(kind="heading", text=heading[1])
    if line.startswith("|"):
        cells = (cell.strip().replace("<br>", " / ") for cell in line.strip("|").split("|"))
        return TextBlock(kind="row", text=" · ".join(filter(None, cells)))
    if item := _ITEM.match(line):
        return TextBlock(kind="item", text=line[item.end() :])
    return TextBlock(kind="paragraph", text=line)


def _apart(last: str, line: str) -> bool:
    """Does `line` begin anew, though no empty line stands before it? Wrapped lines are long."""
    return len(last) < _SHORT_LINE and line[:1].isupper()


def _block(kind: Kind, text: str) -> Iterator[TextBlock]:
    if kind == "paragraph" and is_heading(text):
        kind = "heading"
    yield TextBlock(kind=kind, text=text)
