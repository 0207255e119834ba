"""The Tchap connector: one bot account on one device, from login to the last message.

`run` holds the data folder, enters (login, keys, cross-signing: in this order, so that nobody ever meets an
unsigned device) and listens. When the homeserver no longer knows the token, it enters again on the same
device; what only an operator can mend ends `run` with a ConfigurationError. While it is not connected,
everything that would need the homeserver is deferred.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, NoReturn

import aiohttp

from connectors.tchap import cross_signing, profile
from connectors.tchap.api import NAME, Api, Patience
from connectors.tchap.config import TchapConfig
from connectors.tchap.crypto import Machine
from connectors.tchap.device import Device, Folder, enter, unusable
from connectors.tchap.identities import Pins
from connectors.tchap.line import Line, Wiring
from connectors.tchap.listener import Listener
from connectors.tchap.render import LIMIT
from core.connector import (
    Address,
    Attachment,
    Audience,
    Deliver,
    Draft,
    Grows,
    Message,
    NoCapabilities,
    Pace,
    Range,
    Sending,
    Wanted,
)
from core.errors import Deferred, Unusable
from core.language.operators import Phrase
from core.rhythm import beat
from core.telemetry import log
from core.tls import trusting

ENTRIES_PER_HOUR = 5
"""More logins than that are no accident."""
HEARING_EVERY = 9.0


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
        self._patience = Patience(self.ready)
        self._line: Line | None = None
        self._pace = config.pace
        self._background: asyncio.TaskGroup | None = None
        self._entries: list[float] = []
        """When it logged in within the last hour; `run` may be called again."""

    # -- what it is -----------------------------------------------------------------------------------

    def pace(self, address: Address, sending: Sending) -> Pace:
        """Synapse limits an account, and edits are messages."""
        return self._pace

    # -- what it does ---------------------------------------------------------------------------------

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

    async def send(self, address: Address, draft: Draft, audience: Audience) -> str:
        line = self._line or _not_connected()
        return await line.sender.post(address, draft, audience)

    def grows(self, address: Address) -> Grows:
        return "sparingly"

    async def edit(self, address: Address, id: str, draft: Draft, audience: Audience) -> None:
        line = self._line or _not_connected()
        await line.sender.post(address, draft, audience, edits=id)

    async def delete(self, address: Address, id: str, key: str) -> None:
        await (self._line or _not_connected()).sender.delete(address, id, key)

    async def find(self, address: Address, key: str, since: str | None) -> str | None:
        return await (self._line or _not_connected()).sender.find(address, key, since)

    async def fetch(self, address: Address, attachment: Attachment, limit: int) -> bytes:
        return await (self._line or _not_connected()).files.fetch(attachment, limit)

    async def described(self, message: Message, root: str | None = None) -> Message:
        if root is None and message.reply_to is None:
            return message
        return await (self._line or _not_connected()).timeline.described(message, root)

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
                while True:
                    now = self._wiring.clock()
                    self._entries = [at for at in self._entries if at > now - 3600] + [now]
                    try:
                        await self._live(http, deliver)
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

    async def _live(self, http: aiohttp.ClientSession, deliver: Deliver) -> None:
        """One login's life. Raises Unusable or ConfigurationError."""
        api = Api(http, self._config.homeserver)
        before = self._folder.read_device()
        device = await self._patience.until_done(lambda: enter(api, self._config, self._folder))
        self._pace = replace(self._config.pace, scope=f"{NAME}:{device.user}")
        machine = Machine(
            api,
            user=device.user,
            device=device.device,
            path=self._folder.crypto_path(device.device),
            pickle_key=self._wiring.pickle_key,
            pins=Pins(self._wiring.shared),
            shelf=self._wiring.shelf,
            trust=self._config.trust,
            tag=self._wiring.tag,
            clock=self._wiring.clock,
        )
        try:
            if before is not None and before.token != device.token:
                machine.olm.account.shared = False  # a login may have made the server forget our keys
            await self._patience.until_done(lambda: self._introduce(api, machine, device))
            await self._listen(api, machine, device, deliver)
        finally:
            machine.close()

    async def _introduce(self, api: Api, machine: Machine, device: Device) -> None:
        """The bot's identity, then keys that it signed, with a fallback key; only then /sync. Nobody sees the
        device unsigned, but on a homeserver that drops signatures from the keys of a device."""
        seed = self._config.cross_signing_seed or self._folder.read_seed()
        if not seed:
            if await cross_signing.has_identity(api, device.user):
                raise cross_signing.new_identity_needed(device.user)
            seed = self._folder.make_seed()
        identity = cross_signing.Identity(seed, device.user)
        if not machine.olm.account.shared:
            await cross_signing.check_device(api, device.user, device.device, machine.olm.curve_key)
            with cross_signing.told():
                await cross_signing.publish_identity(api, identity, self._config.password)
            await machine.upload_keys(identity.signed)
        with cross_signing.told():
            await cross_signing.sign_device(api, identity, device.device, self._config.password)

    async def _listen(self, api: Api, machine: Machine, device: Device, deliver: Deliver) -> None:
        line = self._line = Line(
            api, machine, device, self._config, self._wiring, self._patience, spawn=self._spawn
        )
        self.activity = line.sender
        try:
            async with asyncio.TaskGroup() as group:
                self._background = group
                await self._patience.until_done(line.invitations.load)
                self._spawn(line.unreadable.watch(deliver))
                self._spawn(line.lookup.watch(self._patience))
                self._spawn(self._watch_hearing(line.listener))
                self._spawn(
                    profile.introduce(
                        api, device.user, name=self._config.display_name, picture=self._config.picture
                    )
                )
                group.create_task(line.listener.run(deliver))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            self._background = None

    async def _watch_hearing(self, listener: Listener) -> None:
        """Be red while nobody is heard, though the connection stands."""
        while True:
            await beat(HEARING_EVERY)
            if (why := listener.deafness) is not None:
                self._wiring.upkeep.trouble(NAME, why)
            else:
                self._wiring.upkeep.well(NAME)

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


def _not_connected() -> NoReturn:
    raise Deferred(Phrase("delivery.not_connected", connector=NAME), retry_after=1.0)
