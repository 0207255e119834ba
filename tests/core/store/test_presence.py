"""A replica's name is one process's."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

import core.store.presence as core_presence
from core.errors import StoreRefused
from core.store.presence import Presence
from core.store.valkey import Store

LONG = 3600.0
"""Seconds of a lease that does not end because a machine is busy."""


def presence(store: Store, who: str, lease: float = 0.3) -> Presence:
    return Presence(store, replica="un", who=who, lease=lease)


async def test_a_copy_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one process holds and renews the name, another place cannot have it, not even after its lease."""
    holder, waited = presence(store, "ici", lease=LONG), list[float]()

    async def passes(seconds: float) -> None:
        waited.append(seconds)
        await holder._renewed()

    monkeypatch.setattr(core_presence, "asyncio", SimpleNamespace(sleep=passes))
    async with holder.held():
        with pytest.raises(StoreRefused, match="un tourne déjà, sur ici"):
            async with presence(store, "ailleurs", lease=LONG).held():
                pass
    assert [seconds > LONG for seconds in waited] == [True]


async def test_a_name_is_renewed_while_it_is_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """In good time before its lease is over."""
    beats = list[float]()
    renewed = asyncio.Event()

    async def beat(seconds: float) -> None:
        if beats:
            renewed.set()
        beats.append(seconds)
        await asyncio.sleep(0)

    monkeypatch.setattr(core_presence, "beat", beat)
    kept = presence(store, "ici", lease=LONG)
    async with kept.held():
        await store.run(("PEXPIRE", store.key(0, "replica", "un"), 60_000))
        keeping = asyncio.ensure_future(kept.keep())
        await renewed.wait()
        assert await store.run(("PTTL", store.key(0, "replica", "un"))) > 60_000
        keeping.cancel()
    assert beats[0] < LONG / 2


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
    living = {name: Presence(store, replica=name, who=name, lease=LONG) for name in names}
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
    await store.run(("ZADD", store.key(0, "replicas"), 0, "trois"))  # its lease is over
    after = await firsts()
    assert {len(names) for names in after} == {1}
    assert [names for names in before if names != ["trois"]] == [
        after[number] for number, names in enumerate(before) if names != ["trois"]
    ]
