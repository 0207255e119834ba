"""The connector on a real homeserver, without the core: what it delivers is kept in a list."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest_asyncio
import vodozemac

from connectors.tchap.config import TchapConfig, Wiring
from connectors.tchap.connector import TchapConnector
from connectors.tchap.crypto import Machine
from connectors.tchap.olm import HardenedOlm
from connectors.tchap.pending import Pending
from connectors.tchap.room import Room
from connectors.tchap.siblings import Siblings
from core.connector import Address, Draft, Echo, Event, Pace, Shelved
from core.sensitivity.level import Level
from tests.rig.peer import Peer
from tests.rig.synapse import Federation
from tests.rig.troupe import Troupe

E = TypeVar("E")
_numbers = itertools.count()


class MemoryNotebook:
    """A notebook that outlives connectors, not the test."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.written = 0
        """Bytes of all values that were set."""

    async def get(self, name: str) -> bytes | None:
        return self.kept.get(name)

    async def set(self, name: str, value: bytes) -> None:
        self.kept[name] = value
        self.written += len(value)

    async def delete(self, *names: str) -> None:
        for name in names:
            self.kept.pop(name, None)

    async def items(self, prefix: str) -> dict[str, bytes]:
        return {name: value for name, value in self.kept.items() if name.startswith(prefix)}


