"""The alarm for a store that fills up: said in the log and shown as numbers before it takes nothing new."""

from __future__ import annotations

from core.language.operators import tell
from core.store.valkey import Store
from core.telemetry import log, metrics

NEARLY = 0.8
"""The part of its memory at which operators are told."""


class MemoryAlarm:
    """Looks at how full the store is. It is said once, and again after it was better."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._told = False
        self.fullness = 0.0
        """What part of its memory the store uses; 0 where it has no limit."""

    async def look(self) -> None:
        """Raises StoreUnavailable."""
        used, limit = await self._store.memory()
        metrics.store(used=used, limit=limit)
        self.fullness = used / limit if limit else 0.0
        nearly = self.fullness > NEARLY
        if nearly and not self._told:
            log.error(
                "store_nearly_full",
                bytes=used,
                reason=tell("store.nearly_full"),
            )
        self._told = nearly
