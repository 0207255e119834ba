"""The list of encrypted events that this device cannot read yet, kept until their key comes, told after a
while.

An event's place is kept, never its ciphertext: whoever sends what nobody can read fills neither the store nor
the memory, and the homeserver gives the event again when the key is there. Each event is a record of its own,
stored before the sync token is, so that a restart forgets none and one more costs one small write. One
notice is due per room and episode; the episode ends when something in the room can be read again.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass

import orjson

from connectors.tchap.api import NAME
from connectors.tchap.room_events import RoomEvent
from core.connector import Notebook
from core.telemetry import metrics

ASK_AFTER = 8.0
"""Seconds after which the sender is asked for the key."""
TELL_AFTER = 30.0
"""Seconds after which the person is told."""
TELL_UNSIGNED_AFTER = 5.0
"""The same, of a device that is not signed: a signature may be on its way."""
KEEP_FOR = 7 * 86_400.0
PER_SENDER, PER_ROOM, MOST = 50, 200, 2_000
"""Events kept of one person, of one room, and in all. Beyond, the oldest that was told of gives way; while
there is none, the new one is not kept: the notice that is due in the room speaks for it too."""
ASKED_PER_SENDER = 10
"""Sessions that one person's devices are asked for at a time."""
LONGEST_SESSION = 64
"""Characters of a megolm session's id, which is a key of 43. Longer ones name no session."""

Session = tuple[str, str]
"""Room and megolm session."""


@dataclass(slots=True, kw_only=True, eq=False)
class Waiting:
    """One event that waits for the key of its `session`. `at` is when it was sent, `since` when it was
    received. `unsigned`: the key is there, and its device is not trusted; `tried`: a key was there and did
    not open it; `failures`: how often it could not be had again."""

    room: str
    event: str
    sender: str
    session: str
    thread: str | None
    at: float
    since: float
    unsigned: bool = False
    asked: bool = False
    told: bool = False
    tried: bool = False
    failures: int = 0
    looked: float = 0.0


_STORED = ("room", "event", "sender", "session", "thread", "at", "since", "unsigned")
"""What is stored of one: all that a later process cannot find out again."""


@dataclass(slots=True, kw_only=True)
class Episode:
    """What the people of a room were told: at `until` last; `event` began it, empty when it is over."""

    room: str
    event: str
    until: float


