"""A finished answer, as the store keeps it until it is delivered, and how it is cut into messages."""

from __future__ import annotations

import base64
import re
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, TypeAdapter

from core.connector import File, Readers
from core.sensitivity.level import Level


def _kept(file: File) -> dict[str, Any]:
    return asdict(file) | {"data": base64.b64encode(file.data).decode()}


def _file(kept: dict[str, str] | None) -> object:
    return {**kept, "data": base64.b64decode(kept["data"])} if kept else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Final:
    """A finished answer as it is kept until delivered. `remember`: what the session keeps, or None.
    `failed`: it says that the question could not be handled. `revises`: it takes the place of an earlier
    answer, whose messages are not this job's to delete. `readers`, `writers`: see `Draft`. `first`: number
    of its first message; those before it give way to it."""

    text: str = field(repr=False)
    level: Level
    remember: str | None = field(default=None, repr=False)
    file: Annotated[File | None, PlainSerializer(_kept, when_used="unless-none"), BeforeValidator(_file)] = (
        None
    )
    failed: bool = False
    revises: bool = False
    readers: Readers = None
    writers: tuple[str, ...] = ()
    first: int = 0


FINAL = TypeAdapter(Final)
"""A finished answer from and to JSON; the bytes of its file in Base64."""


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
