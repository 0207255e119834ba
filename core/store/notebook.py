"""The notebook of a connector: its sync token, its undecryptable events; sealed, one hash per device."""

from __future__ import annotations

from core.store.valkey import Store
from core.vault import Vault


class StoredNotebook:
    """`core.connector.Notebook` in the store. `owner` names the connector and the device."""

    def __init__(self, store: Store, vault: Vault, owner: str) -> None:
        self._store = store
        self._vault = vault
        tag = vault.tag("notebook", owner)
        self._place = store.key(store.partition(tag), "notebook", tag)
        self._context = f"notebook|{owner}"

    async def get(self, name: str) -> bytes | None:
        sealed = await self._store.run(("HGET", self._place, name))
        return None if sealed is None else self._opened(name, sealed)

    async def set(self, name: str, value: bytes) -> None:
        await self._store.run(("HSET", self._place, name, self._sealed(name, value)))

    async def delete(self, *names: str) -> None:
        await self._store.run(("HDEL", self._place, *names))

    async def items(self, prefix: str) -> dict[str, bytes]:
        """Chosen by the server: a notebook holds a whole room's state beside."""
        found: dict[str, bytes] = {}
        cursor = b"0"
        while True:
            cursor, flat = await self._store.run(
                ("HSCAN", self._place, cursor, "MATCH", f"{prefix}*", "COUNT", 1000)
            )
            found |= {name.decode(): sealed for name, sealed in zip(flat[::2], flat[1::2], strict=True)}
            if cursor == b"0":
                return {name: self._opened(name, sealed) for name, sealed in sorted(found.items())}

    def _sealed(self, name: str, value: bytes) -> bytes:
        return self._vault.seal(value, context=f"{self._context}|{name}")

    def _opened(self, name: str, sealed: bytes) -> bytes:
        return self._vault.open(sealed, context=f"{self._context}|{name}")
