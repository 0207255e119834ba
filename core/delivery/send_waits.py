"""The answers of this replica that wait to be sent: for the send budget, or for a platform that is away.

Such an answer is written and its job is leased, so nothing in the inbox waits for it: without these numbers a
service whose account may send a message every five seconds looks as if it had nothing to do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

LONG = 30.0
"""Seconds after which people who wait for a message that is written are not served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How many messages wait to be sent, and seconds that the oldest of them does."""

    count: int
    oldest: float

    @property
    def trouble(self) -> str | None:
        """What is wrong, in words for operators; None while nobody waits for long."""
        if self.oldest <= LONG:
            return None
        return f"{self.count} messages wait to be sent, the oldest for {self.oldest:.0f} s"


class SendWaits:
    """Counts them. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: dict[object, float] = {}

    @contextmanager
    def one(self) -> Generator[None]:
        """Count a message as waiting while the context lasts."""
        token = object()
        self._since[token] = self._clock()
        try:
            yield
        finally:
            del self._since[token]

    @property
    def now(self) -> Waiting:
        oldest = min(self._since.values(), default=self._clock())
        return Waiting(count=len(self._since), oldest=self._clock() - oldest)
