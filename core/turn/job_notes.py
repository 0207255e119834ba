"""Notes of a job in hand: kept sealed among its effects, so that whoever finishes it pays none twice."""

from __future__ import annotations

from core.inbox.inbox import Claim, Inbox


class JobNotes:
    """`core.condense.Notes` for one claim. Gone when the job is done. Raises LeaseLost, StoreUnavailable."""

    def __init__(self, inbox: Inbox, claim: Claim) -> None:
        self._inbox = inbox
        self._claim = claim
        self.known = dict(claim.record.notes)
        self.reused = 0
        """Tokens of notes that were kept, and used again."""

    async def get(self, name: str) -> bytes | None:
        return self.known.get(name)

    def reuse(self, tokens: int) -> None:
        self.reused += tokens

    async def put(self, name: str, note: bytes) -> None:
        await self._inbox.put(self._claim, notes={name: note})
        self.known[name] = note
