"""The schedules of a room (« chaque lundi 9h »), and the settings that are stored with them.

A schedule comes at a wall-clock time of Paris, in summer and in winter. Reading and computing are pure; only
`load_room_settings` and `change_room_settings` touch the store.
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
"""A day on which the schedule is no longer wanted: « pas le lundi », « passe du lundi | au mardi »."""
_ALSO = re.compile(r"\b(?:aussi|egalement|en plus|rajoute|ajoute|also|too|as well|add)\b")
MOST = 5
"""Schedules of one room."""
NINE = time(9, 0)
"""The hour of a schedule that names none."""
LOST = 86_400.0
"""Seconds after its moment from which a schedule that did not come is taken never to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The days of the week, 0 (Monday) to 6, and the hour in Paris."""

    days: tuple[int, ...]
    at: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A summary that comes regularly.

    `days` are 0 (Monday) to 6; `hour` and `minute` are Paris time. `due` is the next moment and `fired` the
    last one that came, which read messages from `since` on (all in seconds since 1970). `told` is the key of
    the exchange that settled the schedule last: « non, 10 h plutôt » right after it is about this
    schedule."""

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

    @property
    def times(self) -> Times:
        return Times(days=self.days, at=self.at)


def requested_times(words: str) -> Times | None:
    """Return the regular times that folded words ask for, or None if they ask for none."""
    found = _EVERY.search(words)
    if found is None:
        return None
    days, at = _every_days(found[1]), _hour(found[1], default=NINE)
    return Times(days=days, at=at) if days and at is not None else None


def _every_days(words: str) -> tuple[int, ...]:
    """Return the days that follow « chaque » or « tous les »; a week alone means Monday."""
    if _WORKDAYS.search(words):
        return (0, 1, 2, 3, 4)
    if _DAILY.match(words):
        return tuple(range(7))
    return days_in(words) or ((0,) if _WEEKLY.match(words) else ())


def changed_times(words: str, schedule: Schedule) -> Times | None:
    """Return the times of a schedule after folded words that change them (« non, 10h plutot », « le mardi
    aussi »), or None if the words name neither a day nor an hour."""
    if (requested := requested_times(words)) is not None:
        return requested if _HOUR.search(words) else replace(requested, at=schedule.at)
    wanted = _DENIED.sub("", words)
    days, at = days_in(wanted), _hour(wanted, default=schedule.at)
    if at is None or not (days or _HOUR.search(wanted)):
        return None
    kept = schedule.days if not days or _ALSO.search(wanted) else ()
    return Times(days=tuple(sorted({*kept, *days})), at=at)


def days_in(words: str) -> tuple[int, ...]:
    """Return the days of the week that folded words name, 0 (Monday) to 6."""
    return tuple(sorted({DAYS[match[1]] for match in _DAY.finditer(words)}))


def _hour(words: str, *, default: time) -> time | None:
    """Return the hour that words name, or the default without one; None for an hour that does not exist."""
    found = _HOUR.search(words)
    if found is None:
        return default
    hour = int(found[1] or found[3])
    if found[4]:
        hour = hour % 12 + (12 if found[4] == "pm" else 0)
    minute = int(found[2] or 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def next_due(times: Times, after: float) -> float:
    """Return the first of these times after `after`, both in seconds since 1970.

    An hour that the change to summer time leaves out comes an hour later. One that the change to winter time
    repeats comes once, the first time."""
    day = datetime.fromtimestamp(after, PARIS).date()
    for ahead in range(9):
        moment = _moment(day + timedelta(days=ahead), times.at)
        if moment > after and (day + timedelta(days=ahead)).weekday() in times.days:
            return moment
    raise ValueError("no day")


def _moment(day: date, at: time) -> float:
    return datetime.combine(day, at, tzinfo=PARIS).timestamp()


def period(schedule: Schedule) -> float:
    """Return how many seconds the first digest of a schedule looks back: to its moment before."""
    due = datetime.fromtimestamp(schedule.due, PARIS).date()
    earlier = (due - timedelta(days=back) for back in range(1, 8))
    return schedule.due - max(_moment(day, schedule.at) for day in earlier if day.weekday() in schedule.days)


def day_name(number: int, language: str) -> str:
    return ENGLISH_DAYS[number].capitalize() if language == "en" else FRENCH_DAYS[number]


def form_of(words: str) -> Form:
    """Return the form of a scheduled summary, which is never the private one."""
    plain = unaccented(words)
    if "compte-rendu" in plain or "compte rendu" in plain:
        return "compte-rendu"
    return "passation" if "passation" in plain else "digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomSettings(RoomRules):
    """All that is settled in a room with the summariser."""

    schedules: tuple[Schedule, ...] = ()

    def schedule(self, id: str) -> Schedule | None:
        return next((each for each in self.schedules if each.id == id), None)

    def without(self, *ids: str) -> RoomSettings:
        return replace(self, schedules=tuple(each for each in self.schedules if each.id not in ids))

    def with_schedule(self, schedule: Schedule) -> RoomSettings:
        return replace(self, schedules=(*self.without(schedule.id).schedules, schedule))

    def without_lost(self, now: float) -> RoomSettings:
        """Leave out the schedules that will never come, since their moment is long past. This happens when
        the person who made a schedule is erased, and its ticks with them."""
        return replace(self, schedules=tuple(each for each in self.schedules if each.due > now - LOST))

    def dump(self) -> bytes:
        return orjson.dumps(asdict(self))

    @classmethod
    def load(cls, kept: bytes | None) -> RoomSettings:
        return cls() if kept is None else _ROOM_SETTINGS.validate_json(kept)


_ROOM_SETTINGS: TypeAdapter[RoomSettings] = TypeAdapter(RoomSettings)


async def load_room_settings(exchange: Exchange) -> RoomSettings:
    return RoomSettings.load(await exchange.room.settings())


async def change_room_settings(exchange: Exchange, change: Callable[[RoomSettings], RoomSettings]) -> None:
    """Apply `change` to the settings that are stored at that very moment, and store the result."""
    await exchange.room.change_settings(lambda kept: change(RoomSettings.load(kept)).dump())
