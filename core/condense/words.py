"""What is said around a synthesis, in French and English."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from core.grounding import Doubt

MOST_DOUBTS = 12
"""Doubts that are listed; more would not be read."""


class SynthesisWords(Protocol):
    """One language. Everything is CommonMark."""

    def reading(self, done: int, total: int) -> str: ...
    def to_check(self, doubts: Sequence[Doubt]) -> str: ...
    def doubts(self, doubts: Sequence[Doubt]) -> str:
        """The list of what is to be checked."""
        ...

    def generated(self) -> str: ...
    def cut_short(self) -> str: ...
    def title(self, name: str) -> str: ...
    def footer(self, model: str) -> str:
        """Plain text, for every page of a file. `model` is empty when it is not known."""
        ...

    def extracts(self) -> str:
        """The same where nothing was generated."""
        ...

    def answer_title(self) -> str: ...


class FrenchSynthesis:
    """Typography of the Imprimerie nationale."""

    def reading(self, done: int, total: int) -> str:
        return f"lecture {done}/{total}"

    def to_check(self, doubts: Sequence[Doubt]) -> str:
        return f"**À vérifier**, car absent du document\u00a0:\n\n{self.doubts(doubts)}"

    def doubts(self, doubts: Sequence[Doubt]) -> str:
        left = len(doubts) - MOST_DOUBTS
        more = [f"- et {left} autre{'s' if left > 1 else ''}"] if left > 0 else []
        return "\n".join([*(f"- «\u00a0{doubt.text}\u00a0»" for doubt in doubts[:MOST_DOUBTS]), *more])

    def generated(self) -> str:
        return "*Synthèse rédigée par une intelligence artificielle\u00a0: vérifiez-la avant de l’utiliser.*"

    def cut_short(self) -> str:
        return "**Synthèse coupée**\u00a0: elle a atteint la longueur permise."

    def title(self, name: str) -> str:
        return f"Synthèse de «\u00a0{name}\u00a0»"

    def footer(self, model: str) -> str:
        named = f" ({model})" if model else ""
        return f"Rédigé par une intelligence artificielle{named}\u00a0: à vérifier avant usage."

    def extracts(self) -> str:
        return "Extraits du document, choisis par un programme, sans IA générative."

    def answer_title(self) -> str:
        return "Réponse de l’assistant"


class EnglishSynthesis:
    """See `SynthesisWords`."""

    def reading(self, done: int, total: int) -> str:
        return f"reading {done}/{total}"

    def to_check(self, doubts: Sequence[Doubt]) -> str:
        return f"**To check**, not found in the document:\n\n{self.doubts(doubts)}"

    def doubts(self, doubts: Sequence[Doubt]) -> str:
        left = len(doubts) - MOST_DOUBTS
        more = [f"- and {left} more"] if left > 0 else []
        return "\n".join([*(f"- “{doubt.text}”" for doubt in doubts[:MOST_DOUBTS]), *more])

    def generated(self) -> str:
        return "*Summary written by an artificial intelligence: check it before you use it.*"

    def cut_short(self) -> str:
        return "**Summary cut short**: it reached the length allowed."

    def title(self, name: str) -> str:
        return f"Summary of “{name}”"

    def footer(self, model: str) -> str:
        named = f" ({model})" if model else ""
        return f"Written by an artificial intelligence{named}: check before use."

    def extracts(self) -> str:
        return "Extracts of the document, chosen by a program, without generative AI."

    def answer_title(self) -> str:
        return "Answer of the assistant"


def words(language: str) -> SynthesisWords:
    """English for `en`, French for anything else."""
    return EnglishSynthesis() if language == "en" else FrenchSynthesis()
