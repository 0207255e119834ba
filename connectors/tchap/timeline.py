"""One room's part of a sync → events of the core: state, gaps, decryption, look-ups, in order.

A timeline may be cut ("limited"): what is missing is read back with `/messages`, from the gap to the last
sync, and comes before it. Nothing from before the bot's own entry is taken: its membership event's place in
the timeline decides, not clocks. One event that fails does not stop the others.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from functools import partial
from typing import TypeVar

import orjson

from connectors.tchap import events, polls
from connectors.tchap.api import NAME, Api, room_path
from connectors.tchap.crypto import Machine, Undecipherable
from connectors.tchap.events import Me, Related, Scene
from connectors.tchap.invitations import Invitations
from connectors.tchap.lookup import Lookup
from connectors.tchap.pending import Pending
from connectors.tchap.rooms import Room, RoomEvent, Rooms, is_own_join
from core.connector import Address, Deleted, Edited, Event, Message, Recent, Stored
from core.errors import Deferred, Rejected, RelaisError
from core.language.operators import Phrase
from core.telemetry import log, metrics
from core.untrusted_json import Json, array_in, object_in, text_in

TALK = ("m.room.message", "m.room.encrypted", "m.room.redaction", "m.reaction", *polls.START)
"""The events that may become events of the core."""
PAGE = 100
MOST_PAGES = 100
QUOTED_WITHIN = 10.0
"""Seconds that a question waits for the message that it replies to."""
QUESTIONS = 1_024
GAP_PER_SENDER, GAP = 4 << 20, 32 << 20
"""Characters of one person's events, and of all, that are taken of a gap: the newest. More is a flood."""
T = TypeVar("T")
FILTER = orjson.dumps({"types": [*TALK, "m.room.member", "m.room.tombstone"]}).decode()


