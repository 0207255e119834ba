"""How a text (CommonMark) is set for people: its typography, and where it is cut into messages. Pure.

`typeset` gives what models write spaces that do not break, « », apostrophes; said twice it changes nothing
more. Code, links, addresses and what is quoted stay as they are; of a quotation in straight signs only the
signs change. French rules hold for texts in French; apostrophes are curved in both languages.

`split` cuts what is too long for one message of a platform.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest

_NBSP, _THIN = "\u00a0", "\u202f"
_SPACE = f"[ {_NBSP}{_THIN}]"
_KEPT = re.compile(
    r"^ {0,3}(?P<fence>`{3,}|~{3,})[^\n]*(?:\n(?!\s*(?P=fence))[^\n]*)*(?:\n\s*(?P=fence)[`~]*|\Z)"
    r"|(?<!`)(?P<ticks>`++)[^`\n]{1,2000}(?<!`)(?P=ticks)(?!`)|^ {0,3}>[^\n]*$|^(?: {4}|\t)[^\n]*$"
    r"|\]\([^()\s]{0,2000}(?:\([^()\s]{0,500}\)[^()\s]{0,500})?\)|<[^<>\s]{1,2000}>|&#?\w{1,31};"
    r"|(?:https?://|mailto:|www\.)[^\s<>]+|\ue000"
    r"|(?P<cited>«[^«»\n]{0,2000}»|“[^“”\n]{0,2000}”|(?<![\w\"])\"(?=\S)[^\"\n]{1,2000}(?<=\S)\"(?![\w\"]))",
    re.MULTILINE,
)
"""What stays as it is; of what is `cited` the signs change."""
_SIGNS = re.compile(r"[;!?](?<![;!?].)[;!?]*+(?=[\s)\]»*_\ue000]|$)|:(?=[\s*_\ue000]|$)", re.MULTILINE)
"""What a space stands before; such signs are rare, and quicker found than the places before them."""
_GROUPS = re.compile(rf"\d(?<![\w.,].)(?<!\d{_SPACE}.)\d{{0,2}}(?:{_SPACE}\d{{3}})+(?!{_SPACE}?\d)")
_UNIT = re.compile(rf"{_SPACE}(?<=\d.)(?=[%€‰°])")
_SHORT = re.compile(rf"((?<![\w.])(?:pp?\.|§|n[°º]|art\.|al\.|MM?\.|Mmes?)){_SPACE}(?=[\dA-ZÀ-Þ])")
_APOSTROPHE = re.compile(r"'(?<=[^\W\d_].)(?=[^\W\d_])")
_WORD = re.compile(r"[^\W\d_]+")
_FRENCH_WORDS = "le la les des une un est et vous pour dans que qui en au sur à il je ne pas"
_FRENCH = frozenset(_FRENCH_WORDS.split())
_ENGLISH_WORDS = "the of and to is in that for with you are this it be as at by not on"
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
_STANDS = "\ue000"
"""Stands in a text for what is kept of it."""
_BEHIND = ("", *f" \n*_{_STANDS}")
"""What follows a colon that takes a space though none was written."""


def typeset(text: str, *, language: str = "fr") -> str:
    """A model's text (CommonMark) as it is printed in French, or in English where it is in English."""
    words = _WORD.findall(text[:2000].lower())
    english = sum(map(_ENGLISH.__contains__, words)) > sum(map(_FRENCH.__contains__, words))
    french = language == "fr" and not english
    kept = [_cited(each["cited"]) if french and each["cited"] else each[0] for each in _KEPT.finditer(text)]
    text = _APOSTROPHE.sub("’", _KEPT.sub(_STANDS, text) if kept else text)
    parts: list[str] = []
    at = 0
    for sign in _SIGNS.finditer(text) if french else ():
        start, colon = sign.start(), sign[0] == ":"
        end = start - (text[max(start - 1, 0) : start] in (" ", _NBSP, _THIN))
        before = text[end - 1] if end else " "
        takes = not before.isspace() and before not in (":|-" if colon else "([«:;!?.…")
        if colon and end == start:  # where none was written, only a word takes one
            takes = before.isalnum() and not before.isdecimal() and text[start + 1 : start + 2] in _BEHIND
        if takes:
            parts += (text[at:end], _NBSP if colon else _THIN)
            at = start
    text = "".join((*parts, text[at:])) if parts else text
    if french:
        text = _GROUPS.sub(lambda found: re.sub(_SPACE, _THIN, found[0]), text)
        text = _SHORT.sub(rf"\1{_NBSP}", _UNIT.sub(_NBSP, text))
    if not kept:
        return text
    return "".join(map("".join, zip_longest(text.split(_STANDS), kept, fillvalue="")))


