"""What happens in rooms → events of the core: state, gaps, decryption, what earlier events were, in order.

A timeline may be cut ("limited"): what is missing is read back with `/messages`, from the gap to the last
sync, and comes before it. Nothing from before the bot's own entry is taken: its membership event's place in
the timeline decides, not clocks. One event that fails does not stop the others.

What a reply, an edit or a reaction points to is remembered, or asked for. Nothing is kept beyond the process,
and only what is known for good: what cannot be had now, or read yet, is looked up again.

What matters of our own messages is in clear. A post beside the one that counts, and a growing edit that lands
after the final text, are of a replica that hung; `on_echo` deletes them. A growing edit is late if no final
text follows it: so each is judged when a later edit has had the time to come.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from functools import partial
from itertools import starmap
from typing import Any, TypeVar

import orjson
from cachetools import FIFOCache

from connectors.tchap import events, polls
from connectors.tchap.api import NAME, Api, Path
from connectors.tchap.crypto import Machine, Undecipherable
from connectors.tchap.events import GROWING, KEY, Earlier, Me, Related, mentioned, readable
from connectors.tchap.invitations import Invitations
from connectors.tchap.pending import Pending
from connectors.tchap.rooms import STATE, Room, RoomEvent, Rooms, is_own_join
from core.connector import (
    Address,
    Deleted,
    Echo,
    Edited,
    Event,
    Message,
    OnEcho,
    Readers,
    Stored,
)
from core.connector.untrusted_json import Json, array_in, integer_in, object_in, text_in
from core.errors import Deferred, Rejected, RelaisError, Unusable
from core.language.operators import Phrase
from core.retry import Backoff, beat, retried
from core.telemetry import log, metrics

TALK = ("m.room.message", "m.room.encrypted", "m.room.redaction", "m.reaction", *polls.START)
"""The events that may become events of the core."""
STORED_AS_IT_STANDS = frozenset({"m.room.message", "m.room.encrypted"})
FILTER = orjson.dumps({"types": [*TALK, "m.room.member", "m.room.tombstone"]}).decode()
PAGE = 100
MOST_PAGES = 100
GAP_PER_SENDER, GAP = 4 << 20, 32 << 20
"""Characters of one person's events, and of all, that are taken of a gap: the newest. More is a flood."""
REMEMBERED = 1_024
QUOTED = 4_000
"""Characters of a quoted message that are of use."""
QUOTED_WITHIN = 10.0
"""Seconds that a question waits for the message that it replies to."""
ATTEMPTS, PAUSES = 3, Backoff(0.3, 1.0, at_most=1.0)
"""Pauses before a look-up is tried again."""
FOLLOWS_WITHIN = 3.0
"""Seconds in which the edit that follows a growing one is told, or the growing one is looked at."""
T = TypeVar("T")


def _memory() -> FIFOCache[Any, Any]:
    return FIFOCache(REMEMBERED)


