"""What happened to a message, without content: found by the reference that people read in a failure.

The reference is made of the job's key, so it is the same in every line of the log, on every replica, in the
audit trail and here. What went as it should leaves its line in the log and its decisions in the trail; what
did not is noted here besides, for a month.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from core.store.valkey import Store

KEPT = 30 * 86_400
"""Seconds."""
MOST = 50
"""Notes of one message: one that fails all day long is told by its last ones."""


def normalised(written: str) -> str:
    """A reference as somebody wrote it down, in the form of `reference`."""
    signs = written.upper().replace("-", "").replace(" ", "").replace("O", "0")
    signs = signs.replace("I", "1").replace("L", "1")
    return f"{signs[:4]}-{signs[4:]}"


class Incidents:
    """Notes of jobs that did not go as they should. Raises StoreError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def note(self, ref: str, facts: Mapping[str, object]) -> None:
        """Note facts of the system: never what people wrote."""
        place = self._store.key(0, "incident", ref)
        noted = orjson.dumps(facts).decode()
        await self._store.batch(
            [("RPUSH", place, noted), ("LTRIM", place, -MOST, -1), ("EXPIRE", place, KEPT)]
        )

    async def find(self, ref: str) -> list[dict[str, Any]]:
        """The notes of a reference, oldest first."""
        found = await self._store.run(("LRANGE", self._store.key(0, "incident", ref), 0, -1))
        return [orjson.loads(each) for each in found]
