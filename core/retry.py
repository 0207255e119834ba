"""Attempts again, for all that may be away: pauses that double, are spread, and honour a Retry-After.

Pauses are spread by half so that replicas do not all come back in one blow after an outage. Only plain
retries are here; what follows the failure of a model is a decision of its own (`core.gateway.client`).

Here too are the moments that all share who look after something regularly. A process that wakes to look finds
its caches cold: waking costs more than most looks. Whoever looks every three seconds does so in the same wake
as all others who do, and as those who look every second.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, stop_never
from tenacity.wait import wait_base

T = TypeVar("T")
Told = Callable[[Exception, int], Awaitable[None]]
Errors = type[Exception] | tuple[type[Exception], ...]

SHORTEST, LONGEST = 0.5, 30.0
"""Seconds of the first and the longest pause, before they are spread."""


class Backoff(wait_base):
    """Seconds before the next attempt. `random` gives numbers in [0, 1). An error's `retry_after`, up to
    `at_most` seconds, is waited for in full, and no longer where a place in a line is kept till then."""

    def __init__(
        self,
        shortest: float = SHORTEST,
        longest: float = LONGEST,
        *,
        at_most: float = float("inf"),
        random: Callable[[], float] = random.random,
    ) -> None:
        self._shortest = shortest
        self._longest = longest
        self._at_most = at_most
        self._random = random

    def __call__(self, retry_state: RetryCallState) -> float:
        error = retry_state.outcome.exception() if retry_state.outcome else None
        return self.after(retry_state.attempt_number, error)

    def after(self, failures: int, error: BaseException | None = None) -> float:
        """The pause after so many failures in a row, of which `error` is the last."""
        pause = min(self._shortest * 2 ** min(failures - 1, 30), self._longest)
        asked = min(float(getattr(error, "retry_after", 0.0)), self._at_most)
        if getattr(error, "in_turn", False):
            return asked
        return max(spread(pause, self._random), asked)


ATTEMPTS = AsyncRetrying(sleep=asyncio.sleep, wait=Backoff(), reraise=True)
"""Attempts without end, for a loop of one's own: `async for attempt in ATTEMPTS.copy(retry=…)`."""


def spread(pause: float, random: Callable[[], float] = random.random) -> float:
    """The pause, shorter or longer by up to half."""
    return pause * (0.5 + random())


async def retried(
    call: Callable[[], Awaitable[T]],
    *,
    on: Errors,
    but: Errors = (),
    pauses: Backoff | None = None,
    most: int | None = None,
    told: Told | None = None,
    sleep: Callable[[float], Awaitable[None]] | None = None,
) -> T:
    """The result of `call`, attempted again after each error of `on`, except those of `but`, `most` times in
    all (None: without end).

    `told` hears of each failure that is followed by a pause, with its number from 1; what it raises ends the
    attempts. Raises the last error."""

    async def hear(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if told is not None and isinstance(error, Exception):
            await told(error, state.attempt_number)

    try:
        return await call()  # nearly always enough, and cheaper than to prepare for more
    except on as error:
        if isinstance(error, but):
            raise
        failed = [error]

    async def again() -> T:
        if failed:
            raise failed.pop()
        return await call()

    attempts = ATTEMPTS.copy(
        sleep=sleep or asyncio.sleep,
        wait=pauses or ATTEMPTS.wait,
        stop=stop_never if most is None else stop_after_attempt(most),
        retry=retry_if_exception(lambda error: isinstance(error, on) and not isinstance(error, but)),
        before_sleep=hear,
    )
    async for attempt in attempts:
        with attempt:
            return await again()
    raise AssertionError("tenacity ends with a result or an error")


_AGAIN = 0.01
"""The part of a rhythm in which a moment that came too early is still the same."""


def until_beat(every: float, now: float) -> float:
    """Seconds from `now`, on a clock that all share, to the next moment of those that look `every` so many
    seconds."""
    pause = every - now % every
    return pause if pause > every * _AGAIN else pause + every


async def beat(every: float) -> None:
    """Sleep until the next such moment of the event loop: at most `every` seconds, and a hundredth."""
    await asyncio.sleep(until_beat(every, asyncio.get_running_loop().time()))
