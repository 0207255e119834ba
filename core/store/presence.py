"""A replica's name belongs to one process, wherever it runs: with the name go its leases and its device.

A lock on the data folder keeps other processes of the machine away. The name is leased in the store
besides, so that a copy of the folder on another machine is not used at the same time. A place that starts
again takes its own name back at once.

Who lives is known from the names: each conversation has one replica that is to look at its events first
(the highest hash of both, so that a death moves those of the dead one only).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress

from core.errors import StoreError, StoreRefused, StoreUnavailable
from core.language.operators import Phrase, tell
from core.retry import beat
from core.store.valkey import Store
from core.telemetry import log

LEASE = 15.0


class Presence:
    """The name `replica`, for `who`: a place where only one process can be (machine and data folder)."""

    def __init__(
        self,
        store: Store,
        *,
        replica: str,
        who: str,
        ring: Callable[[], str] = lambda: "",
        lease: float = LEASE,
    ) -> None:
        """`ring` gives the id of the master key that the replica seals with (core/store/rotation.py)."""
        self._store = store
        self._ring = ring
        self._replica = replica
        self._who = who
        self._lease = lease
        self.others: tuple[str, ...] = ()
        """The other replicas that live."""

    def is_first(self, conversation: str) -> bool:
        """Is this replica the one that looks at this conversation first?"""
        names = (self._replica, *self.others)
        return max(names, key=lambda name: _weight(name, conversation)) == self._replica

    @asynccontextmanager
    async def held(self) -> AsyncGenerator[None]:
        """Hold the name, having waited for the lease of one who died. Raises StoreRefused."""
        if other := await self._renewed():
            log.warning(
                "replica_name_held", replica=self._replica, reason=tell("store.name_held", other=other)
            )
            await asyncio.sleep(self._lease + 0.1)
            if await self._renewed():
                raise self._refusal(other)
        try:
            yield
        finally:
            with suppress(StoreError):
                await self._ask(0)

    async def keep(self) -> None:
        """Renew for as long as it is held. Raises StoreRefused when another has the name."""
        while True:
            await beat(self._lease * 0.4)
            with suppress(StoreUnavailable):
                if other := await self._renewed():
                    raise self._refusal(other)

    async def _renewed(self) -> str:
        return await self._ask(round(self._lease * 1000))

    async def _ask(self, lease: int) -> str:
        script = self._store.script("presence", 0, self._replica, self._who, lease, self._ring())
        holder, *living = [word.decode() for word in await self._store.run(script)]
        self.others = tuple({*living} - {self._replica})
        return str(holder)

    def _refusal(self, other: str) -> StoreRefused:
        return StoreRefused(Phrase("store.runs_already", replica=self._replica, other=other))


def _weight(name: str, conversation: str) -> bytes:
    return hashlib.blake2b(f"{name}\0{conversation}".encode(), digest_size=8).digest()
