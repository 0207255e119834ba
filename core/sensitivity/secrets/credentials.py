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
    BETWEEN,
    CODE,
    CODED,
    DECLARED,
    DEDUCED,
    DOOR,
    EMPHASIS,
    ENTRY,
    FIGURES,
    HEADED,
    KEPT,
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
    is_disguised,
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
_MARKS = (";", "\t", "|", ",")
_TRIVIAL = frozenset(("1234", "12345", "123456", "12345678"))
_ALWAYS: tuple[tuple[tuple[str, ...], re.Pattern[str], Strength, str], ...] = (
    (("phrase", "convenu", "recuperation"), PHRASE, "strong", "named"),
    (("combinaison", "coffre"), TURNS, "weak", "door_code"),
    (("/",), SAME, "strong", "named"),
    (("phrase",), KEPT, "weak", "named"),
)
"""Each after pieces of words, one of which a text with such a secret has."""
_PASSWORDS = ("pass", "mdp", "m2p", "pw", "psw", "wep", "psk", "sesame")
"""Pieces of the words for a password."""
_COLUMNS = frozenset(("pass", "enable", "psk"))
_ENDS = ".,;:!?)]}»\"'"
_HEX = re.compile(r"(?=[^\d]*\d)[0-9a-f]{20,64}")
_EXAMPLE = re.compile(r"example|exemple|changeme|localhost|xxxx|\.\.\.|<[a-z_ ]+>", re.I)
_ASKED = re.compile(
    r"\b(?:format|longueur|caracteres|regles?|politique|oubli\w*|perdu|reinitialis\w*|combien|expir\w*)\b"
)
_PUBLIC = re.compile(
    r"\b(?:postal|ape|naf|insee|civil|penal|article|route|promo|barre|erreur|rome|couleur|rousseau|geo|bug|ticket|issue)\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A secret found. Offsets are those of the folded text, of the secret alone."""

    start: int
    end: int
    strength: Strength
    why: str


def find_credentials(text: str, numbers: Iterable[Span] = (), *, sure: bool = False) -> list[Credential]:
    """Credentials of a folded text, none inside another, in order; only the `sure` ones, if so. What overlaps
    one of `numbers`, known to be something else, is none."""
    text = EMPHASIS.sub(lambda m: f"{' ' * len(m[1])}{m[2]}{' ' * len(m[3])}", text)
    lower = text.lower()
    lower = lower if len(lower) == len(text) else text
    found = [*_by_format(text, lower)]
    if NO_WORD.search(text):
        found += _assigned(text, lower)
        found += _named(text, lower)
        found += _columns(text, lower)
        found += _phrased(text, lower)
        found += _announced(text, lower)
        found += () if sure else _unsure(text, lower)
    if not found:
        return found
    taken = Taken(numbers)
    found = [each for each in found if taken.free(each) and (each.strength == "strong" or not sure)]
    found.sort(key=lambda c: (c.start, c.strength != "strong", -c.end))
    kept: list[Credential] = []
    for each in found:
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
    return kept


def _holds(text: str, pieces: Iterable[str]) -> bool:
    """Does a text hold one of these pieces?"""
    return any(map(text.__contains__, pieces))


def _by_format(text: str, lower: str) -> Iterator[Credential]:
    for gates, pattern in FORMATS:
        for match in pattern.finditer(text) if _holds(lower, gates) else ():
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
        bare = quoted and " " not in value and not value.isdigit() and len(value) > 6
        if bare or looks_secret(value) or _HEX.fullmatch(value):
            start = match.start(1) + quoted
            yield Credential(start=start, end=start + len(value), strength="strong", why="assigned")


def _named(text: str, lower: str) -> Iterator[Credential]:
    """A value that looks like a secret soon after a word that names one, or an access."""
    accesses = [*ACCESS.finditer(lower)]
    looks: tuple[tuple[Iterable[re.Match[str]], Callable[[str], bool], Strength], ...] = (
        (NAMED.finditer(lower), looks_secret, "strong"),
        (accesses, is_mixed, "strong"),
        (accesses, is_disguised, "weak"),
    )
    for names, like, strength in looks:
        taken = -1
        for name in names:
            if name.start() < taken:
                continue
            found = _value(text, name.end(), like, strength)
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
        if not _PUBLIC.search(near) and not _is_no_code(figures.group()):
            yield Credential(start=figures.start(), end=figures.end(), strength="weak", why="door_code")


def _codes(text: str, lower: str) -> Iterator[Credential]:
    """Figures after the word code and no more than a few words."""
    for code in CODE.finditer(lower):
        between = BETWEEN.match(text, code.end())
        figures = FIGURES.search(text, code.end(), min(code.end() + _REACH, len(text)))
        if figures is None or between is None or between.end() < figures.start():
            continue
        near = lower[max(code.start() - 10, 0) : figures.start()]
        bare = code.group() in ("code", "codes") and not text[code.end() : figures.start()].strip()
        if (
            not bare
            and not _PUBLIC.search(near)
            and not _ASKED.search(near)
            and not _is_no_code(figures.group())
        ):
            yield Credential(start=figures.start(), end=figures.end(), strength="weak", why="door_code")


def _phrased(text: str, lower: str) -> Iterator[Credential]:
    """Secrets of several words, turns of a lock, a value before the word that names it, a setting."""
    for pieces, pattern, strength, why in _ALWAYS:
        for match in pattern.finditer(lower) if _holds(lower, pieces) else ():
            start, end = match.span(match.lastindex or 0)
            yield Credential(start=start, end=end, strength=strength, why=why)
    for match in BEFORE.finditer(text) if _holds(text, ("pass", "mdp", "code")) else ():
        if looks_secret(match[1]):
            yield Credential(start=match.start(1), end=match.end(1), strength="strong", why="named")
    for match in DECLARED.finditer(text) if "=" in text else ():
        if not is_placeholder(match[2]) and (match[1] != "KEY" or is_announced(match[2])):
            yield Credential(start=match.start(2), end=match.end(2), strength="weak", why="assigned")


def _announced(text: str, lower: str) -> Iterator[Credential]:
    """A value right after a word for a password."""
    for match in ANNOUNCED.finditer(lower) if _holds(lower, _PASSWORDS) else ():
        if is_announced(text[match.start(1) : match.end(1)]) and not _ASKED.search(match.group()):
            yield Credential(start=match.start(1), end=match.end(1), strength="strong", why="named")


def _unsure(text: str, lower: str) -> Iterator[Credential]:
    """What may be a secret: figures for a door, a value that is explained, a run beside a name or alone in
    quotation marks."""
    yield from _doors(text, lower)
    yield from _codes(text, lower)
    deduced = DEDUCED.finditer(lower) if _holds(lower, ("code", *_PASSWORDS)) else ()
    for match in (*deduced, *(CODED.finditer(lower) if "code" in lower else ())):
        value = text[match.start(1) : match.end(1)].rstrip(_ENDS)
        if is_announced(value) and any(map(str.islower, value)):
            end = match.start(1) + len(value)
            yield Credential(start=match.start(1), end=end, strength="weak", why="named")
    for signs, pattern, like in (
        ("/", PAIR, is_mixed),
        ("/", PAIR, is_disguised),
        ('«"“', QUOTED, is_odd),
        ('«"“', QUOTED, is_disguised),
        ("/", ENTRY, looks_secret),
    ):
        for match in pattern.finditer(text) if _holds(text, signs) else ():
            if like(match[1]):
                yield Credential(start=match.start(1), end=match.end(1), strength="weak", why="looks_secret")
    yield from _runs(text)


def _columns(text: str, lower: str) -> Iterator[Credential]:
    """The cells of a table's column of passwords."""
    done = -1
    for head in HEADED.finditer(lower):
        if head.start() < done:
            continue
        line = head.group()
        mark = max(_MARKS, key=line.count)
        names = [cell.strip() for cell in line.split(mark)]
        column = next((n for n, name in enumerate(names) if NAMED.fullmatch(name) or name in _COLUMNS), None)
        start = head.end()
        while column is not None and start < len(text):
            end = text.find("\n", start)
            end = len(text) if end < 0 else end
            cells = text[start:end].split(mark)
            if len(cells) <= column or len(cells) < 2:
                break
            value = cells[column].strip()
            at = start + len(mark.join(cells[:column])) + bool(column)
            at += len(cells[column]) - len(cells[column].lstrip())
            if is_announced(value) and " " not in value:
                yield Credential(start=at, end=at + len(value), strength="strong", why="named")
            start = done = end + 1


def _is_no_code(figures: str) -> bool:
    """`2026`, `12-05-26`, `1234`."""
    if figures in _TRIVIAL or len(set(figures)) == 1:
        return True
    if figures.count("-") == 2 and len(figures) == 8:
        day, month, _ = figures.split("-")
        return int(day) <= 31 and int(month) <= 12
    return len(figures) == 4 and figures[:2] in ("19", "20")


def _value(text: str, start: int, like: Callable[[str], bool], strength: Strength) -> Credential | None:
    stop = min(start + _REACH, len(text))
    for match in VALUE.finditer(text, start, stop):
        group = 1 if match[1] is not None else 2
        value = match[group].rstrip(_ENDS) if group == 2 else match[group]
        begin = match.start(group)
        cut = match.end() >= stop and stop < len(text) and not text[stop].isspace()
        cut = cut or text.startswith("(", match.end())  # a function is called
        if not cut and like(value) and (group == 2 or value == value.strip()):
            return Credential(start=begin, end=begin + len(value), strength=strength, why="named")
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
