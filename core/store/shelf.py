"""The shelf: sealed values that all replicas find, by conversation and name; they expire by themselves.

A name may stand for several variants, side by side: whoever puts one replaces no other. All that a
conversation has there goes at once (`clear`), or bit by bit, each name `ttl` seconds after it was put last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from core.connector import Shelved
from core.store.valkey import Store
from core.store.wire import Word
from core.vault import Vault


class StoredShelf:
    """`core.connector.Shelf` in the store. `owner` names the connector."""

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
        await self._store.run(self._store.script_of(tag, "shelve", self._ttl, *words))

    async def get(self, conversation: str, name: str) -> list[bytes]:
        return (await self.read((conversation, name)))[0]

    async def read(self, *places: tuple[str, str]) -> list[list[bytes]]:
        found = await self._store.spread([("HGETALL", self._place(*each)) for each in places])
        return [self._opened(*each, sealed) for each, sealed in zip(places, found, strict=True)]

    def _place(self, conversation: str, name: str) -> str:
        return self._store.place("shelved", self._tag(conversation, name), of=self._tag(conversation))

    def _opened(self, conversation: str, name: str, found: Mapping[bytes, bytes]) -> list[bytes]:
        values = (
            self._vault.try_open(sealed, context=self._context(conversation, name, variant.decode()))
            for variant, sealed in found.items()
        )
        return [value for value in values if value is not None]

    async def clear(self, conversation: str) -> None:
        tag = self._tag(conversation)
        await self._store.run(self._store.script_of(tag, "unshelve"))

    def _tag(self, *names: str) -> str:
        return self._vault.tag("shelf", self._owner, *names)

    def _context(self, conversation: str, name: str, variant: str) -> str:
        return f"shelf|{self._owner}|{conversation}|{name}|{variant}"
