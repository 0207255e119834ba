"""The text of an answer's messages: how it grows before people's eyes, what is stored of it, how it is cut.

Nothing is shown before there are words of the answer: its first sentence, or after four seconds what there
is; then as many growing edits as the platform bears (`Growth`). What shows them is `core.delivery.reply`'s.
A finished answer is kept in the store until it is delivered (`Final`), in as many messages as it takes
(`split`).
"""

from __future__ import annotations

import asyncio
import base64
import math
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, PlainSerializer, TypeAdapter

from core.connector import File, Grows, Readers
from core.sensitivity.level import Level

TYPING_AFTER = 0.5
"""Seconds until the person sees that an answer is being written; that the question was read, at once."""
FIRST_AFTER, FIRST_WITHIN = 1.0, 4.0
"""Seconds before which only a whole answer is posted, and after which a sentence need not be whole."""
AHEAD = 0.5
"""Seconds before something may be shown, from which its text is taken as it comes."""
_FEW = 24
"""Characters that are worth a message once `FIRST_WITHIN` is over."""
_SENTENCE = re.compile(r"^[^\w\n]*\w[^\n]{15,}?(?:[.!?…](?=\s)|\n)", re.MULTILINE)
"""Enough of an answer to be worth a message; looked for from the first word of each line, in linear time."""
ENOUGH = 400
"""Characters that are worth one though no sentence ends in them: a table, a list of words."""
Growing = Literal["freely", "steadily", "sparingly"]
"""How an answer grows where it does (`core.connector.Grows`)."""
MOST_EDITS = {"freely": 60, "steadily": 60, "sparingly": 1}
"""Growing edits of one answer, at most. Each edit costs every device of a conversation something, and models
write faster than people read: three messages are enough for any answer, its beginning and end included, where
what is new is not just added."""
_PAUSES, _SLOWER = {"freely": 1.0, "steadily": 3.0, "sparingly": 10.0}, 1.05


class Growth:
    """What is written of an answer so far. `grows`: how it grows where it goes; None: it cannot."""

    def __init__(self, grows: Grows | None) -> None:
        self.grows: Grows | None = grows
        self.text = ""
        self.answers = False
        """The text is of the answer."""
        self.prepared = False
        """Something was shown before there was anything of the answer."""
        self.shown = ""
        self.finished = asyncio.Event()
        self._news = asyncio.Event()
        """There is more text, or nothing more will come."""
        self._least = 0
        """Characters of which a beginning is waited for: less text is no news."""
        self._shows_at = math.inf
        """When more of the answer may be shown, on the event loop's clock."""

    @property
    def is_eager(self) -> bool:
        """Would more text of the answer be shown soon?"""
        return asyncio.get_running_loop().time() > self._shows_at - AHEAD

    def show(self, text: str, what: Literal["answer", "before", "progress"] = "answer") -> None:
        """Take in the answer so far, from its beginning (CommonMark). Cheap; shown when there is room to. Or
        service words: `before` there is anything of the answer, which is then a message of its own, for the
        words that notified were not its; the `progress` of a long work, where that costs and notifies
        nobody."""
        if what == "progress" and self.grows != "freely":
            return
        self.answers = what == "answer"
        self.prepared |= what == "before"
        self.text = text
        if not self._least or is_beginning(text, self._least):
            self._news.set()

    def end(self) -> None:
        """Nothing more is shown: all is said, or the question was edited or deleted. What is under way is let
        finish."""
        self.finished.set()
        self._news.set()

    async def is_finished_within(self, seconds: float) -> bool:
        """Wait until the answer is finished, at most so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.finished.wait()
        return self.finished.is_set()

    async def run(
        self, show: Callable[[Literal["first", "growing"]], Awaitable[float]], begun: Callable[[], bool]
    ) -> None:
        """Have the beginning and growing edits shown, until finished. `show` returns the seconds to wait
        before a further try, 0 when it went out; `begun`: does the beginning stand there?"""
        grows = self.grows
        if grows is None or grows == "never":
            return
        clock, edits = asyncio.get_running_loop().time, 0
        self._shows_at = clock()
        if not await self._has_beginning(1 if grows == "freely" else _FEW):
            return
        pause = await show("first")
        while not begun() or edits < MOST_EDITS[grows]:
            pause = pause or pause_before(edits, grows)
            self._shows_at = clock() + pause
            if await self.is_finished_within(pause):
                return
            if not begun():
                pause = await show("first")
            elif await self._has_come(lambda: self.text != self.shown) and not self.finished.is_set():
                pause = await show("growing")
                edits += pause == 0
            else:
                return
        self._shows_at = math.inf

    async def _has_beginning(self, few: int) -> bool:
        """Wait until there is a sentence to be shown, or after a while `few` characters; False when the
        answer is finished first."""
        if await self.is_finished_within(FIRST_AFTER - TYPING_AFTER):
            return False
        hurries = FIRST_WITHIN - FIRST_AFTER if few > 1 else 0.0
        self._least = ENOUGH
        if not await self._has_come(lambda: is_beginning(self.text, ENOUGH), hurries):
            self._least = few
            await self._has_come(lambda: is_beginning(self.text, few))
        self._least = 0
        return not self.finished.is_set()

    async def _has_come(self, wanted: Callable[[], bool], within: float | None = None) -> bool:
        """Wait until the text is as `wanted`, or finished; False when neither came `within` so many
        seconds."""
        try:
            async with asyncio.timeout(within):
                while not (self.finished.is_set() or wanted()):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        return True


def pause_before(edit: int, grows: Growing) -> float:
    """Seconds before the growing edit number `edit` of an answer, from 0."""
    return _PAUSES[grows] * _SLOWER**edit


def is_beginning(text: str, few: int) -> bool:
    """Is there a whole sentence in the text so far, or else so `few` characters?"""
    return len(text) >= few or _SENTENCE.search(text) is not None


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
