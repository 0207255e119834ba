"""Signs that the bot is at work: a status in the thread, shown again before Slack lets it go. Best effort."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from core.connector import Address, Signs

REFRESH = 90.0
"""Seconds; Slack shows a status for two minutes."""
MOST_REFRESHES = 20
"""Half an hour."""


class SlackActivity:
    """`core.connector.Activity`. `show` shows or ends the status of a thread; `spawn` runs beside."""

    def __init__(
        self,
        show: Callable[[Address, bool], Coroutine[Any, Any, None]],
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._signs: Signs[Address] = Signs(show, spawn, every=REFRESH, most=MOST_REFRESHES)

    async def read(self, address: Address, id: str) -> None:
        """Slack has no read receipts."""

    async def working(self, address: Address, on: bool) -> None:
        if address.thread is not None:
            self._signs.turn(address, on)
