"""What happens in rooms → events of the core: state, gaps, decryption, what earlier events were, in order.

A timeline may be cut ("limited"). What is missing is read back (`gaps`) and comes first. Nothing from before
the bot's own entry is taken: the place of its membership event in the timeline decides, not clocks. One event
that fails does not stop the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import starmap

from connectors.tchap import events
from connectors.tchap.api import NAME
from connectors.tchap.crypto import Machine, Undecipherable
from connectors.tchap.earlier import EarlierEvents
from connectors.tchap.echoes import Echoes
from connectors.tchap.gaps import Gaps
from connectors.tchap.invitations import Invitations
from connectors.tchap.mentions import Me
from connectors.tchap.pending import Pending
from connectors.tchap.quotations import Quotations
from connectors.tchap.room import Room
from connectors.tchap.room_events import RoomEvent, is_own_join
from connectors.tchap.rooms import Rooms
from core.connector import Address, Deleted, Edited, Event, Message, Stored
from core.connector.untrusted_json import Json, array_in, object_in, text_in
from core.errors import RelaisError
from core.telemetry import log, metrics

STORED_AS_IT_STANDS = frozenset({"m.room.message", "m.room.encrypted"})
"""The events of which the inbox stores one under the event's own key."""


@dataclass(eq=False, kw_only=True)
class Timeline:
    """Reads the rooms of the account `me`. `bots` are the accounts known to be programs. `stored` says what
    siblings have read."""

    machine: Machine
    rooms: Rooms
    pending: Pending
    invitations: Invitations
    stored: Stored | None
    gaps: Gaps
    earlier: EarlierEvents
    quotations: Quotations
    echoes: Echoes
    me: str
    bots: frozenset[str]
    _names: dict[str, Me] = field(default_factory=dict[str, Me], init=False)

    async def read(self, id: str, data: Json, since: str, now: float) -> list[Event]:
        """The events of a room since the sync token `since`. `data` is what a sync told of the room at the
        time `now`, of which a part may have been left out. Raises Deferred, and Rejected outside of the
        room."""
        timeline = object_in(data, "timeline")
        given = array_in(timeline, "events")
        fresh = _well_formed(given, id, now)
        metrics.ignored.labels(NAME, "malformed").inc(len(given) - len(fresh))
        missed = await self._missed(id, timeline, since)
        room = await self.rooms.get(id)
        known = room is not None
        room = room or await self.rooms.reread(id)  # read whole, it is newer than this sync
        if known and (state := array_in(data, "state", "events")):
            self.rooms.apply(room, state)
        happened = [*missed, *fresh]
        entry = _last_entry(happened, self.me)
        if entry is not None and (invitation := await self.invitations.settle(room.id)):
            room.entered(invitation.inviter, direct=invitation.direct)
        delivered: list[Event] = []
        first = entry or 0
        for place, event in enumerate(happened[first:], first):
            if event.state_key is None:
                delivered += await self._take(room, event)
                continue
            if known and place >= len(missed):
                self.rooms.apply(room, (event.raw,))
            delivered += events.arrived(event, room, self.me)
        await self._conclude(room, happened)
        if entry is None or room.creator == self.me:
            return delivered
        return [events.joined(happened[entry], room), *delivered]

    async def _missed(self, room: str, timeline: Json, since: str) -> list[RoomEvent]:
        """The events that the sync left out of the timeline, oldest first."""
        start = text_in(timeline, "prev_batch")
        if timeline.get("limited") is not True or not start:
            return []
        return await self.gaps.read(room, start, since)

    async def _conclude(self, room: Room, happened: Sequence[RoomEvent]) -> None:
        """Store what changed of the room, and follow it if it was upgraded."""
        if room.id in self.rooms.unsaved:
            await self.rooms.save(room)
        if any(event.type == "m.room.tombstone" for event in happened):
            await self.invitations.follow(room)

    async def glance(self, rooms: Mapping[str, Json], now: float) -> list[str]:
        """Of rooms that a sibling is to read first, those in which something is not stored yet, by any
        replica. In the other rooms only our own messages matter, one of which may be too late. Raises
        StoreError."""
        news = {
            room: _well_formed(array_in(data, "timeline", "events"), room, now)
            for room, data in rooms.items()
        }
        stored = await asyncio.gather(*starmap(self._is_stored, news.items()))
        left = [room for room, is_stored in zip(news, stored, strict=True) if not is_stored]
        own = [one for room in news if room not in left for one in news[room] if one.sender == self.me]
        await asyncio.gather(*map(self.hear, own))
        return left

    async def _is_stored(self, room: str, news: Sequence[RoomEvent]) -> bool:
        others = [event for event in news if event.sender != self.me]
        if not others:
            return True
        if self.stored is None or any(one.type not in STORED_AS_IT_STANDS for one in others):
            return False
        keys = [events.EVENT_KEY % (room, event.id) for event in others]
        return await self.stored(Address(connector=NAME, conversation=room), keys) >= set(keys)

    async def _take(self, room: Room, event: RoomEvent) -> list[Event]:
        """The core's events for an event that is not state. One that fails does not stop the others."""
        try:
            if event.sender == self.me:
                await self.hear(event)
                return []
            if event.type == "m.room.encrypted":
                return await self._take_encrypted(room, event)
            parsed = await self.parse(room, event)
            return [parsed] if parsed else []
        except RelaisError:
            raise
        except Exception as bug:  # noqa: BLE001 - one event, whatever anybody wrote into it
            log.error("event_failed", connector=NAME, error=bug)
            metrics.ignored.labels(NAME, "failed").inc()
            return []

    async def _take_encrypted(self, room: Room, event: RoomEvent) -> list[Event]:
        """The core's events for an encrypted event. One that cannot be read yet is put aside. Its sender's
        identity may have changed all the same, and the person is told so before their message."""
        opened = None
        try:
            opened = await self.machine.open(event)
        except Undecipherable as closed:
            await self.pending.add(event, closed.session, unsigned=closed.doubt == "unsigned")
        if opened is not None and room.id in self.pending.episodes:
            await self.pending.readable(room.id)
        parsed = await self.parse(room, opened) if opened is not None else None
        changed = await self._identity_changed(room, event)
        return [*changed, parsed] if parsed else changed

    async def _identity_changed(self, room: Room, event: RoomEvent) -> list[Event]:
        """The news that the sender of an event has a new identity, once over all replicas. The same event
        brings it each time that it is read, even if later events were read before. Raises StoreError."""
        identity = self.machine.known_devices.identities[event.sender]
        if identity is None or not identity.changed:
            return []
        is_news = await self.machine.known_devices.pins.told_by(event.sender, identity.master, event.id)
        return [events.identity_changed(event, room, identity.master)] if is_news else []

    async def parse(self, room: Room, event: RoomEvent) -> Event | None:
        """The core's event for an event that is in clear. Raises Deferred."""
        name = room.joined.get(self.me, "")
        me = self._names.get(name) or self._names.setdefault(name, Me.of(self.me, name))
        earlier, target = events.NOTHING, events.points_to(event)
        if target is not None or event.thread is not None:
            earlier = await self.earlier.before(event, target)
        parsed = events.parse(event, room, me, earlier, bots=self.bots)
        if event.type == "m.room.message":
            self.earlier.note(event)
        match parsed:
            case Message() if parsed.addressed and parsed.reply_to:
                return await self.quotations.with_readers(parsed)
            case Edited():
                return replace(parsed, message=await self.quotations.with_readers(parsed.message))
            case Deleted():
                self.earlier.forget(room.id, parsed.target)
            case _:
                pass
        return parsed

    async def hear(self, event: RoomEvent) -> None:
        """Take in an event of our own account. Raises StoreError."""
        if event.relation == "m.replace":
            self.echoes.edited(event)
            return
        self.earlier.note_own(event)
        await self.echoes.posted(event)


def _well_formed(given: Sequence[object], room: str, now: float) -> list[RoomEvent]:
    """The events of a room that have the form of events."""
    return [event for one in given if (event := RoomEvent.read(one, room, now)) is not None]


def _last_entry(happened: Sequence[RoomEvent], me: str) -> int | None:
    """The place of the event by which the bot entered last. Nothing counts from before it."""
    entries = [place for place, event in enumerate(happened) if is_own_join(event, me)]
    return entries[-1] if entries else None
