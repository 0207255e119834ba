"""Slack's rate limits: per method and token, posts per channel; a Retry-After is obeyed by all replicas.

What Slack says (429 with Retry-After) is trusted over its documented tiers: it concerns that method alone,
until the time that it names. The tiers decide only about calls that could as well be left out.
"""

from __future__ import annotations

import hashlib

from core.connector import Pace
from core.inbox.send_budget import Budget

TIERS: dict[str, int] = {
    "chat.startStream": 20, "chat.stopStream": 20, "chat.update": 50, "chat.delete": 50,
    "conversations.replies": 50, "conversations.history": 50, "conversations.info": 50,
    "conversations.open": 50, "chat.appendStream": 100, "users.info": 100, "conversations.members": 100,
    "files.info": 100, "views.publish": 100,
}  # fmt: skip
"""Calls a minute of each method."""
UPDATE = "chat.update"
SPARE: dict[str, int] = {UPDATE: 15}
"""Calls a minute for answers that grow: each is updated once more when it is whole, so most stay for that."""
POST = "chat.postMessage"
BURST = 20
"""Posts in one channel at once; then one a second."""
FREE = Pace(per_second=100.0, burst=200, exact=True)
"""For methods without a known limit: only their Retry-After counts."""


class Limits:
    """The limits of one token, shared by all replicas. Every method raises StoreError."""

    def __init__(self, budget: Budget, token: str) -> None:
        self._budget = budget
        self._whose = hashlib.blake2b(token.encode(), digest_size=12).hexdigest()

    async def wait(self, method: str, channel: str, *, spare: bool = False) -> float:
        """Take one call; else the seconds to wait. `spare`: only from what nobody else is likely to need."""
        scope = self._scope(method, channel)
        wait = await self._budget.take(scope, _pace(method), "final")
        if spare and wait <= 0:
            tier = SPARE.get(method) or TIERS.get(method, 50)
            pace = Pace(per_second=tier / 60, burst=tier // 5, exact=True)
            return await self._budget.take(f"{scope}|spare", pace, "first")
        return wait

    async def refused(self, method: str, channel: str, seconds: float) -> None:
        """Slack said when it takes this method again."""
        await self._budget.refused(self._scope(method, channel), seconds)

    def _scope(self, method: str, channel: str) -> str:
        return f"slack|{self._whose}|{method}|{channel if method == POST else ''}"


def _pace(method: str) -> Pace:
    return Pace(per_second=1.0, burst=BURST, exact=True) if method == POST else FREE
