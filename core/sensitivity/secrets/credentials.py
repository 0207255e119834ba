"""Finds credentials in a folded text and says how sure it is.

A form that a service gives out, and a value that is called a password and looks like one, are sure; a run
that only looks like one, and figures beside a word for a door, are asked about. Placeholders, documentation
examples and hashes are none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from core.sensitivity.evidence import Strength
from core.sensitivity.personal.hits import Span, Taken
from core.sensitivity.secrets.formats import FORMATS
from core.sensitivity.secrets.spoken import (
    ACCESS,
    ANNOUNCED,
    ASSIGNED,
    BEFORE,
    DOOR,
    FIGURES,
    NAMED,
    NO_WORD,
    PAIR,
    PHRASE,
    QUOTED,
    SAME,
    SIGN,
    TURNS,
    VALUE,
    is_announced,
    is_mixed,
    is_odd,
    is_placeholder,
    is_strong_password,
    looks_secret,
)

_REACH = 70
"""How far after its name a secret may stand."""
_FAR = 120
"""How far after a word that means nothing else."""
_LONGEST = 40
_RUN = re.compile(r"[^\s;|,\"'()\[\]{}<>«»`:/]{8,40}(?![^\s;|,\"'()\[\]{}<>«»`.:!?])")
_TAIL = re.compile(r"[^\s;|,\"'()\[\]{}<>«»`:/]*$")
"""The run of letters, figures and signs that a stretch ends with."""
_ENDS = ".,;:!?)]}»\"'"
_EXAMPLE = re.compile(r"example|exemple|changeme|localhost|xxxx|\.\.\.|<[a-z_ ]+>", re.I)
_ASKED = re.compile(
    r"\b(?:format|longueur|caracteres|regles?|politique|oubli\w*|perdu|reinitialis\w*|combien|expir\w*)\b"
)
_PUBLIC = re.compile(
    r"\b(?:postal|ape|naf|insee|civil|penal|article|route|promo|barre|erreur|rome|couleur|rousseau|geo)\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A secret found. Offsets are those of the folded text, of the secret alone."""

    start: int
    end: int
    strength: Strength
    why: str


def find_credentials(text: str, numbers: Iterable[Span] = ()) -> list[Credential]:
    """Credentials of a folded text, none inside another, in order. What overlaps one of
    `numbers`, known to be something else, is none."""
    lower = text.lower()
    lower = lower if len(lower) == len(text) else text
    found = [*_by_format(text, lower)]
    if NO_WORD.search(text):
        found += _assigned(text, lower)
        found += _named(text, lower)
        found += _doors(text, lower)
        found += _phrased(text, lower)
        found += _announced(text, lower)
        found += _runs(text)
    taken = Taken(numbers)
    found = [each for each in found if taken.free(each)]
    found.sort(key=lambda c: (c.start, c.strength != "strong", -c.end))
    kept: list[Credential] = []
    for each in found:
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
    return kept


def _by_format(text: str, lower: str) -> Iterator[Credential]:
    for gates, pattern in FORMATS:
        for match in pattern.finditer(text) if any(gate in lower for gate in gates) else ():
            value = match[1]
            if not _EXAMPLE.search(value) and not is_placeholder(value):
                yield Credential(start=match.start(1), end=match.end(1), strength="strong", why="format")


def _assigned(text: str, lower: str) -> Iterator[Credential]:
    for match in ASSIGNED.finditer(lower):
        written = text[match.start(1) : match.end(1)]
        value = written.strip("\"'`")
        quoted = value != written
        if not quoted:
            value = value.rstrip(_ENDS)
        if len(value) < 4 or is_placeholder(value) or _EXAMPLE.search(value):
            continue
        if looks_secret(value) or (quoted and " " not in value and not value.isdigit() and len(value) > 5):
            start = match.start(1) + quoted
            yield Credential(start=start, end=start + len(value), strength="strong", why="assigned")


def _named(text: str, lower: str) -> Iterator[Credential]:
    """A value that looks like a secret soon after a word that names one, or an access."""
    for pattern, like in ((NAMED, looks_secret), (ACCESS, is_mixed)):
        taken = -1
        for name in pattern.finditer(lower):
            if name.start() < taken:
                continue
            found = _value(text, name.end(), like)
            if found and not _ASKED.search(lower, name.end(), found.start):
                taken = found.end
                yield found


def _doors(text: str, lower: str) -> Iterator[Credential]:
    """Figures soon after something that they open."""
    for door in DOOR.finditer(lower):
        reach = _FAR if door.group().startswith("digicode") else _REACH
        figures = FIGURES.search(text, door.end(), min(door.end() + reach, len(text)))
        if figures is None or "\n\n" in text[door.end() : figures.start()]:
            continue
        near = lower[max(door.start() - 10, 0) : figures.end() + 10]
        if not _PUBLIC.search(near) and not _is_date(figures.group()):
            yield Credential(start=figures.start(), end=figures.end(), strength="weak", why="door_code")


def _phrased(text: str, lower: str) -> Iterator[Credential]:
    """Secrets of several words, turns of a lock, a value before the word that names it."""
    for match in PHRASE.finditer(lower):
        yield Credential(start=match.start(1), end=match.end(1), strength="strong", why="named")
    for match in TURNS.finditer(lower):
        yield Credential(start=match.start(1), end=match.end(1), strength="weak", why="door_code")
    for match in SAME.finditer(lower):
        yield Credential(start=match.start(2), end=match.end(2), strength="strong", why="named")
    for match in BEFORE.finditer(text):
        if looks_secret(match[1]):
            yield Credential(start=match.start(1), end=match.end(1), strength="strong", why="named")


def _announced(text: str, lower: str) -> Iterator[Credential]:
    """A value right after a word for a password; a run beside a name, or alone in quotation marks."""
    for match in ANNOUNCED.finditer(lower):
        if is_announced(text[match.start(1) : match.end(1)]) and not _ASKED.search(match.group()):
            yield Credential(start=match.start(1), end=match.end(1), strength="strong", why="named")
    for pattern, like in ((PAIR, is_mixed), (QUOTED, is_odd)):
        for match in pattern.finditer(text):
            if like(match[1]):
                yield Credential(start=match.start(1), end=match.end(1), strength="weak", why="looks_secret")


def _is_date(figures: str) -> bool:
    """`2026`, `12-05-26`."""
    if figures.count("-") == 2 and len(figures) == 8:
        day, month, _ = figures.split("-")
        return int(day) <= 31 and int(month) <= 12
    return len(figures) == 4 and figures[:2] in ("19", "20")


def _value(text: str, start: int, like: Callable[[str], bool]) -> Credential | None:
    stop = min(start + _REACH, len(text))
    for match in VALUE.finditer(text, start, stop):
        group = 1 if match[1] is not None else 2
        value = match[group].rstrip(_ENDS) if group == 2 else match[group]
        begin = match.start(group)
        cut = match.end() >= stop and stop < len(text) and not text[stop].isspace()
        if not cut and like(value):
            return Credential(start=begin, end=begin + len(value), strength="strong", why="named")
    return None


def _runs(text: str) -> Iterator[Credential]:
    """Runs that look like a password, wherever they stand."""
    last = 0
    for sign in SIGN.finditer(text):
        if sign.start() < last:
            continue
        start = sign.start() - len(_TAIL.findall(text[max(sign.start() - _LONGEST, last) : sign.start()])[0])
        run = _RUN.match(text, start)
        last = run.end() if run else sign.end()
        value = run.group().rstrip(_ENDS) if run else ""
        if is_strong_password(value):
            yield Credential(start=start, end=start + len(value), strength="weak", why="looks_secret")
