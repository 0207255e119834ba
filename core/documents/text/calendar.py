"""An invitation (iCalendar, RFC 5545) in a few lines of text, a card (vCard, RFC 6350) as it stands; what
cannot be parsed is shown as it is."""

from __future__ import annotations

import importlib
import quopri
import re
from collections.abc import Iterator
from typing import Any, cast

from core.documents.build import Builder
from core.documents.document import PlaceKind
from core.documents.text.encoding import decode
from core.documents.text.html_said import plain

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
_BEGINS = re.compile(r"\s*BEGIN:(VCARD|VCALENDAR)\b", re.IGNORECASE)
_FOLD = re.compile(r"\r?\n[ \t]")
_SOFT = re.compile(r"=\r?\n")
_LINE = re.compile(
    r"([A-Z][A-Z0-9.-]{0,60})((?:;[^:\"\r\n]*(?:\"[^\"\r\n]*\"[^:\"\r\n]*)*)?):(.*)", re.IGNORECASE
)
_PLUMBING = re.compile(
    r"BEGIN|END|UID|DT|PRODID|VERSION|CALSCALE|METHOD|TZ|RRULE|X-MICROSOFT|X-MS-|PHOTO|ATTACH$", re.I
)
_NAMED = re.compile(r"(?:CN|FILENAME|X-FILENAME|LABEL)=\"?([^;\":]+)", re.IGNORECASE)


def is_card(text: str) -> bool:
    """Whether a text is a calendar or a card of a person."""
    return _BEGINS.match(text) is not None


def write(text: str, builder: Builder) -> None:
    """A calendar's events, or a card's lines, and what of it these do not say."""
    begins = _BEGINS.match(text)
    calendar = begins is not None and begins[1].upper() == "VCALENDAR"
    shown = told(text) if calendar else "\n".join(_lines(text))
    for paragraph in re.split(r"\n[ \t]*\n", shown):
        builder.paragraph(paragraph)
    builder.rest(_beside(text))


def told(text: str) -> str:
    """The events of a calendar, one paragraph each."""
    if len(text) > _LARGEST:
        return text
    try:
        found = ical.Calendar.from_ical(text).walk()
        events = [event for event in found if event.name in _KINDS][:_EVENTS]
        return "\n\n".join(_event(event) for event in events) or text
    except Exception:  # noqa: BLE001 - the parser fails in every way on bad files
        return text


def _lines(text: str) -> Iterator[str]:
    """The lines of a card without folds, the letters of old ones decoded."""
    quoted = "QUOTED-PRINTABLE" in text.upper()
    for line in _FOLD.sub("", _SOFT.sub("", text) if quoted else text).splitlines():
        match = _LINE.fullmatch(line)
        if match and "QUOTED-PRINTABLE" in match[2].upper():
            value = decode(quopri.decodestring(match[3].encode("utf-8", "replace")))[0]
            yield f"{match[1]}{match[2]}:{value}"
        else:
            yield line


def _beside(text: str) -> Iterator[tuple[PlaceKind, str]]:
    """What people can read in a calendar, and is no field of ours: alarms, categories, names, other forms."""
    for line in _lines(text):
        if not (match := _LINE.fullmatch(line)):
            continue
        for name in _NAMED.findall(match[2]):
            yield "other", name
        if not _PLUMBING.match(match[1]):
            value = re.sub(r"\\([nN,;\\])", lambda each: "\n" if each[1] in "nN" else each[1], match[3])
            yield "other", plain(value) if "<" in value else value


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
