"""The sync loop: receive, make durable, only then acknowledge.

Each round: `/sync` → devices and keys → what waited for those keys → invitations → rooms in order →
`deliver` (durable) → save the token. The homeserver forgets nothing before it is asked with the new token,
so a process killed at any line receives the same again, and the inbox knows it by its key. A round in which
nothing happened (mostly the echo of our own messages) is not worth a write: its token is saved later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

import orjson

from connectors.tchap import events
from connectors.tchap.api import Api, Unusable
from connectors.tchap.crypto import Machine, Undecipherable
from connectors.tchap.invitations import Invitations
from connectors.tchap.pending import Pending, Waiting
from connectors.tchap.raw import Json, arr, obj, text
from connectors.tchap.room import STATE
from connectors.tchap.rooms import Rooms
from connectors.tchap.timeline import TALK, Timeline
from core.connector import Deliver, Event, Notebook
from core.errors import ConfigurationError, Deferred, Rejected, StoreError, StoreUnavailable
from core.telemetry import log, metrics

LONG_POLL = 20.0
"""Seconds that the homeserver holds a /sync without news; room state known from it is never older."""
SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
TIMELINE = 50
SAVE_EVERY = 60.0
"""Seconds after which the token is saved though nothing happened."""
WATCH_EVERY = 2.0

T = TypeVar("T")

_NOTHING: Json = {"types": []}
_LEAN: Json = {"presence": _NOTHING, "account_data": _NOTHING}
FILTER: Json = _LEAN | {
    "room": {
        "account_data": _NOTHING,
        "ephemeral": _NOTHING,
        "state": {"types": list(STATE)},
        "timeline": {"types": [*TALK, *STATE], "limit": TIMELINE},
    }
}
"""No lazy loading of members: they decide who may read."""
BASELINE: Json = _LEAN | {
    "room": {
        "account_data": _NOTHING,
        "ephemeral": _NOTHING,
        "state": _NOTHING,
        "timeline": _NOTHING | {"limit": 1},
    }
}
"""The first sync of a device: from now on. Rooms are read when something happens in them."""


class Listener:
    """Listens for one device. `ready` follows whether it can; `random` gives numbers in [0, 1)."""

    def __init__(
        self,
        api: Api,
        machine: Machine,
        rooms: Rooms,
        timeline: Timeline,
        pending: Pending,
        invitations: Invitations,
        notebook: Notebook,
        *,
        device: str,
        ready: asyncio.Event,
        clock: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        self._api = api
        self._machine = machine
        self._rooms = rooms
        self._timeline = timeline
        self._pending = pending
        self._invitations = invitations
        self._notebook = notebook
        self._device = device
        self._ready = ready
        self._clock = clock
        self._random = random
        self._saved_at = 0.0
        self._read: list[Waiting] = []
        self._told_unwell = False

    async def run(self, deliver: Deliver) -> None:
        """Listen until cancelled. Raises Unusable when the account or its token is not accepted."""
        since = await self._durably(self._begin)
        while True:
            try:
                answer = await self._patiently(partial(self._sync, since))
            except Rejected as refused:
                # A server restored from a backup does not know its own later tokens.
                log.error("sync_refused", connector=events.NAME, error=refused)
                await asyncio.sleep(SHORTEST_PAUSE if since else LONGEST_PAUSE)
                since = None
                continue
            self._rooms.synced_at = self._clock()
            since = await self._round(answer, since, deliver)
            self._well()

    async def _round(self, answer: Json, since: str | None, deliver: Deliver) -> str:
        batch = await self._digest(answer, since)
        if batch:
            await self._durably(partial(deliver, batch))
        return await self._durably(partial(self._acknowledge, answer, since, batch))

    async def watch(self, deliver: Deliver) -> None:
        """Look after what cannot be read: ask for keys, then tell the people. Never returns."""
        while True:
            await asyncio.sleep(WATCH_EVERY)
            if len(self._pending):
                try:
                    await self._look_after(deliver)
                except (Deferred, Rejected, StoreError) as error:
                    log.warning("undecryptable_not_told", connector=events.NAME, error=error)

    # -- rounds ---------------------------------------------------------------------------------------

    async def _begin(self) -> str | None:
        """The token of last time, if it is of this device."""
        stored = await self._notebook.get("sync")
        saved: Json = orjson.loads(stored) if stored else {}
        await self._pending.load()
        if saved.get("device") != self._device:
            return None
        self._rooms.epoch = saved["epoch"]
        return saved["token"]

    async def _sync(self, since: str | None) -> Json:
        wait = LONG_POLL if since is not None and self._ready.is_set() else 0.0
        params = {
            "timeout": str(int(wait * 1000)),
            "filter": orjson.dumps(FILTER if since is not None else BASELINE).decode(),
        }
        if since is not None:
            params["since"] = since
        answer = await self._api.call("GET", "/sync", params=params, timeout=wait + 60.0)
        if not text(answer.get("next_batch")):
            raise Deferred("the answer of /sync has no next_batch", retry_after=1.0)
        return answer

    async def _digest(self, answer: Json, since: str | None) -> list[Event]:
        """Everything of one answer, made events. A part that fails for a reason of its own is left out."""
        devices, rooms = obj(answer.get("device_lists")), obj(answer.get("rooms"))
        self._machine.note_devices(arr(devices.get("changed")), arr(devices.get("left")))
        self._machine.note_counts(
            answer.get("device_one_time_keys_count"), answer.get("device_unused_fallback_key_types")
        )
        arrived = self._machine.receive(obj(one) for one in arr(obj(answer.get("to_device")).get("events")))
        if since is None:
            arrived = list(self._pending.sessions)
        batch = await self._unlocked(arrived)
        for room, data in obj(rooms.get("invite")).items():
            invited = await self._durably(partial(self._invitations.note, room, obj(data)))
            batch += [invited] if invited else []
        if since is not None:
            for room, data in obj(rooms.get("join")).items():
                batch += await self._room(room, obj(data), since)
        for room in obj(rooms.get("leave")):
            await self._durably(partial(self._left, room))
        await self._maintain()
        return batch

    async def _room(self, room: str, data: Json, since: str) -> list[Event]:
        try:
            return await self._patiently(
                partial(self._durably, partial(self._timeline.read, room, data, since))
            )
        except Rejected:
            return []
        except (ConfigurationError, Unusable):
            raise
        except Exception as bug:  # noqa: BLE001 - one room, whatever was in it
            log.error("room_failed", connector=events.NAME, error=bug)
            metrics.ignored(events.NAME, "failed")
            return []

    async def _unlocked(self, sessions: list[tuple[str, str]]) -> list[Event]:
        """What waited for these keys, in order."""
        if not sessions:
            return []
        done: list[Waiting] = []
        batch: list[Event] = []
        for one in self._pending.of(set(sessions)):
            try:
                event = await self._patiently(partial(self._read_again, one))
            except (Undecipherable, Rejected):
                continue
            done.append(one)
            batch += [event] if event else []
        self._read = done
        return batch

    async def _read_again(self, one: Waiting) -> Event | None:
        raw = await self._timeline.open(one.room, one.raw)
        room = await self._rooms.get(one.room) or await self._rooms.reread(one.room)
        return await self._timeline.parse(room, raw)

    async def _left(self, room: str) -> None:
        await self._rooms.forget(room)
        await self._pending.forget_room(room)
        self._machine.forget_room(room)

    async def _maintain(self) -> None:
        try:
            await self._machine.maintain()
        except (Deferred, Rejected) as error:
            log.warning("keys_not_maintained", connector=events.NAME, error=error)

    async def _acknowledge(self, answer: Json, since: str | None, batch: list[Event]) -> str:
        """All of the answer is durable: remember how far we are."""
        await self._pending.resolved(self._read)
        self._read = []
        token: str = answer["next_batch"]
        if since is None:
            self._rooms.epoch = token
        news = bool(
            batch or obj(answer.get("to_device")).get("events") or obj(answer.get("rooms")).get("leave")
        )
        if news or since is None or self._clock() - self._saved_at > SAVE_EVERY:
            record = {"device": self._device, "token": token, "epoch": self._rooms.epoch}
            await self._notebook.set("sync", orjson.dumps(record))
            self._saved_at = self._clock()
        return token

    async def _look_after(self, deliver: Deliver) -> None:
        for one in self._pending.to_ask():
            await self._machine.ask_for_key(one.room, one.session, one.raw["sender"])
        due = self._pending.to_tell()
        notices: list[Event] = []
        for one, episode in due:
            room = await self._rooms.get(one.room) or await self._rooms.reread(one.room)
            notices.append(events.undecryptable(one.raw, room, episode))
            metrics.undecryptable(events.NAME)
        if notices:
            await deliver(notices)
            await self._pending.told()

    # -- patience -------------------------------------------------------------------------------------

    async def _patiently(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Until the homeserver answers: pauses grow and are spread, so that replicas do not come together."""
        pause = SHORTEST_PAUSE
        while True:
            try:
                return await attempt()
            except Unusable:
                raise
            except Deferred as deferred:
                self._unwell("homeserver_unreachable", deferred)
                await asyncio.sleep(max(pause * (0.5 + self._random()), deferred.retry_after))
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _durably(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Until the store has it."""
        pause = SHORTEST_PAUSE
        while True:
            try:
                return await attempt()
            except StoreUnavailable as error:
                self._unwell("store_unavailable", error)
                await asyncio.sleep(pause * (0.5 + self._random()))
                pause = min(pause * 2, LONGEST_PAUSE)

    def _well(self) -> None:
        self._told_unwell = False
        if not self._ready.is_set():
            log.info("listening", connector=events.NAME, device=self._device)
            self._ready.set()

    def _unwell(self, what: str, error: Exception) -> None:
        """Said once, until it is well again."""
        if self._ready.is_set() or not self._told_unwell:
            log.warning(what, connector=events.NAME, error=error)
        self._told_unwell = True
        self._ready.clear()
