"""The sync loop: receive, make durable, only then acknowledge.

Each round: `/sync` → devices and keys → what waited for those keys → invitations → rooms in order →
`deliver` (durable) → save the token. The homeserver forgets nothing before it is asked with the new token,
so a process killed at any line receives the same again, and the inbox knows it by its key. A round in which
nothing happened (mostly the echo of our own messages) is not worth a write: its token is saved later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from functools import partial

import orjson

from connectors.tchap.api import NAME, Api, Patience
from connectors.tchap.crypto import Machine
from connectors.tchap.device import Device
from connectors.tchap.invitations import Invitations
from connectors.tchap.olm import Arrival
from connectors.tchap.pending import Pending, Session, Waiting
from connectors.tchap.rooms import STATE, Rooms
from connectors.tchap.timeline import TALK, RoomUpdate, Timeline
from connectors.tchap.unreadable import Unreadable
from core.connector import Deliver, Event, First, Notebook
from core.errors import ConfigurationError, Deferred, Rejected, StoreError, Unusable
from core.language.operators import Phrase
from core.retry import LONGEST, SHORTEST
from core.telemetry import log, metrics
from core.untrusted_json import Json, array_in, object_in, text_in

LONG_POLL = 20.0
"""Seconds that the homeserver holds a /sync without news; room state known from it is never older."""
DEAF_AFTER = 3 * LONG_POLL
"""Seconds without a whole round after which nobody is heard."""
TIMELINE = 50
SECOND_LOOK = 0.2
"""Seconds that a sibling has to store what is its to read first; they are also the rhythm of what we read."""
SAVE_EVERY = 60.0
"""Seconds after which the token is saved though nothing happened."""
TELL_EVERY = 5.0
"""Seconds after which the siblings may be told how far this device has read."""
LOOKS = 25
"""Senders of keys who are looked up for one sync because they are not known as members of the key's room."""
KEYS_AT_ONCE = 25
"""To-device messages taken in before other work gets its turn: some milliseconds."""

_NOTHING: Json = {"types": []}
_LEAN: Json = {"presence": _NOTHING, "account_data": _NOTHING}
_SILENT: Json = {"account_data": _NOTHING, "ephemeral": _NOTHING}
FILTER: Json = _LEAN | {
    "room": _SILENT
    | {"state": {"types": list(STATE)}, "timeline": {"types": [*TALK, *STATE], "limit": TIMELINE}}
}
"""No lazy loading of members: they decide who may read."""
BASELINE: Json = _LEAN | {"room": _SILENT | {"state": _NOTHING, "timeline": _NOTHING | {"limit": 1}}}
"""The first sync of a device: from now on. Rooms are read when something happens in them."""


