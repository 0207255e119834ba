"""The sync loop: all that one device hears, made durable before it is acknowledged.

Each round is `/sync` → devices and keys → what waited for those keys → invitations → rooms in order →
`deliver` (durable) → save the token. The homeserver forgets nothing before it is asked with the new token, so
a process killed at any line receives the same again, and the inbox knows it by its key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import orjson

from connectors.tchap.api import NAME, Api
from connectors.tchap.crypto import Machine
from connectors.tchap.gaps import TALK
from connectors.tchap.hearing import LONG_POLL, Hearing
from connectors.tchap.invitations import Invitations
from connectors.tchap.pending import Pending, Session, Waiting
from connectors.tchap.position import SyncPosition
from connectors.tchap.room import STATE
from connectors.tchap.rooms import Rooms
from connectors.tchap.timeline import Timeline
from connectors.tchap.unreadable import Unreadable
from core.connector import Deliver, Event, Peers
from core.connector.untrusted_json import Json, array_in, object_in, text_in
from core.errors import ConfigurationError, Deferred, Rejected, StoreError, Unusable
from core.language.operators import Phrase
from core.retry import LONGEST, SHORTEST
from core.telemetry import log, metrics

TIMELINE = 50
SECOND_LOOK = 0.2
"""Seconds in which a sibling stores what it is to read first. They also set the rhythm of what we read."""
ANSWER_WITHIN = 60.0
"""Seconds that a /sync may take beyond those for which the homeserver holds it."""

_NOTHING: Json = {"types": []}
_LEAN: Json = {"presence": _NOTHING, "account_data": _NOTHING}
_SILENT: Json = {"account_data": _NOTHING, "ephemeral": _NOTHING}
FILTER: Json = _LEAN | {
    "room": _SILENT
    | {"state": {"types": list(STATE)}, "timeline": {"types": [*TALK, *STATE], "limit": TIMELINE}}
}
"""No lazy loading of members: they decide who may read."""
BASELINE: Json = _LEAN | {"room": _SILENT | {"state": _NOTHING, "timeline": _NOTHING | {"limit": 1}}}
"""The first sync of a device begins now. Rooms are read when something happens in them."""


@dataclass(eq=False, kw_only=True)
class SyncLoop:
    """Takes in the answers of /sync for one device. `peers` are the replicas beside this one."""

    api: Api
    machine: Machine
    rooms: Rooms
    pending: Pending
    invitations: Invitations
    timeline: Timeline
    unreadable: Unreadable
    position: SyncPosition
    hearing: Hearing
    peers: Peers | None
    clock: Callable[[], float]
    _read: list[Waiting] = field(default_factory=list[Waiting], init=False)
    """The events that were read late, to be dropped once this round is durable."""
    _rounds: int = field(default=0, init=False)

    async def run(self, deliver: Deliver) -> None:
        """Take in round after round until cancelled. Raises Unusable when the account or its token is not
        accepted."""
        since = await self.api.until_done(self.position.load)
        while True:
            try:
                answer = await self.api.until_done(partial(self._sync, since))
            except Rejected as refused:
                # A server restored from a backup does not know its own later tokens.
                log.error("sync_refused", connector=NAME, error=refused)
                await self.api.until_done(self.position.forget_shared)
                await asyncio.sleep(SHORTEST if since else LONGEST)
                since = None
                continue
            since = await self._round(answer, since, deliver)

    async def _round(self, answer: Json, since: str | None, deliver: Deliver) -> str:
        """Take in one answer, and return the token from which the next round goes on."""
        at = self.clock()
        batch, later = await self._digest(answer, since, at)
        self.hearing.has_keys_left = await self.machine.maintain()
        self.rooms.synced_at = at
        if batch:
            await self.api.until_done(partial(deliver, batch), on=Exception)
        if later and since is not None:
            await asyncio.sleep(SECOND_LOOK)
            if missed := await self._second_look(later, since, at):
                await self.api.until_done(partial(deliver, missed), on=Exception)
        delivered = bool(batch or later)
        token = await self.api.until_done(partial(self._acknowledge, answer, since, delivered))
        self._rounds += 1
        self.hearing.heard()
        if not self.api.ready.is_set():
            self.api.well()
        return token

    async def _sync(self, since: str | None) -> Json:
        """Ask for news. The homeserver is not to hold its answer until all is well: the answer shows that
        this device listens."""
        wait = LONG_POLL if self.api.ready.is_set() else 0.0
        kind = FILTER if since is not None else BASELINE
        params = {"timeout": str(int(wait * 1000)), "filter": orjson.dumps(kind).decode()}
        if since is not None:
            params["since"] = since
        answer = await self.api.call("GET", "/sync", params=params, timeout=wait + ANSWER_WITHIN)
        if not text_in(answer, "next_batch"):
            raise Deferred(Phrase("delivery.form", what="GET sync"), retry_after=1.0)
        return answer

    async def _digest(
        self, answer: Json, since: str | None, at: float
    ) -> tuple[list[Event], dict[str, Json]]:
        """The events of one answer, and the news of rooms that a sibling is to read first. A part that fails
        for a reason of its own is left out."""
        rooms = object_in(answer, "rooms")
        self.machine.note_sync(answer)
        batch = await self._unlocked(array_in(answer, "to_device", "events"), rooms)
        for room, data in object_in(rooms, "invite").items():
            invited = await self.api.until_done(partial(self.invitations.note, room, object_in(data)))
            batch += [invited] if invited else []
        later: dict[str, Json] = {}
        if since is not None:
            for room, data in object_in(rooms, "join").items():
                if self._is_left_to_sibling(room, object_in(data)):
                    later[room] = object_in(data)
                else:
                    batch += await self._room(room, object_in(data), since, at)
        for room in object_in(rooms, "leave"):
            await self.api.until_done(partial(self._left, room))
        return batch, later

    async def _unlocked(self, to_device: list[object], rooms: Json) -> list[Event]:
        """Take in the keys of this answer, and read the events that waited for them."""
        starts = self._rounds == 0
        if not to_device and not starts:
            return []
        keys: set[Session] = await self.unreadable.keys(to_device, rooms, starts=starts)
        if not keys:
            return []
        batch, self._read = await self.api.until_done(partial(self.unreadable.unlocked, keys))
        return batch

    def _is_left_to_sibling(self, room: str, data: Json) -> bool:
        """True if a sibling is to read this room's news first. All devices read what changes the room's
        state."""
        timeline = object_in(data, "timeline")
        changes_state = bool(array_in(data, "state", "events")) or any(
            "state_key" in object_in(event) for event in array_in(timeline, "events")
        )
        if changes_state or timeline.get("limited"):
            return False
        return self.peers is not None and bool(self.peers.others) and not self.peers.is_first(room)

    async def _second_look(self, rooms: dict[str, Json], since: str, at: float) -> list[Event]:
        """The events of these rooms that no sibling has stored by now: it is busy, or gone."""
        missed = await self.api.until_done(partial(self.timeline.glance, rooms, at))
        return [event for room in missed for event in await self._room(room, rooms[room], since, at)]

    async def _room(self, room: str, data: Json, since: str, at: float) -> list[Event]:
        """One room's news. A room that always fails, while others do not, is left out and logged."""
        read = partial(self.timeline.read, room, data, since, at)
        try:
            return await self.api.until_done(read, gives_up=True)
        except (ConfigurationError, Unusable, StoreError):
            raise
        except Exception as error:  # noqa: BLE001 - one room, whatever is wrong with it
            log.error("room_skipped", connector=NAME, error=error)
            metrics.ignored.labels(NAME, "failed").inc()
            return []

    async def _left(self, room: str) -> None:
        """Forget a room that the bot left."""
        await self.invitations.settle(room)
        await self.rooms.forget(room)
        await self.pending.forget_room(room)
        await self.machine.forget_room(room)

    async def _acknowledge(self, answer: Json, since: str | None, delivered: bool) -> str:
        """All of the answer is durable: remember how far this device has read, and return the token."""
        if self._read:
            await self.pending.resolved(self._read)
            self._read = []
        token: str = answer["next_batch"]
        if since is None:
            token = await self.position.begin(token)
        to_device = object_in(answer, "to_device").get("events")
        left = object_in(answer, "rooms").get("leave")
        has_news = delivered or bool(to_device or left)
        await self.position.save(token, at_once=has_news or since is None)
        return token