def _cited(text: str) -> str:
    """A quotation between French signs: its words stay."""
    if text[0] == "“":
        return text
    return f"«{_NBSP}{text[1:-1].strip(f' {_NBSP}{_THIN}')}{_NBSP}»"


_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})(.*)$", re.MULTILINE)
_PLACES = ("\n\n", "\n", ". ", " ")
_LINES = ("\n",)
LEAST = 64
"""Bytes of a part, at least."""


@dataclass(frozen=True, slots=True)
class _Fence:
    """The code block that is open where a text is cut."""

    mark: str
    info: str

    def opening(self, limit: int) -> str:
        """The line that opens the block in the next part; empty for a fence too long to be repeated."""
        if len(self.mark) > limit // 8:
            return ""
        info = self.info if len(self.info.encode()) <= limit // 8 else ""
        return f"{self.mark}{info}\n"

    def closing(self, limit: int) -> str:
        return f"\n{self.mark}" if self.opening(limit) else ""


def split(text: str, limit: int) -> list[str]:
    """Cut a long CommonMark text into messages at the best place that a reader would choose: parts of at
    most `limit` bytes of UTF-8 each, none blank unless the text is.

    Cuts between paragraphs, else lines, sentences, words, at worst anywhere between characters; code between
    lines. A code block cut in two is closed and opened again: what is put round a part is at most half of
    it. Halves of characters become `?`. Raises ValueError for a limit under `LEAST`."""
    if limit < LEAST:
        raise ValueError(f"parts of {limit} bytes: at least {LEAST} are needed")
    encoded = text.encode("utf-8", "replace")
    text = encoded.decode()
    if len(encoded) <= limit:
        return [text]
    parts: list[str] = []
    fence: _Fence | None = None
    at = 0
    while at < len(text):
        opening = fence.opening(limit) if fence else ""
        room = _beginning(text, at, limit - len(opening.encode()))
        if at + len(room) == len(text):
            parts.append(opening + room)
            break
        room = _beginning(text, at, limit - len(opening.encode()) - limit // 8 - 1)
        head = room[: _cut(room, _LINES if _open(room, fence) else _PLACES)]
        at += len(head)
        fence = _open(head, fence)
        while at < len(text) and text[at] in ("\n" if fence else "\n "):
            at += 1
        said = head.rstrip()
        if said:
            parts.append(f"{opening}{said}{fence.closing(limit) if fence else ''}")
    return [part for part in parts if part.strip()] or [_beginning(text, 0, limit)]


def _beginning(text: str, at: int, room: int) -> str:
    """As many characters from `at` on as fit into `room` bytes."""
    return text[at : at + room].encode()[:room].decode(errors="ignore")


def _cut(room: str, places: tuple[str, ...]) -> int:
    for place in places:
        at = room.rfind(place, len(room) // 2)
        if at > 0:
            return at + len(place)
    return len(room)


def _open(text: str, opened: _Fence | None) -> _Fence | None:
    """The code block that is open at the end of `text`, when `opened` is open at its beginning."""
    for match in _FENCE.finditer(text):
        mark, info = match.group(1), match.group(2).strip()
        if opened is None:
            opened = _Fence(mark, info)
        elif mark[0] == opened.mark[0] and len(mark) >= len(opened.mark) and not info:
            opened = None
    return opened
