"""Signs that the bot is at work: a status in the thread, shown again before Slack lets it go. Best effort."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from core.connector import Address

Show = Callable[[Address, bool], Coroutine[Any, Any, None]]

REFRESH = 90.0
"""Seconds; Slack shows a status for two minutes."""
MOST_REFRESHES = 20
"""Half an hour: whoever forgot to end it is not at work any more."""


class SlackActivity:
    """`core.connector.Activity`. `show` shows or ends the status of a thread; `spawn` runs beside."""

    def __init__(self, show: Show, spawn: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        self._show = show
        self._spawn = spawn
        self._working: dict[Address, object] = {}

    async def read(self, address: Address, id: str) -> None:
        """Slack has no read receipts."""

    async def working(self, address: Address, on: bool) -> None:
        if address.thread is None:
            return
        if on:
            self._working[address] = sign = object()
            self._spawn(self._keep(address, sign))
        elif self._working.pop(address, None) is not None:
            self._spawn(self._show(address, False))

    async def _keep(self, address: Address, sign: object) -> None:
        for _ in range(MOST_REFRESHES):
            if self._working.get(address) is not sign:
                return
            await self._show(address, True)
            await asyncio.sleep(REFRESH)
