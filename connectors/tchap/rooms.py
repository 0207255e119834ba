"""The rooms that the bot is in: kept in the notebook as /sync tells them, read afresh when that is too old.

A room that is not known is read with `/state` when it is first needed, so nothing is loaded at start. The
records belong to one chain of syncs, an epoch: once the token is lost, all older ones are ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import orjson
from cachetools import LRUCache

from connectors.tchap.api import Api
from connectors.tchap.room import Room, Served
from core.connector import Audience, Notebook
from core.connector.untrusted_json import Json, object_in
from core.errors import Deferred, Rejected
from core.language.operators import Phrase

FRESH = 30.0
"""Seconds for which the state that /sync brought counts as true."""
KEPT = 2_000
"""Rooms kept in memory."""
LONGEST_ID = 255
"""Bytes of a room's id (Matrix, "Identifier grammar")."""


class Rooms:
    """All rooms of the account `me`. `synced_at` is when /sync last answered, in seconds since 1970."""

    def __init__(
        self, api: Api, notebook: Notebook, *, me: str, served: Served, clock: Callable[[], float]
    ) -> None:
        self._api = api
        self._notebook = notebook
        self._me = me
        self._served = served
        self._clock = clock
        self._known: LRUCache[str, Room] = LRUCache(KEPT)
        """The rooms that were used last. All rooms are stored."""
        self.unsaved: set[str] = set()
        """Rooms that changed since they were saved last."""
        self.synced_at = 0.0
        self.epoch = ""

    def begin(self, epoch: str) -> None:
        """A new chain of syncs: what was known before it may have changed unnoticed."""
        self._known.clear()
        self.unsaved.clear()
        self.epoch = epoch

    async def get(self, id: str) -> Room | None:
        """The room as of the last sync, or None if it is not known."""
        if (room := self._known.get(id)) is not None:
            return room
        stored = await self._notebook.get(f"room:{id}")
        if stored is None:
            return None
        record: Json = orjson.loads(stored)
        if record["epoch"] != self.epoch:
            return None
        try:
            room = Room.load(record["room"], self._served)
        except TypeError:  # stored by another version: read it afresh
            return None
        # Another task may have read it meanwhile: there is one object for each room.
        self._known[id] = room = self._known.get(id) or room
        return room

    async def current(self, id: str, judged: Audience | None = None) -> tuple[Room, float]:
        """The room, and the time at which its state was known to be true, less than `FRESH` seconds ago.
        Raises Rejected outside of the room. Raises Deferred, also when people who were not `judged` would
        read now."""
        at, room = self.synced_at, await self.get(id)
        if room is None or self._clock() - self.synced_at > FRESH:
            at = self._clock()
            room = await self.reread(id)
        if judged is not None and (room.kind != judged.kind or not room.readers <= judged.members):
            raise Deferred(Phrase("delivery.audience"))
        return room, at

    async def reread(self, id: str) -> Room:
        """Read the room's state from the homeserver. Raises Deferred, or Rejected outside of the room."""
        state = await self._api.array(("rooms", id, "state"))
        room = Room.of_state(id, state, self._me, self._served)
        if self._me not in room.joined:
            raise Rejected(Phrase("delivery.not_in_room"))
        self.unsaved.add(id)
        self._known[id] = room
        return room

    async def known(self, id: str) -> Room:
        """The room as of the last sync, else read. Raises as `reread`."""
        return await self.get(id) or await self.reread(id)

    async def holds(self, id: str, user: str) -> bool:
        """True if the homeserver says that this person and the bot are in the room. Both are asked about: a
        room that anybody may look into, and one that the bot has left, tell of the person too. Raises
        Deferred or Rejected."""
        if len(id.encode(errors="replace")) > LONGEST_ID:  # made up: the homeserver hangs up
            return False
        for each in (self._me, user):
            member = await self._api.call("GET", ("rooms", id, "state", "m.room.member", each))
            if member.get("membership") != "join":
                return False
        return True

    def apply(self, room: Room, state: Iterable[object]) -> None:
        """Apply state events to a room, which is then to be saved."""
        for event in state:
            if room.apply(object_in(event), self._me):
                self.unsaved.add(room.id)

    async def save(self, room: Room) -> None:
        record = {"epoch": self.epoch, "room": room.dump()}
        await self._notebook.set(f"room:{room.id}", orjson.dumps(record))
        self.unsaved.discard(room.id)

    async def forget(self, id: str) -> None:
        self._known.pop(id, None)
        await self._notebook.delete(f"room:{id}")
