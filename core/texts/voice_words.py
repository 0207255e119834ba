"""The texts about voice messages."""

from __future__ import annotations

from collections.abc import Sequence

from core.language.phrasebook import Fixed, Phrasebook

_SHOWN = 2_000
"""Characters of a transcript that are shown."""


class VoiceWords(Phrasebook):
    """One language. Everything is CommonMark."""

    def heard(self, said: Sequence[str]) -> str:
        """Return what was understood, so that the person sees it before the answer."""
        words = " ".join(" ".join(said).split())
        return self.say("heard", words=words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…")

    not_here = Fixed()
    """No model may hear voice messages here."""
    away = Fixed()
    nothing_said = Fixed()
