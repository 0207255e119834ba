"""What earlier events were: those that a reply, an edit or a reaction points to, and what our account wrote.

A small cache before requests. Nothing is kept beyond the process, and only what is known for good: what
cannot be had now, or read yet, is looked up again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import orjson

from connectors.tchap.api import NAME, Api, Patience, room_path
from connectors.tchap.crypto import Machine, Undecipherable
from connectors.tchap.events import Related, mentioned, readable
from connectors.tchap.render import GROWING, KEY
from connectors.tchap.rooms import STATE, Room, RoomEvent
from core.connector import Address, Echo, OnEcho, Readers, Recent
from core.errors import Deferred, Rejected, Unusable
from core.retry import Backoff, retried
from core.rhythm import beat
from core.untrusted_json import Json, array_in, integer_in, object_in, text_in

KEPT = 1_024
QUOTED = 4_000
"""Characters of a quoted message that are of use."""
FOLLOWS_WITHIN = 3.0
"""Seconds in which the edit that follows a growing one is told, or the growing one is looked at."""
ATTEMPTS, PAUSES = 3, Backoff(0.3, 1.0, at_most=1.0)
"""Pauses before a look-up is tried again."""


class Lookup:
    """Finds related events for the account `me`. All that is asked of the homeserver raises Deferred.

    What matters of our own messages is in clear. A post beside the one that counts, and a growing edit that
    lands after the final text, are of a replica that hung; `on_echo` deletes them. A growing edit is late if
    no final text follows it: so each is judged when a later edit has had the time to come."""

    def __init__(
        self,
        api: Api,
        machine: Machine,
        me: str,
        *,
        on_echo: OnEcho | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._api = api
        self._machine = machine
        self._me = me
        self._events: Recent[tuple[str, str], Related] = Recent(KEPT)
        """By room and event: an id alone is anybody's to name, in any room."""
        self._threads: Recent[tuple[str, str], bool] = Recent(KEPT)
        self._called: Recent[tuple[str, str], tuple[str, ...]] = Recent(KEPT)
        """Whom the last message of a thread mentions."""
        self._readers: Recent[tuple[str, str], tuple[Readers]] = Recent(KEPT)
        self._on_echo = on_echo
        self._clock = clock
        self._grew = asyncio.Event()
        """There is an edit to look at."""
        self._growing: dict[tuple[str, str], tuple[Echo, float]] = {}
        """The last edit of each message that grows, by room and id, and when it came."""

    def note(self, event: RoomEvent) -> None:
        """Remember a readable message."""
        text, files = ("", ()) if event.sender == self._me else readable(event.content, event.reply_to)
        self._events[event.room, event.id] = Related(
            sender=event.sender,
            text=text[:QUOTED],
            files=files,
            thread=event.thread,
            reply_to=event.reply_to,
        )
        if event.thread:
            self._called[event.room, event.thread] = mentioned(event.content)

    def called(self, room: str, thread: str) -> tuple[str, ...]:
        """Whom the last message of a thread mentions: what they say then answers it."""
        return self._called.get((room, thread)) or ()

    def forget(self, room: str, id: str) -> None:
        """This message was deleted."""
        self._events.pop((room, id), None)

    def note_own(self, room: str, id: str, thread: str | None) -> None:
        """The bot wrote this message, in this room and thread."""
        self._events[room, id] = Related(sender=self._me, thread=thread)
        if thread:
            self._threads[room, thread] = True
            self._called.pop((room, thread), None)

    async def readers(self, room: str, id: str) -> Readers:
        """Who could read this message of the room when it was said; nobody, when that cannot be known. Raises
        Deferred."""
        known = self._readers.get((room, id))
        if known is None:
            query = orjson.dumps({"types": list(STATE)}).decode()
            path = room_path(room, "context", id)
            answer = await self._patiently(path, {"limit": "0", "filter": query})
            event = object_in(answer, "event")
            if event.get("event_id") != id or event.get("room_id") != room:
                return frozenset()
            then = Room.of_state(room, [object_in(one) for one in array_in(answer, "state")], self._me)
            self._readers[room, id] = known = (None if then.open else then.readers,)
        return known[0]

    async def related(self, room: str, id: str) -> Related | None:
        """What this event of the room was; an event of another room is as good as none. Raises Deferred."""
        return self._events.get((room, id)) or await self._read(room, id)

    async def thread_is_mine(self, room: str, root: str) -> bool:
        """Has the bot written in this thread, its root included? Raises Deferred."""
        known = self._threads.get((room, root))
        if known is not None:
            return known
        first = await self.related(room, root)
        if first is not None and first.sender == self._me:
            self._threads[room, root] = True
            return True
        path = f"/_matrix/client/v1{room_path(room, 'relations', root, 'm.thread')}"
        answer = await self._patiently(path, {"limit": "100"})
        mine = any(object_in(event).get("sender") == self._me for event in array_in(answer, "chunk"))
        if answer:  # else it may be known later
            self._threads[room, root] = mine
        return mine

    async def _read(self, room: str, id: str) -> Related | None:
        event = RoomEvent.read(await self._patiently(room_path(room, "event", id), None), room)
        if event is None or event.id != id or event.raw.get("room_id") != room:
            return None
        if event.type == "m.room.encrypted":
            try:
                event = await self._machine.open(event)
            except (Undecipherable, Deferred):
                return Related(sender=event.sender, thread=event.thread, reply_to=event.reply_to, sealed=True)
        self.note(event)
        return self._events.get((room, id))

    async def _patiently(self, path: str, params: dict[str, str] | None) -> Json:
        """GET, tried again for a moment; empty when it is not to be had. Raises Deferred."""
        try:
            return await retried(
                lambda: self._api.call("GET", path, params=params),
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
                self._growing[event.room, event.target] = echo, self._clock()
                self._grew.set()
            return
        self.note_own(event.room, event.id, event.thread)
        # The homeserver tells it to the sending device.
        ours = "transaction_id" in event.unsigned
        if key and not ours and self._on_echo is not None:
            await self._on_echo(Echo(address=address, key=key, id=event.id))

    async def watch(self, patience: Patience) -> None:
        """Look at the growing edits that nothing followed. Never returns."""
        while True:
            await self._grew.wait()
            await beat(FOLLOWS_WITHIN / 2)
            await patience.until_done(self._look)

    async def _look(self) -> None:
        """Raises StoreUnavailable."""
        due = self._clock() - FOLLOWS_WITHIN
        old = {target: echo for target, (echo, at) in self._growing.items() if at <= due}
        if self._on_echo is not None:
            await asyncio.gather(*map(self._on_echo, old.values()))
        for target, echo in old.items():
            if target in self._growing and self._growing[target][0] is echo:
                del self._growing[target]
        if not self._growing:
            self._grew.clear()
