"""Notes of a job in hand: kept sealed among its effects, so that whoever finishes it pays none twice."""

from __future__ import annotations

from dataclasses import dataclass

from core.inbox.inbox import Claim, Inbox


@dataclass(slots=True, kw_only=True)
class JobNotes:
    """`core.condense.Notes` for one claim, of which some are `known`. Gone when the job is done. Raises
    LeaseLost, StoreUnavailable."""

    inbox: Inbox
    claim: Claim
    known: dict[str, bytes]
    reused: int = 0
    """Tokens of notes that were kept, and used again."""

    async def get(self, name: str) -> bytes | None:
        return self.known.get(name)

    def reuse(self, tokens: int) -> None:
        self.reused += tokens

    async def put(self, name: str, note: bytes) -> None:
        await self.inbox.put(self.claim, notes={name: note})
        self.known[name] = note
