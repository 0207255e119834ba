"""Encrypted events that cannot be read yet: kept until their key comes, told to the person after a while.

They are stored before the sync token is, so that a restart forgets none. One notice is due per conversation
and episode; the episode ends when something there can be read again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass

import orjson

from connectors.tchap.raw import Json
from core.connector import Notebook

ASK_AFTER = 8.0
"""Seconds after which the sender is asked for the key."""
TELL_AFTER = 30.0
"""Seconds after which the person is told."""
KEEP_FOR = 7 * 86_400.0
MOST = 500
"""Events kept; beyond, the oldest are given up (their notice has long been due)."""


@dataclass(slots=True, kw_only=True)
class Waiting:
    """One event that waits for the key of its `session`. `since` is when it was received."""

    room: str
    session: str
    raw: Json
    since: float
    asked: bool = False
    told: bool = False


class Pending:
    """The side list of one device. Every change is durable when the call returns."""

    def __init__(self, notebook: Notebook, clock: Callable[[], float]) -> None:
        self._notebook = notebook
        self._clock = clock
        self._waiting: list[Waiting] = []
        self._episodes: dict[str, str] = {}

    async def load(self) -> None:
        stored = await self._notebook.get("pending")
        if stored is not None:
            record: Json = orjson.loads(stored)
            self._waiting = [Waiting(**one) for one in record["waiting"]]
            self._episodes = record["episodes"]

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def sessions(self) -> set[tuple[str, str]]:
        """(room, session) of all that waits."""
        return {(one.room, one.session) for one in self._waiting}

    @property
    def wanted(self) -> set[tuple[str, str]]:
        """(room, session) of what nobody has been told of."""
        return {(one.room, one.session) for one in self._waiting if not one.told}

    async def add(self, room: str, session: str, raw: Json) -> None:
        """Keep an event. The same event twice is one."""
        if any(one.raw["event_id"] == raw["event_id"] for one in self._waiting):
            return
        now = self._clock()
        self._waiting.append(Waiting(room=room, session=session, raw=raw, since=now))
        self._waiting = [one for one in self._waiting if now - one.since < KEEP_FOR][-MOST:]
        await self._save()

    def of(self, sessions: Collection[tuple[str, str]]) -> list[Waiting]:
        """What waits for these keys, in the order of arrival."""
        return [one for one in self._waiting if (one.room, one.session) in sessions]

    async def resolved(self, done: Collection[Waiting]) -> None:
        """These have been read and delivered; their conversations can be read again."""
        if not done:
            return
        ids = {one.raw["event_id"] for one in done}
        self._waiting = [one for one in self._waiting if one.raw["event_id"] not in ids]
        for one in done:
            self._episodes.pop(one.room, None)
        await self._save()

    async def readable(self, room: str) -> None:
        """Something was read here: the episode, if there was one, is over."""
        if room in self._episodes:
            del self._episodes[room]
            await self._save()

    async def forget_room(self, room: str) -> None:
        if room in self._episodes or any(one.room == room for one in self._waiting):
            self._waiting = [one for one in self._waiting if one.room != room]
            self._episodes.pop(room, None)
            await self._save()

    def to_ask(self) -> list[Waiting]:
        """Those whose key is now to be asked for, one for each session; they are not given again."""
        due: dict[tuple[str, str], Waiting] = {}
        for one in self._waiting:
            if not one.asked and one.session and self._clock() - one.since >= ASK_AFTER:
                one.asked = True
                due.setdefault((one.room, one.session), one)
        return list(due.values())

    def overdue(self) -> list[Waiting]:
        """What the person has not been told of, and now should."""
        return [one for one in self._waiting if not one.told and self._clock() - one.since >= TELL_AFTER]

    def to_tell(self) -> list[tuple[Waiting, str]]:
        """One event for each conversation that is due a notice, with the episode that it begins."""
        due: list[tuple[Waiting, str]] = []
        for one in self.overdue():
            if one.room not in self._episodes:
                self._episodes[one.room] = one.raw["event_id"]
                due.append((one, one.raw["event_id"]))
            one.told = True
        return due

    async def told(self) -> None:
        """The notices of `to_tell` are durable."""
        await self._save()

    async def _save(self) -> None:
        record = {"waiting": [asdict(one) for one in self._waiting], "episodes": self._episodes}
        await self._notebook.set("pending", orjson.dumps(record))
