"""Facts about a named person: health, union, religion, sexual life, judicial record, opinions, career.

GDPR articles 9 and 10 protect what is said of *somebody*: « Mme Delorme est en arrêt maladie », not
« un agent malade a droit à un congé ». A fact counts when its own sentence names a person whom it may be
about, when a pronoun leads back to one named just before, when the text is a record of one (`Patient :`,
`Diagnostic :`), or when the writer speaks of themselves.

What tells a fact is data (`data/facts.txt`), read when first used. Here stand the turns that make a fact
somebody's, or a subject of work. All match in lower-case folded text.

Persons are named as `Mme Delorme`, `Paul Girard`, `LEGRAND Michel`, `Patient : Legrand`. Not people: streets,
schools, hospitals and laws that carry a name, functions (`M. le préfet`), and the placeholders of examples
(`M. X`). No model, no statistics: a civility, a label, or a known given name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial

from core.language.folding import plain_letters
from core.language.pattern_file import read_sections
from core.sensitivity.data import pattern_of, read_text
from core.sensitivity.level import Kind
from core.sensitivity.patterns import words
from core.sensitivity.personal.context import Context, Hit, Taken

_TITLED = pattern_of("facts.titled")
_LABELLED = pattern_of("facts.labelled")
_TWO = pattern_of("facts.two")
_SURNAME_FIRST = re.compile(r"\b([A-Z]{2,30}(?:[ '\-][A-Z]{2,30}){0,4})[ ]([A-Z][a-z]+(?:-[A-Z][a-z]+)?)\b")
_ONE = re.compile(r"\b([A-Z][a-z]{2,}(?:-[A-Z][a-z]+)?)\b")
_PLACE = pattern_of("persons.place")
_NOBODY = pattern_of("persons.nobody")
_NO_SURNAME = pattern_of("persons.no_surname")
_DONE_TO = pattern_of("persons.done_to")
_RECIPIENT = pattern_of("persons.recipient")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPerson:
    """A person named. `professional`: named as a physician or a lawyer, who writes about somebody else."""

    start: int
    end: int
    professional: bool = False


def find_persons(text: str) -> list[NamedPerson]:
    """Persons named in a folded text, in order, none inside another."""
    found: dict[int, NamedPerson] = {}
    for person in (*_titled(text), *_labelled(text), *_pairs(text)):
        found.setdefault(person.start, person)
    ordered: list[NamedPerson] = []
    for _, person in sorted(found.items()):
        if not ordered or person.start >= ordered[-1].end:
            ordered.append(person)
    return ordered


def find_subjects(sentence: str) -> list[NamedPerson]:
    """Persons whom a sentence may tell something about: not its addressees, nor the professionals."""
    named = find_persons(sentence)
    alone = (p for p in _given_names(sentence) if not any(n.start <= p.start < n.end for n in named))
    return [
        person
        for person in (*named, *alone)
        if not person.professional and not _is_recipient(sentence[max(person.start - 40, 0) : person.start])
    ]


def _is_recipient(before: str) -> bool:
    """`à Mme Petit` is whom one writes to, unless something was done to her."""
    return bool(_RECIPIENT.search(before)) and not _DONE_TO.search(before)


def _titled(text: str) -> Iterator[NamedPerson]:
    for match in _TITLED.finditer(text):
        if not _NOBODY.fullmatch(match[2]):
            professional = match[1].rstrip(".") in ("Dr", "Docteur", "Pr", "Professeur", "Me", "Maitre")
            yield NamedPerson(start=match.start(), end=match.end(), professional=professional)


def _labelled(text: str) -> Iterator[NamedPerson]:
    for match in _LABELLED.finditer(text):
        if not _NOBODY.fullmatch(match[1]) or (match[1].isupper() and len(match[1]) == 3):
            yield NamedPerson(start=match.start(1), end=match.end(1))


def _pairs(text: str) -> Iterator[NamedPerson]:
    for match in _TWO.finditer(text):
        named = match[1] in given_names() and not _NO_SURNAME.fullmatch(match[2])
        if named and not _placed(text, match.start()):
            yield NamedPerson(start=match.start(), end=match.end())
    for match in _SURNAME_FIRST.finditer(text):
        if match[2] in given_names() and not _placed(text, match.start()):
            yield NamedPerson(start=match.start(), end=match.end())


def _given_names(text: str) -> Iterator[NamedPerson]:
    for match in _ONE.finditer(text):
        if match[1] in telling_names() and not _placed(text, match.start()):
            yield NamedPerson(start=match.start(), end=match.end())


def _placed(text: str, start: int) -> bool:
    return bool(_PLACE.search(text[max(start - 24, 0) : start]))


@cache
def fact_patterns() -> Mapping[str, re.Pattern[str]]:
    """A pattern for each section of `data/facts.txt`: `{"health": …, "disease": …, "union": …}`."""
    return {
        name.rstrip("*"): words("\n".join(lines), "" if name.endswith("*") else r"\b")
        for name, lines in read_sections(read_text("facts.txt")).items()
    }


def read_lexicons() -> None:
    """Read the data of personal facts and names now: for a process that may open no file later."""
    fact_patterns()
    given_names()
    telling_names()


TELLS = pattern_of("fact_words.tells")
"""Words before a disease that make it somebody's."""

