"""An answer while it is written: its text so far, and when there is enough that is new to be shown.

Nothing is shown before there are words of the answer; then its first sentence, or after four seconds what
there is; then as many growing edits as the platform bears.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Callable
from typing import Literal

TYPING_AFTER = 0.5
"""Seconds until the person sees that an answer is being written; that the question was read, at once."""
FIRST_AFTER, FIRST_WITHIN = 1.0, 4.0
"""Seconds before which only a whole answer is posted, and after which a sentence need not be whole."""
AHEAD = 0.5
"""Seconds before something may be shown, from which its text is taken as it comes."""
FEW = 24
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


def pause_before(edit: int, grows: Growing) -> float:
    """Seconds before the growing edit number `edit` of an answer, from 0."""
    return _PAUSES[grows] * _SLOWER**edit


def is_beginning(text: str, few: int) -> bool:
    """Is there a whole sentence in the text so far, or else so `few` characters?"""
    return len(text) >= few or _SENTENCE.search(text) is not None


class GrowingText:
    """The text of an answer so far. `shown` is what was shown last of it."""

    def __init__(self) -> None:
        self.text = ""
        self.shown = ""
        self.is_answer = False
        """Is the text of the answer, and no service words?"""
        self.had_words_before = False
        """Was something shown before there was anything of the answer?"""
        self._finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done once nothing more will be shown before the final text."""
        self._news = asyncio.Event()
        """Set when there is more text, or nothing more will come."""
        self._least = 0
        """Characters of which a beginning is waited for: less text is no news."""
        self._shows_at = math.inf
        """When more of the answer may be shown, on the event loop's clock."""

    def take(self, text: str, what: Literal["answer", "before", "progress"]) -> None:
        """Take in the text so far, from its beginning."""
        self.is_answer = what == "answer"
        self.had_words_before |= what == "before"
        self.text = text
        if not self._least or is_beginning(text, self._least):
            self._news.set()

    def end(self) -> None:
        """Nothing more is to be shown. What is under way is let finish."""
        if not self._finished.done():
            self._finished.set_result(None)
        self._news.set()

    @property
    def finished(self) -> bool:
        """Will nothing more be shown before the final text?"""
        return self._finished.done()

    async def wait_finished(self, within: float | None = None) -> None:
        """Wait until nothing more will be shown, or so many seconds."""
        await asyncio.wait([self._finished], timeout=within)

    def may_show_in(self, pause: float) -> None:
        """Note that more may be shown in so many seconds."""
        self._shows_at = asyncio.get_running_loop().time() + pause

    @property
    def is_eager(self) -> bool:
        """Would more text of the answer be shown soon?"""
        return asyncio.get_running_loop().time() > self._shows_at - AHEAD

    async def has_beginning(self, few: int) -> bool:
        """Wait until there is a sentence to be shown, or after a while `few` characters. False when the
        answer is finished first."""
        await self.wait_finished(FIRST_AFTER - TYPING_AFTER)
        if self.finished:
            return False
        hurries = FIRST_WITHIN - FIRST_AFTER if few > 1 else 0.0
        self._least = ENOUGH
        if not await self._has_come(lambda: is_beginning(self.text, ENOUGH), hurries):
            self._least = few
            await self._has_come(lambda: is_beginning(self.text, few))
        self._least = 0
        return not self.finished

    async def has_more(self) -> bool:
        """Wait until there is text that was not shown. False when the answer is finished first."""
        return await self._has_come(lambda: self.text != self.shown) and not self.finished

    async def _has_come(self, wanted: Callable[[], bool], within: float | None = None) -> bool:
        """Wait until the text is as `wanted`, or finished. False when neither came `within` so many
        seconds."""
        try:
            async with asyncio.timeout(within):
                while not (self.finished or wanted()):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        return True