class MemoryShelf:
    """A shelf that outlives connectors, not the test."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], dict[str, bytes]] = {}

    async def put(self, conversation: str, values: Iterable[Shelved]) -> None:
        for one in values:
            self.kept.setdefault((conversation, one.name), {})[one.variant] = one.value

    async def get(self, conversation: str, name: str) -> list[bytes]:
        return (await self.read((conversation, name)))[0]

    async def read(self, *places: tuple[str, str]) -> list[list[bytes]]:
        return [list(self.kept.get(place, {}).values()) for place in places]

    async def clear(self, conversation: str) -> None:
        self.kept = {names: values for names, values in self.kept.items() if names[0] != conversation}


@dataclass
class Bot:
    """A bot account, its data folder and notebook. `running` starts and stops its connector."""

    config: TchapConfig
    folder: Path
    user: str
    notebook: MemoryNotebook = field(default_factory=MemoryNotebook)
    shared: MemoryNotebook = field(default_factory=MemoryNotebook)
    shelf: MemoryShelf = field(default_factory=MemoryShelf)
    events: list[Event] = field(default_factory=list)
    echoes: list[Echo] = field(default_factory=list)
    elsewhere: set[str] = field(default_factory=set)
    """Keys of events that a sibling has stored."""
    skew: float = 0.0
    """Seconds by which its clock goes ahead."""
    others: tuple[str, ...] = ()
    """The replicas beside it, of which one reads all rooms first."""
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    connector: TchapConnector = None  # type: ignore[assignment]
    task: asyncio.Future[None] = None  # type: ignore[assignment]

    async def deliver(self, events: Sequence[Event]) -> None:
        self.events += events
        self.arrived.set()

    async def stored(self, _address: Address, keys: Sequence[str]) -> frozenset[str]:
        return frozenset(self.elsewhere.intersection(keys))

    async def echo(self, echo: Echo) -> None:
        self.echoes.append(echo)

    def is_first(self, _: str) -> bool:
        return not self.others

    def new(self, **changes: Any) -> TchapConnector:
        wiring = Wiring(
            folder=self.folder,
            notebook=self.notebook,
            shared=self.shared,
            shelf=self.shelf,
            pickle_key="secret",
            on_echo=self.echo,
            stored=self.stored,
            peers=self,
            clock=lambda: time.time() + self.skew,
        )
        return TchapConnector(replace(self.config, **changes), wiring)

    @asynccontextmanager
    async def running(self, **changes: Any) -> AsyncGenerator[TchapConnector]:
        """The connector, listening; stopped at the end."""
        self.connector = self.new(**changes)
        self.task = running = asyncio.ensure_future(self.connector.run(self.deliver))
        listening = asyncio.ensure_future(self.connector.ready.wait())
        try:
            await asyncio.wait({running, listening}, return_when=asyncio.FIRST_COMPLETED, timeout=60)
            if running.done():
                running.result()
            assert self.connector.ready.is_set()
            yield self.connector
        finally:
            listening.cancel()
            running.cancel()
            await asyncio.gather(running, listening, return_exceptions=True)

    async def event(
        self, kind: type[E], where: Callable[[E], bool] = lambda _: True, patience: float = 60.0
    ) -> E:
        """Wait for a delivered event of this kind."""
        try:
            async with asyncio.timeout(patience):
                while True:
                    self.arrived.clear()
                    for event in self.events:
                        if isinstance(event, kind) and where(event):
                            return event
                    await self.arrived.wait()
        except TimeoutError:
            raise AssertionError(f"no {kind.__name__}; delivered: {self.events}") from None

    async def until(self, condition: Callable[[], bool], patience: float = 60.0) -> None:
        """Wait for a state of the connector that no event tells."""
        async with asyncio.timeout(patience):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    def address(self, room: str, thread: str | None = None) -> Address:
        return Address(connector="tchap", conversation=room, thread=thread)

    async def ended(self, patience: float = 60.0) -> None:
        """Wait until the connector ends, and raise as it does."""
        await asyncio.wait_for(asyncio.shield(self.task), patience)

    def replica(self, folder: Path) -> Bot:
        """Another device of the same account."""
        return Bot(
            config=self.config,
            folder=folder / "tchap",
            user=self.user,
            shared=self.shared,
            shelf=self.shelf,
        )

    def machine(self) -> Machine:
        connection = self.connector._connection
        assert connection is not None
        return connection.machine

    def pending(self) -> Pending:
        connection = self.connector._connection
        assert connection is not None
        return connection.sync.unreadable.pending

    def siblings(self) -> Siblings:
        connection = self.connector._connection
        assert connection is not None
        return connection.machine.siblings

    def forget_events(self) -> None:
        """Have it look up again all that it has read: as after a restart."""
        connection = self.connector._connection
        assert connection is not None
        connection.timeline.earlier._events.clear()

    def known(self, room: str) -> Room:
        """The room as the connector has it in memory."""
        connection = self.connector._connection
        assert connection is not None
        return connection.rooms._known[room]

    def draft(self, text: str, key: str = "", **more: Any) -> Draft:
        return Draft(text=text, level=Level.N0, key=key or f"key-{next(_numbers)}", **more)

    async def answer(self, address: Address, text: str, key: str = "", **more: Any) -> str:
        """Send as the outbox does: judge, then send."""
        audience = await self.connector.audience(address)
        return await self.connector.send(address, self.draft(text, key, **more), audience)


class KeySender:
    """Somebody's device, which writes to the bot's by Olm."""

    def __init__(self, bot: HardenedOlm, user: str = "@mallory:b.fr") -> None:
        self.user = user
        self._bot = bot
        self._account = vodozemac.Account()

    def room_key(self, room: str, session: vodozemac.GroupSession) -> dict[str, Any]:
        """The to-device event that brings a room's key, by an Olm session of its own."""
        mine = self._bot.account.identity_keys
        account: Any = self._bot.account._account
        account.generate_fallback_key()
        ((_, key),) = account.fallback_key.items()
        channel = self._account.create_outbound_session(
            vodozemac.Curve25519PublicKey.from_base64(mine["curve25519"]), key
        )
        payload = {
            "type": "m.room_key",
            "sender": self.user,
            "sender_device": "D",
            "keys": {"ed25519": self._account.ed25519_key.to_base64()},
            "recipient": self._bot.user_id,
            "recipient_keys": {"ed25519": mine["ed25519"]},
            "content": {
                "algorithm": "m.megolm.v1.aes-sha2",
                "room_id": room,
                "session_id": session.session_id,
                "session_key": session.session_key.to_base64(),
            },
        }
        kind, body = channel.encrypt(json.dumps(payload).encode()).to_parts()
        return {
            "type": "m.room.encrypted",
            "sender": self.user,
            "content": {
                "algorithm": "m.olm.v1.curve25519-aes-sha2",
                "sender_key": self._account.curve25519_key.to_base64(),
                "ciphertext": {
                    mine["curve25519"]: {"type": kind, "body": base64.b64encode(body).decode().rstrip("=")}
                },
            },
        }


@pytest_asyncio.fixture(loop_scope="session")
async def bot(servers: Federation, tmp_path: Path) -> Bot:
    """A new account on the agents' server."""
    name = f"bot{next(_numbers)}"
    user = await servers.agents.register(name, "secret", displayname="Assistant [Essai]")
    config = TchapConfig(
        homeserver=servers.agents.base_url,
        user=name,
        password="secret",
        guest_servers=(servers.externes.server_name,),
        pace=Pace(per_second=100, burst=100),
        decline_reason="Ce serveur n’est pas admis.",
    )
    return Bot(config=config, folder=tmp_path / "tchap", user=user)


@pytest_asyncio.fixture(loop_scope="session")
async def alice(servers: Federation, troupe: Troupe) -> Peer:
    return await troupe.person(servers.agents, "alice")


@pytest_asyncio.fixture(loop_scope="session")
async def bob(servers: Federation, troupe: Troupe) -> Peer:
    return await troupe.person(servers.agents, "bob")
