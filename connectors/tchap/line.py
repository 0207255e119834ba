"""One login of the bot's account: keys and cross-signing, then everything that talks to the homeserver, put
together. Login, identity, keys: in this order, so that nobody ever meets an unsigned device.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.tchap import cross_signing, profile
from connectors.tchap.api import NAME, Api, Patience, room_path
from connectors.tchap.config import TchapConfig
from connectors.tchap.crypto import Machine
from connectors.tchap.device import Device, Folder, enter
from connectors.tchap.history import TchapHistory
from connectors.tchap.identities import Pins
from connectors.tchap.invitations import Invitations
from connectors.tchap.listener import Listener
from connectors.tchap.media import Scanner, TchapFiles
from connectors.tchap.pending import Pending
from connectors.tchap.private import TchapPrivate
from connectors.tchap.rooms import Rooms, Served, server_of
from connectors.tchap.timeline import Timeline
from connectors.tchap.unreadable import Unreadable
from core.connector import Address, Deliver, First, Notebook, OnEcho, Shelf, Signs, Stored
from core.connector.upkeep import Upkeep
from core.errors import RelaisError
from core.retry import beat
from core.telemetry import log

HEARING_EVERY = 9.0
SHOWN_FOR, REFRESH = 30.0, 20.0
"""Seconds for which the bot is shown to be at work, and after which that is said again."""
MOST_REFRESHES = 30
"""Ten minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What the connector is given by the replica that it belongs to.

    `folder` holds the device, its keys and its lock; `notebook` belongs to this device, `shared` and `shelf`
    to all devices of the account; `pickle_key` seals the keys on disk. `on_echo` hears of the account's
    messages (see `Echo`); `stored` says what siblings have read, `is_first` which rooms are this replica's to
    read first, `tag` names a person in logs, `upkeep` hears that nobody is heard.
    """

    folder: Path
    notebook: Notebook
    shared: Notebook
    shelf: Shelf
    pickle_key: str
    on_echo: OnEcho | None = None
    stored: Stored | None = None
    is_first: First = lambda _: True
    tag: Callable[[str], str] = lambda _: ""
    upkeep: Upkeep = field(default_factory=Upkeep)
    clock: Callable[[], float] = time.time


@asynccontextmanager
async def connected(
    api: Api, config: TchapConfig, folder: Folder, wiring: Wiring, patience: Patience
) -> AsyncGenerator[Line]:
    """Log in, and give the line of a device whose keys the bot's identity has signed. Raises Unusable or
    ConfigurationError."""
    before = folder.read_device()
    device = await patience.until_done(lambda: enter(api, config, folder))
    machine = Machine(
        api,
        user=device.user,
        device=device.device,
        path=folder.crypto_path(device.device),
        pickle_key=wiring.pickle_key,
        pins=Pins(wiring.shared),
        shelf=wiring.shelf,
        trust=config.trust,
        tag=wiring.tag,
        clock=wiring.clock,
    )
    try:
        if before is not None and before.token != device.token:
            machine.olm.account.shared = False  # a login may have made the server forget our keys
        await patience.until_done(lambda: _introduce(api, machine, device, config, folder))
        yield Line(api, machine, device, config, wiring, patience)
    finally:
        machine.close()


async def _introduce(api: Api, machine: Machine, device: Device, config: TchapConfig, folder: Folder) -> None:
    """The bot's identity, then keys that it signed, with a fallback key; only then /sync. Nobody sees the
    device unsigned, but on a homeserver that drops signatures from the keys of a device."""
    seed = config.cross_signing_seed or folder.read_seed()
    if not seed:
        if await cross_signing.has_identity(api, device.user):
            raise cross_signing.new_identity_needed(device.user)
        seed = folder.make_seed()
    identity = cross_signing.Identity(seed, device.user)
    if not machine.olm.account.shared:
        await cross_signing.check_device(api, device.user, device.device, machine.olm.curve_key)
        with cross_signing.told():
            await cross_signing.publish_identity(api, identity, config.password)
        await machine.upload_keys(identity.signed)
    with cross_signing.told():
        await cross_signing.sign_device(api, identity, device.device, config.password)


class Line:
    """The parts of one connected device. `core.connector.Activity`: it shows that it is at work."""

    def __init__(
        self,
        api: Api,
        machine: Machine,
        device: Device,
        config: TchapConfig,
        wiring: Wiring,
        patience: Patience,
    ) -> None:
        self.api = api
        self.machine = machine
        self._config = config
        self._upkeep = wiring.upkeep
        self._patience = patience
        self._background: asyncio.TaskGroup | None = None
        self._signs: Signs[str] = Signs(self._type, self._spawn, every=REFRESH, most=MOST_REFRESHES)
        me, clock = device.user, wiring.clock
        self.me = me
        served = Served(
            allowed=frozenset(config.allowed_servers) or frozenset({server_of(me)}),
            guests=frozenset(config.guest_servers),
        )
        welcome = served.allowed | served.guests
        rooms = self.rooms = Rooms(api, wiring.notebook, me=me, served=served, clock=clock)
        pending = Pending(wiring.notebook, clock)
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
        self.timeline = Timeline(
            api,
            machine,
            rooms,
            pending,
            self.invitations,
            wiring.stored,
            wiring.on_echo,
            me=me,
            bots=frozenset(config.bots),
            backfill_age=config.backfill_age,
            clock=clock,
        )
        self.unreadable = Unreadable(api, machine, rooms, self.timeline, pending, patience, wiring.stored)
        self.listener = Listener(
            api,
            machine,
            rooms,
            self.timeline,
            pending,
            self.unreadable,
            self.invitations,
            wiring.notebook,
            wiring.shared,
            patience,
            is_first=wiring.is_first,
            device=device,
            clock=clock,
        )
        self.history = TchapHistory(api, rooms, machine.open, me=me)
        self.private = TchapPrivate(api, rooms, me=me, servers=welcome, secret=wiring.pickle_key)

    async def listen(self, deliver: Deliver) -> None:
        """Listen until cancelled. Raises Unusable or ConfigurationError."""
        try:
            async with asyncio.TaskGroup() as group:
                self._background = group
                await self._patience.until_done(self.invitations.load)
                self._spawn(self.unreadable.watch(deliver))
                self._spawn(self.timeline.watch(self._patience))
                self._spawn(self._watch_hearing())
                name, picture = self._config.display_name, self._config.picture
                self._spawn(profile.introduce(self.api, self.me, name=name, picture=picture))
                group.create_task(self.listener.run(deliver))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            self._background = None

    async def _watch_hearing(self) -> None:
        """Be red while nobody is heard, though the connection stands."""
        while True:
            await beat(HEARING_EVERY)
            if (why := self.listener.deafness) is not None:
                self._upkeep.trouble(NAME, why)
            else:
                self._upkeep.well(NAME)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run beside the listener; a failure is logged and ends nothing else."""
        if self._background is None:
            work.close()
            return
        self._background.create_task(self._guarded(work))

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - the listener must not end with it
            log.error("background_failed", connector=NAME, error=error)

    # -- signs of life ---------------------------------------------------------------------------------

    async def read(self, address: Address, id: str) -> None:
        if id.startswith("$"):
            path = room_path(address.conversation, "receipt", "m.read", id)
            body = {"thread_id": address.thread} if address.thread else {}
            self._spawn(self._quietly("POST", path, body))

    async def working(self, address: Address, on: bool) -> None:
        self._signs.turn(address.conversation, on)

    async def _type(self, room: str, on: bool) -> None:
        shown = {"timeout": int(SHOWN_FOR * 1000)} if on else {}
        await self._quietly("PUT", room_path(room, "typing", self.me), {"typing": on, **shown})

    async def _quietly(self, method: str, path: str, body: object) -> None:
        try:
            await self.api.call(method, path, body)
        except RelaisError:
            return
