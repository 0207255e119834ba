"""Invitations (iCalendar, RFC 5545) and cards of persons (vCard, RFC 6350) in a few lines of text each; what
cannot be parsed is shown as it is."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from core.documents.build import Builder
from core.documents.document import PlaceKind
from core.documents.text.encoding import decode
from core.documents.text.html_said import plain
from core.language.months import FRENCH_DAYS
from core.language.pattern_file import toml_beside

_SAID: dict[str, dict[str, str]] = toml_beside(__file__)
_KINDS = {"VEVENT": "fields", "VTODO": "fields", "VJOURNAL": "fields", "VCARD": "cards"}
_PARTED = ("N", "ORG", "ADR")
"""Values of several parts, of which some may be empty."""
_DAYS: dict[str, str] = dict(zip(("MO", "TU", "WE", "TH", "FR", "SA", "SU"), FRENCH_DAYS, strict=True))
_PICTURES = ("PHOTO", "LOGO")
_EVENTS = 50
_BEGINS = re.compile(r"\s*BEGIN:(VCARD|VCALENDAR)\b", re.IGNORECASE)
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z)?)?")
_ZONE = re.compile(r"TZID=\"?([^;\":]+)", re.IGNORECASE)
_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(
    r"([A-Z][A-Z0-9.-]{0,60})((?:;[^:\"\r\n]*(?:\"[^\"\r\n]*\"[^:\"\r\n]*)*)?):(.*)", re.IGNORECASE
)
_PLUMBING = re.compile(
    r"BEGIN|END|UID|DT|PRODID|VERSION|CALSCALE|METHOD|TZ|RRULE|EXDATE|RECURRENCE-ID|REV$|X-MICROSOFT|X-MS-|PHOTO"
    r"|LOGO|SOUND|KEY$|ATTACH$",
    re.I,
)
_CHARSET = re.compile(r"CHARSET=\"?([^;\":]+)", re.IGNORECASE)
_NAMED = re.compile(r"(?:CN|FILENAME|X-FILENAME|LABEL)=\"?((?<=\")[^\"]+|[^;\":]+)", re.IGNORECASE)


def is_card(text: str) -> bool:
    """Whether a text is a calendar or a card of a person."""
    return _BEGINS.match(text) is not None


def write(text: str, builder: Builder) -> None:
    """The events of a calendar, or the persons of cards, and what of the file these do not say."""
    for paragraph in re.split(r"\n[ \t]*\n", told(text)):
        builder.paragraph(paragraph)
    for name, given, data in _files(text):
        if name in _PICTURES:
            builder.picture_file(f"{name} {len(data)} {binascii.crc32(data)}", data)
        elif name == "ATTACH":
            named = _NAMED.search(given)
            builder.part(named[1] if named else name, data)
    builder.rest(_beside(text))
    titles = (each for each in _fields(text) if each[1].upper() == "SUMMARY")
    for field in islice(titles, _EVENTS):
        builder.place("subject", _unescaped(field[3]))


def told(text: str) -> str:
    """The events of a calendar or the persons of cards, one paragraph each; the text as it is where there
    are none."""
    return "\n\n".join(islice(_events(text), _EVENTS)) or text


def _files(text: str) -> Iterator[tuple[str, str, bytes]]:
    """What stands in the file as a file of its own: property, parameters, content."""
    for match in _fields(text):
        given, value = match[2], match[3].strip()
        if head := re.match(r"data:[\w/.+-]*;base64,", value, re.IGNORECASE):
            value = value[head.end() :]
        elif not re.search(r"ENCODING=\"?(?:BASE64|B)\b", given, re.IGNORECASE):
            continue
        with suppress(ValueError):
            yield match[1].upper(), given, base64.b64decode(value + "==")


def _events(text: str) -> Iterator[str]:
    open_: list[str] = []
    event: dict[str, list[str]] = {}
    for match in _fields(text):
        name, given, value = match[1].upper(), match[2], match[3].strip()
        if name == "BEGIN":
            open_.append(value.upper())
        elif name == "END" and open_:
            if (kind := open_.pop()) in _KINDS:
                event.setdefault("FN", event.get("N", []))
                lines = ((word, event.get(key)) for key, word in _SAID[_KINDS[kind]].items())
                yield "\n".join(f"{word} : {' ; '.join(values)}" for word, values in lines if values)
                event = {}
        elif open_ and open_[-1] in _KINDS and value:
            event.setdefault(name.rpartition(".")[2], []).append(_shown(name, given, value))


def _shown(name: str, given: str, value: str) -> str:
    """A value as people read it: persons by their names, moments with the place whose time it is."""
    if moment := _MOMENT.fullmatch(value):
        year, month, day, hour, minute, universal = moment.groups()
        zone = " UTC" if universal else f" ({zone[1]})" if (zone := _ZONE.search(given)) else ""
        return f"{year}-{month}-{day}" + (f" {hour}:{minute}{zone}" if hour else "")
    if name == "RRULE":
        return _rule(value)
    if name in ("ATTENDEE", "ORGANIZER"):
        person = _NAMED.search(given)
        shown = person[1].strip() if person else re.sub(r"^mailto:", "", value, flags=re.IGNORECASE)
        answer = re.search(r"PARTSTAT=(\w+)", given, re.IGNORECASE)
        known = _SAID["answers"].get(answer[1].upper()) if answer else None
        return f"{shown} ({known})" if known else shown
    if name.rpartition(".")[2] in _PARTED:
        return ", ".join(
            filter(None, map(str.strip, _unescaped(re.sub(r"(?<!\\);", "\f", value)).split("\f")))
        )
    return _unescaped(value)


def _rule(value: str) -> str:
    """How often an event comes back (3.3.10): « toutes les 2 semaines, mardi, 6 fois »."""
    rule: dict[str, str] = {}
    for part in value.upper().split(";"):
        key, _, given = part.partition("=")
        rule[key] = given
    unit = _SAID["often"].get(rule.pop("FREQ", ""))
    if unit is None:
        return value
    every = "tous" if unit in ("jours", "mois", "ans") else "toutes"
    interval = rule.pop("INTERVAL", "1")
    said = [f"{every} les {unit}" if interval == "1" else f"{every} les {interval} {unit}"]
    rule.pop("WKST", None)
    for key, given in rule.items():
        match key:
            case "BYDAY":
                said.append(", ".join(_DAYS.get(day, day) for day in given.split(",")))
            case "COUNT":
                said.append(f"{given} fois")
            case "UNTIL":
                said.append(f"jusqu’au {_shown('', '', given)}")
            case _:
                said.append(f"{key}={given}")
    return ", ".join(said)


def _unescaped(value: str) -> str:
    return re.sub(r"\\([nN,;\\])", lambda each: "\n" if each[1] in "nN" else each[1], value)


def _lines(text: str) -> Iterator[str]:
    """The lines of a file without folds, the letters of old ones decoded."""
    for line in _whole_lines(_FOLD.sub("", text)):
        match = _LINE.fullmatch(line)
        if match and "QUOTED-PRINTABLE" in match[2].upper():
            said = _CHARSET.search(match[2])
            value = decode(quopri.decodestring(match[3].encode("utf-8", "replace")), said and said[1])[0]
            yield f"{match[1]}:{value}".replace("\r", "").replace("\n", "\\n")
        else:
            yield line


def _whole_lines(text: str) -> Iterator[str]:
    """The lines; a quoted-printable value of vCard 2.1 that is broken over several (`=` ends each) is one."""
    pieces: list[str] = []
    for line in text.splitlines():
        quoted = bool(pieces) or "QUOTED-PRINTABLE" in line.partition(":")[0].upper()
        if quoted and line.endswith("="):
            pieces.append(line[:-1])
        else:
            yield "".join((*pieces, line))
            pieces = []
    if pieces:
        yield "".join(pieces)


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
