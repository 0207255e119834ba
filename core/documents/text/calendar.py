"""An invitation (iCalendar, RFC 5545) in a few lines of text, a card (vCard, RFC 6350) as it stands; what
cannot be parsed is shown as it is."""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator
from itertools import islice

from core.documents.build import Builder
from core.documents.document import PlaceKind
from core.documents.text.encoding import decode
from core.documents.text.html_said import plain

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
_BEGINS = re.compile(r"\s*BEGIN:(VCARD|VCALENDAR)\b", re.IGNORECASE)
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z)?)?")
_ZONE = re.compile(r"TZID=\"?([^;\":]+)", re.IGNORECASE)
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
    fields = _fields(text) if calendar else ()
    for field in islice((each for each in fields if each[1].upper() == "SUMMARY"), _EVENTS):
        builder.place("subject", _unescaped(field[3]))


def told(text: str) -> str:
    """The events of a calendar, one paragraph each; the text as it is where there are none."""
    return "\n\n".join(islice(_events(text), _EVENTS)) or text


def _events(text: str) -> Iterator[str]:
    open_: list[str] = []
    event: dict[str, list[str]] = {}
    for match in _fields(text):
        name, given, value = match[1].upper(), match[2], match[3].strip()
        if name == "BEGIN":
            open_.append(value.upper())
        elif name == "END" and open_:
            if open_.pop() in _KINDS:
                yield "\n".join(f"{word} : {', '.join(event[key])}" for key, word in _FIELDS if key in event)
                event = {}
        elif open_ and open_[-1] in _KINDS and value:
            event.setdefault(name, []).append(_shown(name, given, value))


def _shown(name: str, given: str, value: str) -> str:
    """A value as people read it: persons by their names, moments with the place whose time it is."""
    if moment := _MOMENT.fullmatch(value):
        year, month, day, hour, minute, universal = moment.groups()
        zone = " UTC" if universal else f" ({zone[1]})" if (zone := _ZONE.search(given)) else ""
        return f"{year}-{month}-{day}" + (f" {hour}:{minute}{zone}" if hour else "")
    if name in ("ATTENDEE", "ORGANIZER"):
        person = _NAMED.search(given)
        return person[1].strip() if person else re.sub(r"^mailto:", "", value, flags=re.IGNORECASE)
    return _unescaped(value)


def _unescaped(value: str) -> str:
    return re.sub(r"\\([nN,;\\])", lambda each: "\n" if each[1] in "nN" else each[1], value)


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


def _fields(text: str) -> Iterator[re.Match[str]]:
    """Name, parameters and value of each line."""
    return (match for line in _lines(text) if (match := _LINE.fullmatch(line)))


def _beside(text: str) -> Iterator[tuple[PlaceKind, str]]:
    """What people can read in a calendar, and is no field of ours: alarms, categories, names, other forms."""
    for match in _fields(text):
        for name in _NAMED.findall(match[2]):
            yield "other", name
        if not _PLUMBING.match(match[1]):
            value = _unescaped(match[3])
            yield "other", plain(value) if "<" in value else value
