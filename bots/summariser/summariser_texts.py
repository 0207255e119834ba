"""The texts of the summariser: the words around a summary, settings, pauses, schedules, lists of actions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

from bots.summariser.room.schedules import Schedule, day_name
from bots.summariser.summary import Kind
from core.language.months import in_paris
from core.language.phrasebook import FixedWord, Phrasebook
from core.sensitivity.level import Level
from core.texts.speaker import shown

_WORKDAYS = (0, 1, 2, 3, 4)
_FEW_NAMES = 8


class SummariserTexts(Phrasebook):
    """The texts in one language, as CommonMark."""

    def title(self, form: str, room: str, count: int, first: date, last: date) -> str:
        one = self.date(first)
        when = one if first == last else self.say("title.when", first=one, last=self.date(last))
        named = f", {self.quote(room)}" if room else ""
        return self.say("title", form=self.form(form), named=named, count=count, when=when)

    def form(self, form: str) -> str:
        return self.say(f"forms.{form}")

    def section(self, kind: Kind) -> str:
        return self.say(f"sections.{kind}")

    story = FixedWord()
    people = FixedWord()
    files = FixedWord()
    unclaimed = FixedWord()
    none = FixedWord()

    def decided(self, first: str, count: int) -> str:
        more = self.say("decided.more", count=count - 1) if count > 1 else ""
        return self.say("decided", first=first or self.none, more=more)

    def to_do(self, who: Sequence[str], count: int, due: date | None) -> str:
        if not count:
            return self.say("to_do", actions=self.none)
        first = self.say("to_do.due", count=count, due=self.due(due)) if due else ""
        who_does = ", ".join(who) or self.nobody
        return self.say("to_do", actions=self.say("to_do.actions", count=count, who=who_does, due=first))

    def pending(self, questions: int, disagreements: int) -> str:
        counts = {"question": questions, "disagreement": disagreements}
        told = [self.say(f"pending.{name}", count=count) for name, count in counts.items() if count]
        return self.say("pending", told=", ".join(told) or self.none)

    nothing = FixedWord()
    nobody = FixedWord()

    def due(self, day: date) -> str:
        return self.say("due", day=self.date(day))

    def quote(self, text: str) -> str:
        return self.say("quote", text=text)

    extracts = FixedWord()
    fallback = FixedWord()
    meanwhile = FixedWord()

    def only_about(self, subject: str) -> str:
        return self.say("only_about", subject=subject)

    def left_out(self, deleted: int, withheld: int, unreadable: int) -> str:
        counts = {"deleted": deleted, "withheld": withheld, "unreadable": unreadable}
        told = [self.say(f"left_out.{name}", count=count) for name, count in counts.items() if count]
        return self.say("left_out", told=", ".join(told))

    def truncated(self, most: int) -> str:
        return self.say("truncated", most=most)

    def since(self, at: datetime) -> str:
        return self.say("since", at=self.moment(at))

    def reader_since(self, at: datetime) -> str:
        return self.say("reader_since", at=self.moment(at))

    def readers_since(self, at: datetime) -> str:
        return self.say("readers_since", at=self.moment(at))

    files_not_condensed = FixedWord()

    def agreed(self, count: int) -> str:
        return self.say("agreed", count=count)

    again = FixedWord()
    no_history = FixedWord()
    no_messages = FixedWord()

    def nobody_called(self, name: str, people: Sequence[str]) -> str:
        """`people`: who wrote, of whom a few are named."""
        rest = len(people) - _FEW_NAMES
        more = self.say("nobody_called.more", count=rest) if rest > 0 else ""
        named = ", ".join(map(shown, people[:_FEW_NAMES]))
        return self.say("nobody_called", name=shown(name), people=named, more=more)

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

    def rescheduled(self, schedule: Schedule) -> str:
        return self.say("rescheduled", every=self._every(schedule), due=self._on(in_paris(schedule.due)))

    def schedules(self, every: Sequence[Schedule]) -> str:
        if not every:
            return self.say("schedules.none")
        lines = (
            self.say("schedules.one", n=n, every=self._every(each), due=self._on(in_paris(each.due)))
            for n, each in enumerate(every, 1)
        )
        return self.say("schedules", lines="\n".join(lines))

    only_regular = FixedWord()
    only_ours = FixedWord()

    def schedules_stopped(self, ended: Sequence[Schedule]) -> str:
        return self.say("schedules_stopped", count=len(ended), every=", ".join(map(self._every, ended)))

    def too_many_schedules(self, most: int) -> str:
        return self.say("too_many_schedules", most=most)

    no_private_schedule = FixedWord()
    show_to_all = FixedWord()

    def not_sent_privately(self, *, served: bool) -> str:
        """`served`: they may have a direct chat."""
        return self.say("not_sent_privately" if served else "not_sent_privately.not_served")

    not_here = FixedWord()

    def from_room(self, name: str) -> str:
        """Above what is told in private of a room."""
        return self.say("from_room", room=shown(name))

    def open_actions(self, count: int) -> str:
        if not count:
            return self.say("open_actions.none")
        return self.say("open_actions", count=count)

    no_open_actions = FixedWord()

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

    def which_line(self, actions: Sequence[str]) -> str:
        """`actions`: lines that may be meant."""
        return self.say("which_line", lines="\n".join(["", "", *actions, "", ""]) if actions else " ")

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
