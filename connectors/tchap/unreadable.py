"""Keys that come, and what could not be read before them: read when its key comes, from its sender or a
sibling; else told to the people.

In this order, until somebody was told: a sibling may have the key; the sender is asked for it; a sibling may
have read and stored the message itself, so that it is answered; the person is told, once for an episode.

The sync loop reads a few events when their key comes with the sync, so that they stand before later ones;
all else happens beside it, some at a time: a flood that nobody can read holds nobody's answer up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import partial

from connectors.tchap import events
from connectors.tchap.api import NAME, Api
from connectors.tchap.crypto import Machine, Undecipherable
from connectors.tchap.invitations import Invitations
from connectors.tchap.olm import Arrival
from connectors.tchap.pending import Pending, Session, Waiting
from connectors.tchap.room_events import RoomEvent
from connectors.tchap.rooms import Rooms
from connectors.tchap.timeline import Timeline
from core.connector import Address, Deliver, Event, Stored
from core.connector.untrusted_json import Json, array_in, object_in
from core.errors import Deferred, Rejected, StoreError
from core.retry import beat
from core.telemetry import log, metrics

WATCH_EVERY = 3.0
AT_ONCE = 20
"""Events that are fetched again, and sessions that siblings are asked for, at a time."""
LOOKS = 25
"""Senders of keys who are looked up for one sync because they are not known as members of the key's room."""
KEYS_AT_ONCE = 25
"""To-device messages taken in before other work gets its turn: some milliseconds."""


@dataclass(eq=False)
class Unreadable:
    """Looks after the side list of one device. `stored` says what siblings have read."""

    api: Api
    machine: Machine
    rooms: Rooms
    timeline: Timeline
    pending: Pending
    invitations: Invitations
    stored: Stored | None
    _looks: int = field(default=LOOKS, init=False)

    async def watch(self, deliver: Deliver) -> None:
        """Look after the list every few seconds. Never returns."""
        while True:
            await beat(WATCH_EVERY)
            if len(self.pending):
                try:
                    await self._look_after(deliver)
                except (Deferred, Rejected, StoreError) as error:
                    log.warning("undecryptable_not_told", connector=NAME, error=error)

    async def keys(self, messages: list[object], rooms: Json, *, starts: bool) -> set[Session]:
        """Take in to-device messages. Returns the keys that came, of last time too where this device just
        `starts`."""
        arrived = self.pending.sessions if starts else set[Session]()
        came: list[Arrival] = []
        for start in range(0, len(messages), KEYS_AT_ONCE):
            came += self.machine.receive(object_in(one) for one in messages[start : start + KEYS_AT_ONCE])
            await asyncio.sleep(0)
        self._looks = LOOKS
        for one in came:
            if await self.api.until_done(partial(self._is_for_us, one, rooms)):
                arrived.add((one.room, one.session))
            else:
                metrics.ignored.labels(NAME, "foreign_room_key").inc()
                self.machine.olm.megolm.forget(one.session)
        if arrived:
            await self.api.until_done(partial(self.machine.siblings.share, arrived))
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

    async def unlocked(self, sessions: Collection[Session]) -> tuple[list[Event], list[Waiting]]:
        """Read the first events that waited for these sessions' keys, which came. Returns, in their order,
        what is to be delivered, and the events that can then be dropped; `watch` reads the others."""
        waited = self.pending.of(sessions)
        for one in waited:
            one.tried = False
        return await self._read_first(waited)

    async def _read_first(self, waited: list[Waiting]) -> tuple[list[Event], list[Waiting]]:
        """Read the first of these, those last that failed before. One that cannot be had or opened now
        stays."""
        some = sorted(waited, key=lambda one: one.failures)[:AT_ONCE]
        fetched = await asyncio.gather(*map(self._fetch, some), return_exceptions=True)
        batch: list[Event] = []
        done: list[Waiting] = []
        for one, event in zip(some, fetched, strict=True):
            try:
                told = await self._told(event) if event is not None else None
            except (Rejected, Deferred):
                one.failures += 1
                continue
            except Undecipherable as closed:
                one.tried = closed.doubt is None
                continue
            done.append(one)
            batch += [told] if told else []
        return batch, done

    async def _fetch(self, one: Waiting) -> RoomEvent | None:
        """The event again; None when it is gone (deleted, or no longer ours to read). Raises Deferred."""
        try:
            event = RoomEvent.read(
                await self.api.call("GET", ("rooms", one.room, "event", one.event)), one.room
            )
        except Rejected:
            return None
        if event is None or (event.id, event.sender) != (one.event, one.sender) or not event.content:
            return None
        return replace(event, at=one.at)

    async def _told(self, event: RoomEvent | BaseException) -> Event | None:
        """What the event tells, once opened. Raises what it could not be fetched for."""
        if isinstance(event, BaseException):
            raise event
        opened = await self.machine.open(event)
        return await self.timeline.parse(await self.rooms.known(event.room), opened)

    async def _look_after(self, deliver: Deliver) -> None:
        await self.pending.forget_old()
        await self._look_for_keys(deliver)
        for one in self.pending.to_ask():
            await self.machine.ask_for_key(one.room, one.session, one.sender)
        await self._leave_to_siblings()
        notices: list[Event] = []
        for one, episode in self.pending.to_tell():
            try:
                known = partial(self.rooms.known, one.room)
                room = await self.api.until_done(known, gives_up=True)
            except (Rejected, Deferred):
                continue
            notices.append(
                events.undecryptable(
                    room,
                    sender=one.sender,
                    at=one.at,
                    thread=one.thread,
                    episode=episode,
                    unsigned=one.unsigned,
                )
            )
            metrics.undecryptable.labels(NAME).inc()
        if notices:
            await self.api.until_done(partial(deliver, notices), on=Exception)
        await self.pending.told()

    async def _look_for_keys(self, deliver: Deliver) -> None:
        """Read what this device, or a sibling, has the key of meanwhile, from a device that is trusted
        now."""
        for session in self.pending.to_look_for(AT_ONCE):
            await self.machine.siblings.find(*session)
        here = self.pending.of({each for each in self.pending.sessions if self.machine.room_key(*each)})
        await self.machine.known_devices.learn({one.sender for one in here})
        readable: list[Waiting] = []
        for one in here:
            key = self.machine.room_key(one.room, one.session)
            known = self.machine.known_devices.trusted[one.sender]
            trusted = None if key is None else known.get((key.sender_key, key.ed25519))
            one.unsigned = trusted is False
            if trusted and not one.tried:
                readable.append(one)
        batch, done = await self._read_first(readable)
        if batch:
            await self.api.until_done(partial(deliver, batch), on=Exception)
        await self.pending.resolved(done)

    async def _leave_to_siblings(self) -> None:
        """What a sibling could read, and has stored, is answered: nobody is to be told of it."""
        overdue = self.pending.overdue()
        if self.stored is None or not overdue:
            return
        for room in {one.room for one in overdue}:
            keys = {events.EVENT_KEY % (room, one.event): one for one in overdue if one.room == room}
            address = Address(connector=NAME, conversation=room)
            known = await self.stored(address, list(keys))
            await self.pending.resolved([keys[key] for key in known])
