"""Finds credentials in a folded text and says how sure it is.

A form that a service gives out, and a value that is called a password and looks like one, are sure; a run
that only looks like one, and figures beside a word for a door, are asked about. Placeholders, documentation
examples and hashes are none.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path

from core.sensitivity.data import pattern_of
from core.sensitivity.level import Strength
from core.sensitivity.personal.context import Context, Span, Taken
from core.sensitivity.secrets import spoken

_LINE = 332
"""How long the columns before one of passwords may be."""
_REACH = 70
"""How far after its name a secret may stand."""
_FAR = 120
"""How far after a word that means nothing else."""
_LEAD = 52
"""How far before a match what leads to it may begin."""
_LONGEST = 40
_RUN = re.compile(r"[^\s;|,\"'()\[\]{}<>«»`:/]{8,40}(?![^\s;|,\"'()\[\]{}<>«»`.:!?])")
_TAIL = pattern_of("credentials.tail")
_MARKS = (";", "\t", "|", ",")
_TRIVIAL = frozenset(("1234", "12345", "123456", "12345678"))
_ALWAYS: tuple[tuple[re.Pattern[str], Strength, str], ...] = (
    (spoken.PHRASE, "strong", "named"),
    (spoken.TURNS, "weak", "door_code"),
    (spoken.KEPT, "weak", "named"),
    (spoken.DICTATED, "weak", "named"),
)
_COLUMNS = frozenset(("pass", "enable", "psk"))
_ENDS = ".,;:!?)]}»\"'"
_HEX = re.compile(r"(?=[^\d]*\d)[0-9a-f]{20,64}")
_EXAMPLE = re.compile(r"example|exemple|changeme|localhost|xxxx|\.\.\.|<[a-z_ ]+>", re.I)
_SHOWN = pattern_of("credentials.shown")
_MEMBER = pattern_of("credentials.member")
_BESIDE = re.compile(r"[ \xa0]([A-Za-z]{4,20}\d{1,8})(?=[,;.!?)]{0,3}(?:\s|\Z))")
_LOST = pattern_of("credentials.lost")
_ASKED = pattern_of("credentials.asked")
_PUBLIC = pattern_of("credentials.public")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A secret found. Offsets are those of the folded text, of the secret alone."""

    start: int
    end: int
    strength: Strength
    why: str


def find_credentials(
    context: Context, numbers: Iterable[Span] = (), *, sure: bool = False
) -> list[Credential]:
    """Credentials of a folded text, none inside another, in order; only the `sure` ones, if so. What overlaps
    one of `numbers`, known to be something else, is none."""
    context = context.rewritten(
        spoken.EMPHASIS.sub(lambda m: f"{' ' * len(m[1])}{m[2]}{' ' * len(m[3])}", context.text)
    )
    found = [*_by_format(context)]
    if spoken.NO_WORD.search(context.text):
        for finder in _BY_NAME:
            found += finder(context)
        found += () if sure else _unsure(context)
    if not found:
        return found
    taken = Taken(numbers)
    found = [
        each
        for each in found
        if taken.free(each)
        and (each.strength == "strong" or not sure)
        and not _SHOWN.search(context.before(each.start, 40))
    ]
    found.sort(key=lambda c: (c.start, c.strength != "strong", -c.end))
    kept: list[Credential] = []
    for each in found:
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
        elif each.strength == "strong" and kept[-1].strength != "strong":
            kept[-1] = replace(each, start=kept[-1].start, end=max(kept[-1].end, each.end))
    return kept


def _by_format(context: Context) -> Iterator[Credential]:
    lower = context.lower
    for gates, pattern in formats():
        if gates and not any(gate in lower for gate in gates):
            continue
        for match in context.written(pattern):
            value = match[1]
            if not _EXAMPLE.search(value) and not spoken.is_placeholder(value):
                yield Credential(start=match.start(1), end=match.end(1), strength="strong", why="format")


