"""Waiting for what is away: the homeserver, the store. Pauses grow and are spread; it is said once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from connectors.tchap.raw import NAME
from core.errors import Deferred, StoreError, StoreUnavailable, Unusable
from core.language.operators import tell
from core.retry import Backoff, retried
from core.telemetry import log

SHORTEST, LONGEST = 0.5, 30.0
"""Seconds of the first and the longest pause, before they are spread by half: replicas must not all come back
at the same moment."""
PAUSES = Backoff(SHORTEST, LONGEST)
MOST_ATTEMPTS = 7
"""Half a minute of them; then `in_vain` is asked."""
AWAY = (Deferred, StoreUnavailable)

T = TypeVar("T")


class Patience:
    """Waits for a homeserver and a store; `ready` is set while both are well."""

    def __init__(self, ready: asyncio.Event) -> None:
        self.ready = ready
        self._told = False

    async def until_done(
        self,
        attempt: Callable[[], Awaitable[T]],
        *,
        on: type[Exception] | tuple[type[Exception], ...] = AWAY,
        in_vain: Callable[[], Awaitable[bool]] | None = None,
    ) -> T:
        """The result, once homeserver and store give it; `on` names the errors after which it is tried again.
        Raises Unusable and other errors of the store at once, and Deferred when after some attempts `in_vain`
        says that the homeserver never will."""

        refused = 0

        async def told(error: Exception, number: int) -> None:
            nonlocal refused
            if isinstance(error, StoreError) and not isinstance(error, StoreUnavailable):
                raise error
            deferred = isinstance(error, Deferred)
            refused += deferred  # a store that was away says nothing of the homeserver
            if deferred and refused > MOST_ATTEMPTS and in_vain is not None and await in_vain():
                raise error
            if not isinstance(error, AWAY):
                log.error("not_delivered", connector=NAME, error=error)
            elif not self._told:
                what, remedy = ("homeserver_unreachable", "homeserver") if deferred else _STORE
                log.warning(what, connector=NAME, error=error, reason=tell(f"patience.{remedy}"))
            self._told = True
            self.ready.clear()

        return await retried(attempt, on=on, but=Unusable, pauses=PAUSES, told=told)

    def well(self) -> None:
        """Say that all is well again."""
        self._told = False
        log.info("listening", connector=NAME)
        self.ready.set()


_STORE = ("store_unavailable", "store")
