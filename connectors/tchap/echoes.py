"""What our account wrote, as /sync tells it, of this device or a sibling's. What matters of it is in clear.

A post beside the one that counts, and a growing edit that lands after the final text, are of a replica that
hung; `on_echo` deletes them. A growing edit is late if no final text follows it: so each is judged when a
later edit has had the time to come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from connectors.tchap import events
from connectors.tchap.events import thread_of
from connectors.tchap.lookup import Lookup
from connectors.tchap.marks import GROWING, KEY
from connectors.tchap.patience import Patience
from connectors.tchap.raw import Json, integer, obj, relation, text
from core.connector import Address, Echo, OnEcho

FOLLOWS_WITHIN = 3.0
"""Seconds in which the edit that follows a growing one is told, or the growing one is looked at."""


class Echoes:
    """Hears them, in the order of each room."""

    def __init__(self, lookup: Lookup, on_echo: OnEcho | None, clock: Callable[[], float]) -> None:
        self._lookup = lookup
        self._on_echo = on_echo
        self._clock = clock
        self._growing: dict[tuple[str, str], tuple[Echo, float]] = {}
        """The last edit of each message that grows, by room and id, and when it came."""

    async def hear(self, room: str, event: Json) -> None:
        """An event of ours. Raises StoreError."""
        related = relation(event["content"])
        if related.get("rel_type") == "m.replace":
            self._edited(room, event, text(related.get("event_id")))
            return
        thread, key = thread_of(event["content"]), text(event["content"].get(KEY))
        self._lookup.note_own(room, event["event_id"], thread)
        ours = "transaction_id" in obj(event.get("unsigned"))  # the homeserver tells it to the sending device
        if key and not ours and self._on_echo is not None:
            address = Address(connector=events.NAME, conversation=room, thread=thread)
            await self._on_echo(Echo(address=address, key=key, id=event["event_id"]))

    def _edited(self, room: str, event: Json, target: str) -> None:
        self._growing.pop((room, target), None)
        key, fence = text(event["content"].get(KEY)), integer(event["content"].get(GROWING))
        if key and fence:
            address = Address(connector=events.NAME, conversation=room, thread=thread_of(event["content"]))
            echo = Echo(address=address, key=key, id=event["event_id"], fence=fence)
            self._growing[room, target] = echo, self._clock()

    async def watch(self, patience: Patience) -> None:
        """Look at the growing edits that nothing followed. Never returns."""
        while True:
            await asyncio.sleep(FOLLOWS_WITHIN / 2)
            await patience.store(self._look)

    async def _look(self) -> None:
        """Raises StoreUnavailable."""
        due = self._clock() - FOLLOWS_WITHIN
        old = {target: echo for target, (echo, at) in self._growing.items() if at <= due}
        if self._on_echo is not None:
            await asyncio.gather(*map(self._on_echo, old.values()))
        for target, echo in old.items():
            if target in self._growing and self._growing[target][0] is echo:
                del self._growing[target]
