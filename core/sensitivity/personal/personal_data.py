"""Personal data in a text, and the level each piece gives where it stands.

One professional phone, mail or office address is ordinary (N1), as in any signature. What identifies a
private person is sensitive (N2), and so is a list of people. What GDPR articles 9 and 10 protect, told of
somebody named, is protected by law (N3). Numbers of companies are public and give no level.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from core.sensitivity.data import pattern_of
from core.sensitivity.level import Kind, Level, Strength
from core.sensitivity.personal.contacts import find_contacts
from core.sensitivity.personal.context import Context, Hit
from core.sensitivity.personal.facts import find_facts, find_subjects
from core.sensitivity.personal.identifiers import find_numbers

ORDINARY: frozenset[Kind] = frozenset(("phone", "email", "address"))
"""What is N1 in a professional context, and stays public in a text that its author marked public."""

NUMBERS: frozenset[Kind] = frozenset((
    "nir", "nif", "iban", "rib", "card", "siren", "siret", "rpps", "phone", "plate", "passport", "cni",
    "birth_date",
))  # fmt: skip
"""Kinds that are figures, and so may look like a code."""

_LEVELS: dict[Kind, Level] = {
    "health": Level.N3, "union": Level.N3, "religion": Level.N3, "sexual": Level.N3, "judicial": Level.N3,
    "political": Level.N3, "discipline": Level.N3, "social": Level.N3, "siren": Level.N1, "siret": Level.N1,
}  # fmt: skip
_PRIVATE = pattern_of("personal_data.private")
_LIVES = pattern_of("personal_data.lives")
_OWNER = pattern_of("personal_data.owner")
_BESIDE = 120
"""How far from a plate whose it is may be said."""
_MODELS = frozenset(("Zoe", "Megane", "Clio", "Mercedes"))
"""Given names that are cars where a plate stands beside them."""
_CIVILITY = re.compile(r"\b(?:m\.|mme|mlle|monsieur|madame|mr|mrs|ms)\s")
_OFFICE = pattern_of("personal_data.office")
_WEBMAIL = pattern_of("personal_data.webmail")
_HEADER = pattern_of("personal_data.header")
_NAMED = pattern_of("personal_data.named")
_FULL_NAME_MAIL = re.compile(r"[a-z\-]{2,}[._][a-z\-]{2,}@", re.I)
_TRACE = pattern_of("personal_data.trace")
_DUMMY = pattern_of("personal_data.dummy")
_CREDITS = pattern_of("personal_data.credits")
_AUTHORS = pattern_of("personal_data.authors")
_HEAD = re.compile(r"^(?:[A-Z][A-Z ]{2,40}|[#=]{1,6} [^\n]{1,80})$", re.M)
_LICENCE = "spdx-license-identifier:"
"""What stands in the notice of a file that is published, among those who changed the file."""
_SECTION = 4_000
_AUTHOR_FIELD = pattern_of("personal_data.author_field")
_BEHIND_A_NAME = re.compile(r"[^\W\d_][\w.'\-]* [(]?<\Z")
_NEAR = 700
"""How far before a mail address the words that credit somebody may begin."""
_ROWS = 3
_LONG_ROW = 400
_MOBILE = re.compile(r"(?:(?:\+|00)\s?33[ .\-]?(?:\(0\)[ .\-]?)?|0)[67]")
_BETWEEN = pattern_of("personal_data.between")


@dataclass(frozen=True, slots=True, kw_only=True)
class Datum:
    """A piece of personal data with its level. Offsets are those of the folded text."""

    kind: Kind
    level: Level
    start: int
    end: int
    why: str
    strength: Strength = "strong"


def find_personal(context: Context) -> list[Datum]:
    """All personal data of a folded text."""
    facts = [_judged(hit, context) for hit in find_facts(context)]
    if not _TRACE.search(context.text):
        return facts
    found, listed = _identifying(context)
    return [*found, *facts, *_lists(listed, context)]


def find_identifying(context: Context) -> list[Datum]:
    """The numbers and contacts of a folded text, without what is told of persons and without lists."""
    return _identifying(context)[0] if _TRACE.search(context.text) else []


def _identifying(context: Context) -> tuple[list[Datum], list[Hit]]:
    """Numbers and contacts; and the contacts of which lists of persons are made."""
    numbers = find_numbers(context)
    contacts = find_contacts(context, numbers)
    credited = frozenset(_credited(contacts, context))
    found = [_judged(hit, context, credited=hit in credited) for hit in (*numbers, *contacts)]
    return found, [hit for hit in contacts if hit not in credited]


def _judged(hit: Hit, context: Context, *, credited: bool = False) -> Datum:
    level, why = _LEVELS.get(hit.kind, Level.N2), "personal"
    strength: Strength = "strong"
    if hit.kind in ("siren", "siret"):
        strength, why = "mention", "company"
    elif hit.kind in ORDINARY and (credited or not _is_private(hit, context)):
        level, why = Level.N1, "professional"
    elif hit.kind == "plate" and not _is_somebodys(hit, context):
        level, why = Level.N1, "vehicle"
    elif level is Level.N3:
        why = "fact"
    return Datum(kind=hit.kind, level=level, start=hit.start, end=hit.end, why=why, strength=strength)


def _is_private(hit: Hit, context: Context) -> bool:
    if hit.kind == "email":
        return bool(_WEBMAIL.search(context.lower[hit.start : hit.end]))
    about = context.about(hit.start, 70)
    if hit.kind == "phone":
        return bool(_PRIVATE.search(about)) and not _DUMMY.search(context.text[hit.start : hit.end])
    return bool(_LIVES.search(about) or (_CIVILITY.search(about) and not _OFFICE.search(about)))


def _is_somebodys(hit: Hit, context: Context) -> bool:
    """A vehicle's plate says of nobody anything, unless somebody is named beside it, or called its owner."""
    start, end = max(hit.start - _BESIDE, 0), hit.end + _BESIDE
    if _OWNER.search(context.lower[start:end]):
        return True
    beside = context.text[start:end]
    return any(beside[each.start : each.end] not in _MODELS for each in find_subjects(beside))


