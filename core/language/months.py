"""The months and the days of the week, in French and in English: the one list of the project; and the clock
of Paris.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from core.language.folding import fold

FRENCH_MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
    "novembre", "décembre",
)  # fmt: skip
ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
_SHORT_MONTHS = (
    "janv jan", "fevr fev feb", "mar", "avr apr", "", "jun", "juil jul", "aug", "sept sep", "oct",
    "nov", "dec",
)  # fmt: skip
FRENCH_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
ENGLISH_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

MONTHS = {
    name: number
    for number, names in enumerate(zip(FRENCH_MONTHS, ENGLISH_MONTHS, _SHORT_MONTHS, strict=True), 1)
    for name in fold(" ".join(names)).split()
}
"""The number of each month by its names, whole and short, folded."""
DAYS = {fold(name): number for names in (FRENCH_DAYS, ENGLISH_DAYS) for number, name in enumerate(names)}
"""The number of each day of the week by its names, folded; Monday is 0, as in `date.weekday`."""
PARIS = ZoneInfo("Europe/Paris")


def one_of(words: Iterable[str]) -> str:
    """A pattern of any of these words, the longest first."""
    return "(?:" + "|".join(sorted(map(re.escape, words), key=len, reverse=True)) + ")"


MONTH = one_of(MONTHS) + r"\b\.?"
"""A month in a folded text."""
WHOLE_MONTH = one_of(fold(name) for name in (*FRENCH_MONTHS, *ENGLISH_MONTHS))
"""The same, written out."""


def in_paris(at: float) -> datetime:
    """Turn seconds since 1970 into a date and hour of Paris."""
    return datetime.fromtimestamp(at, PARIS)
