"""Rotation of the master keys: every sealed value of the store is wrapped under the newest one.

Replicas run meanwhile. Each says with its name which key it seals with (`Presence`): the rotation waits until
none seals with a former one. Then it goes over all the store: a sealed value begins with the id of its key
and proves itself when it is unwrapped, so it is found wherever it lies, within packed entries too, and its
new wrapping has the same length. What changed meanwhile is left to the next round; the last one finds nothing
more to do. Then the former keys are retired: no replica may start that would seal with one of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

from core.errors import StoreRefused
from core.language.operators import Phrase
from core.store.keyring import INDEX, retire
from core.store.valkey import Store
from core.store.wire import Command
from core.vault import Vault

ADOPTED_WITHIN = 30.0
"""Seconds in which running replicas take a new key of their data folder."""
ROUNDS = 20
_READ: dict[str, Callable[[str], Command]] = {
    "string": lambda key: ("GET", key),
    "hash": lambda key: ("HGETALL", key),
    "list": lambda key: ("LRANGE", key, 0, -1),
}
"""Types of keys in which sealed values lie, and how they are read."""


async def rotate(store: Store, vault: Vault, told: Callable[[int], None] = lambda count: None) -> int:
    """Wrap everything under the newest key, and retire the others; how many values it were. `told` hears how
    many so far. Raises StoreRefused while a replica seals with a former key."""
    await _adopted(store, vault)
    count = 0
    for _ in range(ROUNDS):
        before = count
        async for kind, key in store.scan():
            count += await _rewrap(store, vault, kind, key)
            told(count)
        if count == before:
            await retire(store, vault)
            return count
    raise StoreRefused(Phrase("keys.keep_coming"))


async def _adopted(store: Store, vault: Vault) -> None:
    deadline = asyncio.get_running_loop().time() + ADOPTED_WITHIN
    while behind := [name async for name, ring in _rings(store) if ring != vault.newest]:
        if asyncio.get_running_loop().time() > deadline:
            names = ", ".join(sorted(behind))
            raise StoreRefused(Phrase("keys.still_former", names=names))
        await asyncio.sleep(1.0)


async def _rings(store: Store) -> AsyncGenerator[tuple[str, str]]:
    """Each replica that lives, and the key that it seals with."""
    for name in await store.run(("ZRANGE", store.key(0, "replicas"), 0, -1)):
        ring = await store.run(("GET", store.key(0, "ring", name.decode())))
        if ring is not None:
            yield name.decode(), ring.decode()


async def _rewrap(store: Store, vault: Vault, kind: str, key: str) -> int:
    """Wrap anew what lies under a key; how many values it were."""
    if key == INDEX:
        return await _rewrap_index(store, vault)
    if kind not in _READ or not key.startswith("relais:{"):
        return 0
    value = await store.run(_READ[kind](key))
    found: list[tuple[bytes, bytes | None]] = (
        list(value.items())
        if kind == "hash"
        else [(b"", each) for each in (value if kind == "list" else [value])]
    )
    partition, _, name = key.removeprefix("relais:{").partition("}:")
    done = 0
    for field, before in found:
        if before is not None and (after := vault.rewrapped(before)) != before:
            script = store.script("rewrap", int(partition), "", name, kind, field, before, after)
            done += await store.run(script)
    return done


async def _rewrap_index(store: Store, vault: Vault) -> int:
    before = await store.run(("GET", INDEX))
    after = vault.rewrapped(before)
    if after == before:
        return 0
    await store.run(("SET", INDEX, after))
    return 1