@dataclass(eq=False)
class Timeline:
    """Reads the rooms of the account `me`. `stored` says what siblings have read."""

    api: Api
    machine: Machine
    rooms: Rooms
    pending: Pending
    invitations: Invitations
    stored: Stored | None
    on_echo: OnEcho | None
    _: KW_ONLY
    me: str
    bots: frozenset[str]
    backfill_age: float
    clock: Callable[[], float]
    _names: dict[str, Me] = field(default_factory=dict[str, Me], init=False)
    _events: FIFOCache[tuple[str, str], Related] = field(default_factory=_memory, init=False)
    """By room and event: an id alone is anybody's to name, in any room."""
    _threads: FIFOCache[tuple[str, str], bool] = field(default_factory=_memory, init=False)
    """Whether the bot takes part in a thread."""
    _called: FIFOCache[tuple[str, str], tuple[str, ...]] = field(default_factory=_memory, init=False)
    """Whom the last message of a thread mentions: what they say then answers it."""
    _readers: FIFOCache[tuple[str, str], tuple[Readers]] = field(default_factory=_memory, init=False)
    _looked: FIFOCache[str, float] = field(default_factory=_memory, init=False)
    """When a message that lacks what it replies to was looked at first, by its key."""
    _growing: dict[tuple[str, str], tuple[Echo, float]] = field(default_factory=dict, init=False)
    """The last edit of each message that grows, by room and id, and when it came."""
    _grew: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    """There is an edit to look at."""

    async def read(self, id: str, data: Json, since: str, now: float) -> list[Event]:
        """What happened in a room since the sync token `since`: `data` is what a sync told of it, at the time
        `now`, of which a part may have been left out. Raises Deferred, Rejected (not in it)."""
        timeline = object_in(data, "timeline")
        told = [RoomEvent.read(one, id, now) for one in array_in(timeline, "events")]
        fresh = [event for event in told if event is not None]
        metrics.ignored.labels(NAME, "malformed").inc(len(told) - len(fresh))
        gap = text_in(timeline, "prev_batch") if timeline.get("limited") is True else ""
        missed = await self._missed(id, gap, since) if gap else []
        room = await self.rooms.get(id)
        known = room is not None
        room = room or await self.rooms.reread(id)  # read whole, it is newer than this sync
        if known and (state := array_in(data, "state", "events")):
            self.rooms.apply(room, state)
        happened, me = [*missed, *fresh], self.me
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

    async def glance(self, rooms: Mapping[str, Json], now: float) -> list[str]:
        """Of rooms that a sibling is to read first: those in which something is not stored, by whichever
        replica. In the others only our own messages matter, of which one may be too late. Raises
        StoreError."""
        told = {
            room: [
                event
                for one in array_in(data, "timeline", "events")
                if (event := RoomEvent.read(one, room, now)) is not None
            ]
            for room, data in rooms.items()
        }
        stored = await asyncio.gather(*starmap(self._is_stored, told.items()))
        left = [room for room, is_stored in zip(told, stored, strict=True) if not is_stored]
        own = [one for room in told if room not in left for one in told[room] if one.sender == self.me]
        await asyncio.gather(*map(self.hear, own))
        return left

    async def _is_stored(self, room: str, told: Sequence[RoomEvent]) -> bool:
        others = [event for event in told if event.sender != self.me]
        if not others:
            return True
        if self.stored is None or any(one.type not in STORED_AS_IT_STANDS for one in others):
            return False
        keys = [events.EVENT_KEY % (room, event.id) for event in others]
        return await self.stored(Address(connector=NAME, conversation=room), keys) >= set(keys)

    async def _missed(self, room: str, start: str, since: str) -> list[RoomEvent]:
        """What the sync left out, oldest first: back to the last sync, our entry, or the age cap; nothing
        where the homeserver does not give it."""
        newest_first: list[RoomEvent] = []
        taken: Counter[str] = Counter()
        for _ in range(MOST_PAGES):
            params = {"dir": "b", "from": start, "to": since, "limit": str(PAGE), "filter": FILTER}
            try:
                answer = await self.api.call("GET", ("rooms", room, "messages"), params=params)
            except Rejected as refused:
                log.error("gap_not_read", connector=NAME, error=refused)
                return []
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
                await self.hear(event)
                return []
            if event.type != "m.room.encrypted":
                told = await self.parse(room, event)
                return [told] if told else []
            opened = None
            try:
                opened = await self.machine.open(event)
            except Undecipherable as closed:  # put aside; whose it is may have changed all the same
                await self.pending.add(event, closed.session, unsigned=closed.doubt == "unsigned")
            if opened is not None and room.id in self.pending.episodes:
                await self.pending.readable(room.id)
            told = await self.parse(room, opened) if opened is not None else None
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

    # -- what events point to ---------------------------------------------------------------------------

    async def parse(self, room: Room, event: RoomEvent) -> Event | None:
        """The core's event for one that is in clear. Raises Deferred."""
        name = room.joined.get(self.me, "")
        me = self._names.get(name) or self._names.setdefault(name, Me.of(self.me, name))
        earlier, target = events.NOTHING, events.points_to(event)
        if target is not None or event.thread is not None:
            earlier = await self._earlier(room.id, event, target)
        parsed = events.parse(event, room, me, earlier, bots=self.bots)
        if event.type == "m.room.message":
            self.note(event)
        match parsed:
            case Message() if parsed.addressed and parsed.reply_to:
                return await self._quoting(parsed)
            case Edited():
                return replace(parsed, message=await self._quoting(parsed.message))
            case Deleted():
                self._events.pop((room.id, parsed.target), None)
            case _:
                pass
        return parsed

    async def _earlier(self, room: str, event: RoomEvent, target: str | None) -> Earlier:
        """The `target` that the event points to, and whether its thread is the bot's."""
        thread, related = event.thread, dict[str, Related]()
        edits = event.relation == "m.replace"
        before = None if target is None else await self._look_up(room, target, related)
        if edits and before is not None:
            thread = before.thread
            if before.reply_to is not None:
                await self._look_up(room, before.reply_to, related)
        if thread is None:
            return Earlier(related=related)
        called = () if edits else self._called.get((room, thread)) or ()
        mine = await self._given(partial(self.thread_is_mine, room, thread), False)
        return Earlier(related=related, thread_is_mine=mine, called=called)

    async def _look_up(self, room: str, id: str, related: dict[str, Related]) -> Related | None:
        """An earlier event of the room, which is added to those that are `related`."""
        found = await self._given(partial(self.related, room, id), None)
        if found is not None:
            related[id] = found
        return found

    async def _given(self, look: Callable[[], Awaitable[T]], otherwise: T) -> T:
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
            readers = await self.readers(message.address.conversation, message.reply_to)
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
            before = await self.related(room, id)
            if before is not None and before.sender == self.me:
                return replace(message, unquoted="", quotes_root=False)
            if before is not None and (before.text or before.files):
                readers = await self.readers(room, id)
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

    # -- what is remembered, or asked for ---------------------------------------------------------------

    def note(self, event: RoomEvent) -> None:
        """Remember a readable message."""
        text, files = ("", ()) if event.sender == self.me else readable(event.content, event.reply_to)
        self._events[event.room, event.id] = Related(
            sender=event.sender,
            text=text[:QUOTED],
            files=files,
            thread=event.thread,
            reply_to=event.reply_to,
        )
        if event.thread:
            self._called[event.room, event.thread] = mentioned(event.content)

    async def related(self, room: str, id: str) -> Related | None:
        """What this event of the room was; an event of another room is as good as none. Raises Deferred."""
        if (known := self._events.get((room, id))) is not None:
            return known
        event = RoomEvent.read(await self._patiently(("rooms", room, "event", id)), room)
        if event is None or event.id != id or event.raw.get("room_id") != room:
            return None
        if event.type == "m.room.encrypted":
            try:
                event = await self.machine.open(event)
            except (Undecipherable, Deferred):
                return Related(sender=event.sender, thread=event.thread, reply_to=event.reply_to, sealed=True)
        self.note(event)
        return self._events.get((room, id))

    async def thread_is_mine(self, room: str, root: str) -> bool:
        """Has the bot written in this thread, its root included? Raises Deferred."""
        known = self._threads.get((room, root))
        if known is not None:
            return known
        first = await self.related(room, root)
        if first is not None and first.sender == self.me:
            self._threads[room, root] = True
            return True
        path = ("_matrix", "client", "v1", "rooms", room, "relations", root, "m.thread")
        answer = await self._patiently(path, {"limit": "100"})
        mine = any(object_in(event).get("sender") == self.me for event in array_in(answer, "chunk"))
        if answer:  # else it may be known later
            self._threads[room, root] = mine
        return mine

    async def readers(self, room: str, id: str) -> Readers:
        """Who could read this message of the room when it was said; nobody, when that cannot be known. Raises
        Deferred."""
        known = self._readers.get((room, id))
        if known is None:
            query = orjson.dumps({"types": list(STATE)}).decode()
            path = ("rooms", room, "context", id)
            answer = await self._patiently(path, {"limit": "0", "filter": query})
            event = object_in(answer, "event")
            if event.get("event_id") != id or event.get("room_id") != room:
                return frozenset()
            then = Room.of_state(room, [object_in(one) for one in array_in(answer, "state")], self.me)
            self._readers[room, id] = known = (None if then.open else then.readers,)
        return known[0]

    async def _patiently(self, path: Path, params: dict[str, str] | None = None) -> Json:
        """GET, tried again for a moment; empty when it is not to be had. Raises Deferred."""
        try:
            return await retried(
                lambda: self.api.call("GET", path, params=params),
                on=Deferred,
                but=Unusable,
                most=ATTEMPTS,
                pauses=PAUSES,
            )
        except Rejected:
            return {}

    # -- what our account wrote, on any device, as /sync tells it ----------------------------------------

    async def hear(self, event: RoomEvent) -> None:
        """An event of ours. Raises StoreError."""
        key = text_in(event.content, KEY)
        address = Address(connector=NAME, conversation=event.room, thread=event.thread)
        if event.relation == "m.replace":
            self._growing.pop((event.room, event.target), None)
            if key and (fence := integer_in(event.content, GROWING)):
                echo = Echo(address=address, key=key, id=event.id, fence=fence)
                self._growing[event.room, event.target] = echo, self.clock()
                self._grew.set()
            return
        self._events[event.room, event.id] = Related(sender=self.me, thread=event.thread)
        if event.thread:
            self._threads[event.room, event.thread] = True
            self._called.pop((event.room, event.thread), None)
        # The homeserver tells it to the sending device.
        ours = "transaction_id" in event.unsigned
        if key and not ours and self.on_echo is not None:
            await self.on_echo(Echo(address=address, key=key, id=event.id))

    async def watch(self) -> None:
        """Look at the growing edits that nothing followed. Never returns."""
        while True:
            await self._grew.wait()
            await beat(FOLLOWS_WITHIN / 2)
            await self.api.until_done(self._look)

    async def _look(self) -> None:
        """Raises StoreUnavailable."""
        due = self.clock() - FOLLOWS_WITHIN
        old = {target: echo for target, (echo, at) in self._growing.items() if at <= due}
        if self.on_echo is not None:
            await asyncio.gather(*map(self.on_echo, old.values()))
        for target, echo in old.items():
            if target in self._growing and self._growing[target][0] is echo:
                del self._growing[target]
        if not self._growing:
            self._grew.clear()


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
