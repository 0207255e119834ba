"""Which events are stored already, by whichever replica: what one of them read, another need not."""

from __future__ import annotations

from collections.abc import Sequence

from core.connector import Address
from core.inbox.sealing import Packing
from core.store.valkey import Store
from core.vault import Vault


class Seen:
    """Asks by the keys of events, for as long as the inbox remembers them (its `dedupe_ttl`)."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._packing = Packing(vault)

    async def __call__(self, address: Address, keys: Sequence[str]) -> frozenset[str]:
        """Those of the `keys` in this conversation that are stored. Raises StoreError."""
        c = self._packing.conversation(address)
        p = self._store.partition(c)
        places = [self._store.key(p, "seen", self._packing.tag("event", c, key)) for key in keys]
        found = await self._store.batch([("EXISTS", place) for place in places])
        return frozenset(key for key, there in zip(keys, found, strict=True) if there)
