"""What the store holds for the archives: packages that wait, sealed, and what acknowledged those that went.

What waits is the record of a session and not the ready package, so that who is erased can be left out. Beside
it, in clear: since when it waits, and what kept the last attempt from succeeding.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from core.errors import TooNew
from core.inbox.records import to_json
from core.language.operators import Phrase
from core.sessions.model import SessionRecord
from core.store.valkey import Store
from core.store.wire import Command
from core.vault import Vault

_ACK = 1 << 16
"""Bytes of an acknowledgement that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRecord:
    """What waits for the archives. `since`: all of it was said before, in ms by the store's clock."""

    since: int
    record: SessionRecord


_WAITING = TypeAdapter(WaitingRecord)


class Packages:
    """Methods raise StoreError; times are seconds since 1970. What is written is given as commands, to travel
    with a record of the audit trail."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault
        self._waiting = store.key(0, "archive-records")
        self._ready = store.key(0, "archive-packages")
        self._since = store.key(0, "archive-since")
        self._troubles = store.key(0, "archive-troubles")
        self._handed = store.key(0, "archive-handed")

    async def waiting(self) -> dict[str, float]:
        """The ids of what waits, oldest first, and since when."""
        since: Command = ("ZRANGE", self._since, 0, -1, "WITHSCORES")
        records, ready, times = await self._store.batch(
            [("HKEYS", self._waiting), ("HKEYS", self._ready), since]
        )
        known = {id: float(at) for id, at in times}
        # The version before notes no time: what it set apart counts as the oldest.
        ids = sorted((*records, *ready), key=lambda id: known.get(id, 0.0))
        return {id.decode(): known.get(id, 0.0) for id in ids}

    async def troubles(self) -> dict[str, str]:
        """What kept the last attempt to hand each of them over from succeeding."""
        found: dict[bytes, bytes] = await self._store.run(("HGETALL", self._troubles))
        return {id.decode(): why.decode() for id, why in found.items()}

    async def keeping(self, id: str, waits: WaitingRecord, *, at: float) -> list[Command]:
        """What sets a record apart, or puts another in its place."""
        sealed = await asyncio.to_thread(self._vault.seal_packed, to_json(waits), context=f"archive|{id}")
        return [("HSET", self._waiting, id, sealed), ("ZADD", self._since, "NX", at, id)]

    async def ready(self, id: str) -> bytes | None:
        """A package that a version before set apart as it is handed over, a ZIP file; None where what waits
        is a record. Raises Tampered, TooNew, UnknownKey."""
        opened = await self._opened(self._ready, id)
        return opened if opened and opened.startswith(b"PK") else None

    async def waits(self, id: str) -> WaitingRecord | None:
        """What waits under an id. Raises Tampered, TooNew, UnknownKey."""
        opened = await self._opened(self._waiting, id) or await self._opened(self._ready, id)
        if opened is None:
            return None
        try:
            return _WAITING.validate_json(opened)
        except ValidationError:
            raise TooNew(Phrase("archive.too_new", id=id)) from None

    async def _opened(self, place: str, id: str) -> bytes | None:
        sealed = await self._store.run(("HGET", place, id))
        if sealed is None:
            return None
        return await asyncio.to_thread(self._vault.open, sealed, context=f"archive|{id}")

    def failing(self, id: str, why: str) -> Command:
        return ("HSET", self._troubles, id, why)

    def dropping(self, id: str) -> list[Command]:
        """What forgets a package that need not wait any more."""
        return [
            ("HDEL", self._waiting, id),
            ("HDEL", self._ready, id),
            ("ZREM", self._since, id),
            ("HDEL", self._troubles, id),
        ]

    def acknowledging(self, id: str, ack: bytes, *, at: float, keep: float) -> list[Command]:
        """What keeps the acknowledgement of a package for `keep` seconds."""
        kept = self._vault.seal(ack[:_ACK], context=f"acknowledged|{id}")
        return [
            ("SET", self._acknowledged(id), kept, "EX", int(keep)),
            ("ZADD", self._handed, at, id),
            ("ZREMRANGEBYSCORE", self._handed, "-inf", at - keep),
        ]

    async def acknowledgement(self, id: str) -> bytes | None:
        """What acknowledged a package, for as long as the trail is kept."""
        sealed = await self._store.run(("GET", self._acknowledged(id)))
        return self._vault.try_open(sealed, context=f"acknowledged|{id}") if sealed else None

    async def handed(self) -> Sequence[tuple[str, float]]:
        """The ids of packages that were acknowledged, oldest first, and when."""
        found = await self._store.run(("ZRANGE", self._handed, 0, -1, "WITHSCORES"))
        return [(id.decode(), float(at)) for id, at in found]

    def _acknowledged(self, id: str) -> str:
        return self._store.key(0, "archive-ack", id)
