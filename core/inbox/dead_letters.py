"""Dead letters: jobs that were given up, sealed, until an operator sends them again or drops them."""

from __future__ import annotations

from core.inbox.records import DeadLetter
from core.inbox.sealing import Packing
from core.store.valkey import Store
from core.vault import Vault


class DeadLetters:
    """All partitions' dead letters as one list. An id is `partition-fence`."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._packing = Packing(vault)

    async def list(self) -> list[DeadLetter]:
        """Oldest first; those too of which this replica can read little or nothing."""
        letters: list[DeadLetter] = []
        for partition in range(self._store.partitions):
            for id, *raw in await self._store.run(self._store.script("dead", partition, "list")):
                letters.append(self._packing.dead_letter(f"{partition}-{id.decode()}", raw))
        return sorted(letters, key=lambda letter: letter.at)

    async def retry(self, id: str) -> bool:
        """Put the letter's events at the tail of their conversation. False: there is no such letter."""
        return await self._one("retry", id)

    async def drop(self, id: str) -> bool:
        """Forget the letter. False: there is no such letter."""
        return await self._one("drop", id)

    async def _one(self, what: str, id: str) -> bool:
        partition, _, number = id.partition("-")
        if not partition.isdecimal() or int(partition) >= self._store.partitions:
            return False
        return bool(await self._store.run(self._store.script("dead", int(partition), what, number)))
