"""What the summariser says of itself, in English. See `room.Service`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bots.summariser.room.schedules import Schedule, day_name
from bots.summariser.texts.summary_words import EnglishSummary
from core.language.clock import PARIS
from core.sensitivity.level import Level
from core.texts.echo import echo


class EnglishRoom(EnglishSummary):
    def settings(self, *, moderators_only: bool, floor: datetime | None, paused: bool, count: int) -> str:
        who = "moderators only" if moderators_only else "all members"
        history = f"nothing before {self._moment(floor)}" if floor else "all that I can read since I came"
        lines = [
            f"- Who may ask for a summary: **{who}**",
            f"- What I may read back: **{history}**",
            f"- Paused: **{'yes' if paused else 'no'}**",
            f"- Scheduled summaries: **{count}** (`!résumé programmés`)",
        ]
        how = (
            "Moderators change these: `!settings everyone`, `!settings moderators`, `!settings history yes`, "
            "`!settings history no` (nothing from before that moment is read), `!pause`, `!unpause`."
        )
        mark = "Anyone keeps a message out of summaries with the reaction 🚫, or by replying `!off` to it."
        return "\n\n".join(["**Settings**", "\n".join(lines), how, mark])

    settings_unknown = (
        "I do not know this setting. Write `!settings everyone`, `!settings moderators`, "
        "`!settings history yes`, `!settings history no` or `!settings level N2`."
    )

    def floor_set(self, level: Level) -> str:
        return f"Whatever is written here now has the level **{level} – {level.english}** at least."

    def floor_too_high(self, ceiling: Level) -> str:
        return f"Nothing here may go above level {ceiling} – {ceiling.english}: I change nothing."

    moderators_decide = "Only moderators may change that here. Ask one of them."
    moderators_ask = "Only moderators may ask for a summary here. Ask one of them."
    is_paused = "I am paused here and read nothing. A moderator may write `!unpause`."
    paused = "Paused: I neither read nor summarise anything here until `!unpause`."
    resumed = "No longer paused: you may ask me for a summary again."
    kept_out = "Noted: this message stays out of summaries. Delete your `!off` to take that back."
    only_in_rooms = "This command is for where several talk, not for our direct chat."

    def scheduled(self, schedule: Schedule) -> str:
        return (
            f"Scheduled: {self._every(schedule)}. Next: {self._due(schedule.due)}. "
            "When nothing was said I write nothing. `!résumé programmés` lists them."
        )

    def schedules(self, every: Sequence[Schedule]) -> str:
        if not every:
            return "No summary is scheduled here. Example: `!summary every monday 9:00`."
        lines = [f"{n}. {self._every(each)}; next: {self._due(each.due)}" for n, each in enumerate(every, 1)]
        return "\n\n".join(["**Scheduled summaries**", "\n".join(lines), "To stop: `!summary stop 1`."])

    schedule_stopped = "This summary is no longer scheduled."

    def too_many_schedules(self, most: int) -> str:
        return f"There are {most} scheduled summaries here already, the most. Stop one: `!summary stop 1`."

    no_private_schedule = "A scheduled summary is for everybody here: “what did I miss?” cannot be scheduled."
    show_to_all = "Show to all"
    not_sent_privately = "I could not write to you in private. Open a chat with me, then ask again."
    not_here = "I summarise a conversation to its members only."

    def from_room(self, name: str) -> str:
        return f"In “{echo(name)}”:"

    def open_actions(self, count: int) -> str:
        if not count:
            return "**No open action** in this list"
        return f"**Open actions**, {count} found by the summaries made here"

    no_open_actions = "The summaries made here left no action open."
    no_list = "Ask for the list first: `!actions`."

    def no_such_number(self, number: int) -> str:
        return f"There is no action {number} in the last list."

    how_to_tick = "*To tick: the reaction 1️⃣, 2️⃣… or `!actions done 1`. To reopen: `!actions reopen 1`.*"
    late = "late"
    ticked = "(done)"
    nothing_to_export = (
        "Reply to one of my summaries to export it: `!export docx`, `!export markdown` or `!export ics`."
    )
    no_dated_actions = "No action of this summary has a date: there is nothing for a calendar."
    here_is_the_file = "Here is the file."

    def new_file(self, kind: str) -> str:
        return f"*The earlier file is out of date. For the new one, reply {self.quote(f'as {kind}')}.*"

    def corrected(self, who: str, words: str, where: str) -> str:
        return f"*corrected by {who}: {self.quote(words)} ({where})*"

    which_line = (
        "I do not know which line to correct. Repeat a word of it, for example: “No, Paul calls the DDT”."
    )
    not_in_summary = "The summary does not say. Ask for a summary of a longer range, or ask everybody."
    in_summary = "In the summary:"

    def _every(self, schedule: Schedule) -> str:
        days = "day" if len(schedule.days) == 7 else " and ".join(day_name(d, "en") for d in schedule.days)
        return f"{self._TITLES[schedule.form].lower()} every {days} at {schedule.hour}:{schedule.minute:02}"

    def _due(self, at: float) -> str:
        return self._moment(datetime.fromtimestamp(at, PARIS))

    def _moment(self, at: datetime) -> str:
        return f"{day_name(at.weekday(), 'en')} {self._day(at.date())} at {at:%H:%M}"
