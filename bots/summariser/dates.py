"""Days as people name them (« vendredi », « le 12 mars », « demain »), seen from the day of a message.

A day of the week is the next one to come: on a Friday, « vendredi » is that very day only with « ce ». Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from core.language.folding import unaccented
from core.language.months import DAYS, MONTHS, one_of
from core.language.pattern_file import PatternFile, toml_beside

_COUNTS = {
    "un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "huit": 8, "dix": 10,
    "quinze": 15, "a": 1, "two": 2, "three": 3,
}  # fmt: skip
_DAY = one_of(DAYS)
_MONTH = one_of(MONTHS)

_PATTERNS = PatternFile(toml_beside(__file__))
_FORM = _PATTERNS.pattern("form", month=_MONTH, day=_DAY, counts="|".join(_COUNTS))


@dataclass(frozen=True, slots=True)
class Day:
    """A day, and where in the text it is named."""

    start: int
    end: int
    day: date


def days(text: str, on: date) -> list[Day]:
    """Return the days that a text names, in order, seen from the day `on`. Days that do not exist are left
    out."""
    return [Day(match.start(), match.end(), day) for match, day in _found(unaccented(text), on)]


def _found(folded: str, on: date) -> Iterator[tuple[re.Match[str], date]]:
    for match in _FORM.finditer(folded):
        try:
            day = _read(match, on)
        except ValueError:
            continue
        if day is not None:
            yield match, day


def _read(match: re.Match[str], on: date) -> date | None:
    got = match.groupdict()
    if got["iso"]:
        return date.fromisoformat(got["iso"])
    for number in "123":
        if got[f"d{number}"]:
            month = got[f"m{number}"]
            return _calendar(int(got[f"d{number}"]), MONTHS.get(month) or int(month), got[f"y{number}"], on)
    if got["day"]:
        return _weekday(got, on)
    for number in "678":
        if got[f"d{number}"]:
            return _of_month(int(got[f"d{number}"]), on)
    return _end(got, on) or on + timedelta(days=_ahead(got))


def _end(got: dict[str, str], on: date) -> date | None:
    """Return the end of a month or of the week, or None if neither is named."""
    if got["m5"]:
        return _month_end(_calendar(1, MONTHS[got["m5"]], None, on.replace(day=1)))
    if got["endmonth"]:
        return _month_end(on)
    if not got["endweek"]:
        return None
    return on + timedelta(days=(4 - on.weekday()) % 7 + (7 if got["later"] else 0))


def _ahead(got: dict[str, str]) -> int:
    if got["about"]:
        return 7 if got["about"] == "huitaine" else 14
    if got["count"]:
        count = int(got["count"]) if got["count"].isdigit() else _COUNTS[got["count"]]
        return count * (7 if got["unit"][0] in "sw" else 1)
    return 2 if got["after"] else 1 if got["tomorrow"] else 0


def _calendar(day: int, month: int, year: str | None, on: date) -> date:
    """Return a day of the calendar; without a year, the nearest one that is not long past."""
    if year:
        return date(int(year) + (2000 if len(year) == 2 else 0), month, day)
    found = date(on.year, month, day)
    return found.replace(year=on.year + 1) if (on - found).days > 90 else found


def _weekday(got: dict[str, str | None], on: date) -> date:
    if got["d4"]:
        return _of_month(int(got["d4"]), on)
    ahead = (DAYS[got["day"] or ""] - on.weekday()) % 7
    if ahead == 0 and not got["this"]:
        ahead = 7
    if got["next"] and "huit" in got["next"]:
        ahead += 7
    if got["next"] and "week" in got["next"].replace("semaine", "week"):
        ahead = 7 - on.weekday() + DAYS[got["day"] or ""]
    return on + timedelta(days=ahead)


def _of_month(day: int, on: date) -> date:
    if day >= on.day:
        return on.replace(day=day)
    following = (on.replace(day=1) + timedelta(days=32)).replace(day=1)
    return following.replace(day=day)


def _month_end(on: date) -> date:
    return (on.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
