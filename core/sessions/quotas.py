"""What one person may use (`[quotas]` of the policy), counted in the store for all replicas together.

Turns beyond so many a minute are not refused: they wait, and the person is told why, once a minute. Messages
that are read together are one turn. Tokens beyond those of the day are refused in words; they are counted
when an answer is done, so that one answer may go beyond. A day is one of UTC. These counts outlive an
erasure, which would else lift the quota, for two days at most.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.policy.file import Quotas
from core.store.valkey import Store
from core.store.wire import Command
from core.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """May a turn be handled now? `wait` in seconds, 0.0 for yes; `tell`: the person does not know yet why
    it waits. `tokens`: how many were used today."""

    wait: float
    tell: bool
    tokens: int


class Counts:
    """The quotas of each person. Raises StoreUnavailable."""

    def __init__(self, store: Store, vault: Vault, quotas: Quotas) -> None:
        self._store = store
        self._vault = vault
        self.per_minute = quotas.messages_per_minute or 0

    async def turn(self, person: str, turn: str) -> Use:
        """Count one turn more, unless it must wait."""
        who = self._vault.person_tag(person)
        script = self._store.script("quota", self._store.partition(who), who, "turn", self.per_minute, turn)
        wait, tell, tokens = await self._store.run(script)
        return Use(wait=wait / 1000, tell=bool(tell), tokens=tokens)

    def tokens(self, person: str, count: int) -> Command:
        """What counts the tokens of an answer, as a command to travel with others."""
        who = self._vault.person_tag(person)
        return self._store.script("quota", self._store.partition(who), who, "tokens", count)
