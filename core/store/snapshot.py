"""All that a store holds, as it is at one moment, to be kept elsewhere and put back.

Each server gives its keys in one script, during which it does nothing else: what belongs together is whole,
while replicas run. That takes about a second for 200,000 keys; a server too full for that is refused (its own
snapshots are the way then). Values stand as the server dumps them (DUMP), so they are put back into the same
kind of server or a newer one; what people wrote is sealed in them as it is in the store.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from core.errors import StoreRefused
from core.language.operators import Phrase
from core.store.valkey import Store
from core.store.wire import Command

MOST = 1 << 30
"""Bytes of memory of one server beyond which it is not asked."""
MAGIC = b"relais store 1\n"
_BATCH = 500
_HEAD = struct.Struct(">IQQ")
_ALL = """
local found = {}
for _, key in ipairs(redis.call('KEYS', 'relais:*')) do
  local dump = redis.call('DUMP', key)
  if dump then
    found[#found + 1] = key
    found[#found + 1] = redis.call('PEXPIRETIME', key)
    found[#found + 1] = dump
  end
end
return found
"""
_PARTITIONS = "relais:partitions"


@dataclass(frozen=True, slots=True)
class StoredKey:
    """One key, until when it lives (ms since 1970; 0: for ever), and its value as dumped."""

    name: bytes
    until: int
    dump: bytes


async def take(store: Store) -> list[StoredKey]:
    """All keys of the store. Raises StoreError, StoreRefused when a server holds too much."""
    used, _ = await store.memory()
    if used > MOST:
        raise StoreRefused(Phrase("store.too_large", size=used >> 20))
    found: list[StoredKey] = []
    for reply in await store.everywhere(("EVAL", _ALL, 0)):
        words: list[Any] = list(reply)
        for name, until, dump in zip(words[::3], words[1::3], words[2::3], strict=True):
            found.append(StoredKey(name, max(0, int(until)), dump))
    return found


async def see_empty(store: Store) -> None:
    """See that a store holds nothing. Raises StoreRefused, StoreError."""
    async for _, name in store.scan():
        if name != _PARTITIONS:  # made as the store was opened
            raise StoreRefused(Phrase("store.not_empty"))


async def put(store: Store, keys: Iterable[StoredKey], *, now: float) -> int:
    """Put the keys into an empty store, those aside whose time is over; how many. Raises StoreError."""
    living = [key for key in keys if not 0 < key.until <= now * 1000]
    for at in range(0, len(living), _BATCH):
        await store.spread([_restoring(key) for key in living[at : at + _BATCH]])
    return len(living)


async def value(store: Store, key: StoredKey) -> bytes:
    """The value of a key that is a text, as a server of this store reads it. Raises StoreError."""
    probe = StoredKey(b"relais:probe", 0, key.dump)
    commands: list[Command] = [_restoring(probe), ("GET", "relais:probe"), ("DEL", "relais:probe")]
    return (await store.batch(commands))[1]


def _restoring(key: StoredKey) -> Command:
    return ("RESTORE", key.name.decode(), key.until, key.dump, "ABSTTL", "REPLACE")


def write(keys: Iterable[StoredKey], file: BinaryIO) -> None:
    """To a file: a line that says what it is, then for each key three lengths and times, name and value."""
    file.write(MAGIC)
    for key in keys:
        file.write(_HEAD.pack(len(key.name), key.until, len(key.dump)) + key.name + key.dump)


def read(file: BinaryIO) -> Iterator[StoredKey]:
    """What `write` wrote. Raises ValueError for anything else."""
    if file.read(len(MAGIC)) != MAGIC:
        raise ValueError("it is no backup of relais' store")
    while head := file.read(_HEAD.size):
        try:
            length, until, size = _HEAD.unpack(head)
        except struct.error:
            raise ValueError("it ends in the middle of a key") from None
        name, dump = file.read(length), file.read(size)
        if len(dump) != size:
            raise ValueError("it ends in the middle of a key")
        yield StoredKey(name, until, dump)
