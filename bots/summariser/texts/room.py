"""What the summariser says of itself: settings, pauses, schedules, lists of actions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from bots.summariser.room.schedules import Schedule
from bots.summariser.texts.room_english import EnglishRoom
from bots.summariser.texts.room_french import FrenchRoom
from core.sensitivity.level import Level


class Service(Protocol):
    """One language. Everything is CommonMark."""

    nobody: str

    def due(self, day: date) -> str: ...
    def quote(self, text: str) -> str: ...
    def settings(self, *, moderators_only: bool, floor: datetime | None, paused: bool, count: int) -> str: ...

    settings_unknown: str

    def floor_set(self, level: Level) -> str: ...
    def floor_too_high(self, ceiling: Level) -> str: ...

    moderators_decide: str
    moderators_ask: str
    is_paused: str
    paused: str
    resumed: str
    kept_out: str
    only_in_rooms: str

    def scheduled(self, schedule: Schedule) -> str: ...
    def schedules(self, every: Sequence[Schedule]) -> str: ...

    schedule_stopped: str

    def too_many_schedules(self, most: int) -> str: ...

    no_private_schedule: str
    not_sent_privately: str
    show_to_all: str
    not_here: str

    def from_room(self, name: str) -> str:
        """Above what is told in private of a room."""
        ...

    def open_actions(self, count: int) -> str: ...

    no_open_actions: str
    no_list: str

    def no_such_number(self, number: int) -> str: ...

    how_to_tick: str
    late: str
    ticked: str
    nothing_to_export: str
    no_dated_actions: str
    here_is_the_file: str

    def new_file(self, kind: str) -> str: ...

    def corrected(self, who: str, words: str, where: str) -> str: ...

    which_line: str
    not_in_summary: str
    in_summary: str


def service(language: str) -> Service:
    return EnglishRoom() if language == "en" else FrenchRoom()
