"""What is said of a text that was examined, in plain text."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from core.language.phrasebook import Fixed, Phrasebook
from core.provenance.record import AnswerRecord
from core.provenance.verifying import Proof

_EPOCH = date(1970, 1, 1)


class ProofWords(Phrasebook):
    """The words about a proof in one language."""

    def verdict(self, proof: Proof) -> str:
        """One sentence: is it ours?"""
        return self.say(f"verdict.{'none' if not proof.ours else 'whole' if proof.whole else 'part'}")

    def details(self, proof: Proof, *, days: int) -> list[str]:
        """What that rests on, and what it does not say; `days`: how long the register keeps an answer."""
        said: list[str] = []
        record, found = proof.record, proof.found
        if isinstance(record, AnswerRecord) and proof.covers:
            signed = self.date(datetime.fromtimestamp(record.at, UTC).date())
            said.append(self.say("record.signed", day=signed, level=record.level))
            said.append(self._written(generated=record.generated, models=record.models))
        elif record is not None:
            said.append(self.say(f"record.{record if isinstance(record, str) else 'other'}"))
        if found is not None:
            said.append(self.say("register", day=self.date(_EPOCH + timedelta(days=found.day))))
            if not found.whole:
                said.append(self.say("share", percent=found.share * 100))
            said.append(self._written(generated=found.generated, models=()))
        if proof.whole:
            said.append(self.say("below"))
        if not proof.ours:
            said.append(self.say("unproved", days=days))
        return said

    no_file = Fixed()

    def too_large(self, megabytes: int) -> str:
        return self.say("too_large", megabytes=megabytes)

    unread = Fixed()
    """A file could not be read; what hinders stands below."""

    def _written(self, *, generated: bool, models: tuple[str, ...]) -> str:
        if not generated:
            return self.say("written.by_rules")
        return self.say("written.by_model", named=f" ({', '.join(models)})" if models else "")
