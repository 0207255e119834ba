"""The store on the embedded Valkey, an inbox on it, and what tests put into them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path

import pytest

from core.connector import Address, Message, Person
from core.inbox.inbox import Claim, Inbox
from core.sessions.repository import KeptMaterial, KeptTurn, Session, Sessions
from core.store.keyring import unlock
from core.store.valkey import Store, open_store
from core.vault import Keys, Vault
from tests.rig.lent import lent_store

SECRET = "un secret de plus de trente-deux caractères"
HERE = Address(connector="tchap", conversation="!salon:agents.example")
ELSEWHERE = Address(connector="tchap", conversation="!autre:agents.example")
ALICE = Person(id="@alice:agents.example", name="Alice")
BOB = Person(id="@bob:agents.example", name="Bob")


def question(name: str, *, address: Address = HERE, sender: Person = ALICE, text: str = "Bonjour") -> Message:
    """A message whose key and id are `$name`."""
    return Message(
        key=f"${name}",
        id=f"${name}",
        address=address,
        at=1_700_000_000.0,
        sender=sender,
        text=text,
        addressed=True,
        direct=True,
    )


def ids(claim: Claim) -> list[str]:
    return [event.id for event in claim.events if isinstance(event, Message)]


async def keep(
    sessions: Sessions,
    session: Session,
    turn: KeptTurn,
    *,
    materials: Sequence[KeptMaterial] = (),
    bot: str = "",
) -> bool:
    """Keep a turn of the reader of a session now. False: they were erased since it was loaded."""
    commands = await sessions.appending(session, turn, materials=materials, bot=bot)
    return bool(commands) and await sessions._store.run(commands[0]) == b"kept"


@pytest.fixture
def partitions() -> int:
    return 1


@pytest.fixture
def embedded() -> bool:
    """Is the store to be the embedded one of the test's folder, with all that it writes?"""
    return False


@pytest.fixture
async def store(partitions: int, embedded: bool, tmp_path: Path) -> AsyncGenerator[Store]:
    opened = (
        open_store(data_dir=tmp_path, partitions=partitions) if embedded else lent_store(tmp_path, partitions)
    )
    async with opened as store:
        yield store


@pytest.fixture
async def vault(store: Store) -> Vault:
    return await unlock(store, Keys([SECRET]))


@pytest.fixture
def fixed() -> Vault:
    """A vault whose keyed hashes are the same in every run: estimates that rest on them are, too."""
    return Vault(Keys([SECRET]), index=bytes(32))


@pytest.fixture
def replica(store: Store, vault: Vault) -> Callable[..., Inbox]:
    """Inboxes of several replicas on one store."""

    def make(name: str = "un", *, lease: float = 10.0) -> Inbox:
        return Inbox(store, vault, replica=name, lease=lease)

    return make


@pytest.fixture
def inbox(replica: Callable[..., Inbox]) -> Inbox:
    return replica()


async def pass_time(store: Store, *, leases: bool = True) -> None:
    """Let every delay, and every lease, be over now, as the server sees it."""
    for partition in range(store.partitions):
        for timers in ("delayed", "leases") if leases else ("delayed",):
            place = store.key(partition, timers)
            for conversation in await store.run(("ZRANGE", place, 0, -1)):
                await store.run(("ZADD", place, 0, conversation))


async def shorten_leases(store: Store, seconds: float) -> None:
    """Let every lease end so much earlier: as if that time had passed since it was taken or renewed."""
    for partition in range(store.partitions):
        place = store.key(partition, "leases")
        for conversation in await store.run(("ZRANGE", place, 0, -1)):
            await store.run(("ZINCRBY", place, -1000 * seconds, conversation))
