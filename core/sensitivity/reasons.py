"""Why a finding counts as it does, in a few words for people. One line for each `why` of the rules."""

from __future__ import annotations

from pathlib import Path

from core.language.phrasebook import Phrasebook
from core.sensitivity.evidence import Strength

_FILE = Path(__file__).with_suffix(".toml")


def because(why: str, language: str = "fr") -> str:
    """The rule named by `why` in words; the name itself when there are none."""
    return Phrasebook(language, _FILE).word(f"reasons.{why}", why)


def how_sure(strength: Strength, probability: float | None, language: str = "fr") -> str:
    """`indice fort`, or for the learned reader `indice faible, à confirmer, probable à 74 %`."""
    words = Phrasebook(language, _FILE)
    sure = words.say(f"sure.{strength}")
    if probability is None:
        return sure
    return words.say("likely", sure=sure, percent=min(round(100 * probability), 99))
