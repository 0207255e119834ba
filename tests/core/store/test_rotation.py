"""The master keys change while replicas work, and the former ones can be taken away."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from core.connector import Person
from core.errors import StoreRefused
from core.inbox.dead_letters import DeadLetters
from core.inbox.inbox import Entry, Inbox, Ref
from core.sensitivity.level import Level
from core.sessions.repository import KeptMaterial, KeptTurn, Sessions
from core.store import rotation
from core.store.keyring import unlock
from core.store.presence import Presence
from core.store.rotation import rotate
from core.store.valkey import Store, StoredNotebook
from core.vault import Keys, generate
from tests.core.stored import ALICE, HERE, SECRET, ids, keep, question

NEW = generate()


@pytest.fixture(params=[1, 3], ids=["one-partition", "three-partitions"])
def partitions(request: pytest.FixtureRequest) -> int:
    return request.param


def turn(key: str) -> KeptTurn:
    return KeptTurn(key=key, question=f"q{key}", answer=f"r{key}", author=ALICE.id, at=1.0, level=Level.N1)


async def fill(store: Store, keys: Keys, count: int) -> None:
    """Something of everything that is kept sealed, under these keys."""
    vault = await unlock(store, keys)
    inbox, sessions = Inbox(store, vault, replica="un"), Sessions(store, vault)
    for i in range(count):
        at = replace(HERE, conversation=f"!{i}")
        sender = Person(id=f"@{i}")
        await inbox.enqueue([Entry(event=question(f"{i}{n}", address=at, sender=sender)) for n in "abcd"])
    for claim in await inbox.claim(count):
        await claim.done(ref=Ref(questions=ids(claim), posts=("$r",), session="s", turn="t"))  # type: ignore[arg-type]
    for claim in await inbox.claim(count):
        await claim.dead("raison")
    for claim in await inbox.claim(count):
        await claim.put(final="La réponse".encode(), notes={"note": b"note"})
    await inbox.later(question("later"), 4e9)
    session, _ = await sessions.load("s", ALICE.id)
    await keep(sessions, session, turn("1"), materials=[KeptMaterial(name="n", text="texte", level=Level.N1)])
    await sessions.hold(session, "0" * 32, b"held")
    await sessions.note_refusal(ALICE.id, b'"why"')
    await sessions.update_profile(ALICE.id, chat="!chat")
    await StoredNotebook(store, vault, "tchap|APPAREIL").set("token", b"t")


async def all_there(store: Store, keys: Keys, count: int) -> None:
    vault = await unlock(store, keys)
    inbox, sessions = Inbox(store, vault, replica="deux"), Sessions(store, vault)
    assert len(await DeadLetters(store, vault).list()) == count
    ref = await inbox.ref(replace(HERE, conversation="!0"), "$0a")
    assert ref is not None
    assert ref.posts == ("$r",)
    session, profile = await sessions.load("s", ALICE.id)
    assert [each.question for each in session.turns] == ["q1"]
    assert [each.text for each in session.materials] == ["texte"]
    assert session.held == b"held"
    assert profile.chat == "!chat"
    assert await sessions.refusal(ALICE.id) == b'"why"'
    assert await StoredNotebook(store, vault, "tchap|APPAREIL").get("token") == b"t"
    for p in range(store.partitions):
        for tag in await store.run(("ZRANGE", store.key(p, "leases"), 0, -1)):
            await store.run(("ZADD", store.key(p, "leases"), 0, tag))
    claims = await inbox.claim(count)
    assert len(claims) == count
    assert {claim.final for claim in claims} == {"La réponse".encode()}
    assert {claim.notes["note"] for claim in claims} == {b"note"}


async def test_all_is_wrapped_anew(store: Store) -> None:
    """After the rotation the new key alone opens everything; the former one opens nothing, and no replica may
    seal with it again."""
    await fill(store, Keys([SECRET]), 5)
    both = Keys([NEW, SECRET])
    assert await rotate(store, await unlock(store, both)) > 20
    assert await rotate(store, await unlock(store, both)) == 0
    await all_there(store, Keys([NEW]), 5)
    with pytest.raises(StoreRefused, match="retirée"):
        await unlock(store, Keys([SECRET]))
    with pytest.raises(StoreRefused, match="retirée"):
        await unlock(store, Keys([SECRET, NEW]))


async def test_nothing_is_lost_while_replicas_work(store: Store) -> None:
    """Replicas take in, claim and end jobs, and append to a session, during the rotation; all of it opens
    under the new key alone."""
    await fill(store, Keys([SECRET]), 2)
    vault = await unlock(store, Keys([NEW, SECRET]))
    inbox, sessions = Inbox(store, vault, replica="trois"), Sessions(store, vault)
    stop = asyncio.Event()
    done: list[str] = []

    async def work() -> None:
        serial = 0
        while not stop.is_set() or serial < 60:
            serial += 1
            event = question(f"w{serial}", sender=Person(id="@w"))
            await inbox.enqueue([Entry(event=event)])
            for claim in await inbox.claim(1):
                await claim.put(final="réponse".encode())
                session, _ = await sessions.load("travail", "@w")
                first = await sessions.appending(session, turn(ids(claim)[0]))
                await claim.done(first=first)
                done.append(ids(claim)[0])

    async with asyncio.TaskGroup() as group:
        group.create_task(work())
        await rotate(store, vault)
        stop.set()
    new = await unlock(store, Keys([NEW]))
    session, _ = await Sessions(store, new).load("travail", "@w")
    assert [each.key for each in session.turns] == done[-40:]


async def test_a_replica_that_seals_with_a_former_key_is_waited_for(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it seals would be lost: the rotation is refused, with its name, and nothing is retired."""
    monkeypatch.setattr(rotation, "ADOPTED_WITHIN", 0.0)
    old, both = await unlock(store, Keys([SECRET])), await unlock(store, Keys([NEW, SECRET]))
    async with Presence(store, replica="vieille", who="ici", ring=lambda: old.newest).held():
        with pytest.raises(StoreRefused, match="vieille"):
            await rotate(store, both)
    await rotate(store, both)
    await unlock(store, Keys([NEW]))


@pytest.mark.parametrize("partitions", [1])
async def test_the_index_stays(store: Store, tmp_path: Path) -> None:
    """Names of keys are the same after a rotation: what was stored is found."""
    before = (await unlock(store, Keys([SECRET]))).tag("x")
    await rotate(store, await unlock(store, Keys([NEW, SECRET])))
    assert (await unlock(store, Keys([NEW]))).tag("x") == before