def _assigned(context: Context) -> Iterator[Credential]:
    for match in spoken.ASSIGNED.finditer(context.lower):
        written = context.text[match.start(1) : match.end(1)]
        value = written.strip("\"'`")
        quoted = value != written
        if not quoted:
            value = value.rstrip(_ENDS)
        if len(value) < 4 or spoken.is_placeholder(value) or _EXAMPLE.search(value):
            continue
        bare = quoted and " " not in value and not value.isdigit() and len(value) > 6
        if bare or spoken.looks_secret(value) or _HEX.fullmatch(value):
            start = match.start(1) + quoted
            yield Credential(start=start, end=start + len(value), strength="strong", why="assigned")


def _named(context: Context) -> Iterator[Credential]:
    """A value that looks like a secret soon after a word that names one, or an access."""
    looks: tuple[tuple[re.Pattern[str], Callable[[str], bool], Strength], ...] = (
        (spoken.NAMED, spoken.looks_secret, "strong"),
        (spoken.ACCESS, spoken.is_mixed, "strong"),
        (spoken.ACCESS, spoken.is_disguised, "weak"),
    )
    lost = {value.start(1) for value, is_lost in _beside(context) if is_lost}
    for pattern, like, strength in looks:
        taken = -1
        for name in context.said(pattern):
            if name.start() < taken or context.text.startswith("@", name.end()):  # in an address
                continue
            found = _value(context.text, name.end(), like, strength)
            if not found or _ASKED.search(context.lower, name.end(), found.start):
                continue
            taken = found.end
            if found.start not in lost:
                yield found


def _beside(context: Context) -> Iterator[tuple[re.Match[str], bool]]:
    """A word with figures after it and nothing but a blank between it and its label, and whether it is said
    to be lost: then that is what it is for (« j'ai oublié mon mot de passe Windows11 »)."""
    for name in context.said(spoken.NAMED):
        if value := _BESIDE.match(context.text, name.end()):
            yield value, _LOST.search(context.lower[max(name.start() - _LEAD, 0) : name.start()]) is not None


def _doors(context: Context) -> Iterator[Credential]:
    """Figures soon after something that they open."""
    text, lower = context.text, context.lower
    for door in context.said(spoken.DOOR):
        reach = _FAR if door.group().startswith("digicode") else _REACH
        figures = spoken.FIGURES.search(text, door.end(), min(door.end() + reach, len(text)))
        if figures is None or "\n\n" in text[door.end() : figures.start()]:
            continue
        near = lower[max(door.start() - 10, 0) : figures.end() + 10]
        if not _PUBLIC.search(near) and not _is_no_code(figures.group()):
            yield Credential(start=figures.start(), end=figures.end(), strength="weak", why="door_code")


def _codes(context: Context) -> Iterator[Credential]:
    """Figures after the word code and no more than a few words."""
    text, lower = context.text, context.lower
    for code in context.said(spoken.CODE):
        between = spoken.BETWEEN.match(text, code.end())
        figures = spoken.FIGURES.search(text, code.end(), min(code.end() + _REACH, len(text)))
        if figures is None or between is None or between.end() < figures.start():
            continue
        near = lower[max(code.start() - 10, 0) : figures.start()]
        bare = code.group() in ("code", "codes") and (
            not text[code.end() : figures.start()].strip() or _MEMBER.match(text, code.end()) is not None
        )
        if (
            not bare
            and not _PUBLIC.search(near)
            and not _ASKED.search(near)
            and not _is_no_code(figures.group())
        ):
            yield Credential(start=figures.start(), end=figures.end(), strength="weak", why="door_code")


def _phrased(context: Context) -> Iterator[Credential]:
    """Secrets of several words, turns of a lock."""
    for pattern, strength, why in _ALWAYS:
        for match in context.said(pattern):
            start, end = match.span(match.lastindex or 0)
            yield Credential(start=start, end=end, strength=strength, why=why)


