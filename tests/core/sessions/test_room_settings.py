"""Who was told what the bot is: asked of the store once, and again when somebody comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from core.connector import Address
from core.sessions.room_settings import Conversations
from core.store.valkey import Store
from core.store.wire import Command
from core.vault import Vault

ROOM = Address(connector="tchap", conversation="!salon:x")
ANNE, BOB, CAROL = "a" * 8, "b" * 8, "c" * 8


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
