"""Slack's rate limits: per method and token, posts per channel; a Retry-After is obeyed by all replicas.

What Slack says (429 with Retry-After) is trusted over its documented tiers: it concerns that method alone,
until the time that it names. For a minute from then on the method is called no faster than its tier, so that
those who waited do not all ask at once: they are served in the order in which they came, whichever replica
they wait on. Else the tiers decide only about calls that could be left out.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

from core.connector import Pace
from core.inbox.send_budget import Budget

TIERS: dict[str, int] = {
    "chat.startStream": 20, "chat.stopStream": 20, "chat.update": 50, "chat.delete": 50,
    "conversations.replies": 50, "conversations.history": 50, "conversations.info": 50,
    "conversations.open": 50, "chat.appendStream": 100, "users.info": 100, "conversations.members": 100,
    "files.info": 100, "views.publish": 100, "users.list": 20,
}  # fmt: skip
"""Calls a minute of each method."""
UPDATE = "chat.update"
START, APPEND, STOP = "chat.startStream", "chat.appendStream", "chat.stopStream"
SPARE: dict[str, int] = {UPDATE: 15, START: 12, APPEND: 60}
"""Calls a minute that may be made without need: for answers that grow, of which each is updated, or stopped,
once more at its end."""
UNKNOWN = 50
"""Calls a minute of a method whose tier is not known, once Slack has limited it."""
CAREFUL = 60.0
"""Seconds after a limit in which a method is called at the pace of its tier."""
POST = "chat.postMessage"
BURST = 20
"""Posts in one channel at once; then one a second."""


class Limits:
    """The limits of one token, shared by all replicas. Every method raises StoreError."""

    def __init__(self, budget: Budget, token: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._budget = budget
        self._clock = clock
        self._limited: dict[str, float] = {}
        """Until when each scope is called at the pace of its tier."""
        self._whose = hashlib.blake2b(token.encode(), digest_size=12).hexdigest()

    async def wait(self, method: str, channel: str, ticket: str = "") -> float:
        """Take one call; else the seconds to wait. `ticket`: see `Budget.take`."""
        scope = self._scope(method, channel)
        wait = await self._budget.take(scope, _pace(method), "final", ticket)
        if wait > 0:
            self._limited[scope] = self._clock() + wait + CAREFUL
        return wait

    async def spare(self, method: str) -> bool:
        """Take one call of what nobody else is likely to need; False where there is none."""
        if self.is_limited(method):
            return False
        few = SPARE[method]
        pace = Pace(per_second=few / 60, burst=few // 3, exact=True)
        return await self._budget.take(f"{self._scope(method, '')}|spare", pace, "first") <= 0

    def is_limited(self, method: str) -> bool:
        """Did Slack limit this method a short while ago? Then what can be done without it, is."""
        return method != POST and self._clock() < self._limited.get(self._scope(method, ""), 0.0)

    async def refused(self, method: str, channel: str, seconds: float, ticket: str) -> None:
        """Slack said when it takes this method again; then the call of this `ticket` is the first."""
        scope = self._scope(method, channel)
        if len(self._limited) > 1_000:
            self._limited.clear()
        self._limited[scope] = self._clock() + seconds + CAREFUL
        await self._budget.refused(scope, seconds, ticket)

    def _scope(self, method: str, channel: str) -> str:
        return f"slack|{self._whose}|{method}|{channel if method == POST else ''}"


def _pace(method: str) -> Pace:
    """The pace of posts in a channel; of another method, as fast as may be until Slack limits it."""
    if method == POST:
        return Pace(per_second=1.0, burst=BURST, exact=True)
    return Pace(per_second=100.0, burst=200, exact=True, careful=TIERS.get(method, UNKNOWN) / 60)
