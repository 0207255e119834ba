"""Cuts a long CommonMark text into messages, at the best place that a reader would choose."""

from __future__ import annotations

import re

_FENCE = re.compile(r"^(`{3,}|~{3,})(.*)$", re.MULTILINE)
_PLACES = ("\n\n", "\n", ". ", " ")


def split(text: str, limit: int) -> list[str]:
    """Parts of at most `limit` bytes of UTF-8 each, none empty unless the text is.

    Cuts between paragraphs, else lines, sentences, words, at worst anywhere between characters. A
    code block cut in two is closed and opened again. `limit` must be at least 64.
    """
    parts: list[str] = []
    rest = text
    while len(rest.encode()) > limit:
        room = rest.encode()[: limit - 16].decode(errors="ignore")
        cut = _cut(room)
        head, rest = rest[:cut].rstrip(), rest[cut:].lstrip("\n ")
        fence = _open_fence(head)
        if fence:
            head += f"\n{fence[0]}"
            rest = f"{fence[0]}{fence[1]}\n{rest}" if len(fence[1]) < limit // 4 else f"{fence[0]}\n{rest}"
        parts.append(head)
    if rest or not parts:
        parts.append(rest)
    return parts


def _cut(room: str) -> int:
    for place in _PLACES:
        at = room.rfind(place, len(room) // 2)
        if at > 0:
            return at + len(place)
    return len(room)


def _open_fence(text: str) -> tuple[str, str] | None:
    opened: tuple[str, str] | None = None
    for match in _FENCE.finditer(text):
        mark, info = match.group(1), match.group(2).strip()
        if opened is None:
            opened = (mark, info)
        elif mark[0] == opened[0][0] and len(mark) >= len(opened[0]) and not info:
            opened = None
    return opened
