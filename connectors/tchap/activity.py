"""Signs that the bot has read and is at work: read receipts and typing. Best effort, beside all else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from connectors.tchap.api import Api, room_path, segment
from core.connector import Address
from core.errors import RelaisError

SHOWN_FOR = 30.0
REFRESH = 20.0
MOST_REFRESHES = 30
"""Ten minutes: whoever forgot to end it is not at work any more."""


class TchapActivity:
    """`core.connector.Activity`, for the account `me`. `spawn` runs a coroutine beside."""

    def __init__(self, api: Api, me: str, spawn: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        self._api = api
        self._me = me
        self._spawn = spawn
        self._working: dict[str, object] = {}

    async def read(self, address: Address, id: str) -> None:
        if id.startswith("$"):
            path = room_path(address.conversation, "receipt", "m.read", id)
            self._spawn(self._quietly("POST", path, {"thread_id": address.thread} if address.thread else {}))

    async def working(self, address: Address, on: bool) -> None:
        room = address.conversation
        if on:
            self._working[room] = sign = object()
            self._spawn(self._keep(room, sign))
        elif self._working.pop(room, None) is not None:
            self._spawn(self._quietly("PUT", self._path(room), {"typing": False}))

    async def _keep(self, room: str, sign: object) -> None:
        for _ in range(MOST_REFRESHES):
            if self._working.get(room) is not sign:
                return
            body = {"typing": True, "timeout": int(SHOWN_FOR * 1000)}
            await self._quietly("PUT", self._path(room), body)
            await asyncio.sleep(REFRESH)

    def _path(self, room: str) -> str:
        return f"{room_path(room, 'typing')}/{segment(self._me)}"

    async def _quietly(self, method: str, path: str, body: object) -> None:
        try:
            await self._api.call(method, path, body)
        except RelaisError:
            return