def _beside_names(context: Context) -> Iterator[Credential]:
    """A password made of the name before it, a setting."""
    for account, match in _led(spoken.ACCOUNT, spoken.SAME.finditer(context.lower)):
        if account[1] == match[2]:
            yield Credential(start=match.start(1), end=match.end(1), strength="strong", why="named")
    for _, match in _led(spoken.DECLARES, spoken.DECLARED.finditer(context.text)):
        if not spoken.is_placeholder(match[2]) and (match[1] != "KEY" or spoken.is_announced(match[2])):
            yield Credential(start=match.start(2), end=match.end(2), strength="weak", why="assigned")


def _before_names(context: Context) -> Iterator[Credential]:
    """A value before the words that call it a password."""
    called = _led(spoken.CALLED, context.written(spoken.BEFORE))
    labelled = _led(spoken.LABELLED, context.said(spoken.LABEL))
    for value, _ in called:
        if spoken.looks_secret(value[1]) or spoken.is_announced(value[1]):
            strength: Strength = "strong" if spoken.looks_secret(value[1]) else "weak"
            yield Credential(start=value.start(1), end=value.end(1), strength=strength, why="named")
    for value, _ in labelled:
        if spoken.is_announced(value[1]):
            yield Credential(start=value.start(1), end=value.end(1), strength="weak", why="named")


def _led(
    lead: re.Pattern[str], matches: Iterable[re.Match[str]]
) -> Iterator[tuple[re.Match[str], re.Match[str]]]:
    """The matches before which `lead` is found, each with that."""
    for match in matches:
        if led := lead.search(match.string, max(match.start() - _LEAD, 0), match.start()):
            yield led, match


def _announced(context: Context) -> Iterator[Credential]:
    """A value right after a word for a password."""
    for match in context.said(spoken.ANNOUNCED):
        value = context.text[match.start(1) : match.end(1)]
        sentenced = value.rstrip(".")
        if spoken.is_announced(value) and not (
            spoken.is_placeholder(sentenced) or _ASKED.search(match.group())
        ):
            yield Credential(start=match.start(1), end=match.end(1), strength="strong", why="named")
        elif (second := spoken.SECOND.match(context.text, match.end(1))) and spoken.is_announced(second[1]):
            yield Credential(start=second.start(1), end=second.end(1), strength="strong", why="named")


def _placed(context: Context) -> Iterator[Credential]:
    """A value that has a line, a cell or quotation marks for itself, right after the word that names it and
    what that goes on with; or one whose signs stand apart."""
    text = context.text
    for name in context.said(spoken.NAMED):
        scope = spoken.SCOPE.match(text, name.end())
        gap = scope and spoken.GAP.match(text, scope.end())
        if not scope or not gap:
            continue
        says = ":" in gap[0] or "=" in gap[0] or bool(spoken.SAYS.search(scope[0].lower()))
        value = spoken.ALONE.match(text, gap.end()) if spoken.PARTED.search(gap[0]) else None
        value = value or (spoken.SPACED.match(text, gap.end()) if says or not scope[0].strip() else None)
        if value is None or _ASKED.search(context.lower, name.start(), value.start()):
            continue
        written = value[1].replace(" ", "")
        if spoken.is_announced(written):
            strength: Strength = "strong" if says or spoken.looks_secret(written) else "weak"
            yield Credential(start=value.start(1), end=value.end(1), strength=strength, why="named")


