"""What is said of voice messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

_SHOWN = 2_000
"""Characters of what was heard that are shown."""


class VoiceTexts(Protocol):
    """One language. Everything is CommonMark."""

    def heard(self, said: Sequence[str]) -> str:
        """What was understood, so that the person sees it before the answer."""
        ...

    def not_here(self) -> str:
        """No model may hear what is said here."""
        ...

    def away(self) -> str: ...
    def nothing_said(self) -> str: ...


class FrenchVoice:
    """Typography of the Imprimerie nationale."""

    def heard(self, said: Sequence[str]) -> str:
        return f"Vous avez dit\u00a0:\n\n{_quoted(said)}"

    def not_here(self) -> str:
        return "Je ne peux pas écouter de message vocal ici. Écrivez votre question\u00a0: j’y répondrai."

    def away(self) -> str:
        return (
            "Je n’ai pas pu écouter votre message vocal\u00a0: le service ne répond pas. "
            "Écrivez votre question, ou renvoyez-le dans quelques minutes."
        )

    def nothing_said(self) -> str:
        return "Je n’ai rien entendu dans votre message vocal."


class EnglishVoice:
    """See `VoiceTexts`."""

    def heard(self, said: Sequence[str]) -> str:
        return f"You said:\n\n{_quoted(said)}"

    def not_here(self) -> str:
        return "I cannot listen to voice messages here. Write your question: I will answer it."

    def away(self) -> str:
        return (
            "I could not listen to your voice message: the service does not answer. "
            "Write your question, or send it again in a few minutes."
        )

    def nothing_said(self) -> str:
        return "I heard nothing in your voice message."


def voice_texts(language: str) -> VoiceTexts:
    """English for `en`, French for anything else."""
    return EnglishVoice() if language == "en" else FrenchVoice()


def _quoted(said: Sequence[str]) -> str:
    lines = " ".join(" ".join(said).split())
    return f"> {lines if len(lines) <= _SHOWN else lines[:_SHOWN] + '…'}"
