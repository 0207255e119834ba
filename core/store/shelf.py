"""What connectors keep in the store, sealed: a shelf of what expires, and a notebook of what stays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from core.connector import Shelved
from core.store.valkey import Store
from core.store.wire import Word
from core.vault import Vault


class StoredShelf:
    """`core.connector.Shelf` in the store: values that all replicas find, by conversation and name; they
    expire by themselves. `owner` names the connector.

    A name may stand for several variants, side by side: whoever puts one replaces no other. All that a
    conversation has there goes at once (`clear`), or bit by bit, each name `ttl` seconds after it was put
    last."""

    def __init__(self, store: Store, vault: Vault, owner: str, *, ttl: float) -> None:
        self._store = store
        self._vault = vault
        self._owner = owner
        self._ttl = round(ttl * 1000)

    async def put(self, conversation: str, values: Iterable[Shelved]) -> None:
        tag = self._tag(conversation)
        words: list[Word] = []
        for one in values:
            variant = self._vault.tag("variant", one.variant)
            context = self._context(conversation, one.name, variant)
            words += [
                self._tag(conversation, one.name),
                variant,
                self._vault.seal(one.value, context=context),
            ]
        await self._store.run(self._store.script("shelve", tag, self._ttl, *words))

    async def get(self, conversation: str, name: str) -> list[bytes]:
        return (await self.read((conversation, name)))[0]

    async def read(self, *places: tuple[str, str]) -> list[list[bytes]]:
        found = await self._store.spread([("HGETALL", self._place(*each)) for each in places])
        return [self._opened(*each, sealed) for each, sealed in zip(places, found, strict=True)]

    def _place(self, conversation: str, name: str) -> str:
        return self._store.key(self._tag(conversation), "shelved", self._tag(conversation, name))

    def _opened(self, conversation: str, name: str, found: Mapping[bytes, bytes]) -> list[bytes]:
        values = (
            self._vault.try_open(sealed, context=self._context(conversation, name, variant.decode()))
            for variant, sealed in found.items()
        )
        return [value for value in values if value is not None]

    async def clear(self, conversation: str) -> None:
        tag = self._tag(conversation)
        await self._store.run(self._store.script("unshelve", tag))

    def _tag(self, *names: str) -> str:
        return self._vault.tag("shelf", self._owner, *names)

    def _context(self, conversation: str, name: str, variant: str) -> str:
        return f"shelf|{self._owner}|{conversation}|{name}|{variant}"


_KIND = re.compile(r"([a-z-]*)[:|]")


class StoredNotebook:
    """`core.connector.Notebook` in the store: a sync token, undecryptable events; sealed, one hash per
    device. `owner` names the connector and the device.

    A note's name may hold that of a room or a person: the hash's field is the kind of the note, a word of
    ours before the name's first `:` or `|`, and a tag; the name is sealed with the note. What was not sealed
    for its place counts as missing."""

    def __init__(self, store: Store, vault: Vault, owner: str) -> None:
        self._store = store
        self._vault = vault
        self._owner = owner
        tag = vault.tag("notebook", owner)
        self._place = store.key(tag, "notebook", tag)

    async def get(self, name: str) -> bytes | None:
        field = self._field(name)
        sealed = await self._store.run(("HGET", self._place, field))
        note = None if sealed is None else self._opened(field, sealed)
        return None if note is None else note[1]

    async def set(self, name: str, value: bytes) -> None:
        field = self._field(name)
        note = name.encode() + b"\0" + value
        sealed = self._vault.seal(note, context=f"notebook|{self._owner}|{field}")
        await self._store.run(("HSET", self._place, field, sealed))

    async def delete(self, *names: str) -> None:
        await self._store.run(("HDEL", self._place, *map(self._field, names)))

    async def items(self, prefix: str) -> dict[str, bytes]:
        """Those of the prefix's kind are chosen by the server: a notebook holds all rooms' states beside."""
        kind = _KIND.match(prefix)
        match = f"{kind[1]}:*" if kind else "*"
        found: dict[bytes, bytes] = {}
        cursor = b"0"
        while True:
            cursor, flat = await self._store.run(
                ("HSCAN", self._place, cursor, "MATCH", match, "COUNT", 1000)
            )
            found |= dict(zip(flat[::2], flat[1::2], strict=True))
            if cursor == b"0":
                break
        notes = (self._opened(field.decode(errors="replace"), sealed) for field, sealed in found.items())
        return dict(sorted(note for note in notes if note is not None and note[0].startswith(prefix)))

    def _field(self, name: str) -> str:
        kind = _KIND.match(name)
        return f"{kind[1] if kind else ''}:{self._vault.tag('note', self._owner, name)}"

    def _opened(self, field: str, sealed: bytes) -> tuple[str, bytes] | None:
        """The name of a note and what it says."""
        opened = self._vault.try_open(sealed, context=f"notebook|{self._owner}|{field}")
        if opened is None:
            return None
        name, _, value = opened.partition(b"\0")
        return name.decode(), value