@dataclass(eq=False)
class Listener:
    """Listens for one device."""

    api: Api
    machine: Machine
    rooms: Rooms
    timeline: Timeline
    pending: Pending
    unreadable: Unreadable
    invitations: Invitations
    notebook: Notebook
    shared: Notebook
    patience: Patience
    _: KW_ONLY
    is_first: First
    device: Device
    clock: Callable[[], float]
    _saved_at: float = field(default=0.0, init=False)
    _told_at: float = field(default=0.0, init=False)
    _read: list[Waiting] = field(default_factory=list[Waiting], init=False)
    _rounds: int = field(default=0, init=False)
    _looks: int = field(default=LOOKS, init=False)
    _heard_at: float = field(init=False)
    _has_keys_left: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        self._heard_at = self.clock()
        self._place = f"position:{self.device.user}"
        """Where the devices of the account note how far they have read."""

    @property
    def deafness(self) -> str | None:
        """Why nobody is heard, in words for operators; None while the homeserver's news are taken in."""
        if self.clock() - self._heard_at > DEAF_AFTER:
            return str(Phrase("tchap.deaf", seconds=round(DEAF_AFTER)))
        return None if self._has_keys_left else str(Phrase("tchap.keyless"))

    async def run(self, deliver: Deliver) -> None:
        """Listen until cancelled. Raises Unusable when the account or its token is not accepted."""
        since = await self.patience.until_done(self._begin)
        while True:
            try:
                answer = await self.patience.until_done(partial(self._sync, since))
            except Rejected as refused:
                # A server restored from a backup does not know its own later tokens.
                log.error("sync_refused", connector=NAME, error=refused)
                await self.patience.until_done(partial(self.shared.delete, self._place))
                await asyncio.sleep(SHORTEST if since else LONGEST)
                since = None
                continue
            at = self.clock()
            batch, later = await self._digest(answer, since)
            self._has_keys_left = await self.machine.maintain()
            self.rooms.synced_at = at
            if batch:
                await self.patience.until_done(partial(deliver, batch), on=Exception)
            if later and since is not None:
                await asyncio.sleep(SECOND_LOOK)
                if missed := await self._second_look(later, since):
                    await self.patience.until_done(partial(deliver, missed), on=Exception)
            delivered = bool(batch or later)
            since = await self.patience.until_done(partial(self._acknowledge, answer, since, delivered))
            self._rounds += 1
            self._heard_at = self.clock()
            if not self.patience.ready.is_set():
                self.patience.well()

    # -- rounds ---------------------------------------------------------------------------------------

    async def _begin(self) -> str | None:
        """The token of last time, if it is of this device."""
        stored = await self.notebook.get("sync")
        saved: Json = orjson.loads(stored) if stored else {}
        await self.pending.load()
        if saved.get("device") != self.device.device:
            return None
        self.rooms.begin(saved["epoch"])
        return saved["token"]

    async def _sync(self, since: str | None) -> Json:
        """Until all is well the homeserver is not to hold the answer: it tells that we listen."""
        wait = LONG_POLL if self.patience.ready.is_set() else 0.0
        kind = FILTER if since is not None else BASELINE
        params = {"timeout": str(int(wait * 1000)), "filter": orjson.dumps(kind).decode()}
        if since is not None:
            params["since"] = since
        answer = await self.api.call("GET", "/sync", params=params, timeout=wait + 60.0)
        if not text_in(answer, "next_batch"):
            raise Deferred(Phrase("delivery.form", what="GET sync"), retry_after=1.0)
        return answer

    async def _digest(self, answer: Json, since: str | None) -> tuple[list[Event], list[RoomUpdate]]:
        """Everything of one answer, made events, and the rooms that are a sibling's to read first. A part
        that fails for a reason of its own is left out."""
        rooms, to_device = object_in(answer, "rooms"), array_in(answer, "to_device", "events")
        self.machine.note_sync(answer)
        keys = await self._keys(to_device, rooms) if to_device or not self._rounds else set[Session]()
        batch: list[Event] = []
        if keys:
            unlocked = partial(self.unreadable.unlocked, keys)
            batch, self._read = await self.patience.until_done(unlocked)
        for room, data in object_in(rooms, "invite").items():
            invited = await self.patience.until_done(partial(self.invitations.note, room, object_in(data)))
            batch += [invited] if invited else []
        later: list[RoomUpdate] = []
        for room, data in object_in(rooms, "join").items():
            if since is None:
                break
            update = RoomUpdate.read(room, data, self.clock())
            only_talk = not (update.gap or update.state) and all(e.state_key is None for e in update.events)
            if only_talk and not self.is_first(room):
                later.append(update)
            else:
                batch += await self._room(update, since)
        for room in object_in(rooms, "leave"):
            await self.patience.until_done(partial(self._left, room))
        return batch, later

    async def _second_look(self, updates: list[RoomUpdate], since: str) -> list[Event]:
        """What is in these rooms that no sibling has stored by now: it is busy, or no more."""
        missed = await self.patience.until_done(partial(self.timeline.not_stored, updates))
        others = [update for update in updates if update not in missed]
        await self.patience.until_done(partial(self.timeline.glance, others))
        return [event for update in missed for event in await self._room(update, since)]

    async def _keys(self, messages: list[object], rooms: Json) -> set[Session]:
        """Take in to-device messages. Returns the keys that came, of last time too when we just started."""
        arrived = set[Session]() if self._rounds else self.pending.sessions
        came: list[Arrival] = []
        for start in range(0, len(messages), KEYS_AT_ONCE):
            came += self.machine.receive(object_in(one) for one in messages[start : start + KEYS_AT_ONCE])
            await asyncio.sleep(0)
        self._looks = LOOKS
        for one in came:
            if await self.patience.until_done(partial(self._is_for_us, one, rooms)):
                arrived.add((one.room, one.session))
            else:
                metrics.ignored.labels(NAME, "foreign_room_key").inc()
                self.machine.olm.megolm.forget(one.session)
        if arrived:
            await self.patience.until_done(partial(self.machine.siblings.share, arrived))
        return arrived

    async def _is_for_us(self, arrival: Arrival, rooms: Json) -> bool:
        """Is it the key of a room that we are in, or are about to be in, from a member? `rooms` are this
        sync's: what it tells is not known of them yet. Who is not known as a member is looked up: a busy
        homeserver may tell of an entry later than it gives the key."""
        if self.invitations.expects(arrival.room) or arrival.room in object_in(rooms, "invite"):
            return True
        data = object_in(rooms, "join", arrival.room)
        told = [*array_in(data, "state", "events"), *array_in(data, "timeline", "events")]
        if any(object_in(event).get("state_key") == arrival.sender for event in told):
            return True
        room = await self.rooms.get(arrival.room)
        if room is not None and arrival.sender in room.joined:
            return True
        if self._looks <= 0:
            return False
        self._looks -= 1
        try:
            return await self.rooms.holds(arrival.room, arrival.sender)
        except Rejected:
            return False
        except Deferred:
            return True

    async def _room(self, update: RoomUpdate, since: str) -> list[Event]:
        """One room's news. A room that always fails, while others do not, is left out and logged."""
        read = partial(self.timeline.read, update, since)
        try:
            return await self.patience.until_done(read, in_vain=self.api.answers)
        except (ConfigurationError, Unusable, StoreError):
            raise
        except Exception as error:  # noqa: BLE001 - one room, whatever is wrong with it
            log.error("room_skipped", connector=NAME, error=error)
            metrics.ignored.labels(NAME, "failed").inc()
            return []

    async def _left(self, room: str) -> None:
        await self.invitations.settle(room)
        await self.rooms.forget(room)
        await self.pending.forget_room(room)
        await self.machine.forget_room(room)

    async def _acknowledge(self, answer: Json, since: str | None, delivered: bool) -> str:
        """All of the answer is durable: remember how far we are."""
        if self._read:
            await self.pending.resolved(self._read)
            self._read = []
        token: str = answer["next_batch"]
        if since is None:  # a new device goes on where its siblings are, or where the last of them was lost
            position = await self.shared.get(self._place)
            token = position.decode() if position else token
            self.rooms.begin(token)
        left = object_in(answer, "rooms").get("leave")
        news = delivered or bool(object_in(answer, "to_device").get("events") or left)
        if news or since is None or self.clock() - self._saved_at > SAVE_EVERY:
            record = {"device": self.device.device, "token": token, "epoch": self.rooms.epoch}
            await self.notebook.set("sync", orjson.dumps(record))
            self._saved_at = self.clock()
            # The siblings may go on from here once nothing waits that only this device knows of.
            nothing_waits = all(one.told for one in self.pending.waiting.values())
            if self.clock() - self._told_at > TELL_EVERY and nothing_waits:
                await self.shared.set(self._place, token.encode())
                self._told_at = self.clock()
        return token
