"""What the summariser says of itself, in English. See `room.Service`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bots.summariser.room.schedules import Schedule, day_name
from bots.summariser.texts.summary_words import EnglishSummary
from core.language.clock import PARIS
from core.sensitivity.level import Level


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
        return "\n\n".join(["**Settings of this room**", "\n".join(lines), how, mark])

    def settings_unknown(self) -> str:
        return (
            "I do not know this setting. Write `!settings everyone`, `!settings moderators`, "
            "`!settings history yes`, `!settings history no` or `!settings level N2`."
        )

    def floor_set(self, level: Level) -> str:
        return f"Whatever is written here now has the level **{level} – {level.english}** at least."

    def floor_too_high(self, ceiling: Level) -> str:
        return f"This room may carry nothing above level {ceiling} – {ceiling.english}: I change nothing."

    def moderators_decide(self) -> str:
        return "Only moderators of this room may change that. Ask one of them."

    def moderators_ask(self) -> str:
        return "In this room only moderators may ask for a summary. Ask one of them."

    def is_paused(self) -> str:
        return "I am paused in this room and read nothing. A moderator may write `!unpause`."

    def paused(self) -> str:
        return "Paused: I neither read nor summarise this room until `!unpause`."

    def resumed(self) -> str:
        return "No longer paused: you may ask me for a summary again."

    def kept_out(self) -> str:
        return "Noted: this message stays out of summaries. Delete your `!off` to take that back."

    def only_in_rooms(self) -> str:
        return "This command is for rooms, not for our chat of two."

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

    def schedule_stopped(self) -> str:
        return "This summary is no longer scheduled."

    def too_many_schedules(self, most: int) -> str:
        return f"There are {most} scheduled summaries here already, the most. Stop one: `!summary stop 1`."

    def no_private_schedule(self) -> str:
        return "A scheduled summary is for the whole room: “what did I miss?” cannot be scheduled."

    def sent_privately(self) -> str:
        return "I answer you in our chat of two."

    def show_to_all(self) -> str:
        return "Show to all"

    def not_sent_privately(self) -> str:
        return "I could not write to you in private. Open a chat with me, then ask again."

    def not_here(self) -> str:
        return "I summarise a room to its members only."

    def open_actions(self, count: int) -> str:
        if not count:
            return "**No open action** in this list"
        return f"**Open actions**, {count} found by the summaries of this room"

    def no_open_actions(self) -> str:
        return "The summaries of this room left no action open."

    def no_list(self) -> str:
        return "Ask for the list first: `!actions`."

    def no_such_number(self, number: int) -> str:
        return f"There is no action {number} in the last list."

    def how_to_tick(self) -> str:
        return "*To tick: the reaction 1️⃣, 2️⃣… or `!actions done 1`. To reopen: `!actions reopen 1`.*"

    def late(self) -> str:
        return "late"

    def ticked(self) -> str:
        return "(done)"

    def nothing_to_export(self) -> str:
        return (
            "Reply to one of my summaries to export it: `!export docx`, `!export markdown` or `!export ics`."
        )

    def no_dated_actions(self) -> str:
        return "No action of this summary has a date: there is nothing for a calendar."

    def here_is_the_file(self) -> str:
        return "Here is the file."

    def corrected(self, who: str, words: str, where: str) -> str:
        return f"*corrected by {who}: {self.quote(words)} ({where})*"

    def which_line(self) -> str:
        return (
            "I do not know which line to correct. Repeat a word of it, for example: “No, Paul calls the DDT”."
        )

    def not_in_summary(self) -> str:
        return "The summary does not say. Ask for a summary of a longer range, or ask the room."

    def in_summary(self) -> str:
        return "In the summary:"

    def _every(self, schedule: Schedule) -> str:
        days = "day" if len(schedule.days) == 7 else " and ".join(day_name(d, "en") for d in schedule.days)
        return f"{self._TITLES[schedule.form].lower()} every {days} at {schedule.hour}:{schedule.minute:02}"

    def _due(self, at: float) -> str:
        return self._moment(datetime.fromtimestamp(at, PARIS))

    def _moment(self, at: datetime) -> str:
        return f"{day_name(at.weekday(), 'en')} {self._day(at.date())} at {at:%H:%M}"
