"""What earlier events were: those that a reply, an edit or a reaction points to, and what our account wrote.

A small cache before requests. Nothing is kept beyond the process, and only what is known for good: what
cannot be had now, or read yet, is looked up again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import orjson

from connectors.tchap import events
from connectors.tchap.api import Api, room_path
from connectors.tchap.crypto import Undecipherable
from connectors.tchap.events import Related, mentioned, readable, reply_of, thread_of, valid
from connectors.tchap.patience import Patience
from connectors.tchap.raw import GROWING, KEY, Recent, relation
from connectors.tchap.rooms import STATE, Room
from connectors.tchap.siblings import Siblings
from core.connector import Address, Echo, OnEcho, Readers
from core.errors import Deferred, Rejected, Unusable
from core.retry import Backoff, retried
from core.rhythm import beat
from core.untrusted_json import Json, array_in, integer_in, object_in, text_in

KEPT = 1_024
QUOTED = 4_000
"""Characters of a quoted message that are of use."""
ATTEMPTS, PAUSES = 3, Backoff(0.3, 1.0, at_most=1.0)
"""Pauses before a look-up is tried again."""


class Lookup:
    """Finds related events for the account `me`. All that is asked of the homeserver raises Deferred."""

    def __init__(self, api: Api, siblings: Siblings, me: str) -> None:
        self._api = api
        self._siblings = siblings
        self._me = me
        self._events: Recent[tuple[str, str], Related] = Recent(KEPT)
        """By room and event: an id alone is anybody's to name, in any room."""
        self._threads: Recent[tuple[str, str], bool] = Recent(KEPT)
        self._called: Recent[tuple[str, str], tuple[str, ...]] = Recent(KEPT)
        """Whom the last message of a thread mentions."""
        self._readers: Recent[tuple[str, str], tuple[Readers]] = Recent(KEPT)

    def note(self, room: str, raw: Json) -> None:
        """Remember a readable message of a room."""
        content = object_in(raw, "content")
        text, files = ("", ()) if raw["sender"] == self._me else readable(content)
        self._events[room, raw["event_id"]] = Related(
            sender=raw["sender"],
            text=text[:QUOTED],
            files=files,
            thread=thread_of(content),
            reply_to=reply_of(content),
        )
        if thread := thread_of(content):
            self._called[room, thread] = mentioned(content)

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

    async def related(self, room: str, id: str) -> dict[str, Related]:
        """What this event of the room was, by its id; an event of another room is as good as none. Raises
        Deferred."""
        known = self._events.get((room, id)) or await self._read(room, id)
        return {} if known is None else {id: known}

    async def thread_is_mine(self, room: str, root: str) -> bool:
        """Has the bot written in this thread, its root included? Raises Deferred."""
        known = self._threads.get((room, root))
        if known is not None:
            return known
        first = await self.related(room, root)
        if root in first and first[root].sender == self._me:
            self._threads[room, root] = True
            return True
        path = f"/_matrix/client/v1{room_path(room, 'relations', root, 'm.thread')}"
        answer = await self._patiently(path, {"limit": "100"})
        mine = any(object_in(event).get("sender") == self._me for event in array_in(answer, "chunk"))
        if answer:  # else it may be known later
            self._threads[room, root] = mine
        return mine

    async def _read(self, room: str, id: str) -> Related | None:
        raw = await self._patiently(room_path(room, "event", id), None)
        if not valid(raw) or raw["event_id"] != id or raw.get("room_id") != room:
            return None
        if raw.get("type") == "m.room.encrypted":
            try:
                raw = await self._siblings.open(room, raw)
            except (Undecipherable, Deferred):
                clear = object_in(raw["content"])
                return Related(
                    sender=raw["sender"], thread=thread_of(clear), reply_to=reply_of(clear), sealed=True
                )
        self.note(room, raw)
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


FOLLOWS_WITHIN = 3.0
"""Seconds in which the edit that follows a growing one is told, or the growing one is looked at."""


class Echoes:
    """Hears what our account wrote, on any device, as /sync tells it. What matters of it is in clear.

    A post beside the one that counts, and a growing edit that lands after the final text, are of a replica
    that hung; `on_echo` deletes them. A growing edit is late if no final text follows it: so each is judged
    when a later edit has had the time to come."""

    def __init__(self, lookup: Lookup, on_echo: OnEcho | None, clock: Callable[[], float]) -> None:
        self._lookup = lookup
        self._on_echo = on_echo
        self._clock = clock
        self._grew = asyncio.Event()
        """There is one to look at."""
        self._growing: dict[tuple[str, str], tuple[Echo, float]] = {}
        """The last edit of each message that grows, by room and id, and when it came."""

    async def hear(self, room: str, event: Json) -> None:
        """An event of ours. Raises StoreError."""
        related = relation(event["content"])
        if related.get("rel_type") == "m.replace":
            self._edited(room, event, text_in(related, "event_id"))
            return
        thread, key = thread_of(event["content"]), text_in(event["content"], KEY)
        self._lookup.note_own(room, event["event_id"], thread)
        # The homeserver tells it to the sending device.
        ours = "transaction_id" in object_in(event, "unsigned")
        if key and not ours and self._on_echo is not None:
            address = Address(connector=events.NAME, conversation=room, thread=thread)
            await self._on_echo(Echo(address=address, key=key, id=event["event_id"]))

    def _edited(self, room: str, event: Json, target: str) -> None:
        self._growing.pop((room, target), None)
        key, fence = text_in(event["content"], KEY), integer_in(event["content"], GROWING)
        if key and fence:
            address = Address(connector=events.NAME, conversation=room, thread=thread_of(event["content"]))
            echo = Echo(address=address, key=key, id=event["event_id"], fence=fence)
            self._growing[room, target] = echo, self._clock()
            self._grew.set()

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