DISEASE_ENDING = pattern_of("facts.disease_ending")
WORD_BEFORE = re.compile(r"(?<!\w)\w{3,40}\Z")
ENDED_DISEASE = pattern_of("facts.ended_disease")
OF_SOMEBODY = pattern_of("facts.of_somebody")
NO_DISEASE = pattern_of("facts.no_disease")
RECORD = pattern_of("fact_words.record")
"""A line of a medical record, and what stands before one."""
BEFORE_RECORD = re.compile(r"(?:^|[.;][ ])[ \t\-*•|]{0,12}\Z", re.M)

TOPIC = pattern_of("facts.topic")
TAUGHT = pattern_of("facts.taught")


@cache
def given_names() -> frozenset[str]:
    """All given names that are known."""
    return _names("given_names.txt") | _names("given_names_ambiguous.txt")


@cache
def telling_names() -> frozenset[str]:
    """The given names that tell a person even without a surname: no ordinary words, places or bodies."""
    return given_names() - _names("given_names_ambiguous.txt")


def _names(file: str) -> frozenset[str]:
    return frozenset(plain_letters(read_text(file)).text.split())


_KINDS: tuple[Kind, ...] = (
    "health", "union", "religion", "sexual", "judicial", "political", "discipline", "hr", "social"
)  # fmt: skip
FACTS = frozenset(_KINDS)
_REACH = 400
_STEP = 128
"""Where there is no stop, bounds are rounded so that neighbouring facts share a sentence."""
_STOP = re.compile(r"[.!?]\s+(?=[A-Z\"«-])|\n[ \t]*\n|\n[ \t]*[-*•–][ \t]|\f")
_ABBREVIATED = re.compile(r"(?:\b(?:M|MM|Mr|Mrs|Ms|Dr|Pr|Me|Mme|Mlle|St|art|cf|no?|[A-Z]))$")
_PRONOUN = pattern_of("facts.pronoun")
_MYSELF = pattern_of("facts.myself")
_MINE = re.compile(r"\b(?:mon|ma|mes|my)\s|\bm'(?:a|ont)\b")
_RELATED = pattern_of("facts.related")
"""Somebody at work or near the writer, who is not named: nobody that others would know."""
_FAMILY = pattern_of("facts.family")
"""Somebody of the writer's family is known by the writer's name."""
_OF_THEM = re.compile(r"\b(?:il|elle|he|she)\s(?:(?:est|etait|a|is|was|has)\s)?\Z")
"""« mon frère m'a dit qu'il est … »: said of who was spoken of."""
_EVERYDAY = pattern_of("facts.everyday")
"""What every service asks and answers of somebody's family, days of leave for instance."""
_OWNED = pattern_of("facts.owned")
_SUBJECT = re.compile(r"\b(?:je|j'|mon|ma|mes|i|my|il|elle|he|she)\b|\bj'")
_NO_THING = pattern_of("facts.no_thing")
"""What is owned and is the writer all the same, or somebody else: « ma santé », « mon équipe »."""
_ROW = re.compile(r"[;|\t]")
_WORD = re.compile(r"[A-Za-z][A-Za-z\-]+")
_CAPITALS = re.compile(r"\b(?:FO|SUD|RN|PS|LR|CGT|CFDT|UNSA|FSU|PCF|LFI|NPA|CFTC)\b")
_APPOSED = re.compile(r"\s?[,(]\s?(?:[a-z]+\s){0,2}$|\s(?:qui\s)?(?:[a-z]+\s)?$")
_BRACKETED = pattern_of("facts.bracketed")
_TOPICAL = pattern_of("facts.topical")
_CLAIM = pattern_of("facts.claim")
_ASKED = re.compile(r"\s?\?")
_INVENTED = pattern_of("facts.invented")
_ALL_INVENTED = pattern_of("facts.all_invented")
_DENIED = re.compile(r"(?:\bn'|n't\b|\b(?:pas|rien|aucun\w*|not|no)\b)[^.,;:!?\n]{0,30}\Z")
_PUBLISHED = pattern_of("facts.published")
_HISTORY = pattern_of("facts.history")
_LIVING = 1940
"""A year before which nobody of today came anywhere."""
_LASTING = re.compile(r"\b(?:nee?|naissance|born|depuis|since)\b")
_FORE = 160
"""How far before a fact it may be said that it is invented or published."""
_TOLD = re.compile(r"\b(?:qu[ei]|qu'|dont|car|puisque|comme|si|peux|pouvez|peut|comment|that|who|because)\b")
_LETTERS = re.compile(r"\b(?:fo|sud|rn|ps|lr)\b")


