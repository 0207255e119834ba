"""The rooms that the bot is in: kept in the notebook as /sync tells them, read afresh when that is too old.

A room that is not known is read with `/state` when it is first needed, so nothing is loaded at start. The
records belong to one chain of syncs, an epoch: once the token is lost, all older ones are ignored.
"""

from __future__ import annotations

from collections.abc import Callable

import orjson

from connectors.tchap.api import Api, room_path
from connectors.tchap.raw import Json
from connectors.tchap.room import Room
from core.connector import Notebook
from core.errors import Rejected

FRESH = 30.0
"""Seconds for which the state that /sync brought counts as true."""
KEPT = 2_000
"""Rooms kept in memory."""


class Rooms:
    """All rooms of the account `me`. `synced_at` is when /sync last answered."""

    def __init__(self, api: Api, notebook: Notebook, *, me: str, clock: Callable[[], float]) -> None:
        self._api = api
        self._notebook = notebook
        self._me = me
        self._clock = clock
        self._known: dict[str, Room] = {}
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
        """The room as of the last sync; None when it is not known."""
        if (room := self._known.pop(id, None)) is not None:
            self._known[id] = room
            return room
        stored = await self._notebook.get(f"room:{id}")
        if stored is None:
            return None
        record: Json = orjson.loads(stored)
        if record["epoch"] != self.epoch:
            return None
        try:
            room = Room.load(record["room"])
        except TypeError:  # stored by another version: read it afresh
            return None
        # Another task may have read it meanwhile: there is one object for each room.
        return self._known.get(id) or self._keep(room)

    async def current(self, id: str) -> tuple[Room, float]:
        """The room and when that was known to be true: less than 30 s ago. Raises Deferred or Rejected."""
        room = await self.get(id)
        if room is not None and self._clock() - self.synced_at <= FRESH:
            return room, self.synced_at
        at = self._clock()
        return await self.reread(id), at

    async def reread(self, id: str) -> Room:
        """Read the room's state from the homeserver. Raises Deferred, or Rejected outside of the room."""
        state = await self._api.array(room_path(id, "state"))
        room = Room.of_state(id, state, self._me)
        if self._me not in room.joined:
            raise Rejected("the bot is not in this room")
        self.changed(room)
        return self._keep(room)

    async def known(self, id: str) -> Room:
        """The room as of the last sync, else read. Raises as `reread`."""
        return await self.get(id) or await self.reread(id)

    def changed(self, room: Room) -> None:
        """The room is to be saved."""
        self.unsaved.add(room.id)

    async def save(self, room: Room) -> None:
        record = {"epoch": self.epoch, "room": room.dump()}
        await self._notebook.set(f"room:{room.id}", orjson.dumps(record))
        self.unsaved.discard(room.id)

    async def forget(self, id: str) -> None:
        self._known.pop(id, None)
        await self._notebook.delete(f"room:{id}")

    def _keep(self, room: Room) -> Room:
        """The least recently used go first; all of them are stored."""
        self._known[room.id] = room
        while len(self._known) > KEPT:
            del self._known[next(iter(self._known))]
        return room
