"""Who may work in the sandbox next: so many tasks at once, shared fairly between people.

Whoever has the fewest tasks at work comes first, then who waits longest; and nobody holds all slots, so
that one person with a hundred hostile files delays the others by no more than one task.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass

OWNER: ContextVar[str] = ContextVar("sandbox owner", default="")
"""For whom the current work is done (an opaque id). Empty for a single user, who may have every slot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    number: int
    owner: str
    turn: asyncio.Future[None]


class FairSlots:
    """`count` slots for the tasks of all owners."""

    def __init__(self, count: int) -> None:
        self._count = max(1, count)
        self._most = max(1, count - 1)
        self._held: Counter[str] = Counter()
        self._waiting: list[_Waiting] = []
        self._last: dict[str, int] = {}
        self._numbers = itertools.count()

    @asynccontextmanager
    async def slot(self) -> AsyncGenerator[None]:
        """Hold one slot for the owner of the current work."""
        turn = asyncio.get_running_loop().create_future()
        mine = _Waiting(number=next(self._numbers), owner=OWNER.get(), turn=turn)
        self._waiting.append(mine)
        self._serve()
        try:
            await turn
            yield
        finally:
            if mine in self._waiting:
                self._waiting.remove(mine)
            else:
                self._held[mine.owner] -= 1
            if not any(each.owner == mine.owner for each in self._waiting) and not self._held[mine.owner]:
                del self._held[mine.owner]
                self._last.pop(mine.owner, None)
            self._serve()

    def _serve(self) -> None:
        while self._held.total() < self._count:
            able = [each for each in self._waiting if not each.turn.done() and self._may_have(each.owner)]
            if not able:
                return
            chosen = min(able, key=self._rank)
            self._waiting.remove(chosen)
            self._last[chosen.owner] = next(self._numbers)
            self._held[chosen.owner] += 1
            chosen.turn.set_result(None)

    def _rank(self, waiting: _Waiting) -> tuple[int, int, int]:
        """Tasks at work, when the owner last got a slot, and since when this one waits."""
        return self._held[waiting.owner], self._last.get(waiting.owner, -1), waiting.number

    def _may_have(self, owner: str) -> bool:
        return not owner or self._held[owner] < self._most
