"""The send budget: how many messages an account may send now, shared by all replicas.

A platform limits the rate of an account, whoever speaks for it: with Synapse's defaults, 0.2 messages
a second with a burst of 10, and each edit counts. So the budget goes first to finals and refusals,
then to first posts, and to growing edits only from what is spare. It begins with the pace that the
connector declares and learns. A refusal by the platform stops all replicas until the time it says, and lowers
the rate, which recovers over ten minutes. A final does not wait on an estimate alone: one at a time goes
beyond it, and when it is not refused the rate is raised; so an account without limits is soon known as one.

Nobody waits inside: who may not go is told for how long, and asks again. Where the rate is documented (an
exact pace), finals that wait stand in one line for all replicas, in the order in which they first asked: each
is told when its turn comes, so that none is overtaken and none asks in vain.

An answer that waits for the budget, or for a platform that is away, is written and its job is leased, so
nothing in the inbox waits for it: `SendWaits` counts them, or a service whose account may send a message
every five seconds would look as if it had nothing to do.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from core.connector import Pace, Sending
from core.language.operators import tell
from core.store.valkey import Store
from core.store.wire import Word
from core.vault import Vault


class Budget:
    """Token buckets in the store, one for each scope (an account)."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault
        self._paces: dict[str, Pace] = {}

    async def take(self, scope: str, pace: Pace, what: Sending, ticket: str = "") -> float:
        """0.0: go now, one message is taken from the budget. Else seconds to wait before asking again.

        `ticket`, the same each time that one message asks, keeps its place in the line of finals at an exact
        pace, until five seconds after it was to ask again; without one, it goes when nobody waits."""
        if math.isinf(pace.per_second):
            return 0.0
        self._paces[scope] = pace
        if not (pace.exact and what == "final"):
            return await self._bucket(scope, what) / 1000
        return await self._bucket(scope, "due", self._place(scope, ticket)) / 1000

    async def rate(self, scope: str, pace: Pace) -> float:
        """Messages a second that the platform is believed to grant this account now."""
        tag = self._vault.tag("budget", scope)
        place = self._store.place("budget", tag)
        factor = await self._store.run(("HGET", place, "factor"))
        return pace.per_second * float(factor or 1)

    async def refused(self, scope: str, retry_after: float, ticket: str = "") -> None:
        """The platform refused a message that `take` allowed: nobody sends for `retry_after` seconds, and all
        more slowly afterwards, unless the pace is exact. `ticket`: that of the message, which is the first
        in the line then."""
        if scope in self._paces:
            exact = "exact" if self._paces[scope].exact else ""
            place = self._place(scope, ticket)
            await self._bucket(scope, "refused", round(retry_after * 1000), exact, place)

    def _place(self, scope: str, ticket: str) -> str:
        return self._vault.tag("budget", scope, ticket) if ticket else ""

    async def _bucket(self, scope: str, *args: Word) -> int:
        pace = self._paces[scope]
        tag = self._vault.tag("budget", scope)
        rate, burst = max(0.001, pace.per_second), max(1, pace.burst)
        return await self._store.run(self._store.script("budget", tag, rate, burst, pace.careful, *args))


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
        return tell("delivery.waiting", count=self.count, seconds=f"{self.oldest:.0f}")


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
