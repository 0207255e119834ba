"""Read receipts and typing notices in Matrix rooms (`core.connector.Activity`)."""

from __future__ import annotations

from contextlib import suppress

from connectors.tchap.api import Api
from connectors.tchap.background import Background
from core.connector import Address, Signs
from core.errors import RelaisError

SHOWN_FOR, REFRESH = 30.0, 20.0
"""Seconds for which the homeserver shows that somebody types, and after which that is said again."""
MOST_REFRESHES = 30
"""Ten minutes."""


class TchapActivity:
    """Shows that the account `me` has read, and is at work."""

    def __init__(self, api: Api, background: Background, *, me: str) -> None:
        self._api = api
        self._background = background
        self._me = me
        self._signs: Signs[str] = Signs(
            self._show_typing, background.spawn, every=REFRESH, most=MOST_REFRESHES
        )

    async def read(self, address: Address, id: str) -> None:
        if id.startswith("$"):
            path = ("rooms", address.conversation, "receipt", "m.read", id)
            body = {"thread_id": address.thread} if address.thread else {}
            self._background.spawn(self._api.call("POST", path, body), quiet=True)

    async def working(self, address: Address, on: bool) -> None:
        self._signs.turn(address.conversation, on)

    async def _show_typing(self, room: str, on: bool) -> None:
        shown = {"timeout": int(SHOWN_FOR * 1000)} if on else {}
        with suppress(RelaisError):
            await self._api.call("PUT", ("rooms", room, "typing", self._me), {"typing": on, **shown})
