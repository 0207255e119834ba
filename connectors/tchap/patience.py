"""Waiting for what is away: the homeserver, the store. Pauses grow and are spread; it is said once.

While something is waited for, `ready` is cleared; `well` sets it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from connectors.tchap.events import NAME
from core.connector import Deliver, Event
from core.errors import Deferred, StoreError, StoreUnavailable, Unusable
from core.language.operators import Phrase, tell
from core.retry import Backoff, retried
from core.telemetry import log

SHORTEST, LONGEST = 0.5, 30.0
"""Seconds of the first and the longest pause, before they are spread by half: replicas must not all come back
at the same moment."""
PAUSES = Backoff(SHORTEST, LONGEST)
MOST_ATTEMPTS = 7
"""Half a minute of them; then `in_vain` is asked."""

T = TypeVar("T")


class Patience:
    """Waits for a homeserver and a store; `ready` is set while both are well."""

    def __init__(self, ready: asyncio.Event) -> None:
        self.ready = ready
        self._told = False

    async def homeserver(
        self, attempt: Callable[[], Awaitable[T]], in_vain: Callable[[], Awaitable[bool]] | None = None
    ) -> T:
        """The result, once the homeserver gives it. Raises Unusable at once, and Deferred when after some
        attempts `in_vain` says that it never will."""

        async def told(error: Exception, number: int) -> None:
            if number > MOST_ATTEMPTS and in_vain is not None and await in_vain():
                raise error
            self._unwell("homeserver_unreachable", error, "patience.homeserver")

        return await retried(attempt, on=Deferred, but=Unusable, pauses=PAUSES, told=told)

    async def store(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """The result, once the store is there."""

        async def told(error: Exception, number: int) -> None:
            self._unwell("store_unavailable", error, "patience.store")

        return await retried(attempt, on=StoreUnavailable, pauses=PAUSES, told=told)

    async def delivered(self, deliver: Deliver, batch: Sequence[Event]) -> None:
        """Deliver, once the store takes it. A bug behind `deliver` must not lose messages: it is tried again,
        like a store that is away."""

        async def once() -> None:
            try:
                await deliver(batch)
            except StoreError:
                raise
            except Exception as bug:
                log.error("not_delivered", connector=NAME, error=bug)
                raise StoreUnavailable(Phrase("store.not_taken")) from bug

        await self.store(once)

    def well(self) -> None:
        self._told = False
        if not self.ready.is_set():
            log.info("listening", connector=NAME)
            self.ready.set()

    def _unwell(self, what: str, error: Exception, remedy: str) -> None:
        if not self._told:
            log.warning(what, connector=NAME, error=error, reason=tell(remedy))
        self._told = True
        self.ready.clear()
