"""What one person may use (`[quotas]` of the policy), counted in the store for all replicas together.

Turns beyond so many a minute are not refused: they wait, and the person is told why, once a minute. Messages
that are read together are one turn. Tokens beyond those of the day are refused in words; they are counted
when an answer is done, so that one answer may go beyond. A day is one of UTC. These counts outlive an
erasure, which would else lift the quota, for two days at most.

What the answers to a person took, energy and gases, is summed by month, and goes with an erasure.

Programs that answer each other never end by themselves. What is sent within a second of our answer, three
times in a row, was written by no person; and a sender known to be a program has four turns, until it pauses
for ten minutes. Then one word is said, and nothing more."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from core.gateway.ask import FootprintSum
from core.policy.file import Quotas
from core.store.valkey import Store
from core.store.wire import Command, Word
from core.vault import Vault

Loop = Literal["", "last", "silent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """May a turn be handled now? `wait` in seconds, 0.0 for yes; `tell`: the person does not know yet why
    it waits. `tokens`: how many were used today. `loop`: programs answer each other; say that it ends
    here, or nothing."""

    wait: float
    tell: bool
    tokens: int
    loop: Loop = ""


Sent = Literal["program", "answer", ""]
"""What a message may be: of a sender known to be a program; perhaps an answer to ours; a person's."""
_LOOPS: tuple[Loop, ...] = ("", "last", "silent")


_MILLIONTHS = 1_000_000


class Counts:
    """The quotas of each person. `clock`: seconds since 1970. Raises StoreUnavailable."""

    def __init__(
        self, store: Store, vault: Vault, quotas: Quotas, clock: Callable[[], float] = time.time
    ) -> None:
        self._clock = clock
        self._store = store
        self._vault = vault
        self.per_minute = quotas.messages_per_minute or 0
        self._counts_all = quotas.tokens_per_day_in_all is not None
        self.in_all = 0
        """Tokens of today of all people, as of the last look."""

    async def look(self) -> None:
        """Learn what all people together have used today, over all replicas."""
        if self._counts_all:
            self.in_all = int(await self._store.run(("GET", self._all())) or 0)

    def _all(self) -> str:
        day = datetime.fromtimestamp(self._clock(), UTC).strftime("%Y-%m-%d")
        return self._store.key(0, "tokens", day)

    async def turn(
        self, person: str, turn: str, conversation: str = "", *, since: int = 0, sent: Sent = ""
    ) -> Use:
        """Count one turn more, unless it must wait. It came in at `since` (ms, by the store's clock)."""
        place = self._vault.tag("conversation", conversation)
        words = ("turn", self.per_minute, turn, place, since, sent)
        script = self._store.script("quota", self._vault.tag("person", person), *words)
        wait, tell, tokens, verdict = await self._store.run(script)
        return Use(wait=wait / 1000, tell=bool(tell), tokens=tokens, loop=_LOOPS[int(verdict)])

    def answered(
        self,
        person: str,
        conversation: str,
        tokens: int,
        taken: FootprintSum | None = None,
        *,
        since: int = 0,
    ) -> list[Command]:
        """What notes an answer, counts its tokens, also for all people together, and what it took in this
        month, as commands to travel with others. The question came in at `since` (ms, by the store's
        clock)."""
        words: list[Word] = []
        if taken is not None:
            month = datetime.fromtimestamp(self._clock(), UTC).strftime("%Y-%m")
            words = [since, month, *(round(each * _MILLIONTHS) for each in (*taken.wh, *taken.gco2e))]
        place = self._vault.tag("conversation", conversation)
        who = self._vault.tag("person", person)
        noted = self._store.script("quota", who, "answered", place, tokens, *words)
        if not (self._counts_all and tokens):
            return [noted]
        return [noted, ("INCRBY", self._all(), tokens), ("EXPIRE", self._all(), 2 * 86_400)]

    async def footprints(self, person: str) -> dict[str, FootprintSum]:
        """What the answers to a person took, by month (`2026-11`), the latest first; `last` is the last one
        alone."""
        who = self._vault.tag("person", person)
        raw = await self._store.run(("HGETALL", self._store.place("footprint", who)))
        known = {name.decode(): int(value) for name, value in raw.items()}
        found: dict[str, FootprintSum] = {}
        for span in sorted({name.partition("|")[0] for name in known}, reverse=True):

            def of(name: str, span: str = span) -> tuple[float, float]:
                low, high = (known.get(f"{span}|{name}|{end}", 0) / _MILLIONTHS for end in ("low", "high"))
                return low, high

            found[span] = FootprintSum(wh=of("wh"), gco2e=of("gco2e"), count=known.get(f"{span}|count", 1))
        return found
