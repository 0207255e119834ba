"""The servers of others: Redis 8, Valkey 8, over TLS, watched by Sentinels, and a Cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from core.connector import Pace, Person
from core.delivery.outbox import Budget
from core.errors import ConfigurationError, StoreError, StoreUnavailable
from core.inbox.dead_letters import DeadLetters
from core.inbox.inbox import Entry, Inbox, Ref
from core.sensitivity.level import Level
from core.sessions.erasure import Journal
from core.sessions.repository import KeptMaterial, KeptTurn, Sessions
from core.store.cluster import Cluster
from core.store.keyring import unlock
from core.store.presence import Presence
from core.store.rotation import rotate
from core.store.valkey import Store, StoredNotebook, open_store
from core.store.wire import Wire
from core.vault import Keys, generate
from tests.core.stored import ALICE, HERE, SECRET, ids, keep, question
from tests.rig.valkey import valkey
from tests.rig.valkeys import MAKES, cluster, program, secured, watched

T = TypeVar("T")
PATIENCE = 20.0
"""Seconds for a failover; the nodes here notice after one."""


def installed(make: str, folder: Path) -> Path:
    found = program(make, folder)
    if found is None:
        pytest.skip(f"Debian's {make}-tools is not installed")
    return found


async def everything(store: Store, folder: Path) -> None:
    """Call every script."""
    vault = await unlock(store, Keys([SECRET]))
    inbox = Inbox(store, vault, replica="un")
    async with Presence(store, replica="un", who="ici").held():
        await inbox.enqueue([Entry(event=question(name)) for name in "abcd"])
        (claim,) = await inbox.claim(1)
        await claim.put(posted={0: "$r"})
        assert await claim.place(1, key="k", id="$s") == "$s"
        await inbox.mark(HERE, target="$a", how="edited", event=question("a"))
        await inbox.mark(HERE, target="$d", how="deleted")
        await claim.release(delay=60.0, clean=False)
        await inbox.hasten(HERE)
        (claim,) = await inbox.claim(1)
        await claim.done(ref=Ref(questions=("$a",), posts=("$r",), session="s", turn="t"))
        (claim,) = await inbox.claim(1)
        await claim.purge(final=b"refus")
        await claim.dead("raison")
        (letter,) = await DeadLetters(store, vault).list()
        await DeadLetters(store, vault).retry(letter.id)
        await inbox.later(question("later"), 1.0)
        assert (await inbox.stats()).ready == 1
        await inbox.recover()
        sessions = Sessions(store, vault)
        session, _ = await sessions.load("s", ALICE.id)
        turn = KeptTurn(key="t", question="q", answer="r", author=ALICE.id, at=1.0, level=Level.N1)
        await keep(sessions, session, turn, materials=[KeptMaterial(name="n", text="t", level=Level.N1)])
        await sessions.hold(session, "0" * 32, b'"question"')
        await sessions.raise_level("s", Level.N2)
        await sessions.lower("s")
        await sessions.greet_once(ALICE.id, "job")
        assert len((await sessions.export(ALICE.id))["sessions"]) == 1
        await sessions.forget(ALICE.id)
        await Journal(store, folder).replay()
        await Budget(store, vault).take("compte", Pace(per_second=1, burst=2), "final")
        await StoredNotebook(store, vault, "tchap|APPAREIL").set("token", b"t")
        await store.rewrite()


@pytest.mark.parametrize("make", MAKES)
async def test_servers(tmp_path: Path, make: str) -> None:
    """Redis 8 and Valkey 8 know all that we ask of them, a rotation of the keys included."""
    binary = installed(make, tmp_path)
    async with (
        valkey(tmp_path / "store", program=binary) as server,
        open_store(url=server.url, data_dir=tmp_path) as store,
    ):
        assert store.partitions == 1
        await everything(store, tmp_path)
        assert await rotate(store, await unlock(store, Keys([generate(), SECRET]))) > 1


@pytest.mark.parametrize("make", MAKES)
async def test_tls(tmp_path: Path, make: str) -> None:
    """`rediss://` is checked against the given authority; another one, a wrong password, and plain text are
    refused, and none of these shows the password."""
    async with secured(tmp_path / "store", installed(make, tmp_path)) as it:
        async with open_store(url=it.server.url, data_dir=tmp_path, ca_file=it.ca) as store:
            await everything(store, tmp_path)
        plain = it.server.url.replace("rediss:", "redis:")
        for url, ca, error in (
            (it.server.url, None, StoreUnavailable),
            (it.server.url.replace("motdepasse", "mauvais"), it.ca, ConfigurationError),
            (plain, it.ca, StoreUnavailable),
        ):
            with pytest.raises(error) as failure:
                async with open_store(url=url, data_dir=tmp_path, ca_file=ca):
                    pass
            assert "motdepasse" not in str(failure.value)
            assert "mauvais" not in str(failure.value)


async def test_sentinel(tmp_path: Path) -> None:
    """The Sentinels name the master. When it dies the new one is found, and what was acknowledged and had
    reached it is there."""
    async with (
        watched(tmp_path) as it,
        open_store(url=it.url, data_dir=tmp_path) as store,
    ):
        inbox = Inbox(store, await unlock(store, Keys([SECRET])), replica="un", lease=120)
        await inbox.enqueue([Entry(event=question("a"))])
        await store.run(("WAIT", 1, 1000))
        await it.master.kill()
        (claim,) = await sometime(lambda: inbox.claim(1))
        assert ids(claim) == ["$a"]
        await claim.done()
        await everything(store, tmp_path)


async def test_a_demoted_master_is_left(store: Store, tmp_path: Path) -> None:
    """A server that may write no more is asked for anew: the Sentinels may name another by now."""
    wire = store._wire
    assert isinstance(wire, Wire)
    before = wire._line
    await store.run(("REPLICAOF", "127.0.0.1", 1))
    with pytest.raises(StoreUnavailable, match="READONLY"):
        await store.run(("SET", "k", "v"))
    await sometime(lambda: store.run(("REPLICAOF", "NO", "ONE")))
    await sometime(lambda: store.run(("SET", "k", "v")))
    assert wire._line is not before


async def test_a_sentinel_is_no_server(tmp_path: Path) -> None:
    """A URL that leads to a Sentinel as if it were the server says how to write it."""
    async with watched(tmp_path, sentinels=1) as it:
        url = it.url.replace("+sentinel", "").removesuffix("/relais")
        with pytest.raises(ConfigurationError, match=r"est un Sentinel.*redis\+sentinel://"):
            async with open_store(url=url, data_dir=tmp_path):
                pass
        with pytest.raises(StoreUnavailable, match="autre"):
            async with open_store(url=it.url.replace("/relais", "/autre"), data_dir=tmp_path):
                pass


async def test_cluster(tmp_path: Path) -> None:
    """One node leads to all; partitions are spread over the masters, and no script leaves its own. When a
    master dies its replica is found; a command that was sent to the wrong node goes to the right one."""
    async with (
        cluster(tmp_path) as nodes,
        open_store(url=nodes[1].url, data_dir=tmp_path) as store,
        open_store(url=f"{nodes[0].url.replace(':', '+cluster:', 1)}", data_dir=tmp_path) as other,
    ):
        assert store.partitions == other.partitions == 8
        wire = store._wire
        assert isinstance(wire, Cluster)
        assert len(wire.parts) == 3
        await everything(store, tmp_path)
        wire._owners.reverse()  # as if all slots had moved
        places = [(store.key(p, "essai"), str(p).encode()) for p in range(8)]
        await store.batch([("SET", place, value) for place, value in places])
        wire._owners.reverse()
        assert await store.spread([("GET", place) for place, _ in places]) == [value for _, value in places]
        with pytest.raises(StoreError):
            await store.run(("EVAL", "#!lua\nreturn redis.call('GET', 'elsewhere')", 1, store.key(0)))
        vault = await unlock(store, Keys([SECRET]))
        one, two = (Inbox(each, vault, replica=name) for each, name in ((store, "un"), (other, "deux")))
        heard: list[str] = []
        two.on_mark(lambda turn, how: heard.append(how))
        people = [Person(id=f"@{i}") for i in range(24)]
        events = [
            question(f"c{i}", address=replace(HERE, conversation=f"!c{i}"), sender=p)
            for i, p in enumerate(people)
        ]
        assert set(await one.enqueue([Entry(event=event) for event in events])) == {"stored"}
        for part in wire.parts:
            await part.call([("WAIT", 1, 500)])
        await nodes[0].kill()
        found = set[str]()
        while len(found) < len(events):
            for claim in await sometime(lambda: two.claim(50)):
                mark = await sometime(
                    lambda address=claim.events[0].address: one.mark(address, target="", how="stopped")
                )
                assert mark == "running"
                found |= set(ids(claim)) & {event.id for event in events}
                await sometime(claim.done)
            await asyncio.sleep(0.05)
        assert "stopped" in heard
        assert await rotate(store, await unlock(store, Keys([generate(), SECRET]))) > 1


async def sometime(call: Callable[[], Awaitable[T]]) -> T:
    """The call's result, as soon as it can be done."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                if (result := await call()) != []:
                    return result
            except StoreUnavailable:
                pass
            await asyncio.sleep(0.05)
