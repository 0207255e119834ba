"""What the summariser says of itself: settings, pauses, schedules, lists of actions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time

from bots.summariser.room.schedules import Schedule, day_name
from bots.summariser.texts.summary_texts import SummaryTexts
from core.language.months import in_paris
from core.language.phrasebook import FixedWord
from core.sensitivity.level import Level
from core.texts.speaker import shown

_WORKDAYS = (0, 1, 2, 3, 4)


class Service(SummaryTexts):
    """One language. Everything is CommonMark."""

    def settings(self, *, moderators_only: bool, floor: datetime | None, paused: bool, count: int) -> str:
        return self.say(
            "settings",
            who=self.say("settings.moderators" if moderators_only else "settings.all"),
            history=self.say("settings.since", moment=self._on(floor))
            if floor
            else self.say("settings.history"),
            paused=self.say("settings.yes" if paused else "settings.no"),
            count=count,
        )

    settings_unknown = FixedWord()

    def floor_set(self, level: Level) -> str:
        return self.say("floor_set", level=level.titled(self.language))

    def floor_too_high(self, ceiling: Level) -> str:
        return self.say("floor_too_high", level=ceiling.titled(self.language))

    moderators_decide = FixedWord()
    paused = FixedWord()
    resumed = FixedWord()
    kept_out = FixedWord()
    only_in_rooms = FixedWord()

    def scheduled(self, schedule: Schedule) -> str:
        return self.say("scheduled", every=self._every(schedule), due=self._on(in_paris(schedule.due)))

    def schedules(self, every: Sequence[Schedule]) -> str:
        if not every:
            return self.say("schedules.none")
        lines = (
            self.say("schedules.one", n=n, every=self._every(each), due=self._on(in_paris(each.due)))
            for n, each in enumerate(every, 1)
        )
        return self.say("schedules", lines="\n".join(lines))

    only_regular = FixedWord()

    def schedules_stopped(self, ended: Sequence[Schedule]) -> str:
        return self.say("schedules_stopped", every=", ".join(map(self._every, ended)))

    def too_many_schedules(self, most: int) -> str:
        return self.say("too_many_schedules", most=most)

    no_private_schedule = FixedWord()
    show_to_all = FixedWord()
    not_sent_privately = FixedWord()
    not_here = FixedWord()

    def from_room(self, name: str) -> str:
        """Above what is told in private of a room."""
        return self.say("from_room", room=shown(name))

    def open_actions(self, count: int) -> str:
        if not count:
            return self.say("open_actions.none")
        return self.say("open_actions", count=count)

    no_open_actions = FixedWord()
    no_list = FixedWord()

    def no_such_number(self, number: int) -> str:
        return self.say("no_such_number", number=number)

    how_to_tick = FixedWord()
    late = FixedWord()
    ticked = FixedWord()
    nothing_to_export = FixedWord()
    no_dated_actions = FixedWord()
    here_is_the_file = FixedWord()

    def new_file(self, kind: str) -> str:
        return self.say("new_file", ask=self.quote(self.say("new_file.ask", kind=kind)))

    def corrected(self, who: str, words: str, where: str) -> str:
        return self.say("corrected", who=who, words=self.quote(words), where=where)

    which_line = FixedWord()
    not_in_summary = FixedWord()
    in_summary = FixedWord()

    def _every(self, schedule: Schedule) -> str:
        return self.say(
            "every",
            title=self.form(schedule.form).lower(),
            days=self._days(schedule.days),
            at=self.clock(time(schedule.hour, schedule.minute)),
        )

    def _days(self, days: Sequence[int]) -> str:
        if len(days) == 7:
            return self.say("days.all")
        if tuple(days) == _WORKDAYS:
            return self.say("days.work")
        named = self.say("days.and").join(day_name(day, self.language) for day in days)
        return self.say("days.some", days=named)

    def _on(self, at: datetime) -> str:
        return f"{day_name(at.weekday(), self.language)} {self.moment(at)}"
