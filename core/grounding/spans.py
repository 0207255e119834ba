"""What the parts of this package share: text that keeps its length while what was read is blanked."""

from __future__ import annotations

import re
import unicodedata

SPACE = r"[ \t\u00a0\u2009\u202f]"
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier january janv jan", "février fevrier february févr fevr fév feb", "mars march mar",
            "avril april avr apr", "mai may", "juin june jun", "juillet july juil jul",
            "août aout august aug", "septembre september sept sep", "octobre october oct",
            "novembre november nov", "décembre decembre december déc dec",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_DAYS = """
    lundi mardi mercredi jeudi vendredi samedi dimanche
    monday tuesday wednesday thursday friday saturday sunday
"""
DAYS = frozenset(_DAYS.split())


def plain(text: str) -> str:
    """Every character becomes one: no accents, lower case, plain apostrophes, dashes and spaces."""
    return "".join(_plain(character) for character in text)


_PLAIN = {
    "’": "'",
    "ʼ": "'",
    "–": "-",
    "—": "-",
    "‑": "-",
    "−": "-",
    "\u00a0": " ",
    "\u202f": " ",
    "\u2009": " ",
}


def _plain(character: str) -> str:
    if character < "\x80":
        return character.lower()
    if character in _PLAIN:
        return _PLAIN[character]
    base = unicodedata.normalize("NFD", character)[0].lower()
    return base if len(base) == 1 else character


def blank(text: str, start: int, end: int) -> str:
    return text[:start] + " " * (end - start) + text[end:]


def month(word: str) -> int | None:
    return MONTHS.get(word.rstrip(".").lower())


MONTH = "(?:" + "|".join(sorted(map(re.escape, MONTHS), key=len, reverse=True)) + r")\b\.?"
