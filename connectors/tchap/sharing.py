"""Who reads what first: each room is one replica's, the others only see whether it has stored what came.

Every replica hears everything, so that a death loses nothing; but to decrypt, parse and store each message
once is enough. What changes a room, and what is not stored as it stands (edits, deletions), is read by all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from connectors.tchap import events
from connectors.tchap.events import valid
from connectors.tchap.raw import Json, arr, obj
from core.connector import Address, First, Stored

TALK = ("m.room.message", "m.room.encrypted")


def only_talk(data: Json) -> bool:
    """Is there nothing in a room's part of a sync but whole talk: no state, no gap?"""
    timeline = obj(data.get("timeline"))
    told = [*arr(obj(data.get("state")).get("events")), *arr(timeline.get("events"))]
    return timeline.get("limited") is not True and not any("state_key" in obj(event) for event in told)


class Sharing:
    """The view of the account `me` on one device."""

    def __init__(self, me: str, is_first: First, stored: Stored | None) -> None:
        self._me = me
        self._stored = stored
        self.is_first = is_first

    async def not_stored(self, rooms: Mapping[str, Json]) -> list[str]:
        """Those of the rooms in which something is not stored, by whichever replica. Raises StoreError."""
        found = await asyncio.gather(*(self._all_stored(room, data) for room, data in rooms.items()))
        return [room for room, stored in zip(rooms, found, strict=True) if not stored]

    async def _all_stored(self, room: str, data: Json) -> bool:
        told = [obj(event) for event in arr(obj(data.get("timeline")).get("events"))]
        others = [event for event in told if not valid(event) or event["sender"] != self._me]
        if not others:
            return True
        if self._stored is None or any(not valid(one) or one.get("type") not in TALK for one in others):
            return False
        keys = [events.key_of(room, event["event_id"]) for event in others]
        address = Address(connector=events.NAME, conversation=room)
        return await self._stored(address, keys) >= set(keys)
