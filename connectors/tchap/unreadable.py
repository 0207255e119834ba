"""What could not be read yet: read when its key comes, from its sender or a sibling; else told to the people.

In this order, until somebody was told: a sibling may have the key; the sender is asked for it; a sibling may
have read and stored the message itself, so that it is answered; the person is told, once for an episode.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from functools import partial

from connectors.tchap import events
from connectors.tchap.api import Api
from connectors.tchap.crypto import Machine, Undecipherable
from connectors.tchap.patience import Patience
from connectors.tchap.pending import Pending, Waiting
from connectors.tchap.rooms import Rooms
from connectors.tchap.siblings import Siblings
from connectors.tchap.timeline import Timeline
from core.connector import Address, Deliver, Event, Stored
from core.errors import Deferred, Rejected, StoreError
from core.telemetry import log, metrics

WATCH_EVERY = 2.0


class Unreadable:
    """Looks after the side list of one device. `stored` says what siblings have read."""

    def __init__(
        self,
        api: Api,
        machine: Machine,
        siblings: Siblings,
        rooms: Rooms,
        timeline: Timeline,
        pending: Pending,
        patience: Patience,
        stored: Stored | None,
    ) -> None:
        self._api = api
        self._machine = machine
        self._siblings = siblings
        self._rooms = rooms
        self._timeline = timeline
        self._pending = pending
        self._patience = patience
        self._stored = stored

    async def watch(self, deliver: Deliver) -> None:
        """Look after it every few seconds. Never returns."""
        while True:
            await asyncio.sleep(WATCH_EVERY)
            if len(self._pending):
                try:
                    await self._look_after(deliver)
                except (Deferred, Rejected, StoreError) as error:
                    log.warning("undecryptable_not_told", connector=events.NAME, error=error)

    async def unlocked(self, sessions: Collection[tuple[str, str]]) -> tuple[list[Event], list[Waiting]]:
        """What waited for these keys, in order: its events, and what was read and can now be forgotten."""
        batch: list[Event] = []
        read: list[Waiting] = []
        for one in self._pending.of(sessions) if sessions else ():
            attempt = partial(self._patience.store, partial(self._read, one))
            try:
                event = await self._patience.homeserver(attempt, self._api.answers)
            except (Undecipherable, Rejected, Deferred):
                continue
            read.append(one)
            batch += [event] if event else []
        return batch, read

    async def _read(self, one: Waiting) -> Event | None:
        raw = await self._siblings.open(one.room, one.raw)
        return await self._timeline.parse(await self._rooms.known(one.room), raw)

    async def _look_after(self, deliver: Deliver) -> None:
        await self._look_for_keys(deliver)
        for one in self._pending.to_ask():
            await self._machine.ask_for_key(one.room, one.session, one.raw["sender"])
        await self._leave_to_siblings()
        notices: list[Event] = []
        for one, episode in self._pending.to_tell():
            try:
                known = partial(self._rooms.known, one.room)
                room = await self._patience.homeserver(known, self._api.answers)
            except (Rejected, Deferred):
                continue
            notices.append(events.undecryptable(one.raw, room, episode))
            metrics.undecryptable(events.NAME)
        if notices:
            await self._patience.delivered(deliver, notices)
            await self._pending.told()

    async def _look_for_keys(self, deliver: Deliver) -> None:
        """A key that a sibling has meanwhile."""
        found = {wanted for wanted in self._pending.wanted if await self._siblings.find(*wanted)}
        batch, read = await self.unlocked(found)
        if batch:
            await self._patience.delivered(deliver, batch)
        await self._pending.resolved(read)

    async def _leave_to_siblings(self) -> None:
        """What a sibling could read, and has stored, is answered: nobody is to be told of it."""
        overdue = self._pending.overdue()
        if self._stored is None or not overdue:
            return
        for room in {one.room for one in overdue}:
            keys = {events.key_of(room, one.raw["event_id"]): one for one in overdue if one.room == room}
            address = Address(connector=events.NAME, conversation=room)
            known = await self._stored(address, list(keys))
            await self._pending.resolved([keys[key] for key in known])
