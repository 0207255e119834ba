"""A word in advance when an answer will take long, with an estimate from the pace so far."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

from core.bot import Answering
from core.errors import DeliveryError
from core.policy.decision import Denied

LONG = 300.0
"""Seconds of work from which people are told."""
_LAST = 2.0
"""What the last request takes, in requests of notes."""


class Patience:
    """A context round the work; `progress` is told how far it is. The word is said once, and its sending is
    never cut short: the answer follows it."""

    def __init__(
        self, reply: Answering, say: Callable[[int], str], *, clock: Callable[[], float], long: float = LONG
    ) -> None:
        self._reply = reply
        self._say = say
        self._clock = clock
        self._long = long
        self._left = 0.0
        """Seconds that are left, about; 0 while nothing is known."""
        self._news = asyncio.Event()
        self._over = False
        self._group = asyncio.TaskGroup()

    async def __aenter__(self) -> Patience:
        self._began = self._clock()
        await self._group.__aenter__()
        self._group.create_task(self._watch())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over = True
        self._news.set()
        await self._group.__aexit__(None, None, None)  # an error of the work stays the one that it is

    def progress(self, done: int, total: int) -> None:
        if done:
            pace = (self._clock() - self._began) / done
            self._left = pace * (total - done + _LAST)
        self._news.set()

    async def _watch(self) -> None:
        while not self._over and not self._is_long():
            self._news.clear()
            try:
                async with asyncio.timeout(max(0.0, self._began + self._long - self._clock())):
                    await self._news.wait()
            except TimeoutError:
                break
        if not self._over:
            with suppress(DeliveryError, Denied):  # the answer itself will say so
                await self._reply.acknowledge(self._say(max(1, math.ceil(self._left / 60))))

    def _is_long(self) -> bool:
        return self._clock() - self._began + self._left > self._long