def _unsure(context: Context) -> Iterator[Credential]:
    """What may be a secret: figures for a door, a value that is explained, a run beside a name or alone in
    quotation marks."""
    text = context.text
    for value, is_lost in _beside(context):
        if not is_lost and not spoken.is_placeholder(value[1]):
            yield Credential(start=value.start(1), end=value.end(1), strength="weak", why="named")
    yield from _doors(context)
    yield from _codes(context)
    for match in (*context.said(spoken.DEDUCED), *context.said(spoken.CODED)):
        value = text[match.start(1) : match.end(1)].rstrip(_ENDS)
        if spoken.is_announced(value) and any(map(str.islower, value)):
            end = match.start(1) + len(value)
            yield Credential(start=match.start(1), end=end, strength="weak", why="named")
    for match in (*context.said(spoken.OPENS), *context.said(spoken.THEN)):
        value = text[match.start(1) : match.end(1)].rstrip(_ENDS)
        if spoken.is_coined(value) and not _ASKED.search(match.group()):
            end = match.start(1) + len(value)
            yield Credential(start=match.start(1), end=end, strength="weak", why="named")
    found = (
        *(
            m
            for _, m in _led(spoken.PAIRED, spoken.PAIR.finditer(text))
            if spoken.is_mixed(m[1]) or spoken.is_disguised(m[1])
        ),
        *(m for m in spoken.QUOTED.finditer(text) if spoken.is_odd(m[1]) or spoken.is_disguised(m[1])),
        *(m for m in context.written(spoken.ENTRY) if spoken.looks_secret(m[1])),
        *(m for m in spoken.IN_URL.finditer(text) if spoken.is_mixed(m[1])),
    )
    for match in found:
        yield Credential(start=match.start(1), end=match.end(1), strength="weak", why="looks_secret")
    yield from _runs(context)


def _columns(context: Context) -> Iterator[Credential]:
    """The cells of a table's column of passwords."""
    text, done = context.text, -1
    for head in context.said(spoken.HEADED):
        first = text.rfind("\n", max(head.start() - _LINE, 0), head.start()) + 1
        if first < done or not spoken.COLUMNS.fullmatch(text, first, head.start()):
            continue
        start = text.find("\n", head.end()) + 1
        line = context.lower[first:start]
        mark = max(_MARKS, key=line.count)
        names = [cell.strip() for cell in line.split(mark)]
        column = next(
            (n for n, name in enumerate(names) if spoken.NAMED.fullmatch(name) or name in _COLUMNS), None
        )
        while column is not None and start < len(text):
            end = text.find("\n", start)
            end = len(text) if end < 0 else end
            cells = text[start:end].split(mark)
            if len(cells) <= column or len(cells) < 2:
                break
            value = cells[column].strip()
            at = start + len(mark.join(cells[:column])) + bool(column)
            at += len(cells[column]) - len(cells[column].lstrip())
            if spoken.is_announced(value) and " " not in value:
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
    member = _MEMBER.match(text, start)
    found = spoken.VALUE.finditer(text, member.end() - 1 if member else start, stop)
    for match in islice(found, 1 if member else None):
        group = 1 if match[1] is not None else 2
        value = match[group].rstrip(_ENDS) if group == 2 else match[group]
        begin = match.start(group)
        cut = match.end() >= stop and stop < len(text) and not text[stop].isspace()
        cut = cut or text.startswith("(", match.end())  # a function is called
        if not cut and like(value) and (group == 2 or value == value.strip()):
            return Credential(start=begin, end=begin + len(value), strength=strength, why="named")
    return None


def _runs(context: Context) -> Iterator[Credential]:
    """Runs that look like a password, wherever they stand."""
    text, last = context.text, 0
    for sign in spoken.SIGN.finditer(text):
        if sign.start() < last:
            continue
        start = sign.start() - len(_TAIL.findall(text[max(sign.start() - _LONGEST, last) : sign.start()])[0])
        run = _RUN.match(text, start)
        last = run.end() if run else sign.end()
        value = run.group().rstrip(_ENDS) if run else ""
        if spoken.is_strong_password(value):
            yield Credential(start=start, end=start + len(value), strength="weak", why="looks_secret")


_BY_NAME = (_assigned, _named, _columns, _phrased, _beside_names, _before_names, _announced, _placed)
"""What finds values by the words that name them."""


@cache
def formats() -> tuple[tuple[tuple[str, ...], re.Pattern[str]], ...]:
    """Each pattern with words in small letters, one of which a text with such a credential has; none where a
    pattern begins at a word."""
    listed = tomllib.loads(Path(__file__).with_name("formats.toml").read_text(encoding="utf-8"))["formats"]
    return tuple((tuple(each.get("gates", ())), re.compile(each["pattern"])) for each in listed)
