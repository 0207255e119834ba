"""How an answer grows before people's eyes: when its beginning is shown, and when more of it.

Nothing is shown before there are words of the answer: its first sentence, or after four seconds what there
is; then as many growing edits as the platform bears. What shows them is `core.delivery.reply`'s.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Literal

from core.connector import Grows

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

    def take(self, text: str, what: Literal["answer", "before", "progress"]) -> None:
        """Take in the text so far; see `Reply.show`."""
        if what == "progress" and self.grows != "freely":
            return
        self.answers = what == "answer"
        self.prepared |= what == "before"
        self.text = text
        if is_beginning(text, self._least):
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
