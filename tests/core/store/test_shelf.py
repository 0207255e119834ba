"""The shelf: what one replica puts there another finds, for a time, and nobody reads it without the keys."""

from __future__ import annotations

import asyncio

from core.connector import Shelf, Shelved
from core.store.valkey import Store, StoredShelf
from core.vault import Vault


def shelved(name: str, value: bytes, variant: str = "") -> Shelved:
    return Shelved(name=name, variant=variant, value=value)


async def test_variants_stand_side_by_side(store: Store, vault: Vault) -> None:
    """A value replaces that of its own variant only; another replica finds all of them."""
    shelf: Shelf = StoredShelf(store, vault, "tchap", ttl=60)
    await shelf.put("!a", [shelved("s", b"1", "x"), shelved("s", b"2", "y"), shelved("t", b"3")])
    await shelf.put("!a", [shelved("s", b"4", "x")])
    other = StoredShelf(store, vault, "tchap", ttl=60)
    assert sorted(await other.get("!a", "s")) == [b"2", b"4"]
    assert await other.get("!a", "t") == [b"3"]
    assert await other.get("!b", "s") == []
    assert await other.read(("!b", "s"), ("!a", "t")) == [[], [b"3"]]


async def test_a_conversation_is_cleared(store: Store, vault: Vault) -> None:
    """All of one conversation goes at once, and nothing of another."""
    shelf = StoredShelf(store, vault, "tchap", ttl=60)
    await shelf.put("!a", [shelved("s", b"1"), shelved("t", b"2")])
    await shelf.put("!b", [shelved("s", b"3")])
    await shelf.clear("!a")
    assert [await shelf.get("!a", "s"), await shelf.get("!a", "t")] == [[], []]
    assert await shelf.get("!b", "s") == [b"3"]
    await shelf.clear("!b")
    assert await store.run(("KEYS", "*shel*")) == []


async def test_it_expires(store: Store, vault: Vault) -> None:
    """What is not put again goes by itself, and leaves nothing."""
    shelf = StoredShelf(store, vault, "tchap", ttl=0.2)
    await shelf.put("!a", [shelved("s", b"1")])
    await asyncio.sleep(0.3)
    assert await shelf.get("!a", "s") == []
    assert await store.run(("KEYS", "*shel*")) == []


async def test_it_is_sealed(store: Store, vault: Vault) -> None:
    """Neither names nor values stand in the store in clear."""
    await StoredShelf(store, vault, "tchap", ttl=60).put("!salon", [shelved("session", b"secret")])
    for key in await store.run(("KEYS", "*shel*")):
        dumped = await store.run(("DUMP", key))
        assert not any(word in key + dumped for word in (b"salon", b"session", b"secret"))