STORED_AS_IT_STANDS = frozenset({"m.room.message", "m.room.encrypted"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoomUpdate:
    """What one sync tells of a room: state from before its timeline, then its `events`. `gap` is where what
    it leaves out ends; empty when it leaves out nothing."""

    room: str
    state: list[Json]
    events: list[RoomEvent]
    gap: str

    @classmethod
    def read(cls, room: str, given: object, now: float) -> RoomUpdate:
        timeline = object_in(given, "timeline")
        told = [RoomEvent.read(one, room, now) for one in array_in(timeline, "events")]
        found = [event for event in told if event is not None]
        if len(found) < len(told):
            metrics.ignored.labels(NAME, "malformed").inc(len(told) - len(found))
        limited = timeline.get("limited") is True
        return cls(
            room=room,
            state=[object_in(one) for one in array_in(given, "state", "events")],
            events=found,
            gap=text_in(timeline, "prev_batch") if limited else "",
        )

    @property
    def only_talk(self) -> bool:
        """Is there nothing but whole talk: no state, no gap?"""
        return not self.gap and not self.state and all(event.state_key is None for event in self.events)


@dataclass(eq=False)
class Timeline:
    """Reads the rooms of the account `me`. `stored` says what siblings have read."""

    api: Api
    machine: Machine
    rooms: Rooms
    lookup: Lookup
    pending: Pending
    invitations: Invitations
    stored: Stored | None
    _: KW_ONLY
    me: str
    bots: frozenset[str]
    backfill_age: float
    clock: Callable[[], float]
    _names: dict[str, Me] = field(default_factory=dict[str, Me], init=False)
    _looked: Recent[str, float] = field(default_factory=lambda: Recent(QUESTIONS), init=False)
    """When a message that lacks what it replies to was looked at first, by its key."""

    async def read(self, update: RoomUpdate, since: str) -> list[Event]:
        """What happened in a room since the sync token `since`. Raises Deferred, Rejected (not in it)."""
        missed = await self._missed(update.room, update.gap, since) if update.gap else []
        room = await self.rooms.get(update.room)
        known = room is not None
        room = room or await self.rooms.reread(update.room)  # read whole, it is newer than this sync
        if known and update.state:
            self.rooms.apply(room, update.state)
        happened, me = [*missed, *update.events], self.me
        own = [n for n, event in enumerate(happened) if event.state_key == me and is_own_join(event, me)]
        entry = own[-1] if own else None
        if entry is not None and (invitation := await self.invitations.settle(room.id)):
            room.entered(invitation.inviter, direct=invitation.direct)
        delivered: list[Event] = []
        for n, event in enumerate(happened[entry or 0 :], entry or 0):  # nothing counts from before our entry
            if event.state_key is None:
                delivered += await self._take(room, event)
            else:
                delivered += self._changed(room, event, is_news=known and n >= len(missed))
        if room.id in self.rooms.unsaved:
            await self.rooms.save(room)
        if any(event.type == "m.room.tombstone" for event in happened):
            await self.invitations.follow(room)
        if entry is None or room.creator == self.me:
            return delivered
        return [events.joined(happened[entry], room), *delivered]

    def _changed(self, room: Room, event: RoomEvent, *, is_news: bool) -> list[Event]:
        """What an event tells that is state of the room, and news where the room was known before."""
        if is_news:
            self.rooms.apply(room, (event.raw,))
        return events.arrived(event, room, self.me)

    async def not_stored(self, updates: Sequence[RoomUpdate]) -> list[RoomUpdate]:
        """Those in which something is not stored, by whichever replica. Raises StoreError."""
        found = await asyncio.gather(*map(self._is_stored, updates))
        return [update for update, stored in zip(updates, found, strict=True) if not stored]

    async def _is_stored(self, update: RoomUpdate) -> bool:
        others = [event for event in update.events if event.sender != self.me]
        if not others:
            return True
        if self.stored is None or any(one.type not in STORED_AS_IT_STANDS for one in others):
            return False
        keys = [events.key_of(event.room, event.id) for event in others]
        return await self.stored(Address(connector=NAME, conversation=update.room), keys) >= set(keys)

    async def glance(self, updates: Sequence[RoomUpdate]) -> None:
        """Rooms that a sibling has read: only our own messages matter, of which one may be too late."""
        own = [event for update in updates for event in update.events if event.sender == self.me]
        await asyncio.gather(*map(self.lookup.hear, own))

    async def _missed(self, room: str, start: str, since: str) -> list[RoomEvent]:
        """What the sync left out; nothing where the homeserver does not give it."""
        try:
            return await self._backfill(room, start, since)
        except Rejected as refused:
            log.error("gap_not_read", connector=NAME, error=refused)
            return []

    async def _backfill(self, room: str, start: str, since: str) -> list[RoomEvent]:
        """What the sync left out, oldest first: back to the last sync, our entry, or the age cap."""
        newest_first: list[RoomEvent] = []
        taken: Counter[str] = Counter()
        for _ in range(MOST_PAGES):
            params = {"dir": "b", "from": start, "to": since, "limit": str(PAGE), "filter": FILTER}
            answer = await self.api.call("GET", room_path(room, "messages"), params=params)
            now = self.clock()
            told = (RoomEvent.read(one, room, now) for one in array_in(answer, "chunk"))
            page = [event for event in told if event is not None]
            newest_first += [event for event in page if _fits(event, taken)]
            start = text_in(answer, "end")
            too_old = bool(page) and max(event.at for event in page) < now - self.backfill_age
            if not start or too_old or any(is_own_join(event, self.me) for event in page):
                break
        return newest_first[::-1]

    async def _take(self, room: Room, event: RoomEvent) -> list[Event]:
        """What an event tells that is no state; one that fails does not stop the others."""
        try:
            if event.sender == self.me:
                await self.lookup.hear(event)
                return []
            if event.type != "m.room.encrypted":
                told = await self.parse(room, event)
                return [told] if told else []
            opened = await self._opened(event)
            told = await self.parse(room, opened) if opened else None
            identity, changed = self.machine.identities[event.sender], list[Event]()
            if identity is not None and identity.changed:  # told before their message
                changed = await self._identity_changed(room, event, identity.master)
            return [*changed, told] if told else changed
        except RelaisError:
            raise
        except Exception as bug:  # noqa: BLE001 - one event, whatever anybody wrote into it
            log.error("event_failed", connector=NAME, error=bug)
            metrics.ignored.labels(NAME, "failed").inc()
            return []

    async def _identity_changed(self, room: Room, event: RoomEvent, master: str) -> list[Event]:
        """What tells the person of their new identity with their event, once over all replicas: the event
        tells it each time that it is read, and others after it may have been. Raises StoreError."""
        told = await self.machine.pins.told_by(event.sender, master, event.id)
        return [events.identity_changed(event, room, master)] if told else []

    async def _opened(self, event: RoomEvent) -> RoomEvent | None:
        """The event decrypted; one that cannot be is put aside."""
        try:
            opened = await self.machine.open(event)
        except Undecipherable as closed:
            await self.pending.add(event, closed.session, unsigned=closed.doubt == "unsigned")
            return None
        if event.room in self.pending.episodes:
            await self.pending.readable(event.room)
        return opened

    async def parse(self, room: Room, event: RoomEvent) -> Event | None:
        """The core's event for one that is in clear. Raises Deferred."""
        parsed = events.parse(event, await self._scene(room, event))
        if event.type == "m.room.message":
            self.lookup.note(event)
        match parsed:
            case Message() if parsed.addressed and parsed.reply_to:
                return await self._quoting(parsed)
            case Edited():
                return replace(parsed, message=await self._quoting(parsed.message))
            case Deleted():
                self.lookup.forget(room.id, parsed.target)
            case _:
                pass
        return parsed

    async def _scene(self, room: Room, event: RoomEvent) -> Scene:
        """What the event is read with: what it points to, looked up, and whether its thread is the bot's."""
        thread, related = event.thread, dict[str, Related]()
        if (target := events.points_to(event)) is not None:
            before = await self._look_up(room.id, target, related)
            if event.relation == "m.replace" and before is not None:
                thread = before.thread
                if before.reply_to is not None:
                    await self._look_up(room.id, before.reply_to, related)
        mine, called = False, ()
        if thread is not None:
            called = () if event.relation == "m.replace" else self.lookup.called(room.id, thread)
            mine = await self._heard(partial(self.lookup.thread_is_mine, room.id, thread), False)
        name = room.joined.get(self.me, "")
        me = self._names.get(name) or self._names.setdefault(name, Me.of(self.me, name))
        return Scene(room=room, me=me, related=related, thread_is_mine=mine, called=called, bots=self.bots)

    async def _look_up(self, room: str, id: str, related: dict[str, Related]) -> Related | None:
        """An earlier event of the room, which is added to those that are `related`."""
        found = await self._heard(partial(self.lookup.related, room, id), None)
        if found is not None:
            related[id] = found
        return found

    async def _heard(self, look: Callable[[], Awaitable[T]], otherwise: T) -> T:
        """What is looked up; `otherwise` where the homeserver gives other things and not that. Raises
        Deferred: whether a message is meant for the bot may depend on it."""
        try:
            return await look()
        except Deferred as deferred:
            if deferred.limited or not await self.api.answers():
                raise
            return otherwise

    async def _quoting(self, message: Message) -> Message:
        """The message with those who could read what it quotes; without the quotation while they are not
        known."""
        if not message.reply_to or not (message.quoted or message.quoted_files):
            return message
        try:
            readers = await self.lookup.readers(message.address.conversation, message.reply_to)
        except Deferred:
            return replace(message, quoted="", quoted_files=(), unquoted="unread")
        return replace(message, quoted_to=readers)

    async def described(self, message: Message, root: str | None) -> Message:
        """The message with what it replies to, which could not be read when it came, or has a file that may
        be deleted since; else with the message `root`. Raises Deferred for `QUOTED_WITHIN` seconds from the
        first look on while the homeserver may give it, or its key may come."""
        replies = message.unquoted == "unread" or bool(message.quoted_files)
        id = message.reply_to if replies else None if message.quoted else root
        if id is None:
            return message
        room = message.address.conversation
        message = replace(message, quoted="", quoted_files=(), unquoted="unread", quotes_root=not replies)
        if message.key not in self._looked:
            self._looked[message.key] = self.clock()
        late = self.clock() - self._looked[message.key] >= QUOTED_WITHIN
        try:
            before = await self.lookup.related(room, id)
            if before is not None and before.sender == self.me:
                return replace(message, unquoted="", quotes_root=False)
            if before is not None and (before.text or before.files):
                readers = await self.lookup.readers(room, id)
                return replace(
                    message, quoted=before.text, quoted_files=before.files, quoted_to=readers, unquoted=""
                )
        except Deferred:
            if not late:
                raise
            return message
        if before is not None and before.sealed and not late and self.pending.waits(room, id):
            raise Deferred(Phrase("tchap.key_on_its_way"), retry_after=1.0)
        return message


def _fits(event: RoomEvent, taken: Counter[str]) -> bool:
    """May the event be taken, beside what was `taken` of its gap? State always may."""
    if event.state_key is not None:
        return True
    size = len(repr(event.raw))
    if taken[event.sender] + size > GAP_PER_SENDER or taken.total() + size > GAP:
        metrics.ignored.labels(NAME, "gap_flood").inc()
        return False
    taken[event.sender] += size
    return True