def _credited(contacts: Iterable[Hit], context: Context) -> Iterator[Hit]:
    """The mail addresses of who made something that is published, wherever they stand in a text; where three
    are credited, others in brackets behind a name are too."""
    emails = sorted((hit for hit in contacts if hit.kind == "email"), key=lambda hit: hit.start)
    if not emails:
        return
    near: list[tuple[int, int]] = []
    for hit in emails:
        start = max(hit.start - _NEAR, 0)
        if near and start <= near[-1][1]:
            start, _ = near.pop()
        near.append((start, hit.end + 10))
    runs = [run.span() for start, end in near for run in _CREDITS.finditer(context.lower, start, end)]
    told = [hit for hit in emails if _within(hit, runs)]
    notices, sections = list(_notices(context)), list(_sections(context))
    several = len(told) >= _ROWS
    known = {context.lower[hit.start : hit.end] for hit in told}
    for hit in emails:
        named = bool(_BEHIND_A_NAME.search(context.text, max(hit.start - 40, 0), hit.start))
        field = _AUTHOR_FIELD.match(context.lower, hit.end)
        if field or _within(hit, notices) or (named and (several or _within(hit, sections))):
            known.add(context.lower[hit.start : hit.end])
    yield from (hit for hit in emails if context.lower[hit.start : hit.end] in known)


def _notices(context: Context) -> Iterator[tuple[int, int]]:
    """The blocks of lines that name the licence of a file; of a block that is too long for that, no more than
    what follows the name."""
    at = context.lower.find(_LICENCE)
    while at >= 0:
        start = context.text.rfind("\n\n", max(at - _SECTION, 0), at)
        end = context.text.find("\n\n", at, at + _SECTION)
        if start < 0:
            start = at if at > _SECTION else 0
        yield start, end if end >= 0 else at + _SECTION
        at = context.lower.find(_LICENCE, at + _SECTION if end < 0 else end)


def _sections(context: Context) -> Iterator[tuple[int, int]]:
    """The sections that say who made something, to the next head."""
    bounds = [head.span() for head in _AUTHORS.finditer(context.text)]
    for (_, start), (following, _) in pairwise([*bounds, (len(context.text), 0)]):
        end = min(start + _SECTION, following)
        after = _HEAD.search(context.text, start, end)
        yield start, after.start() if after else end


def _within(hit: Hit, runs: list[tuple[int, int]]) -> bool:
    index = bisect_right(runs, (hit.start, sys.maxsize)) - 1
    return index >= 0 and hit.end <= runs[index][1]


def _lists(contacts: list[Hit], context: Context) -> Iterator[Datum]:
    """Rows that each give a person and how to reach or identify them: three make a list. A number that all of
    them share is that of a desk."""
    reached: defaultdict[tuple[int, int], set[str]] = defaultdict(set)
    for hit in contacts:
        if hit.kind in ("phone", "email", "birth_date"):
            reached[context.line(hit.start)].add(context.text[hit.start : hit.end])
    rows: list[tuple[int, int]] = []
    seen: set[frozenset[str]] = set()
    for (start, end), by in sorted(reached.items()):
        if rows and context.text.count("\n", rows[-1][1], start) > 2:
            yield from _list(rows, len(seen))
            rows, seen = [], set()
        if _is_row(context.text[start:end]):
            rows.append((start, end))
            seen.add(frozenset(by))
    yield from _list(rows, len(seen))
    yield from _in_one_go(contacts, context)


def _in_one_go(contacts: list[Hit], context: Context) -> Iterator[Datum]:
    """Three mobile numbers, each a few words behind the one before: perhaps those of persons, whom a
    hurried hand calls by whatever name."""
    mobiles = [hit for hit in contacts if hit.kind == "phone" and _MOBILE.match(context.text, hit.start)]
    run: list[Hit] = []
    for hit in sorted(mobiles, key=lambda hit: hit.start):
        if run and not _BETWEEN.fullmatch(context.lower, run[-1].end, hit.start):
            yield from _perhaps(run, context)
            run = []
        run.append(hit)
    yield from _perhaps(run, context)


def _perhaps(run: list[Hit], context: Context) -> Iterator[Datum]:
    if len(run) >= _ROWS and not _DUMMY.search(context.text[run[0].start : run[-1].end]):
        start, end = run[0].start, run[-1].end
        yield Datum(kind="list", level=Level.N2, start=start, end=end, why="list", strength="weak")


def _is_row(line: str) -> bool:
    return (
        len(line) <= _LONG_ROW
        and not _HEADER.match(line)
        and not _DUMMY.search(line)
        and bool(_NAMED.search(line) or _FULL_NAME_MAIL.search(line))
    )


def _list(rows: list[tuple[int, int]], different: int) -> Iterator[Datum]:
    if different >= _ROWS:
        yield Datum(kind="list", level=Level.N2, start=rows[0][0], end=rows[-1][1], why="list")
