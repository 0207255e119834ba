"""The Tchap connector: one bot account on one device, from login to the last message. What it hears is made
durable before it is acknowledged; what it posts, edits, deletes and finds again goes to exactly the audience
that was judged.

`run` holds the data folder and listens (`Line`). When the homeserver no longer knows the token, it enters
again on the same device; what only an operator can mend ends `run` with a ConfigurationError. While it is not
connected, everything that would need the homeserver is deferred.

Before each send the room is looked at again: when its kind changed, or somebody can read who was not judged,
the send is deferred, and the outbox judges anew. Keys go to the judged people only.

Idempotent twice over: the transaction id is made of the draft's key, which the homeserver dedupes for one
device; the key itself travels in clear, by which `find` lets a sibling adopt a message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, NoReturn

import aiohttp
import orjson

from connectors.tchap import profile
from connectors.tchap.api import NAME, Api
from connectors.tchap.config import TchapConfig, Wiring
from connectors.tchap.contents import CLEAR, KEY, LIMIT, content_of, edit_of
from connectors.tchap.crypto import Machine
from connectors.tchap.device import Device, Folder, entered, unusable
from connectors.tchap.earlier import EarlierEvents
from connectors.tchap.echoes import Echoes
from connectors.tchap.gaps import TALK, Gaps
from connectors.tchap.history import TchapHistory
from connectors.tchap.invitations import Invitations
from connectors.tchap.media import Scanner, TchapFiles
from connectors.tchap.pending import Pending, Session, Waiting
from connectors.tchap.private import TchapPrivate
from connectors.tchap.quotations import Quotations
from connectors.tchap.room import STATE, Served, server_of
from connectors.tchap.room_events import RoomEvent
from connectors.tchap.rooms import Rooms
from connectors.tchap.timeline import Timeline
from connectors.tchap.unreadable import Unreadable
from core.connector import (
    Address,
    Attachment,
    Audience,
    Deliver,
    Draft,
    Event,
    Grows,
    Message,
    NoCapabilities,
    Pace,
    Range,
    Sending,
    Signs,
    Wanted,
)
from core.connector.untrusted_json import Json, array_in, object_in, text_in
from core.errors import (
    ConfigurationError,
    Deferred,
    PlatformRefused,
    Rejected,
    RelaisError,
    StoreError,
    Unusable,
)
from core.language.operators import Phrase
from core.retry import LONGEST, SHORTEST, beat
from core.telemetry import log, metrics
from core.tls import trusting

ENTRIES_PER_HOUR = 5
"""More logins than that are no accident."""
POST = 4.0
"""Seconds for a visible post (see leases)."""
PAGE = 100
MOST_PAGES = 50
HEARING_EVERY = 9.0
SHOWN_FOR, REFRESH = 30.0, 20.0
"""Seconds for which the bot is shown to be at work, and after which that is said again."""
MOST_REFRESHES = 30
"""Ten minutes."""
LONG_POLL = 20.0
"""Seconds that the homeserver holds a /sync without news; room state known from it is never older."""
DEAF_AFTER = 3 * LONG_POLL
"""Seconds without a whole round after which nobody is heard."""
TIMELINE = 50
SECOND_LOOK = 0.2
"""Seconds that a sibling has to store what is its to read first; they are also the rhythm of what we read."""
SAVE_EVERY = 60.0
"""Seconds after which the token is saved though nothing happened."""
TELL_EVERY = 5.0
"""Seconds after which the siblings may be told how far this device has read."""

_NOTHING: Json = {"types": []}
_LEAN: Json = {"presence": _NOTHING, "account_data": _NOTHING}
_SILENT: Json = {"account_data": _NOTHING, "ephemeral": _NOTHING}
FILTER: Json = _LEAN | {
    "room": _SILENT
    | {"state": {"types": list(STATE)}, "timeline": {"types": [*TALK, *STATE], "limit": TIMELINE}}
}
"""No lazy loading of members: they decide who may read."""
BASELINE: Json = _LEAN | {"room": _SILENT | {"state": _NOTHING, "timeline": _NOTHING | {"limit": 1}}}
"""The first sync of a device: from now on. Rooms are read when something happens in them."""


class TchapConnector(NoCapabilities):
    """`core.connector.Connector` for Tchap and any Matrix homeserver."""

    name = NAME
    limit = LIMIT

    def __init__(self, config: TchapConfig, wiring: Wiring) -> None:
        self._config = config
        self._wiring = wiring
        self._folder = Folder(wiring.folder)
        self.ready = asyncio.Event()
        self.descriptions = self
        self.editing = self
        self.files = self
        self.history = self
        self.private = self
        self.activity = None
        """Nobody sees signs of work while it is not connected."""
        self._line: Line | None = None
        self._pace = config.pace
        self._entries: list[float] = []
        """When it logged in within the last hour; `run` may be called again."""

    # -- what it posts --------------------------------------------------------------------------------

    def pace(self, address: Address, sending: Sending) -> Pace:
        """Synapse limits an account, and edits are messages."""
        return self._pace

    def grows(self, address: Address) -> Grows:
        return "sparingly"

    async def audience(self, address: Address, *, asked: bool = False) -> Audience:
        line = self._line or _not_connected()
        room, at = await line.rooms.current(address.conversation)
        return Audience(
            kind=room.kind,
            members=room.readers,
            at=at,
            direct=room.direct,
            moderators=room.moderators,
            open=room.open,
            name=room.name,
        )

    async def edit(self, address: Address, id: str, draft: Draft, audience: Audience) -> None:
        await self._post(address, draft, audience, edits=id)

    async def send(self, address: Address, draft: Draft, audience: Audience) -> str:
        return await self._post(address, draft, audience, edits=None)

    async def _post(self, address: Address, draft: Draft, audience: Audience, *, edits: str | None) -> str:
        """Post a message, or the new state of the message `edits`; the id of what was posted."""
        line = self._line or _not_connected()
        (room, _), file = await line.rooms.current(address.conversation, audience), None
        if draft.file is not None:
            file = await line.files.upload(draft.file, encrypt=room.encrypted)
            room, _ = await line.rooms.current(address.conversation, audience)
        if edits is None:
            content = content_of(draft, thread=address.thread, file=file)
        else:
            content = edit_of(draft, edits, file=file)
        type = "m.room.message"
        if room.encrypted:
            sealed = await line.machine.encrypt(
                room, room.readers, type, content, any_device=draft.any_device
            )
            content = sealed | {name: content[name] for name in CLEAR if name in content}
            type = "m.room.encrypted"
            await line.rooms.current(address.conversation, audience)
        path = ("rooms", room.id, "send", type)
        posted = await line.api.call("PUT", path, content, key=draft.key.encode(), timeout=POST)
        id = text_in(posted, "event_id")
        if edits is None:  # known at once: /sync may leave it out
            await line.timeline.hear(
                RoomEvent(
                    room=room.id,
                    id=id,
                    type=type,
                    sender=line.me,
                    at=self._wiring.clock(),
                    content=content,
                    unsigned={"transaction_id": ""},
                    raw={},
                    thread=address.thread,
                )
            )
        return id

    async def delete(self, address: Address, id: str, key: str) -> None:
        line = self._line or _not_connected()
        path = ("rooms", address.conversation, "redact", id)
        try:
            await line.api.call("PUT", path, {}, key=key.encode(), timeout=POST)
        except PlatformRefused as refused:
            if refused.code != "M_NOT_FOUND":
                raise

    async def find(self, address: Address, key: str, since: str | None) -> str | None:
        """Forward from the question; without one, backward from now. Deleted messages bear no key."""
        line = self._line or _not_connected()
        start = await _after(line.api, address.conversation, since) if since else ""
        wanted = {"senders": [line.me], "types": ["m.room.message", "m.room.encrypted"]}
        params = {"limit": str(PAGE), "filter": orjson.dumps(wanted).decode(), "dir": "f" if start else "b"}
        for _ in range(MOST_PAGES):
            page = await line.api.call(
                "GET",
                ("rooms", address.conversation, "messages"),
                params=params | ({"from": start} if start else {}),
            )
            for event in array_in(page, "chunk"):
                content = object_in(event, "content")
                if content.get(KEY) == key and text_in(content, "m.relates_to", "rel_type") != "m.replace":
                    return text_in(event["event_id"])
            if not (start := text_in(page, "end")):
                return None
        raise Deferred(Phrase("delivery.history"), retry_after=60.0)

    # -- what it reads --------------------------------------------------------------------------------

    async def fetch(self, address: Address, attachment: Attachment, limit: int) -> bytes:
        return await (self._line or _not_connected()).files.fetch(attachment, limit)

    async def described(self, message: Message, root: str | None = None) -> Message:
        return await (self._line or _not_connected()).quotations.described(message, root)

    async def recall(self, address: Address, wanted: Wanted) -> Range:
        return await (self._line or _not_connected()).history.recall(address, wanted)

    async def chat(self, person: str, known: str | None, *, asks: bool = False) -> Address:
        return await (self._line or _not_connected()).private.chat(person, known)

    async def present(self, address: Address, person: str) -> bool:
        return await (self._line or _not_connected()).private.present(address, person)

    # -- its life -------------------------------------------------------------------------------------

    async def run(self, deliver: Deliver) -> None:
        with self._folder.held():
            async with aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=trusting(self._config.ca_file)),
                cookie_jar=aiohttp.DummyCookieJar(),
            ) as http:
                api = Api(http, self._config.homeserver, ready=self.ready)
                while True:
                    now = self._wiring.clock()
                    self._entries = [at for at in self._entries if at > now - 3600] + [now]
                    try:
                        async with entered(api, self._config, self._folder, self._wiring) as (device, keys):
                            line = Line(api, keys, device, self._config, self._wiring)
                            self._pace = replace(self._config.pace, scope=f"{NAME}:{line.me}")
                            self._line = self.activity = line
                            await line.listen(deliver)
                    except Unusable as error:
                        if (
                            self._config.access_token
                            or error.code not in ("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN")
                            or len(self._entries) > ENTRIES_PER_HOUR
                        ):
                            raise unusable(error, self._config) from error
                        log.warning("token_not_accepted", connector=NAME, error=error)
                    finally:
                        self.ready.clear()
                        self._line = self.activity = None


class Line:
    """One connected device: its parts, and what it hears. `core.connector.Activity`: it shows that it is at
    work.

    Each round of `hear`: `/sync` → devices and keys → what waited for those keys → invitations → rooms in
    order → `deliver` (durable) → save the token. The homeserver forgets nothing before it is asked with the
    new token, so a process killed at any line receives the same again, and the inbox knows it by its key. A
    round in which nothing happened (mostly the echo of our own messages) is not worth a write: its token is
    saved later.
    """

    def __init__(
        self, api: Api, machine: Machine, device: Device, config: TchapConfig, wiring: Wiring
    ) -> None:
        self.api = api
        self.machine = machine
        self._device = device
        self._config = config
        self._wiring = wiring
        self._clock = clock = wiring.clock
        self.me = me = device.user
        self._place = f"position:{me}"
        """Where the devices of the account note how far they have read."""
        self._background: asyncio.TaskGroup | None = None
        self._signs: Signs[str] = Signs(self._type, self._spawn, every=REFRESH, most=MOST_REFRESHES)
        self._saved_at = self._told_at = 0.0
        self._heard_at = clock()
        self._read: list[Waiting] = []
        self._rounds = 0
        self._has_keys_left = True
        served = Served(
            allowed=frozenset(config.allowed_servers) or frozenset({server_of(me)}),
            guests=frozenset(config.guest_servers),
        )
        welcome = served.allowed | served.guests
        self.rooms = Rooms(api, wiring.notebook, me=me, served=served, clock=clock)
        self._pending = Pending(wiring.notebook, clock)
        self.files = TchapFiles(
            api, Scanner.of(api, config.content_scanner) if config.content_scanner else None
        )
        self.invitations = Invitations(
            api,
            wiring.notebook,
            me=me,
            welcome=welcome,
            reason=config.decline_reason,
            spawn=self._spawn,
            clock=clock,
        )
        self._echoes = Echoes(api, wiring.on_echo, clock)
        earlier = EarlierEvents(api, machine, me=me)
        self.quotations = Quotations(earlier, self._pending, me=me, clock=clock)
        self.timeline = Timeline(
            machine=machine,
            rooms=self.rooms,
            pending=self._pending,
            invitations=self.invitations,
            stored=wiring.stored,
            gaps=Gaps(api=api, me=me, most_age=config.backfill_age, clock=clock),
            earlier=earlier,
            quotations=self.quotations,
            echoes=self._echoes,
            me=me,
            bots=frozenset(config.bots),
        )
        self.unreadable = Unreadable(
            api, machine, self.rooms, self.timeline, self._pending, self.invitations, wiring.stored
        )
        self.history = TchapHistory(api, self.rooms, machine.open, me=me)
        self.private = TchapPrivate(api, self.rooms, me=me, servers=welcome, secret=wiring.pickle_key)

    async def listen(self, deliver: Deliver) -> None:
        """Listen until cancelled. Raises Unusable or ConfigurationError."""
        try:
            async with asyncio.TaskGroup() as group:
                self._background = group
                await self.api.until_done(self.invitations.load)
                self._spawn(self.unreadable.watch(deliver))
                self._spawn(self._echoes.watch())
                self._spawn(self._watch_hearing())
                name, picture = self._config.display_name, self._config.picture
                self._spawn(profile.introduce(self.api, self.me, name=name, picture=picture))
                group.create_task(self.hear(deliver))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            self._background = None

    async def _watch_hearing(self) -> None:
        """Be red while nobody is heard, though the connection stands."""
        while True:
            await beat(HEARING_EVERY)
            if (why := self.deafness) is not None:
                self._wiring.upkeep.trouble(NAME, why)
            else:
                self._wiring.upkeep.well(NAME)

    def _spawn(self, work: Coroutine[Any, Any, object], *, quiet: bool = False) -> None:
        """Run beside what is heard; a failure is logged, unless that may happen, and ends nothing else."""
        if self._background is None:
            work.close()
            return
        self._background.create_task(self._guarded(work, quiet=quiet))

    async def _guarded(self, work: Coroutine[Any, Any, object], *, quiet: bool) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - what is heard must not end with it
            if not (quiet and isinstance(error, RelaisError)):
                log.error("background_failed", connector=NAME, error=error)

    @property
    def deafness(self) -> str | None:
        """Why nobody is heard, in words for operators; None while the homeserver's news are taken in."""
        if self._clock() - self._heard_at > DEAF_AFTER:
            return str(Phrase("tchap.deaf", seconds=round(DEAF_AFTER)))
        return None if self._has_keys_left else str(Phrase("tchap.keyless"))

    async def hear(self, deliver: Deliver) -> None:
        """Take in round after round until cancelled. Raises Unusable when the account or its token is not
        accepted."""
        since = await self.api.until_done(self._begin)
        while True:
            try:
                answer = await self.api.until_done(partial(self._sync, since))
            except Rejected as refused:
                # A server restored from a backup does not know its own later tokens.
                log.error("sync_refused", connector=NAME, error=refused)
                await self.api.until_done(partial(self._wiring.shared.delete, self._place))
                await asyncio.sleep(SHORTEST if since else LONGEST)
                since = None
                continue
            at = self._clock()
            batch, later = await self._digest(answer, since, at)
            self._has_keys_left = await self.machine.maintain()
            self.rooms.synced_at = at
            if batch:
                await self.api.until_done(partial(deliver, batch), on=Exception)
            if later and since is not None:
                await asyncio.sleep(SECOND_LOOK)
                if missed := await self._second_look(later, since, at):
                    await self.api.until_done(partial(deliver, missed), on=Exception)
            delivered = bool(batch or later)
            since = await self.api.until_done(partial(self._acknowledge, answer, since, delivered))
            self._rounds += 1
            self._heard_at = self._clock()
            if not self.api.ready.is_set():
                self.api.well()

    async def _begin(self) -> str | None:
        """The token of last time, if it is of this device."""
        stored = await self._wiring.notebook.get("sync")
        saved: Json = orjson.loads(stored) if stored else {}
        await self._pending.load()
        if saved.get("device") != self._device.device:
            return None
        self.rooms.begin(saved["epoch"])
        return saved["token"]

    async def _sync(self, since: str | None) -> Json:
        """Until all is well the homeserver is not to hold the answer: it tells that we listen."""
        wait = LONG_POLL if self.api.ready.is_set() else 0.0
        kind = FILTER if since is not None else BASELINE
        params = {"timeout": str(int(wait * 1000)), "filter": orjson.dumps(kind).decode()}
        if since is not None:
            params["since"] = since
        answer = await self.api.call("GET", "/sync", params=params, timeout=wait + 60.0)
        if not text_in(answer, "next_batch"):
            raise Deferred(Phrase("delivery.form", what="GET sync"), retry_after=1.0)
        return answer

    async def _digest(
        self, answer: Json, since: str | None, at: float
    ) -> tuple[list[Event], dict[str, Json]]:
        """Everything of one answer, made events, and what it tells of rooms that are a sibling's to read
        first. A part that fails for a reason of its own is left out."""
        rooms, to_device = object_in(answer, "rooms"), array_in(answer, "to_device", "events")
        self.machine.note_sync(answer)
        starts = not self._rounds
        keys = set[Session]()
        if to_device or starts:
            keys = await self.unreadable.keys(to_device, rooms, starts=starts)
        batch: list[Event] = []
        if keys:
            unlocked = partial(self.unreadable.unlocked, keys)
            batch, self._read = await self.api.until_done(unlocked)
        for room, data in object_in(rooms, "invite").items():
            invited = await self.api.until_done(partial(self.invitations.note, room, object_in(data)))
            batch += [invited] if invited else []
        later: dict[str, Json] = {}
        peers = self._wiring.peers
        for room, data in object_in(rooms, "join").items():
            if since is None:
                break
            told = object_in(data, "timeline")
            changed = array_in(data, "state", "events") or any(
                "state_key" in object_in(event) for event in array_in(told, "events")
            )
            only_talk = not (changed or told.get("limited"))
            if only_talk and peers and peers.others and not peers.is_first(room):
                later[room] = object_in(data)
            else:
                batch += await self._room(room, object_in(data), since, at)
        for room in object_in(rooms, "leave"):
            await self.api.until_done(partial(self._left, room))
        return batch, later

    async def _second_look(self, rooms: dict[str, Json], since: str, at: float) -> list[Event]:
        """What is in these rooms that no sibling has stored by now: it is busy, or no more."""
        missed = await self.api.until_done(partial(self.timeline.glance, rooms, at))
        return [event for room in missed for event in await self._room(room, rooms[room], since, at)]

    async def _room(self, room: str, data: Json, since: str, at: float) -> list[Event]:
        """One room's news. A room that always fails, while others do not, is left out and logged."""
        read = partial(self.timeline.read, room, data, since, at)
        try:
            return await self.api.until_done(read, gives_up=True)
        except (ConfigurationError, Unusable, StoreError):
            raise
        except Exception as error:  # noqa: BLE001 - one room, whatever is wrong with it
            log.error("room_skipped", connector=NAME, error=error)
            metrics.ignored.labels(NAME, "failed").inc()
            return []

    async def _left(self, room: str) -> None:
        await self.invitations.settle(room)
        await self.rooms.forget(room)
        await self._pending.forget_room(room)
        await self.machine.forget_room(room)

    async def _acknowledge(self, answer: Json, since: str | None, delivered: bool) -> str:
        """All of the answer is durable: remember how far we are."""
        if self._read:
            await self._pending.resolved(self._read)
            self._read = []
        token: str = answer["next_batch"]
        if since is None:  # a new device goes on where its siblings are, or where the last of them was lost
            position = await self._wiring.shared.get(self._place)
            token = position.decode() if position else token
            self.rooms.begin(token)
        left = object_in(answer, "rooms").get("leave")
        news = delivered or bool(object_in(answer, "to_device").get("events") or left)
        if news or since is None or self._clock() - self._saved_at > SAVE_EVERY:
            record = {"device": self._device.device, "token": token, "epoch": self.rooms.epoch}
            await self._wiring.notebook.set("sync", orjson.dumps(record))
            self._saved_at = self._clock()
            # The siblings may go on from here once nothing waits that only this device knows of.
            nothing_waits = all(one.told for one in self._pending.waiting.values())
            if self._clock() - self._told_at > TELL_EVERY and nothing_waits:
                await self._wiring.shared.set(self._place, token.encode())
                self._told_at = self._clock()
        return token

    # -- signs of life ---------------------------------------------------------------------------------

    async def read(self, address: Address, id: str) -> None:
        if id.startswith("$"):
            path = ("rooms", address.conversation, "receipt", "m.read", id)
            body = {"thread_id": address.thread} if address.thread else {}
            self._spawn(self.api.call("POST", path, body), quiet=True)

    async def working(self, address: Address, on: bool) -> None:
        self._signs.turn(address.conversation, on)

    async def _type(self, room: str, on: bool) -> None:
        shown = {"timeout": int(SHOWN_FOR * 1000)} if on else {}
        with suppress(RelaisError):
            await self.api.call("PUT", ("rooms", room, "typing", self.me), {"typing": on, **shown})


async def _after(api: Api, room: str, event: str) -> str:
    """The position right after an event; empty when there is no such event."""
    if not event.startswith("$"):
        return ""
    try:
        answer = await api.call("GET", ("rooms", room, "context", event), params={"limit": "0"})
    except PlatformRefused:
        return ""
    return text_in(answer, "end")


def _not_connected() -> NoReturn:
    raise Deferred(Phrase("delivery.not_connected", connector=NAME), retry_after=1.0)
