"""The actions that have a day as a calendar file (iCalendar, RFC 5545), one all-day event each. Pure."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from bots.summariser.room.open_actions import OpenAction
from core.connector import File

MEDIA_TYPE = "text/calendar"


def calendar_file(actions: Sequence[OpenAction], now: datetime) -> File | None:
    """Return the calendar of the actions that have a day, or None if no action has one."""
    dated = [(action, date.fromisoformat(action.due)) for action in actions if action.due]
    if not dated:
        return None
    ical: Any = importlib.import_module("icalendar")  # takes a tenth of a second, so only when needed
    calendar = ical.Calendar()
    calendar.add("prodid", "-//relais//FR")
    calendar.add("version", "2.0")
    for action, day in dated:
        calendar.add_component(_fill(ical.Event(), action, day, now))
    return File(name="actions.ics", media_type=MEDIA_TYPE, data=calendar.to_ical())


def _fill(event: Any, action: OpenAction, day: date, now: datetime) -> Any:
    event.add("uid", f"{action.id}@relais")
    event.add("dtstamp", now)
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("summary", f"{action.who}\u00a0: {action.what}" if action.who else action.what)
    event.add("description", action.what)
    event.add("transp", "TRANSPARENT")
    if action.link:
        event.add("url", action.link)
    return event
