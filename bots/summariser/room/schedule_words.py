"""What words order about the schedules of a room: to begin one, to move one, to end some, or to see the list.
Pure.

`order_in` reads words that stand by themselves. `changes_times` and `ends_schedule` read what is said right
after a schedule was settled.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from bots.summariser.dates import days
from bots.summariser.room.schedules import (
    RoomSettings,
    Schedule,
    Times,
    changed_times,
    days_in,
    requested_times,
)
from core.language.folding import unaccented
from core.language.months import DAYS, one_of
from core.understanding import Intent, Kind
from core.understanding.arguments import ends_something_else, is_off

_LIST = re.compile(r"^\W*(?:programmes?|programmees?|planifies?|scheduled|list)\W*$")
_STOP = re.compile(r"^\W*(?:arreter?|supprimer?|annuler?|stop|cancel)\s+(\d{1,2})\W*$")
_ALL = re.compile(r"\b(?:tous|tout\s+le\s+monde|membres|everyone|all|members)\b")
"""Words that mean every schedule: « arrête tous les résumés »."""
_MOVES = re.compile(r"\b(?:decal|deplac|chang|avanc|report|pass|mets|move|shift|change|reschedul)\w*")
"""Verbs that move an existing schedule."""
_SUMMARIES = re.compile(
    r"\b(?:resum|points?\b|recap|synthes|compte[- ]rendu|cr\b|summar|digest|program|schedul)"
)
"""Words for a scheduled summary, by which the only schedule can be moved without naming its day."""
_POLITE_OPENING = re.compile(
    r"^\W*(?:(?:non|oui|ok|en fait|tu peux|peux[- ]tu|can you|could you|please)\W+)*"
)
_ENDED = re.compile(
    r"\b(?:est|sont|a|ont|avons|avait|etait|sera|ete|is|was|has|been)\s(?:\w+\s)?(?:annul|arret|supprim|stopp|cancel)"
)
"""Words that report an end instead of ordering one: « le comité est annulé »."""
_NEW_TIMES = re.compile(
    rf"""
    ^\W*(?:non|no|pas|not|ou|or)\b
    |\b(?:plutot|aussi|egalement|finalement|mieux|prefer\w*|faisons|rather|instead|also|too|as[ ]well|better
    |make[ ]it|actually)\b
    |^\W*(?:(?:le|les|on)\W+)?{one_of(DAYS)}s?\W*$
    |^\W*(?:(?:le|les|vers|at|on)\W+)?(?:{one_of(DAYS)}s?\W*)?(?:(?:a|vers|at)\W+)?
    \d{{1,2}}\s*(?:h|:|am\b|pm\b)\s*\d{{0,2}}\W*$
    """,
    re.VERBOSE,
)
"""Words that give new times to a schedule that was just settled: « non, 10h plutôt », « le mardi aussi »."""
_REMINDER = re.compile(r"\b(?:rappel|remind|ping|pens(?:er|es?)\b|oubli|forget|alert|alarm|previen|reveil)")
"""Words that ask for a reminder: « fais-nous penser à relancer la DDT »."""
_HOUR = re.compile(r"\b\d{1,2} ?(?:h|:|am\b|pm\b)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """A new schedule is wanted at these times."""

    times: Times


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """An existing schedule is wanted at other times."""

    schedule: Schedule
    times: Times


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """These schedules are to end; there is at least one."""

    schedules: tuple[Schedule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """The list of schedules answers the words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedOnce:
    """The words want something once, or a reminder, while schedules are regular summaries."""


ScheduleOrder = Begin | Move | End | Show | WantedOnce


def order_in(
    words: str, intent: Intent, settings: RoomSettings, *, today: date, key: str
) -> ScheduleOrder | None:
    """Return what folded words order about schedules, or None if they are about something else.

    `key` names this exchange: see `is_moved`."""
    if stopped := _STOP.match(words):
        numbered = dict(enumerate(settings.schedules, 1)).get(int(stopped[1]))
        return Show() if numbered is None else End(schedules=(numbered,))
    ends = intent.kind == "schedule" and intent.arguments.get("on") is False
    if not ends and (times := requested_times(words)) is not None:
        return Begin(times=times)
    if intent.kind != "schedule" and not _LIST.match(words):
        return None
    if (move := _find_move(words, settings)) is not None and is_moved(move.schedule, move.times, key):
        return move
    if not ends:
        return WantedOnce() if _is_wanted_once(words, today) else Show()
    ended = _find_ended(words, settings)
    return End(schedules=ended) if ended else Show()


def is_moved(schedule: Schedule, times: Times, key: str) -> bool:
    """Return False if a schedule has these times already.

    A schedule whose times were settled by this very exchange, which was then cut short, still counts as
    moved, so that the second try answers as the first would have."""
    return times != schedule.times or schedule.told == key


def changes_times(words: str) -> bool:
    """Return True if folded words give a schedule another day or hour. Words that report or ask something
    do not: « qui vient mardi ? », « Paul sera là à 14h »."""
    opening = _POLITE_OPENING.match(words)
    if _MOVES.match(words, opening.end() if opening else 0):
        return True
    return "?" not in words and bool(_NEW_TIMES.search(words) or requested_times(words))


def ends_schedule(words: str, kind: Kind) -> bool:
    """Return True if folded words order the end of a schedule that was just settled. Words that report an
    end, or ask about the end of something else, do not: « la réunion est annulée ? »."""
    if _ENDED.search(words) or ends_something_else(words):
        return False
    return kind in ("stop", "forget") or ("?" not in words and is_off(words, of="schedule"))


def _is_wanted_once(words: str, today: date) -> bool:
    """Return True for a reminder, and for a single day with an hour: « jeudi en huit à 9 h »."""
    plain = unaccented(words)
    return bool(_REMINDER.search(plain) or (_HOUR.search(plain) and days(words, today)))


def _find_move(words: str, settings: RoomSettings) -> Move | None:
    """Find the one schedule that words move: the one of a day that they name, or the only one."""
    if not _MOVES.search(words):
        return None
    named = set(days_in(words))
    likely = [each for each in settings.schedules if named & set(each.days)]
    if not likely and _SUMMARIES.search(words):
        likely = list(settings.schedules)
    if len(likely) != 1:
        return None
    times = changed_times(words, likely[0])
    return Move(schedule=likely[0], times=times) if times is not None else None


def _find_ended(words: str, settings: RoomSettings) -> tuple[Schedule, ...]:
    """Find the schedules that words end: the only one of the days that they name, or all of them where the
    words say so. The result is empty where several may be meant."""
    named = set(days_in(words))
    if not named:
        every = settings.schedules
        return every if len(every) == 1 or _ALL.search(words) else ()
    of_days = tuple(each for each in settings.schedules if named & set(each.days))
    return of_days if len(of_days) == 1 else ()
