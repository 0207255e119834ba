"""The words that stand around a synthesis, in CommonMark."""

from __future__ import annotations

from collections.abc import Sequence

from core.grounding import Doubt
from core.language.phrasebook import Fixed, Phrasebook

MOST_DOUBTS = 12
"""Doubts that are listed. People would not read more."""


class SynthesisWords(Phrasebook):
    """The words around a synthesis in one language."""

    def reading(self, done: int, total: int) -> str:
        return self.say("reading", done=done, total=total)

    def to_check(self, doubts: Sequence[Doubt]) -> str:
        return self.say("to_check", doubts=self.doubts(doubts))

    def doubts(self, doubts: Sequence[Doubt]) -> str:
        """Return the list of what the reader must check."""
        lines = [self.say("doubts.one", text=doubt.text) for doubt in doubts[:MOST_DOUBTS]]
        if left := len(doubts[MOST_DOUBTS:]):
            lines.append(self.say("doubts.more", left=left))
        return "\n".join(lines)

    generated = Fixed()
    cut_short = Fixed()

    def title(self, name: str) -> str:
        return self.say("title", name=name)

    def footer(self, model: str) -> str:
        """Return the footer of each page of a file, as plain text. `model` is empty if it is unknown."""
        return self.say("footer", model=f" ({model})" if model else "")

    extracts = Fixed()
    """Stands in place of `generated` if no model wrote the text."""
    answer_title = Fixed()
