"""A replica's name is one process's."""

from __future__ import annotations

import asyncio

import pytest

from core.errors import StoreRefused
from core.store.presence import Presence
from core.store.valkey import Store


def presence(store: Store, who: str) -> Presence:
    return Presence(store, replica="un", who=who, lease=0.3)


async def test_a_copy_is_refused(store: Store) -> None:
    """While one process holds and keeps the name, another place cannot have it, not even after its lease."""
    async with presence(store, "ici").held():
        keeping = asyncio.ensure_future(presence(store, "ici").keep())
        with pytest.raises(StoreRefused, match="un tourne déjà, sur ici"):
            async with presence(store, "ailleurs").held():
                pass
        keeping.cancel()


async def test_it_is_free_at_the_end(store: Store) -> None:
    """Who ends in order lets go at once; the same place takes it back though it died."""
    async with presence(store, "ici").held(), presence(store, "ici").held():
        pass
    async with presence(store, "ailleurs").held():
        pass


async def test_a_dead_one_is_waited_for(store: Store) -> None:
    """A name that nobody renews is free when its lease is over; its former holder notices when it wakes."""
    dead = presence(store, "ici")
    await dead._renewed()
    async with presence(store, "ailleurs").held():
        with pytest.raises(StoreRefused):
            await dead.keep()


async def test_each_conversation_has_one_first_replica(store: Store) -> None:
    """All living replicas agree on who looks first; the conversations of one that died move to the others,
    and no other does."""
    names = ("un", "deux", "trois")
    living = {name: Presence(store, replica=name, who=name, lease=0.3) for name in names}
    rooms = [f"!{number}" for number in range(60)]

    async def firsts() -> list[list[str]]:
        for each in living.values():
            await each._renewed()
        for each in living.values():
            await each._renewed()
        return [[name for name, each in living.items() if each.is_first(room)] for room in rooms]

    before = await firsts()
    assert {len(names) for names in before} == {1}
    assert {names[0] for names in before} == set(names)
    del living["trois"]
    await asyncio.sleep(0.35)
    after = await firsts()
    assert {len(names) for names in after} == {1}
    assert [names for names in before if names != ["trois"]] == [
        after[number] for number, names in enumerate(before) if names != ["trois"]
    ]
