"""How a text (CommonMark) is set for people: its typography, and where it is cut into messages. Pure.

`typeset` puts spaces that do not break, French quotation marks and curved apostrophes into what models write.
Done twice, it changes nothing more. Code, links, addresses and quotations stay as they are; only the signs
around a quotation change. The French rules hold for texts in French. Apostrophes are curved in both
languages.

`split` cuts a text that is too long for one message of a platform.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
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
"""What stays as it is. Only the signs around a quotation (`cited`) change."""
_SIGNS = re.compile(r"[;!?](?<![;!?].)[;!?]*+(?=[\s)\]»*_\ue000]|$)|:(?=[\s*_\ue000]|$)", re.MULTILINE)
"""Signs that a space stands before. They are rare, and found faster than the spaces."""
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
"""Stands in the text in place of each piece that is kept as it is."""
_BEHIND = ("", *f" \n*_{_STANDS}")
"""What may follow a colon that takes a space though none was written."""


def typeset(text: str, *, language: str = "fr") -> str:
    """Return a model's text (CommonMark) as it is printed in French, or in English if it is in English."""
    french = language == "fr" and not _is_english(text)
    kept = [_kept(match, french=french) for match in _KEPT.finditer(text)]
    if kept:
        text = _KEPT.sub(_STANDS, text)
    text = _APOSTROPHE.sub("’", text)
    if french:
        text = _space_signs(text)
        text = _GROUPS.sub(lambda found: re.sub(_SPACE, _THIN, found[0]), text)
        text = _UNIT.sub(_NBSP, text)
        text = _SHORT.sub(rf"\1{_NBSP}", text)
    if not kept:
        return text
    return "".join(map("".join, zip_longest(text.split(_STANDS), kept, fillvalue="")))


def _is_english(text: str) -> bool:
    """True if the beginning of a text has more of the common words of English than of those of French."""
    words = _WORD.findall(text[:2000].lower())
    return sum(map(_ENGLISH.__contains__, words)) > sum(map(_FRENCH.__contains__, words))


def _kept(match: re.Match[str], *, french: bool) -> str:
    """Return what stays as it is. A quotation in straight signs gets French ones around the same words."""
    cited: str | None = match["cited"]
    if not french or not cited or cited[0] == "“":
        return match[0]
    return f"«{_NBSP}{cited[1:-1].strip(f' {_NBSP}{_THIN}')}{_NBSP}»"


def _space_signs(text: str) -> str:
    """Put a space that does not break before `; ! ?` (a narrow one) and before a colon."""
    parts: list[str] = []
    at = 0
    for sign in _SIGNS.finditer(text):
        start = sign.start()
        end = start - (text[max(start - 1, 0) : start] in (" ", _NBSP, _THIN))
        if _takes_space(text, end, start):
            parts += (text[at:end], _NBSP if sign[0] == ":" else _THIN)
            at = start
    return "".join((*parts, text[at:]))


def _takes_space(text: str, end: int, start: int) -> bool:
    """True if a space belongs before the sign at `start`. The text before the sign, without its space, ends
    at `end`."""
    before = text[end - 1] if end else " "
    if text[start] != ":":
        return not before.isspace() and before not in "([«:;!?.…"
    if end < start:
        return not before.isspace() and before not in ":|-"
    is_word = before.isalnum() and not before.isdecimal()
    return is_word and text[start + 1 : start + 2] in _BEHIND


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
        """Return the line that opens the block in the next part. Empty for a fence too long to be
        repeated."""
        if len(self.mark) > limit // 8:
            return ""
        info = self.info if len(self.info.encode()) <= limit // 8 else ""
        return f"{self.mark}{info}\n"

    def closing(self, limit: int) -> str:
        return f"\n{self.mark}" if self.opening(limit) else ""


def split(text: str, limit: int) -> list[str]:
    """Cut a long CommonMark text into messages of at most `limit` bytes of UTF-8 each.

    No part is blank unless the text is. Cuts are made between paragraphs, else lines, sentences or words, at
    worst between characters. Code is cut between lines, and its block is closed and opened again. What is put
    around a part is at most half of it. Halves of characters become `?`. Raises ValueError if the limit is
    under `LEAST`.
    """
    if limit < LEAST:
        raise ValueError(f"parts of {limit} bytes: at least {LEAST} are needed")
    encoded = text.encode("utf-8", "replace")
    text = encoded.decode()
    if len(encoded) <= limit:
        return [text]
    return [part for part in _parts(text, limit) if part.strip()] or [_beginning(text, 0, limit)]


def _parts(text: str, limit: int) -> Iterator[str]:
    """Yield the parts of a text that is longer than `limit`. Some may be blank."""
    fence: _Fence | None = None
    at = 0
    while at < len(text):
        opening = fence.opening(limit) if fence else ""
        left = limit - len(opening.encode())
        rest = _beginning(text, at, left)
        if at + len(rest) == len(text):
            yield opening + rest
            return
        room = _beginning(text, at, left - limit // 8 - 1)  # the end of a code block needs its place, too
        head = room[: _cut(room, _LINES if _open(room, fence) else _PLACES)]
        at += len(head)
        fence = _open(head, fence)
        blanks = "\n" if fence else "\n "
        while at < len(text) and text[at] in blanks:
            at += 1
        if head.strip():
            closing = fence.closing(limit) if fence else ""
            yield f"{opening}{head.rstrip()}{closing}"


def _beginning(text: str, at: int, room: int) -> str:
    """Return as many characters from `at` on as fit into `room` bytes."""
    return text[at : at + room].encode()[:room].decode(errors="ignore")


def _cut(room: str, places: tuple[str, ...]) -> int:
    """Return where to cut: behind the last of the first places that stands in the second half."""
    for place in places:
        at = room.rfind(place, len(room) // 2)
        if at > 0:
            return at + len(place)
    return len(room)


def _open(text: str, opened: _Fence | None) -> _Fence | None:
    """Return the code block that is open at the end of `text`, if `opened` is open at its beginning."""
    for match in _FENCE.finditer(text):
        mark, info = match.group(1), match.group(2).strip()
        if opened is None:
            opened = _Fence(mark, info)
        elif mark[0] == opened.mark[0] and len(mark) >= len(opened.mark) and not info:
            opened = None
    return opened
