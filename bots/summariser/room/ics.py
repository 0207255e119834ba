"""Dated actions as a calendar file (iCalendar, RFC 5545): one event of a whole day each."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from bots.summariser.room.action_list import Open

MEDIA_TYPE = "text/calendar"


def calendar(actions: Sequence[Open], *, at: datetime) -> bytes:
    """The actions that have a day. `at` is when it is made."""
    ical: Any = importlib.import_module("icalendar")  # takes a tenth of a second: when it is first used
    made = ical.Calendar()
    made.add("prodid", "-//relais//FR")
    made.add("version", "2.0")
    for action in actions:
        if action.due is not None:
            made.add_component(_event(ical.Event(), action, date.fromisoformat(action.due), at))
    return made.to_ical()


def _event(event: Any, action: Open, day: date, at: datetime) -> Any:
    event.add("uid", f"{action.id}@relais")
    event.add("dtstamp", at)
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("summary", f"{action.who}\u00a0: {action.what}" if action.who else action.what)
    event.add("description", action.what)
    event.add("transp", "TRANSPARENT")
    if action.link:
        event.add("url", action.link)
    return event
