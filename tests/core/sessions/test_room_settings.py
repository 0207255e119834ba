"""What a conversation has settled, and who was told there what the bot is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from core.connector import Address
from core.sessions import repository
from core.sessions.repository import UNUSED, Sessions
from core.store.valkey import Store
from core.store.wire import Command
from core.vault import Vault

ROOM = Address(connector="tchap", conversation="!salon:x")
ANNE, BOB, CAROL = "a" * 8, "b" * 8, "c" * 8


async def test_what_two_jobs_settle_at_once_is_settled(store: Store, vault: Vault) -> None:
    """Threads of one channel are answered at once, by several replicas; the first has nothing kept yet."""
    replicas = [Sessions(store, vault) for _ in range(3)]

    async def settled(replica: Sessions, word: bytes) -> None:
        await replica.change_settled(ROOM, "bot", lambda kept: (kept or b"") + word)

    words = [bytes([word]) for word in b"abcdef"]
    await asyncio.gather(*(settled(replicas[n % 3], word) for n, word in enumerate(words)))
    kept = await replicas[0].settled(ROOM, "bot")
    assert sorted(kept or b"") == sorted(b"abcdef")
    tag = vault.tag("settled", ROOM.connector, ROOM.conversation, "bot")
    assert await store.run(("PTTL", store.key(tag, "settled", tag))) > UNUSED / 2


async def test_an_ordinary_message_asks_the_store_nothing(
    store: Store, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the same people are here as were told; another replica, and a thread, find the same."""
    asked: list[Sequence[Command]] = []
    batch = store.batch

    async def counted(commands: Sequence[Command]) -> list[Any]:
        asked.append(commands)
        return await batch(commands)

    async def told(replica: Sessions, where: Address, *people: str) -> bool:
        new, note = await replica.newcomers(where, frozenset(people), "job")
        if note:
            await note()
        return new

    monkeypatch.setattr(store, "batch", counted)
    first, second = Sessions(store, vault), Sessions(store, vault)
    for replica in (first, second):
        assert not await told(replica, ROOM, ANNE, BOB)
        assert not await told(replica, ROOM, ANNE, BOB)
        before = len(asked)
        for _ in range(3):
            assert not await told(replica, replace(ROOM, thread="$root"), ANNE, BOB)
        assert len(asked) == before
    assert await told(first, ROOM, ANNE, CAROL)
    assert not await told(second, ROOM, ANNE, CAROL)
    assert not await told(second, ROOM, ANNE)


async def known(store: Store, vault: Vault) -> list[Sessions]:
    """Replicas of a room where Anne was told."""
    replicas = [Sessions(store, vault) for _ in range(3)]
    _, note = await replicas[0].newcomers(ROOM, frozenset({ANNE}), "first")
    assert note
    await note()
    return replicas


async def test_of_several_jobs_at_once_one_tells_who_came(store: Store, vault: Vault) -> None:
    """Questions of two threads are answered at once, by several replicas. Who hung is asked again."""
    replicas, people = await known(store, vault), frozenset({ANNE, BOB})
    asked = (each.newcomers(ROOM, people, f"job{n}") for n, each in enumerate(replicas))
    tells = [new for new, _ in await asyncio.gather(*asked)]
    assert sorted(tells) == [False, False, True]
    again, note = await replicas[0].newcomers(ROOM, people, f"job{tells.index(True)}")
    assert again
    assert note
    await note()
    for number, replica in enumerate(replicas):
        assert not (await replica.newcomers(ROOM, people, f"later{number}"))[0]


async def test_who_came_while_others_are_told_is_told(store: Store, vault: Vault) -> None:
    """By another job; whichever of the two is answered last, nobody is told a third time."""
    one, two, three = await known(store, vault)
    _, first = await one.newcomers(ROOM, frozenset({ANNE, BOB}), "a")
    new, second = await two.newcomers(ROOM, frozenset({ANNE, BOB, CAROL}), "b")
    assert new
    assert first
    assert second
    await second()
    await first()
    assert not (await three.newcomers(ROOM, frozenset({ANNE, BOB, CAROL}), "c"))[0]


async def test_who_was_to_be_told_by_a_job_that_said_nothing_is_told_later(
    store: Store, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its question was deleted, or its answer withheld: another job tells them once its time is over."""
    monkeypatch.setattr(repository, "TELLS_WITHIN", 1)
    one, two, _ = await known(store, vault)
    people = frozenset({ANNE, BOB})
    assert (await one.newcomers(ROOM, people, "a"))[0]
    while not (await two.newcomers(ROOM, people, "b"))[0]:  # noqa: ASYNC110 - the store's clock
        await asyncio.sleep(0.002)
