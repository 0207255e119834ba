"""One room's part of a sync → events of the core: state, gaps, decryption, look-ups, in order.

A timeline may be cut ("limited"): what is missing is read back with `/messages`, from the gap to the last
sync, and comes before it. Nothing from before the bot's own entry is taken: its membership event's place in
the timeline decides, not clocks. One event that fails does not stop the others.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TypeVar

import orjson

from connectors.tchap import events, polls
from connectors.tchap.api import Api, room_path
from connectors.tchap.crypto import Machine, Undecipherable
from connectors.tchap.events import Me, Related, of_edited, references, thread_of, valid
from connectors.tchap.invitations import Invitations
from connectors.tchap.lookup import Echoes, Lookup
from connectors.tchap.pending import Pending
from connectors.tchap.raw import AT, ORIGIN, Recent, happened
from connectors.tchap.rooms import Room, Rooms, is_own_join
from connectors.tchap.siblings import Siblings
from core.connector import Deleted, Edited, Event, Message
from core.errors import Deferred, Rejected, RelaisError
from core.language.operators import Phrase
from core.telemetry import log, metrics
from core.untrusted_json import Json, array_in, object_in, objects_in, text_in

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


class Timeline:
    """Reads the rooms of the account `me`."""

    def __init__(
        self,
        api: Api,
        machine: Machine,
        siblings: Siblings,
        rooms: Rooms,
        lookup: Lookup,
        pending: Pending,
        echoes: Echoes,
        invitations: Invitations,
        *,
        me: str,
        bots: frozenset[str],
        backfill_age: float,
        clock: Callable[[], float],
    ) -> None:
        self._api = api
        self._machine = machine
        self._siblings = siblings
        self._rooms = rooms
        self._lookup = lookup
        self._pending = pending
        self._echoes = echoes
        self._invitations = invitations
        self._me = me
        self._bots = bots
        self._backfill_age = backfill_age
        self._clock = clock
        self._names: dict[str, Me] = {}
        self._looked: Recent[str, float] = Recent(QUESTIONS)
        """When a message that lacks what it replies to was looked at first, by its key."""

    async def read(self, id: str, data: Json, since: str) -> list[Event]:
        """What happened in a room since the sync token `since`. Raises Deferred, Rejected (not in it)."""
        told = object_in(data, "timeline")
        limited = told.get("limited") is True
        missed = await self._missed(id, text_in(told, "prev_batch"), since) if limited else []
        found = [object_in(one) for one in array_in(told, "events")]
        room = await self._rooms.get(id)
        known = room is not None
        if room is None:  # read whole, it is newer than this sync
            room = await self._rooms.reread(id)
        else:
            self._rooms.apply(room, array_in(data, "state", "events"))
        # Each with: is its state news? Nothing counts from before our own entry.
        happened = [*((event, False) for event in missed), *((event, known) for event in found)]
        entry = next(
            (n for n in reversed(range(len(happened))) if is_own_join(happened[n][0], self._me)), None
        )
        entered = None if entry is None else happened[entry][0]
        if entered is not None and (invitation := await self._invitations.settle(id)):
            room.entered(invitation.inviter, direct=invitation.direct)
        delivered: list[Event] = []
        for event, is_news in happened[entry or 0 :]:
            if "state_key" in event:
                self._rooms.apply(room, (event,) if is_news else ())
                delivered += events.arrived(event, room, self._me)
            else:
                delivered += await self._isolated(room, event)
        if id in self._rooms.unsaved:
            await self._rooms.save(room)
        if any(event.get("type") == "m.room.tombstone" for event in (*missed, *found)):
            await self._invitations.follow(room)
        if entered is None or room.creator == self._me:
            return delivered
        return [events.joined(entered, room), *delivered]

    async def glance(self, rooms: Mapping[str, Json]) -> None:
        """Rooms that a sibling has read: only our own messages matter, of which one may be too late."""
        own = [
            (room, event)
            for room, data in rooms.items()
            for event in objects_in(data, "timeline", "events")
            if valid(event) and event["sender"] == self._me
        ]
        await asyncio.gather(*(self._echoes.hear(room, event) for room, event in own))

    async def _missed(self, room: str, start: str, since: str) -> list[Json]:
        """What the sync left out; nothing where the homeserver does not give it."""
        try:
            return await self._backfill(room, start, since)
        except Rejected as refused:
            log.error("gap_not_read", connector=events.NAME, error=refused)
            return []

    async def _backfill(self, room: str, start: str, since: str) -> list[Json]:
        """What the sync left out, oldest first: back to the last sync, our entry, or the age cap."""
        pages: list[list[Json]] = []
        taken: Counter[str] = Counter()
        for _ in range(MOST_PAGES):
            params = {"dir": "b", "from": start, "to": since, "limit": str(PAGE), "filter": FILTER}
            answer = await self._api.call("GET", room_path(room, "messages"), params=params)
            page = [object_in(one) for one in array_in(answer, "chunk")]
            pages.append([one for one in page if _fits(one, taken)][::-1])
            start = text_in(answer, "end")
            now = self._clock()
            too_old = bool(page) and max(happened(one, now) for one in page) < now - self._backfill_age
            if not start or too_old or any(is_own_join(one, self._me) for one in page):
                break
        return [event for page in reversed(pages) for event in page]

    async def _isolated(self, room: Room, event: Json) -> list[Event]:
        try:
            taken = await self.take(room, event)
            events_of_it = [taken] if taken else []
            if event.get("type") != "m.room.encrypted" or not valid(event) or event["sender"] == self._me:
                return events_of_it
            master = await self._machine.new_identity(event["sender"])  # which is told before their message
            return [*([events.identity_changed(event, room, master)] if master else []), *events_of_it]
        except RelaisError:
            raise
        except Exception as bug:  # noqa: BLE001 - one event, whatever anybody wrote into it
            log.error("event_failed", connector=events.NAME, error=bug)
            metrics.ignored.labels(events.NAME, "failed").inc()
            return []

    async def take(self, room: Room, event: Json) -> Event | None:
        """One event that is no state. What cannot be decrypted is put aside."""
        if not valid(event):
            metrics.ignored.labels(events.NAME, "malformed").inc()
            return None
        if event["sender"] == self._me:
            await self._echoes.hear(room.id, event)
            return None
        event = event | {AT: happened(event, self._clock()), ORIGIN: None}
        if event.get("type") == "m.room.encrypted":
            try:
                event = await self._siblings.open(room.id, event)
            except Undecipherable as closed:
                await self._pending.add(
                    room.id,
                    closed.session,
                    event,
                    at=event[AT],
                    thread=thread_of(event["content"]),
                    unsigned=closed.doubt == "unsigned",
                )
                return None
            await self._pending.readable(room.id)
        return await self.parse(room, event)

    async def parse(self, room: Room, event: Json) -> Event | None:
        wanted = references(event, room.id)
        edits = wanted.edits
        related = await self._related(room.id, wanted.event) if wanted.event else {}
        if edits and (before := related.get(wanted.event or "")):
            wanted = of_edited(before)
            related |= await self._related(room.id, wanted.event) if wanted.event else {}
        mine, called = False, ()
        if (thread := wanted.thread) is not None:
            called = () if edits else self._lookup.called(room.id, thread)
            mine = await self._heard(partial(self._lookup.thread_is_mine, room.id, thread), False)
        name = room.name_of(self._me)
        parsed = events.parse(
            event,
            room=room,
            me=self._names.get(name) or self._names.setdefault(name, Me.of(self._me, name)),
            related=related,
            thread_is_mine=mine,
            called=called,
            bots=self._bots,
        )
        if event.get("type") == "m.room.message":
            self._lookup.note(room.id, event)
        match parsed:
            case Message() if parsed.addressed and parsed.reply_to:
                return await self._quoting(parsed)
            case Edited():
                return replace(parsed, message=await self._quoting(parsed.message))
            case Deleted():
                self._lookup.forget(room.id, parsed.target)
                return parsed
            case _:
                return parsed

    async def _related(self, room: str, id: str) -> dict[str, Related]:
        return await self._heard(partial(self._lookup.related, room, id), {})

    async def _heard(self, look: Callable[[], Awaitable[T]], otherwise: T) -> T:
        """What is looked up; `otherwise` where the homeserver gives other things and not that. Raises
        Deferred: whether a message is meant for the bot may depend on it."""
        try:
            return await look()
        except Deferred as deferred:
            if deferred.limited or not await self._api.answers():
                raise
            return otherwise

    async def _quoting(self, message: Message) -> Message:
        """The message with those who could read what it quotes; without the quotation while they are not
        known."""
        if not message.reply_to or not (message.quoted or message.quoted_files):
            return message
        try:
            readers = await self._lookup.readers(message.address.conversation, message.reply_to)
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
            self._looked[message.key] = self._clock()
        late = self._clock() - self._looked[message.key] >= QUOTED_WITHIN
        try:
            before = (await self._lookup.related(room, id)).get(id)
            if before is not None and before.sender == self._me:
                return replace(message, unquoted="", quotes_root=False)
            if before is not None and (before.text or before.files):
                readers = await self._lookup.readers(room, id)
                return replace(
                    message, quoted=before.text, quoted_files=before.files, quoted_to=readers, unquoted=""
                )
        except Deferred:
            if not late:
                raise
            return message
        if before is not None and before.sealed and not late and self._pending.waits(room, id):
            raise Deferred(Phrase("tchap.key_on_its_way"), retry_after=1.0)
        return message


def _fits(event: Json, taken: Counter[str]) -> bool:
    """May the event be taken, beside what was `taken` of its gap? State always may."""
    sender = text_in(event, "sender")
    size = len(repr(event))
    if "state_key" in event:
        return True
    if taken[sender] + size > GAP_PER_SENDER or taken.total() + size > GAP:
        metrics.ignored.labels(events.NAME, "gap_flood").inc()
        return False
    taken[sender] += size
    return True