def find_facts(context: Context) -> list[Hit]:
    """Facts about named persons, none inside another."""
    found = list(_records(context))
    about = _About(context)
    for finder in (*(partial(_of_kind, kind) for kind in _KINDS), _diseases):
        taken = Taken(found)
        hits = (hit for hit in finder(context) if about.somebody(hit.start, hit.end))
        found += [hit for hit in hits if taken.free(hit)]
    return found


def _of_kind(kind: Kind, context: Context) -> Iterator[Hit]:
    for match in context.said(fact_patterns()[kind]):
        if not _means_it(context, match):
            continue
        claimed = _CLAIM.match(match.group())
        if claimed and _is_asked(context, match):
            continue
        if claimed or not _is_topic(context, match):
            yield Hit(kind=kind, start=match.start(), end=match.end())


def _diseases(context: Context) -> Iterator[Hit]:
    """Diseases that the words around make somebody's."""
    for match in (*context.said(fact_patterns()["disease"]), *_ended(context)):
        low = max(match.start() - 80, 0)
        before = context.lower[low : match.start()]
        if NO_DISEASE.search(before) or _is_topic(context, match):
            continue
        if _is_asked(context, match):
            continue
        if told := TELLS.search(before):
            yield Hit(kind="health", start=low + told.start(), end=match.end())
        elif OF_SOMEBODY.match(context.lower, match.end()) or (
            _BRACKETED.search(context.text[low : match.start()]) and not _TOPICAL.match(match.group())
        ):
            yield Hit(kind="health", start=match.start(), end=match.end())


def _ended(context: Context) -> Iterator[re.Match[str]]:
    """Diseases of which the ending tells that they are some."""
    for ending in DISEASE_ENDING.finditer(context.lower):
        begun = WORD_BEFORE.search(context.lower, max(ending.start() - 40, 0), ending.start())
        if begun and (match := ENDED_DISEASE.match(context.lower, begun.start(), ending.end())):
            yield match


def _is_asked(context: Context, match: re.Match[str]) -> bool:
    """« Mme Roy est malade ? » asks; « Peux-tu annoncer que Mme Roy est malade ? » tells."""
    if not _ASKED.match(context.lower, match.end()):
        return False
    first, _ = sentence(context.text, match.start(), match.end())
    before = context.lower[first : match.start()]
    return len(before) < 40 and not _TOLD.search(before)


def _is_topic(context: Context, match: re.Match[str]) -> bool:
    """Is it the subject of somebody's work?"""
    before = context.lower[max(match.start() - 80, 0) : match.start()]
    return bool(
        TOPIC.search(before) or (TAUGHT.search(before) and not OF_SOMEBODY.match(context.lower, match.end()))
    )


def _means_it(context: Context, match: re.Match[str]) -> bool:
    """Initials such as FO or SUD only in capitals."""
    written = context.text[match.start() : match.end()]
    return not _LETTERS.search(match.group()) or bool(_CAPITALS.search(written))


