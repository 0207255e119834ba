"""Dates and times of day, in French and English forms, as (day, month, year) and (hour, minute)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from core.language.months import MONTH, MONTHS

_DAY = r"(?P<day>\d{1,2})(?:er|st|nd|rd|th)?"
_ALONE = rf"(?!sept\b(?!\.)){MONTH}"
"""A month without a day or year: « sept » without a full stop is a number."""
_YEAR = r"(?P<year>(?:1[5-9]|20)\d\d)"
_FORMS = tuple(
    re.compile(form)
    for form in (
        r"\b(?P<year>\d{4})-(?P<m>\d{2})-(?P<day>\d{2})\b",
        r"\b(?P<day>\d{1,2})(?P<sep>[/.-])(?P<m>\d{1,2})(?P=sep)(?P<year>\d{4}|\d{2})\b(?![./-]\d)",
        rf"\b(?P<from>\d{{1,2}})(?:er)?(?: (?P<of>{MONTH}))? ?(?:au|et|a|ou|-|and|to) ?(?:le )?{_DAY}"
        rf" (?P<month>{MONTH}) ?(?:{_YEAR})?",
        rf"\b{_DAY} (?:of )?(?P<month>{MONTH}),? ?(?:{_YEAR})?",
        rf"\b(?P<month>{MONTH}) {_DAY}(?:,? {_YEAR})\b",
        rf"\b(?P<month>{MONTH}) (?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?! ?(?:%|h\b|€))",
        rf"\b(?P<month>{MONTH}) (?:de )?{_YEAR}\b",
        r"\b(?:en|de|d['’]|fin|debut|mi-|avant|depuis|jusqu['’]en|mois de|in|since|until) ?"
        rf"(?P<month>{_ALONE})\b",
    )
)
_TIME = re.compile(
    r"\b(?P<h>[01]?\d|2[0-4]) ?(?:h|:) ?(?P<m>[0-5]\d)\b(?:\s?(?P<half>[ap])\.?m)?"
    r"|\b(?P<h2>1?\d) ?(?P<half2>[ap])\.?m\b"
)


@dataclass(frozen=True, slots=True)
class Date:
    """A date. A `day` or `year` is None where the text does not give it."""

    day: int | None
    month: int
    year: int | None


@dataclass(frozen=True, slots=True)
class FoundDates:
    """The dates that stand between two characters of a text: one, or the two ends of a range."""

    start: int
    end: int
    dates: tuple[Date, ...]


_SHORT = re.compile(r"(?<![\d/.,])(?P<day>0?[1-9]|[12]\d|3[01])/(?P<m>0?[1-9]|1[0-2])(?![\d/])")


_MONTH = re.compile(rf"\b{_ALONE}\b")


def short_dates(text: str) -> Iterator[Date]:
    """Yield what may be a date: « 25/9 » may also be a fraction, and « mars » a verb or a planet.

    Such dates are good enough for what a source holds, and too weak for what a statement claims.
    """
    for name in _MONTH.findall(text):
        if month := MONTHS.get(name.rstrip(".")):
            yield Date(None, month, None)
    for match in _SHORT.finditer(text):
        yield Date(int(match["day"]), int(match["m"]), None)


def dates(text: str) -> Iterator[FoundDates]:
    """Yield the dates in a text without accents. None of them overlap."""
    for form in _FORMS:
        found = [
            FoundDates(match.start(), match.end(), dates)
            for match in form.finditer(text)
            if (dates := _read(match.groupdict()))
        ]
        yield from found
        text = blank(text, ((date.start, date.end) for date in found))


def _read(parts: Mapping[str, str | None]) -> tuple[Date, ...]:
    """Return the date that a form matched, or the two ends of a range. Empty for an impossible date."""
    day, month, year = _number(parts.get("day")), _month(parts), _full_year(_number(parts.get("year")))
    if day is not None and month > 12:
        day, month = month, day  # American order
    if not 1 <= month <= 12 or (day is not None and not 1 <= day <= 31):
        return ()
    last = Date(day, month, year)
    first_day = _number(parts.get("from"))
    if not first_day:
        return (last,)
    first_month = MONTHS.get((parts.get("of") or "").rstrip("."), month)
    return Date(first_day, first_month, year), last


def _month(parts: Mapping[str, str | None]) -> int:
    """Return the month that a form matched as a word or as a number; 0 if it matched none."""
    name = parts.get("month")
    return MONTHS.get(name.rstrip("."), 0) if name else _number(parts.get("m")) or 0


def _full_year(year: int | None) -> int | None:
    """Return a year with its century: 24 is 2024, 85 is 1985."""
    if year is None or year >= 100:
        return year
    return year + (2000 if year < 70 else 1900)


def _number(digits: str | None) -> int | None:
    return int(digits) if digits else None


def times(text: str) -> Iterator[tuple[int, int, tuple[int, int]]]:
    """Yield the times of day in a text, each as (start, end, (hour, minute))."""
    for match in _TIME.finditer(text):
        hour = int(match["h"] or match["h2"])
        half = match["half"] or match["half2"]
        if half == "p" and hour < 12:
            hour += 12
        yield match.start(), match.end(), (hour % 24, int(match["m"] or 0))


class Dates:
    """The dates of a source. A date can be looked up in a shorter or longer form than the source's."""

    def __init__(self, found: list[Date], years: set[int]) -> None:
        self._found = set(found)
        self._days = {(date.day, date.month) for date in found}
        self._named = {date.month for date in found}
        self._months = {(date.month, date.year) for date in found}
        self._years = years | {date.year for date in found if date.year}

    def has(self, date: Date) -> bool:
        """True if the source has the date. The year may stand elsewhere: « le 12 mars » and « en 2026 »."""
        if date in self._found:
            return True
        if date.day is None and date.year is None:
            return date.month in self._named
        if date.day is None:
            return (date.month, date.year) in self._months or (
                (date.month, None) in self._months and date.year in self._years
            )
        if date.year is None:
            return (date.day, date.month) in self._days
        return Date(date.day, date.month, None) in self._found and date.year in self._years

    def has_year(self, year: int) -> bool:
        return year in self._years


def blank(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return the text with spaces in these places, which may touch or overlap."""
    parts: list[str] = []
    at = 0
    for start, end in sorted(spans):
        if end > at:
            start = max(start, at)
            parts += [text[at:start], " " * (end - start)]
            at = end
    return "".join([*parts, text[at:]])
