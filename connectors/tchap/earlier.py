"""The earlier events that a reply, an edit or a reaction points to: remembered, or asked of the homeserver.

Nothing is kept beyond the process, and only what is known for good is remembered. An event that cannot be had
now, or not be read yet, is looked up again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

import orjson
from cachetools import FIFOCache

from connectors.tchap.api import Api, Path
from connectors.tchap.crypto import Machine, Undecipherable
from connectors.tchap.events import Earlier, Related, readable
from connectors.tchap.mentions import mentioned
from connectors.tchap.room import STATE, Room
from connectors.tchap.room_events import RoomEvent
from core.connector import Readers
from core.connector.untrusted_json import Json, array_in, object_in
from core.errors import Deferred, Rejected, Unusable
from core.retry import Backoff, retried

REMEMBERED = 1_024
QUOTED = 4_000
"""Characters of a quoted message that are of use."""
ATTEMPTS, PAUSES = 3, Backoff(0.3, 1.0, at_most=1.0)
"""Pauses before a look-up is tried again."""
T = TypeVar("T")

Place = tuple[str, str]
"""Room and event. An id alone is anybody's to name, in any room."""


class EarlierEvents:
    """The earlier events of the rooms of the account `me`."""

    def __init__(self, api: Api, machine: Machine, *, me: str) -> None:
        self._api = api
        self._machine = machine
        self._me = me
        self._events: FIFOCache[Place, Related] = FIFOCache(REMEMBERED)
        self._threads: FIFOCache[Place, bool] = FIFOCache(REMEMBERED)
        """Whether the bot takes part in a thread."""
        self._called: FIFOCache[Place, tuple[str, ...]] = FIFOCache(REMEMBERED)
        """The people whom the last message of a thread mentions. What they say then answers it."""
        self._readers: FIFOCache[Place, tuple[Readers]] = FIFOCache(REMEMBERED)

    def note(self, event: RoomEvent) -> None:
        """Remember a message that can be read."""
        is_mine = event.sender == self._me
        text, files = ("", ()) if is_mine else readable(event.content, event.reply_to)
        self._events[event.room, event.id] = Related(
            sender=event.sender,
            text=text[:QUOTED],
            files=files,
            thread=event.thread,
            reply_to=event.reply_to,
        )
        if event.thread:
            self._called[event.room, event.thread] = mentioned(event.content)

    def note_own(self, event: RoomEvent) -> None:
        """Remember a message of the bot, and that the bot takes part in its thread."""
        self._events[event.room, event.id] = Related(sender=self._me, thread=event.thread)
        if event.thread:
            self._threads[event.room, event.thread] = True
            self._called.pop((event.room, event.thread), None)

    def forget(self, room: str, id: str) -> None:
        """Forget a message that was deleted."""
        self._events.pop((room, id), None)

    async def before(self, event: RoomEvent, target: str | None) -> Earlier:
        """Look up the `target` that an event points to, and whether the thread of the event is the bot's.
        Raises Deferred."""
        room, thread, related = event.room, event.thread, dict[str, Related]()
        edits = event.relation == "m.replace"
        before = None if target is None else await self._look_up(room, target, related)
        if edits and before is not None:
            thread = before.thread
            if before.reply_to is not None:
                await self._look_up(room, before.reply_to, related)
        if thread is None:
            return Earlier(related=related)
        called = () if edits else self._called.get((room, thread)) or ()
        mine = await self._or_default(partial(self.thread_is_mine, room, thread), False)
        return Earlier(related=related, thread_is_mine=mine, called=called)

    async def _look_up(self, room: str, id: str, related: dict[str, Related]) -> Related | None:
        """Look up an event of the room, and add it to those that are `related`."""
        found = await self._or_default(partial(self.related, room, id), None)
        if found is not None:
            related[id] = found
        return found

    async def _or_default(self, look_up: Callable[[], Awaitable[T]], default: T) -> T:
        """The result of a look-up; `default` if the homeserver answers other requests and not this one.
        Raises Deferred if it answers none: whether a message is meant for the bot may depend on it."""
        try:
            return await look_up()
        except Deferred as deferred:
            if deferred.limited or not await self._api.answers():
                raise
            return default

    async def related(self, room: str, id: str) -> Related | None:
        """The event `id` of the room. None if there is none: an event of another room is as good as none.
        Raises Deferred."""
        if (known := self._events.get((room, id))) is not None:
            return known
        event = RoomEvent.read(await self._get(("rooms", room, "event", id)), room)
        if event is None or event.id != id or event.raw.get("room_id") != room:
            return None
        if event.type == "m.room.encrypted":
            try:
                event = await self._machine.open(event)
            except (Undecipherable, Deferred):
                return Related(sender=event.sender, thread=event.thread, reply_to=event.reply_to, sealed=True)
        self.note(event)
        return self._events.get((room, id))

    async def thread_is_mine(self, room: str, root: str) -> bool:
        """True if the bot has written in this thread, its root included. Raises Deferred."""
        known = self._threads.get((room, root))
        if known is not None:
            return known
        first = await self.related(room, root)
        if first is not None and first.sender == self._me:
            self._threads[room, root] = True
            return True
        path = ("_matrix", "client", "v1", "rooms", room, "relations", root, "m.thread")
        answer = await self._get(path, {"limit": "100"})
        mine = any(object_in(event).get("sender") == self._me for event in array_in(answer, "chunk"))
        if answer:  # else it may be known later
            self._threads[room, root] = mine
        return mine

    async def readers(self, room: str, id: str) -> Readers:
        """The people who could read this message of the room when it was sent; nobody, if that cannot be
        known. Raises Deferred."""
        known = self._readers.get((room, id))
        if known is None:
            query = orjson.dumps({"types": list(STATE)}).decode()
            path = ("rooms", room, "context", id)
            answer = await self._get(path, {"limit": "0", "filter": query})
            event = object_in(answer, "event")
            if event.get("event_id") != id or event.get("room_id") != room:
                return frozenset()
            then = Room.of_state(room, [object_in(one) for one in array_in(answer, "state")], self._me)
            self._readers[room, id] = known = (None if then.open else then.readers,)
        return known[0]

    async def _get(self, path: Path, params: dict[str, str] | None = None) -> Json:
        """GET, tried again for a moment; empty if the homeserver refuses. Raises Deferred."""
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
