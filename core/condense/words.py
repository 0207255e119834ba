"""What is said around a synthesis, in CommonMark."""

from __future__ import annotations

from collections.abc import Sequence

from core.grounding import Doubt
from core.language.phrasebook import Fixed, Phrasebook

MOST_DOUBTS = 12
"""Doubts that are listed; more would not be read."""


class SynthesisWords(Phrasebook):
    """The words around a synthesis in one language."""

    def reading(self, done: int, total: int) -> str:
        return self.say("reading", done=done, total=total)

    def to_check(self, doubts: Sequence[Doubt]) -> str:
        return self.say("to_check", doubts=self.doubts(doubts))

    def doubts(self, doubts: Sequence[Doubt]) -> str:
        """The list of what is to be checked."""
        lines = [self.say("doubts.one", text=doubt.text) for doubt in doubts[:MOST_DOUBTS]]
        if left := len(doubts[MOST_DOUBTS:]):
            lines.append(self.say("doubts.more", left=left))
        return "\n".join(lines)

    generated = Fixed()
    cut_short = Fixed()

    def title(self, name: str) -> str:
        return self.say("title", name=name)

    def footer(self, model: str) -> str:
        """Plain text, for every page of a file. `model` is empty when it is not known."""
        return self.say("footer", model=f" ({model})" if model else "")

    extracts = Fixed()
    """The same where nothing was generated."""
    answer_title = Fixed()
