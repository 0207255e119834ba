"""The moment in the past from which people want a summary: « hier 14h », « lundi », « 3 jours ». Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from bots.summariser.dates import days
from core.language.folding import unaccented

_AGO = re.compile(r"^(\d{1,3})\s*(h|heures?|hours?|jours?|days?)\b")
_HOUR = re.compile(r"\b(\d{1,2})\s*(?:h|:)\s*(\d{2})?\b")
_NOON = re.compile(r"\b(?:cet\s+apres-midi|this\s+afternoon|midi|noon)\b")
_WEEK = re.compile(r"\b(?:cette|this|la|last)\s+(?:semaine|week)\b")
_LAST_WEEK = re.compile(r"\b(?:semaine\s+derniere|last\s+week)\b")
_DAYS = r"lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|\w+day"
_WEEKDAY = re.compile(rf"\b(?:{_DAYS})\b")
_YESTERDAY = re.compile(r"\b(?:hier|yesterday)\b")
_ONE_DAY = re.compile(rf"(?:hier|avant-hier|yesterday|{_DAYS})(?: (?:dernier|last))?")
_FROM_THEN = re.compile(r"\b(?:depuis|since|a partir|from|apres|after)\b")
_TODAY = re.compile(
    r"\b(?:ce\s+matin|this\s+morning|aujourd'hui|today|la\s+(?:matinee|journee)(?!\s+d[e'])|cet\s+apres-midi"
    r"|this\s+afternoon|midi|noon)\b"
)


def since_of(words: str, now: datetime) -> datetime | None:
    """Return the moment that folded words name, or None if they name none. `now` has its time zone."""
    if ago := _AGO.match(words):
        count = int(ago[1])
        return now - (timedelta(hours=count) if ago[2].startswith("h") else timedelta(days=count))
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if names_week(words):
        return midnight - timedelta(days=now.weekday() + (7 if _LAST_WEEK.search(words) else 0))
    day = _day_of(words, midnight)
    if day is None:
        return None
    hour = _HOUR.search(words)
    if hour and int(hour[1]) < 24:
        return day.replace(hour=int(hour[1]), minute=int(hour[2] or 0) % 60)
    return day.replace(hour=12) if _NOON.search(words) else day


def _day_of(words: str, today: datetime) -> datetime | None:
    """Return the midnight that begins the day that folded words name; a day of the week is the last one."""
    if "avant-hier" in words:
        return today - timedelta(days=2)
    if _YESTERDAY.search(words):
        return today - timedelta(days=1)
    if named := days(words, today.date()):
        day = named[0].day
        if _WEEKDAY.search(words):
            return today - timedelta(days=(today.weekday() - day.weekday()) % 7 or 7)
        return today.replace(year=day.year, month=day.month, day=day.day)
    return today if _TODAY.search(words) or _HOUR.search(words) else None


def names_week(folded: str) -> bool:
    """Return True if folded text names this week or the last one."""
    return _WEEK.search(folded) is not None


def wants_one_day(since: str, text: str) -> bool:
    """Return True if only the day `since` is wanted, and not what was said from then on: « ce qui s’est dit
    hier », but neither « depuis hier » nor « entre lundi et mercredi »."""
    if not _ONE_DAY.fullmatch(since):
        return False
    folded = unaccented(text).casefold()
    named = {*_WEEKDAY.findall(folded), *_YESTERDAY.findall(folded)}
    return len(named) == 1 and not _TODAY.search(folded) and not _FROM_THEN.search(folded)
