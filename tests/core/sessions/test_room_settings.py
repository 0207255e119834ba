"""What a conversation has settled, and who was told there what the bot is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from core.connector import Address
from core.sessions.room_settings import UNUSED, Conversations
from core.store.valkey import Store
from core.store.wire import Command
from core.vault import Vault

ROOM = Address(connector="tchap", conversation="!salon:x")
ANNE, BOB, CAROL = "a" * 8, "b" * 8, "c" * 8


async def test_what_two_jobs_settle_at_once_is_settled(store: Store, vault: Vault) -> None:
    """Threads of one channel are answered at once, by several replicas; the first has nothing kept yet."""
    replicas = [Conversations(store, vault) for _ in range(3)]

    async def settled(replica: Conversations, word: bytes) -> None:
        await replica.change(ROOM, "bot", lambda kept: (kept or b"") + word)

    words = [bytes([word]) for word in b"abcdef"]
    await asyncio.gather(*(settled(replicas[n % 3], word) for n, word in enumerate(words)))
    kept = await replicas[0].load(ROOM, "bot")
    assert sorted(kept or b"") == sorted(b"abcdef")
    assert await store.run(("PTTL", replicas[0]._place(ROOM, "bot")[1])) > UNUSED / 2


async def test_an_ordinary_message_asks_the_store_nothing(
    store: Store, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the same people are here as were told; another replica, and a thread, find the same."""
    asked: list[Sequence[Command]] = []
    batch = store.batch

    async def counted(commands: Sequence[Command]) -> list[Any]:
        asked.append(commands)
        return await batch(commands)

    async def told(replica: Conversations, where: Address, *people: str) -> bool:
        new, note = await replica.newcomers(where, frozenset(people))
        if note:
            await store.batch(note)
        return new

    monkeypatch.setattr(store, "batch", counted)
    first, second = Conversations(store, vault), Conversations(store, vault)
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