class _About:
    """Whom a fact at an offset may be about. Sentences are looked at once."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known: dict[tuple[int, int], bool] = {}
        self._invented = _ALL_INVENTED.search(context.lower) is not None

    def somebody(self, start: int, end: int) -> bool:
        text, lower = self._context.text, self._context.lower
        first, last = sentence(text, start, end)
        if self._invented or self._is_framed(start) or self._is_history(first, start, end, last):
            return False
        said = lower[first:start]
        family = _FAMILY.search(said)
        theirs = family and _OF_THEM.search(said, max(len(said) - 24, family.end()))
        mine = theirs or _MYSELF.search(said) or _MINE.search(lower[max(start - 8, first) : end])
        everyday = family and _EVERYDAY.fullmatch(lower, start, end)
        known = mine and not everyday and not _RELATED.search(said)
        if known and not _is_owned(lower[first:end], start - first):
            return True
        if self._names(first, last) or self._in_row(start) or self._in_apposition(first, start):
            return True
        led_back = _PRONOUN.search(lower[first:end])
        return bool(led_back) and self._names(max(first - _REACH, 0), first)

    def _is_framed(self, start: int) -> bool:
        """Is it said before that what follows is invented, or published by whom it is about?"""
        before = self._context.before(start, _FORE)
        low = start - len(before)
        for frame in _INVENTED.finditer(before):
            at = low + frame.start()
            is_one = before.endswith(("est un ", "is a "), 0, frame.start())
            passing = (
                frame["theirs"] and not is_one and self._names(sentence(self._context.text, at, at)[0], at)
            )
            if not passing and not _DENIED.search(before, 0, frame.start()):
                return True
        return any(not self._names(low + told.end(), start) for told in _PUBLISHED.finditer(before))

    def _is_history(self, first: int, start: int, end: int, last: int) -> bool:
        lower = self._context.lower
        year = _HISTORY.search(lower, first, last)
        if year is None or _LASTING.search(lower, first, last):
            return False
        at = year.start()
        if int(year[0][-4:]) < _LIVING:
            return True
        return "," not in lower[end:at] if at >= end else not self._names(first, at)

    def _names(self, start: int, end: int) -> bool:
        if (start, end) not in self._known:
            self._known[start, end] = bool(find_subjects(self._context.text[start:end]))
        return self._known[start, end]

    def _in_apposition(self, first: int, start: int) -> bool:
        """`à Solène Guibert, enceinte de cinq mois`: whoever is addressed, it is said of her."""
        if not (link := _APPOSED.search(self._context.text[first:start])):
            return False
        named = find_persons(self._context.text[first : first + link.start()])
        return any(person.end == link.start() and not person.professional for person in named[-1:])

    def _in_row(self, offset: int) -> bool:
        start, end = self._context.line(offset)
        row = self._context.text[start:end]
        return (
            len(row) <= _REACH
            and len(_ROW.findall(row)) > 1
            and any(w.capitalize() in given_names() for w in _WORD.findall(row))
        )


def _is_owned(said: str, at: int) -> bool:
    """Is the fact that begins at `at`, and with which `said` ends, told of a thing or animal of the writer,
    or by one, not of themselves? Who is near the writer is no thing."""
    found = [each for each in _OWNED.finditer(said) if each.start() <= at]
    near = found and (_RELATED.search(found[-1][0]) or _FAMILY.search(found[-1][0]))
    if not found or near or _NO_THING.fullmatch(found[-1]["whose"]):
        return False
    after = found[-1].end()
    return after == at if found[-1]["acts"] else not _SUBJECT.search(said, after)


def sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """The bounds of the sentence around a span, at most `_REACH` characters away on each side."""
    low = max(start - _REACH, 0) // _STEP * _STEP
    first = low
    for stop in _STOP.finditer(text, low, start):
        if not _ABBREVIATED.search(text[max(stop.start() - 4, 0) : stop.start()]):
            first = stop.end()
    high = min((end + _REACH) // _STEP * _STEP, len(text))
    for stop in _STOP.finditer(text, end, high):
        if not _ABBREVIATED.search(text[max(stop.start() - 4, 0) : stop.start()]):
            return first, stop.start()
    return first, high


def _records(context: Context) -> Iterator[Hit]:
    """Lines of a medical record that names its patient."""
    for match in context.said(RECORD, after=BEFORE_RECORD):
        near = context.text[max(match.start() - 2 * _REACH, 0) : match.end() + _REACH]
        if find_subjects(near):
            yield Hit(kind="health", start=match.start(1), end=match.end(1))
