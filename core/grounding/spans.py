"""What the parts of this package share: text that keeps its length while what was read is blanked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

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


class _Table(dict[int, str]):
    """Filled as characters are met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        base = _PLAIN.get(character) or unicodedata.normalize("NFD", character)[0].lower()
        self[code] = base if len(base) == 1 else character
        return self[code]


_TABLE = _Table()


def plain(text: str) -> str:
    """Every character becomes one: no accents, lower case, plain apostrophes, dashes and spaces."""
    return text.translate(_TABLE)


def blank(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with these places blanked; they may touch or overlap."""
    parts: list[str] = []
    at = 0
    for start, end in sorted(spans):
        if end > at:
            start = max(start, at)
            parts += [text[at:start], " " * (end - start)]
            at = end
    return "".join([*parts, text[at:]])


def month(word: str) -> int | None:
    return MONTHS.get(word.rstrip(".").lower())


MONTH = "(?:" + "|".join(sorted(map(re.escape, MONTHS), key=len, reverse=True)) + r")\b\.?"