class Pending:
    """The list of one device. Every change is durable when the call returns."""

    def __init__(self, notebook: Notebook, clock: Callable[[], float]) -> None:
        self._notebook = notebook
        self._clock = clock
        self.waiting: dict[str, Waiting] = {}
        """By the name of each one's record, in the order of arrival."""
        self.episodes: dict[str, Episode] = {}
        """What the people of each room were told, until all there can be read again."""
        self._unsaved: set[str] = set()
        self._of_sender: Counter[str] = Counter()
        self._of_room: Counter[str] = Counter()

    async def load(self) -> None:
        """Read the list of last time. Raises StoreError."""
        for stored in (await self._notebook.items("episode:")).values():
            episode = Episode(**orjson.loads(stored))
            self.episodes[episode.room] = episode
        found = [Waiting(**orjson.loads(one)) for one in (await self._notebook.items("pending:")).values()]
        for one in sorted(found, key=lambda waiting: waiting.since):
            episode = self.episodes.get(one.room)
            one.told = episode is not None and one.since + _patience(one) <= episode.until
            self._keep(one)

    def __len__(self) -> int:
        return len(self.waiting)

    @property
    def sessions(self) -> set[Session]:
        """The sessions that any event waits for."""
        return {(one.room, one.session) for one in self.waiting.values()}

    async def add(self, event: RoomEvent, session: str, *, unsigned: bool = False) -> None:
        """Keep the place of an event, once, unless its sender or room has too many. Raises StoreError."""
        name = _name(event.room, event.id)
        if name in self.waiting:
            return
        if not await self._make_way(event.room, event.sender):
            metrics.ignored.labels(NAME, "undecryptable_flood").inc()
            return
        one = Waiting(
            room=event.room,
            event=event.id,
            sender=event.sender,
            session=session if len(session) <= LONGEST_SESSION else "",
            thread=event.thread,
            at=event.at,
            since=self._clock(),
            unsigned=unsigned,
        )
        await self._notebook.set(name, orjson.dumps({each: getattr(one, each) for each in _STORED}))
        self._keep(one)

    def of(self, sessions: Collection[Session]) -> list[Waiting]:
        """The events that wait for these sessions, in the order of arrival."""
        return [one for one in self.waiting.values() if (one.room, one.session) in sessions]

    def to_look_for(self, most: int) -> list[Session]:
        """Up to `most` sessions of events that nobody has been told of, those that were looked for longest
        ago."""
        oldest: dict[Session, Waiting] = {}
        for one in self.waiting.values():
            if not one.told and one.session:
                oldest.setdefault((one.room, one.session), one)
        chosen = sorted(oldest, key=lambda session: oldest[session].looked)[:most]
        for session in chosen:
            oldest[session].looked = self._clock()
        return chosen

    async def resolved(self, done: Collection[Waiting]) -> None:
        """Drop events that have been read and delivered: their rooms can be read again. Raises StoreError."""
        await self._drop(done)
        for room in {one.room for one in done}:
            await self.readable(room)

    async def readable(self, room: str) -> None:
        """End the room's episode, if there is one: something was read there. Raises StoreError."""
        episode = self.episodes.get(room)
        if episode is None:
            return
        if not self._of_room[room]:
            del self.episodes[room]
            await self._notebook.delete(_episode_name(room))
        elif episode.event:
            episode.event = ""
            await self._save(episode)

    async def forget_room(self, room: str) -> None:
        """Drop all that waits in a room that the bot left. Raises StoreError."""
        await self.resolved([one for one in self.waiting.values() if one.room == room])
        await self.readable(room)

    async def forget_old(self) -> None:
        """Drop events that have waited for `KEEP_FOR`. Raises StoreError."""
        before = self._clock() - KEEP_FOR
        await self._drop([one for one in self.waiting.values() if one.since < before])

    def waits(self, room: str, event: str) -> bool:
        """May the key of this event come soon? Nobody was told that it did not."""
        one = self.waiting.get(_name(room, event))
        return one is not None and not one.told

    def to_ask(self) -> list[Waiting]:
        """One event of each session that its sender is now to be asked for; no session is given twice."""
        asked = Counter({one.sender: 0 for one in self.waiting.values()})
        known = {(one.room, one.session): one for one in self.waiting.values() if one.asked}
        asked.update(one.sender for one in known.values())
        due: dict[Session, Waiting] = {}
        for one in self.waiting.values():
            session = (one.room, one.session)
            ripe = (
                one.session and not one.unsigned and not one.asked and self._clock() - one.since >= ASK_AFTER
            )
            if not ripe or (session not in known and asked[one.sender] >= ASKED_PER_SENDER):
                continue
            one.asked = True
            if session not in known:
                known[session] = due[session] = one
                asked[one.sender] += 1
        return list(due.values())

    def overdue(self) -> list[Waiting]:
        """The events that a person has not been told of, and now should be."""
        now = self._clock()
        return [one for one in self.waiting.values() if not one.told and now - one.since >= _patience(one)]

    def to_tell(self) -> list[tuple[Waiting, str]]:
        """One event for each room that is due a notice, with the episode that it begins."""
        due: list[tuple[Waiting, str]] = []
        for one in self.overdue():
            one.told = True
            episode = self.episodes.setdefault(one.room, Episode(room=one.room, event="", until=0.0))
            if not episode.event:
                episode.event = one.event
                due.append((one, one.event))
            episode.until = self._clock()
            self._unsaved.add(one.room)
        return due

    async def told(self) -> None:
        """Make durable what `to_tell` gave: its notices are. Raises StoreError."""
        for room in list(self._unsaved):
            if room in self.episodes:
                await self._save(self.episodes[room])
            self._unsaved.discard(room)

    def _keep(self, one: Waiting) -> None:
        self.waiting[_name(one.room, one.event)] = one
        self._of_sender[one.sender] += 1
        self._of_room[one.room] += 1

    async def _make_way(self, room: str, sender: str) -> bool:
        """Drop the oldest event that was told of, for each limit that is reached. False when there is
        none."""
        limits: list[tuple[bool, Callable[[Waiting], bool]]] = [
            (self._of_sender[sender] >= PER_SENDER, lambda one: one.sender == sender),
            (self._of_room[room] >= PER_ROOM, lambda one: one.room == room),
            (len(self.waiting) >= MOST, lambda _: True),
        ]
        for _, concerned in (limit for limit in limits if limit[0]):
            victim = next((one for one in self.waiting.values() if one.told and concerned(one)), None)
            if victim is None:
                return False
            await self._drop([victim])
        return True

    async def _drop(self, gone: Collection[Waiting]) -> None:
        names = [name for one in gone if (name := _name(one.room, one.event)) in self.waiting]
        if names:
            await self._notebook.delete(*names)
        for name in names:
            if (one := self.waiting.pop(name, None)) is not None:
                _less(self._of_sender, one.sender)
                _less(self._of_room, one.room)

    async def _save(self, episode: Episode) -> None:
        await self._notebook.set(_episode_name(episode.room), orjson.dumps(asdict(episode)))


def _patience(one: Waiting) -> float:
    return TELL_UNSIGNED_AFTER if one.unsigned else TELL_AFTER


def _less(counts: Counter[str], name: str) -> None:
    counts[name] -= 1
    if counts[name] <= 0:
        del counts[name]


def _name(room: str, event: str) -> str:
    return f"pending:{_digest(room, event)}"


def _episode_name(room: str) -> str:
    return f"episode:{_digest(room)}"


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\n".join(parts).encode(errors="replace"), digest_size=16).hexdigest()
