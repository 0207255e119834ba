"""What our account wrote, on any of its devices, as /sync tells it (`core.connector.Echo`).

What matters of our own messages is in clear. A post beside the one that counts comes from a replica that
hung, and so does a growing edit that lands after the final text; `on_echo` deletes them. A growing edit is
late if no final text follows it, so each is judged once a later edit has had the time to come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from connectors.tchap.api import NAME, Api
from connectors.tchap.contents import GROWING, KEY
from connectors.tchap.room_events import RoomEvent
from core.connector import Address, Echo, OnEcho
from core.connector.untrusted_json import integer_in, text_in
from core.retry import beat

FOLLOWS_WITHIN = 3.0
"""Seconds in which the edit that follows a growing one comes. After them the growing one is judged."""


class Echoes:
    """Tells `on_echo` of our own posts at once, and of growing edits that nothing followed."""

    def __init__(self, api: Api, on_echo: OnEcho | None, clock: Callable[[], float]) -> None:
        self._api = api
        self._on_echo = on_echo
        self._clock = clock
        self._growing: dict[tuple[str, str], tuple[Echo, float]] = {}
        """The last edit of each message that grows, by room and id, and when it came."""
        self._grew = asyncio.Event()
        """Set while there is an edit to judge."""

    def edited(self, event: RoomEvent) -> None:
        """Note an edit of ours. It follows the growing edit before it, and may be one itself."""
        self._growing.pop((event.room, event.target), None)
        key, fence = text_in(event.content, KEY), integer_in(event.content, GROWING)
        if key and fence:
            echo = Echo(address=_address(event), key=key, id=event.id, fence=fence)
            self._growing[event.room, event.target] = echo, self._clock()
            self._grew.set()

    async def posted(self, event: RoomEvent) -> None:
        """Tell of a new message of ours, unless this device sent it. Raises StoreError."""
        key = text_in(event.content, KEY)
        # The homeserver tells the transaction id to the sending device only.
        is_from_here = "transaction_id" in event.unsigned
        if key and not is_from_here and self._on_echo is not None:
            await self._on_echo(Echo(address=_address(event), key=key, id=event.id))

    async def watch(self) -> None:
        """Judge the growing edits that nothing followed. Never returns."""
        while True:
            await self._grew.wait()
            await beat(FOLLOWS_WITHIN / 2)
            await self._api.until_done(self._judge)

    async def _judge(self) -> None:
        """Raises StoreUnavailable."""
        due = self._clock() - FOLLOWS_WITHIN
        old = {target: echo for target, (echo, at) in self._growing.items() if at <= due}
        if self._on_echo is not None:
            await asyncio.gather(*map(self._on_echo, old.values()))
        for target, echo in old.items():
            if target in self._growing and self._growing[target][0] is echo:
                del self._growing[target]
        if not self._growing:
            self._grew.clear()


def _address(event: RoomEvent) -> Address:
    return Address(connector=NAME, conversation=event.room, thread=event.thread)
