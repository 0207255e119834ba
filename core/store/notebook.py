"""The notebook of a connector: its sync token, its undecryptable events; sealed, one hash per device.

A note's name may hold that of a room or a person: the hash's field is the kind of the note, a word of ours
before the name's first `:` or `|`, and a tag; the name is sealed with the note. What was not sealed for its
place counts as missing.
"""

from __future__ import annotations

import re

from core.store.valkey import Store
from core.vault import Vault

_KIND = re.compile(r"([a-z-]*)[:|]")


class StoredNotebook:
    """`core.connector.Notebook` in the store. `owner` names the connector and the device."""

    def __init__(self, store: Store, vault: Vault, owner: str) -> None:
        self._store = store
        self._vault = vault
        self._owner = owner
        tag = vault.tag("notebook", owner)
        self._place = store.place("notebook", tag)

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
