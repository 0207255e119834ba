"""What one person may use (`[quotas]` of the policy), counted in the store for all replicas together.

Turns beyond so many a minute are not refused: they wait, and the person is told why, once a minute. Messages
that are read together are one turn. Tokens beyond those of the day are refused in words; they are counted
when an answer is done, so that one answer may go beyond. A day is one of UTC. These counts outlive an
erasure, which would else lift the quota, for two days at most.

Programs that answer each other never end by themselves. What is sent within a second of our answer, three
times in a row, was written by no person; and a sender known to be a program has four turns, until it pauses
for ten minutes. Then one word is said, and nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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


class Counts:
    """The quotas of each person. Raises StoreUnavailable."""

    def __init__(self, store: Store, vault: Vault, quotas: Quotas) -> None:
        self._store = store
        self._vault = vault
        self.per_minute = quotas.messages_per_minute or 0

    async def turn(
        self, person: str, turn: str, conversation: str = "", *, since: int = 0, sent: Sent = ""
    ) -> Use:
        """Count one turn more, unless it must wait. It came in at `since` (ms, by the store's clock)."""
        words = ("turn", self.per_minute, turn, self._place(conversation), since, sent)
        wait, tell, tokens, verdict = await self._store.run(self._script(person, *words))
        loop: Loop = _LOOPS[int(verdict)]
        return Use(wait=wait / 1000, tell=bool(tell), tokens=tokens, loop=loop)

    def answered(self, person: str, conversation: str, tokens: int) -> Command:
        """What notes an answer and counts its tokens, as a command to travel with others."""
        return self._script(person, "answered", self._place(conversation), tokens)

    def _script(self, person: str, *words: Word) -> Command:
        who = self._vault.person_tag(person)
        return self._store.script("quota", self._store.partition(who), who, *words)

    def _place(self, conversation: str) -> str:
        return self._vault.tag("conversation", conversation)
