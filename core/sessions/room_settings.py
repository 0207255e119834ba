"""What a conversation has settled with a bot (who may ask, schedules): kept sealed, as long as it is used.

No content of messages is kept here. Jobs of one conversation are handled one at a time, so that what was
read may be written back.
"""

from __future__ import annotations

from core.connector import Address
from core.store.valkey import Store
from core.vault import Vault

UNUSED = 400 * 86_400_000
"""Milliseconds after which the settlements of a conversation that is not heard of are forgotten."""


class Conversations:
    """Both methods raise StoreUnavailable."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault

    async def load(self, address: Address, bot: str) -> bytes | None:
        """What `save` kept last."""
        tag, place = self._place(address, bot)
        sealed, _ = await self._store.batch((("GET", place), ("PEXPIRE", place, UNUSED)))
        return self._vault.open(sealed, context=f"settled|{tag}") if sealed else None

    async def save(self, address: Address, bot: str, settled: bytes) -> None:
        tag, place = self._place(address, bot)
        sealed = self._vault.seal(settled, context=f"settled|{tag}")
        await self._store.run(("SET", place, sealed, "PX", UNUSED))

    def _place(self, address: Address, bot: str) -> tuple[str, str]:
        tag = self._vault.tag("settled", address.connector, address.conversation, bot)
        return tag, self._store.key(self._store.partition(tag), "settled", tag)
