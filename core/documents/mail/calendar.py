"""An invitation (iCalendar, RFC 5545) in a few lines of text; what cannot be parsed is shown as it is."""

from __future__ import annotations

import importlib
from typing import Any, cast

ical: Any = importlib.import_module("icalendar")

_FIELDS = (
    ("SUMMARY", "Événement"),
    ("DTSTART", "Début"),
    ("DTEND", "Fin"),
    ("LOCATION", "Lieu"),
    ("ORGANIZER", "Organisateur"),
    ("ATTENDEE", "Participants"),
    ("STATUS", "État"),
    ("DESCRIPTION", "Description"),
    ("COMMENT", "Commentaire"),
    ("DUE", "Échéance"),
)
_KINDS = ("VEVENT", "VTODO", "VJOURNAL")
_EVENTS = 50
_LARGEST = 500_000


def told(text: str) -> str:
    """The events of a calendar, one paragraph each."""
    if len(text) > _LARGEST:
        return text[:_LARGEST]
    try:
        found = ical.Calendar.from_ical(text).walk()
        events = [event for event in found if event.name in _KINDS][:_EVENTS]
        return "\n\n".join(_event(event) for event in events) or text
    except Exception:  # noqa: BLE001 - the parser fails in every way on bad files
        return text


def _event(event: Any) -> str:
    lines = [f"{word} : {_value(event[name])}" for name, word in _FIELDS if name in event]
    return "\n".join(lines)


def _value(value: Any) -> str:
    """A value, or all of several, persons by their names."""
    if isinstance(value, list):
        return ", ".join(map(_value, cast("list[Any]", value)[:_EVENTS]))
    if name := getattr(value, "params", {}).get("CN"):
        return str(name).strip()
    moment: Any = getattr(value, "dt", None)
    shown = moment.isoformat(sep=" ") if hasattr(moment, "hour") else str(moment if moment else value)
    return shown.removeprefix("mailto:").removeprefix("MAILTO:").strip()
