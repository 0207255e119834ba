"""« Chaque lundi 9h » : which moments these are, on the clock of Paris, summer and winter. Pure.

And what else a conversation has settled with the summariser (`House`): who may ask, from when on, pauses.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta

import orjson
from pydantic import TypeAdapter

from bots.documents.posted import RoomRules
from bots.summariser.summary import Form
from core.bot import Exchange
from core.language.folding import unaccented
from core.language.months import DAYS, ENGLISH_DAYS, FRENCH_DAYS, PARIS, one_of

_EVERY = re.compile(r"\b(?:chaque|tous\s+les|toutes\s+les|every)\s+(.*)")
_DAY = re.compile(rf"\b({one_of(DAYS)})s?\b")
_DAILY = re.compile(r"^(?:jours?|matins?|soirs?|days?|morning|evening)\b(?!\s+(?:ouvr|de\s+la\s+semaine))")
_WEEKLY = re.compile(r"^(?:semaines?|weeks?)\b(?=\W*(?:$|a\b|at\b|\d))")
_WORKDAYS = re.compile(r"\b(?:jours?\s+(?:ouvres?|ouvrables?|de\s+la\s+semaine)|weekdays?|working\s+days?)\b")
_HOUR = re.compile(r"(?<!\d)(\d{1,2})\s*(?:h|:)\s*(\d{2})?|(?<!\d)(\d{1,2})\s*(am|pm)\b")
_DENIED = re.compile(
    rf"\b(?:pas|plus|not|plutot que|instead of|du|de)\s+(?:l[ea]s?\s+|on\s+)?{one_of(DAYS)}s?\b"
)
"""A day that is not to be any more: « pas le lundi », « passe du lundi | au mardi »."""
_ALSO = re.compile(r"\b(?:aussi|egalement|en plus|rajoute|ajoute|also|too|as well|add)\b")
MOST = 5
"""Schedules of one conversation."""
NINE = time(9, 0)
LOST = 86_400.0
"""Seconds after its moment at which a schedule that did not come will not come any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """`days` are 0 (Monday) to 6; `at` is Paris time. `due` is the next moment, in seconds since 1970;
    `fired` the last that came, which read from `since` on; `told` is the key of the exchange that settled it
    last, by which « non, 10 h plutôt » is known to be about it."""

    id: str
    days: tuple[int, ...]
    hour: int
    minute: int
    form: Form
    due: float
    fired: float = 0.0
    since: float = 0.0
    told: str = ""

    @property
    def at(self) -> time:
        return time(self.hour, self.minute)


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """The days and the hour that were asked for."""

    days: tuple[int, ...]
    at: time


def asked(words: str) -> When | None:
    """The schedule that folded words ask for, None when they ask for none."""
    found = _EVERY.search(words)
    if found is None:
        return None
    told = found[1]
    if _WORKDAYS.search(told):
        days = (0, 1, 2, 3, 4)
    elif _DAILY.match(told):
        days = tuple(range(7))
    else:
        days = days_in(told) or ((0,) if _WEEKLY.match(told) else ())
    at = _hour(told)
    return When(days=days, at=at) if days and at is not None else None


def changed(words: str, schedule: Schedule) -> When | None:
    """The days and the hour of a schedule after folded words that change them (« non, 10h plutot », « le
    mardi aussi »); None where they name neither."""
    if (anew := asked(words)) is not None:
        return When(days=anew.days, at=anew.at if _HOUR.search(words) else schedule.at)
    told = _DENIED.sub("", words)
    days, at = days_in(told), _hour(told, unsaid=schedule.at)
    if at is None or not (days or _HOUR.search(told)):
        return None
    kept = schedule.days if not days or _ALSO.search(told) else ()
    return When(days=tuple(sorted({*kept, *days})), at=at)


def days_in(words: str) -> tuple[int, ...]:
    """The days of the week that folded words name, 0 (Monday) to 6."""
    return tuple(sorted({DAYS[match[1]] for match in _DAY.finditer(words)}))


def _hour(told: str, *, unsaid: time = NINE) -> time | None:
    found = _HOUR.search(told)
    if found is None:
        return unsaid
    hour = int(found[1] or found[3])
    if found[4]:
        hour = hour % 12 + (12 if found[4] == "pm" else 0)
    minute = int(found[2] or 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def next_due(days: tuple[int, ...], at: time, after: float) -> float:
    """The first such moment after `after`, in seconds since 1970. An hour that the change to summer time
    leaves out comes an hour later; one that the change to winter time repeats comes once, the first time."""
    day = datetime.fromtimestamp(after, PARIS).date()
    for ahead in range(9):
        moment = _moment(day + timedelta(days=ahead), at)
        if moment > after and (day + timedelta(days=ahead)).weekday() in days:
            return moment
    raise ValueError("no day")


def _moment(day: date, at: time) -> float:
    return datetime.combine(day, at, tzinfo=PARIS).timestamp()


def period(schedule: Schedule) -> float:
    """Seconds that the first digest looks back: to the moment before on this schedule."""
    due = datetime.fromtimestamp(schedule.due, PARIS).date()
    earlier = (due - timedelta(days=back) for back in range(1, 8))
    return schedule.due - max(_moment(day, schedule.at) for day in earlier if day.weekday() in schedule.days)


def day_name(number: int, language: str) -> str:
    return ENGLISH_DAYS[number].capitalize() if language == "en" else FRENCH_DAYS[number]


def form_of(words: str) -> Form:
    """The form of a scheduled digest: never the private one."""
    plain = unaccented(words).replace("compte rendu", "compte-rendu")
    return "compte-rendu" if "compte-rendu" in plain else "passation" if "passation" in plain else "digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class House(RoomRules):
    """All that a room has settled."""

    schedules: tuple[Schedule, ...] = ()

    def schedule(self, id: str) -> Schedule | None:
        return next((each for each in self.schedules if each.id == id), None)

    def without(self, *ids: str) -> House:
        return replace(self, schedules=tuple(each for each in self.schedules if each.id not in ids))

    def with_schedule(self, schedule: Schedule) -> House:
        return replace(self, schedules=(*self.without(schedule.id).schedules, schedule))

    def without_lost(self, now: float) -> House:
        """Without the schedules that will never come: their moment is long past. It goes when who made the
        schedule is erased."""
        return replace(self, schedules=tuple(each for each in self.schedules if each.due > now - LOST))

    def dump(self) -> bytes:
        return orjson.dumps(asdict(self))

    @classmethod
    def load(cls, kept: bytes | None) -> House:
        return cls() if kept is None else _HOUSE.validate_json(kept)


_HOUSE: TypeAdapter[House] = TypeAdapter(House)


async def house_of(exchange: Exchange) -> House:
    return House.load(await exchange.room.settings())


async def change_house(exchange: Exchange, change: Callable[[House], House]) -> None:
    """Settle what `change` makes of what the conversation has settled just then."""
    await exchange.room.change_settings(lambda kept: change(House.load(kept)).dump())
