"""Gaps in a room's timeline: what a sync left out ("limited") is read back with `/messages`, from the gap to
the last sync."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from connectors.tchap import polls
from connectors.tchap.api import NAME, Api
from connectors.tchap.room_events import RoomEvent, is_own_join
from core.connector.untrusted_json import array_in, text_in
from core.errors import Rejected
from core.telemetry import log, metrics

TALK = ("m.room.message", "m.room.encrypted", "m.room.redaction", "m.reaction", *polls.START)
"""The events that may become events of the core."""
FILTER = orjson.dumps({"types": [*TALK, "m.room.member", "m.room.tombstone"]}).decode()
PAGE = 100
MOST_PAGES = 100
GAP_PER_SENDER, GAP = 4 << 20, 32 << 20
"""Characters of one person's events, and of all, that are taken of a gap: the newest. More is a flood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """Reads the gaps in the rooms of the account `me`, back for `most_age` seconds."""

    api: Api
    me: str
    most_age: float
    clock: Callable[[], float]

    async def read(self, room: str, start: str, since: str) -> list[RoomEvent]:
        """The events of the gap that begins at the token `start`, oldest first. They reach back to the sync
        token `since`, the bot's entry, or the age limit. Nothing is read if the homeserver refuses. Raises
        Deferred."""
        newest_first: list[RoomEvent] = []
        quota = _Quota()
        for _ in range(MOST_PAGES):
            params = {"dir": "b", "from": start, "to": since, "limit": str(PAGE), "filter": FILTER}
            try:
                answer = await self.api.call("GET", ("rooms", room, "messages"), params=params)
            except Rejected as refused:
                log.error("gap_not_read", connector=NAME, error=refused)
                return []
            now = self.clock()
            given = (RoomEvent.read(one, room, now) for one in array_in(answer, "chunk"))
            page = [event for event in given if event is not None]
            newest_first += [event for event in page if quota.admits(event)]
            start = text_in(answer, "end")
            if not start or self._is_enough(page, now):
                break
        return newest_first[::-1]

    def _is_enough(self, page: list[RoomEvent], now: float) -> bool:
        """True if what is older than this page is not wanted."""
        if any(is_own_join(event, self.me) for event in page):
            return True
        return bool(page) and max(event.at for event in page) < now - self.most_age


@dataclass(slots=True)
class _Quota:
    """The sizes of the events that were taken of one gap, by sender."""

    _taken: Counter[str] = field(default_factory=Counter[str])

    def admits(self, event: RoomEvent) -> bool:
        """True, and counted, if the event may be taken too. State always may."""
        if event.state_key is not None:
            return True
        size = len(repr(event.raw))
        if self._taken[event.sender] + size > GAP_PER_SENDER or self._taken.total() + size > GAP:
            metrics.ignored.labels(NAME, "gap_flood").inc()
            return False
        self._taken[event.sender] += size
        return True
