"""Is this text an answer of ours? Its signed record tells, where it has one; else the register."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from core.provenance.carried import answers_in
from core.provenance.record import AnswerRecord, Unproven, digest_of, verified
from core.provenance.register import Recognised, Register

LONGEST = 200_000
"""Characters of a text that are examined: an answer is shorter."""
_MOST = 200
"""Records that are examined: a folder of mails has one for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What is known of a text. `record`: the one that it carries, or why that proves nothing; None: it has
    none. `covers`: the record is this text's, word by word. `found`: what the register tells, which is asked
    where the record does not settle it."""

    record: AnswerRecord | Unproven | None = None
    covers: bool = False
    found: Recognised | None = None

    @property
    def ours(self) -> bool:
        return self.covers or self.found is not None

    @property
    def whole(self) -> bool:
        return self.covers or (self.found is not None and self.found.whole)


async def examine(
    texts: Sequence[str], tokens: Sequence[str], keys: Mapping[str, Ed25519PublicKey], register: Register
) -> Proof:
    """Examine a text, in the forms in which it was read, and the records that came with it. Raises
    StoreError."""
    answers = list(dict.fromkeys(part for text in texts for part in answers_in(text[:LONGEST])))
    records: list[AnswerRecord | Unproven] = [verified(token, keys) for token in tokens[:_MOST]]
    signed = [record for record in records if isinstance(record, AnswerRecord)]
    digests = await asyncio.to_thread(lambda: set(map(digest_of, answers))) if signed else set[str]()
    for record in signed:
        if record.digest in digests:
            return Proof(record=record, covers=True)
    found = [each for answer in answers if (each := await register.find(answer)) is not None]
    best = max(found, key=lambda each: (each.whole, each.share), default=None)
    carried: list[AnswerRecord | Unproven] = [*signed, *records]
    return Proof(record=carried[0] if carried else None, found=best)
