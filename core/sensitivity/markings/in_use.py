"""Reads whether a marking's words mark the text at hand, or are only talked about, where no rule can tell.

Rules place a stamp: a line of its own, a label, a prefix in brackets (`finder`, `judging`). Everyday ways of
saying a marking have no such form: « texte (tlp amber) », « c'est du DR mais… », « Résume ce DR : ». So each
place at which a marking's words stand, and at which no rule found a stamp, is read by a small learned reader:
the words beside it, the signs and line ends around it, whether something is asked, and how much else is said.
It was taught by `tests.eval.markings` with texts by several hands. What it finds is asked about, never sure.

Pure. The cost of a place is constant, and the number of places that are read is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice, pairwise

from core.language.folding import gate_skeleton, plain_letters, skeleton
from core.language.learned import LearnedReader
from core.sensitivity.data import patterns_of, read_bytes
from core.sensitivity.level import Level, Sublevel
from core.sensitivity.markings.finder import FoundMarking
from core.sensitivity.markings.vocabulary import Mark, Vocabulary
from core.sensitivity.patterns import tree

BOUND = 0.3
"""The probability from which a person is asked. Below one half, since a miss costs more than a question."""
BOUND_OF_CAPITALS = 0.2
"""The same for a name in capitals, as stamps are written, and seldom by people who ask about one."""
_MOST = 24
_FOR_EACH = 2_000
"""So many places of one text are read, and one more for each of so many characters."""
_REACH = 240
"""Characters to either side of a place that are read."""
_TOKEN = re.compile(r"\w+|\n|[^\w\s]")
_CELL_END = str.maketrans("\t", "|")
"""A tab parts the cells of a table as a bar does."""
_SENTENCE_ENDS = frozenset(".!?\n")
_BESIDE = 4
"""Words to either side whose order counts."""
_LENGTHS = (6, 12, 25, 60, 150)
_OPENS, _CLOSES = frozenset("([{"), frozenset(")]}")
_QUOTES = frozenset("\"«»“”„'`")
_SIGNS = re.compile(r"[\W_]{0,5}")
"""What may stand between the parts of one marking."""
_WIDEST = 5
"""Signs and blanks between two letters of a name, at most."""
_WORD = re.compile(r"\w+")
_LETTER = re.compile(r"[A-Za-z0-9]")
_LETTERS = re.compile(r"[A-Za-z0-9]+")
_LONGEST_SHORT = 5
"""Characters of the longest name that other words resemble: « DR », « SD »."""
_UNREAD = ("scale", "abbreviation")
_HALVES = {"dr": "N4a", "nr": "N4a", "cd": "N4b", "sd": "N4b", "ts": "N4b"}
"""The level of each short way to say a marking (`in_use.said` of the lexicon)."""
_CAPITALS = frozenset(("nr", "cd", "sd", "ts"))
"""Short ways that are words of other trades unless they are written in capitals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkingPlace:
    """Where the words of a marking stand in a folded text."""

    mark: Mark
    start: int
    end: int


def places(text: str, vocabulary: Vocabulary) -> list[MarkingPlace]:
    """Find the places of markings from N2 upwards in a folded text, the first of many."""
    found = sorted([*_named(text, vocabulary), *_short(text)], key=lambda place: (place.start, -place.end))
    merged: list[MarkingPlace] = []
    for place in found:
        last = merged[-1] if merged else None
        if last and (place.start < last.end or _extends(text, last, place)):
            mark = max(last.mark, place.mark, key=lambda mark: (mark.form != "caveat", mark.level))
            merged[-1] = MarkingPlace(mark=mark, start=last.start, end=max(last.end, place.end))
        else:
            merged.append(place)
    marked = (each for each in merged if each.mark.level >= Level.N2 and each.mark.form != "caveat")
    return list(islice(marked, _MOST + len(text) // _FOR_EACH))


def _extends(text: str, last: MarkingPlace, place: MarkingPlace) -> bool:
    """Say whether a place goes on from the last: « RESTREINT UE/EU RESTRICTED », « DR - SPÉCIAL FRANCE »."""
    same = (last.mark.level, last.mark.sublevel) == (place.mark.level, place.mark.sublevel)
    caveat = "caveat" in (last.mark.form, place.mark.form)
    return (caveat or same) and _is_next(text, last, place)


def _is_next(text: str, place: MarkingPlace, other: MarkingPlace) -> bool:
    """Say whether only signs and blanks stand between two places, in whichever order."""
    first, second = sorted((place, other), key=lambda each: each.start)
    return _SIGNS.fullmatch(text, first.end, second.start) is not None


def _named(text: str, vocabulary: Vocabulary) -> Iterator[MarkingPlace]:
    """The places of whole names, however they are set: letter-spaced, dotted, with digits for letters."""
    names, pattern = _names(vocabulary)
    letters = gate_skeleton("".join(_LETTERS.findall(text)))
    if not pattern.search(letters):
        return
    at = [found.start() for found in _LETTER.finditer(text)]
    start = 0
    while found := pattern.search(letters, start):
        name, offsets = found[0], at[found.start() : found.end()]
        start = found.start() + 1
        if _is_whole(text, offsets, len(_WORD.findall(names[name].name))):
            start = found.end()
            yield MarkingPlace(mark=names[name], start=offsets[0], end=offsets[-1] + 1)


def _is_whole(text: str, offsets: Sequence[int], words: int) -> bool:
    """Say whether letters stand as words of their own: in so many words, or each letter apart."""
    before, after = text[offsets[0] - 1 : offsets[0]], text[offsets[-1] + 1 : offsets[-1] + 2]
    gaps = [step - 1 for one, other in pairwise(offsets) if (step := other - one) > 1]
    apart = len(gaps) >= len(offsets) - words
    return (
        not (before.isalnum() or after.isalnum())
        and max(gaps, default=0) <= _WIDEST
        and (len(gaps) <= words or apart)
    )


def _short(text: str) -> Iterator[MarkingPlace]:
    """The places of short ways to say a marking: « en diff restreinte », « ce DR »."""
    for match in _said_pattern().finditer(text.lower()):
        short, written = match.lastgroup or "", text[match.start() : match.end()]
        if not (
            written.istitle() or (short in _CAPITALS and not written.isupper())
        ):  # « Dr Martin », « un cd »
            yield MarkingPlace(mark=_said()[short], start=match.start(), end=match.end())


def find_in_use(text: str, vocabulary: Vocabulary) -> Iterator[FoundMarking]:
    """The places of a folded text whose words probably mark it. They are weak: a person is asked."""
    among = places(text, vocabulary)
    for place in among:
        if chance(text, place, among) >= _bound(text, place):
            yield FoundMarking(
                mark=place.mark, start=place.start, end=place.end, strength="weak", why="in_use"
            )


def _bound(text: str, place: MarkingPlace) -> float:
    """The bound of one place. A TLP label is written in capitals in questions, too."""
    said = text[place.start : place.end]
    stamped = said.isupper() and len(said) > _LONGEST_SHORT and place.mark.kind != "tlp"
    return BOUND_OF_CAPITALS if stamped else BOUND


def chance(text: str, place: MarkingPlace, among: Sequence[MarkingPlace]) -> float:
    """Return the probability that the words at `place` mark the text, and are not only talked about."""
    return _reader().among(features(text, place, among))["marks"]


def features(text: str, place: MarkingPlace, among: Sequence[MarkingPlace]) -> list[str]:
    """Name what the reader sees of one place: `among` are all places of the text, itself included."""
    before = _TOKEN.findall(text[max(place.start - _REACH, 0) : place.start].translate(_CELL_END))
    after = _TOKEN.findall(text[place.end : place.end + _REACH].translate(_CELL_END))
    left = [each.lower() for each in reversed(before)]
    right = [each.lower() for each in after]
    if place.start <= _REACH:
        left.append("^")
    if place.end + _REACH >= len(text):
        right.append("$")
    named = dict.fromkeys(_shape(text, place, among, left, right))
    named |= dict.fromkeys(_words_beside(_kind(place.mark), left, right))
    return list(named)


def _words_beside(kind: str, left: list[str], right: list[str]) -> Iterator[str]:
    """The words before and after a place in their order, and those of its sentence in none."""
    for side, words in (("l", left), ("r", right)):
        near = [*words[:_BESIDE], *["^$"] * _BESIDE][:_BESIDE]
        for at, word in enumerate(near):
            yield f"{side}{at}:{word}"
        yield f"{side}01:{near[0]} {near[1]}"
        yield f"{side}012:{near[0]} {near[1]} {near[2]}"
        yield f"{side}12:{near[1]} {near[2]}"
        yield f"{kind}{side}0:{near[0]}"
        yield f"{kind}{side}01:{near[0]} {near[1]}"
        for word in _own_sentence(words):
            yield f"s{side}:{word}"
            yield f"s:{word}"
        for word in words[:40]:
            yield f"o:{word}"
    yield f"lr:{left[0] if left else ''} {right[0] if right else ''}"
    yield f"llrr:{' '.join(left[:2])} | {' '.join(right[:2])}"


def _shape(
    text: str, place: MarkingPlace, among: Sequence[MarkingPlace], left: list[str], right: list[str]
) -> Iterator[str]:
    """How a place stands in its line and its text, and how it is written."""
    said = text[place.start : place.end]
    case = "upper" if said.isupper() else "lower" if said.islower() else "title"
    kind = _kind(place.mark)
    line = _line_place(left, right)
    opened = next((sign for sign in left[:6] if sign in _OPENS | _CLOSES), "") in _OPENS
    closed = next((sign for sign in right[:6] if sign in _OPENS | _CLOSES), "") in _CLOSES
    quoted = bool(_QUOTES & set(left[:2])) + bool(_QUOTES & set(right[:2]))
    asked = "?" if "?" in _own_sentence_end(right) else ""
    others = len({(each.mark.level, each.mark.sublevel) for each in among})
    choice = any(_kind(each.mark) != kind and _is_next(text, each, place) for each in among)
    size = sum(1 for _ in _WORD.finditer(text[:2_000]))
    length = sum(size > bound for bound in _LENGTHS)
    beyond = sum(len(right) > bound for bound in (1, 4, 8, 20))
    prior = sum(len(left) > bound for bound in (1, 4, 8, 20))
    questions = "?" in left or "?" in right
    yield from (f"k:{kind}", f"case:{case}", f"line:{line}", f"len:{length}", f"n:{min(others, 4)}")
    yield from (f"q:{asked}", f"qt:{questions}", f"quoted:{quoted}", f"in:{opened and closed}")
    yield f"choice:{choice}:{min(others, 3)}"
    yield from (f"after:{beyond}", f"before:{prior}", f"ab:{prior}:{beyond}")
    yield from (f"kc:{kind}:{case}", f"kl:{kind}:{line}", f"lc:{line}:{case}", f"klc:{kind}:{line}:{case}")
    yield from (f"lq:{line}:{asked}:{length}", f"nl:{others > 2}:{line}", f"first:{place == among[0]}:{line}")
    yield from (f"cl:{case}:{length}", f"qc:{quoted}:{case}", f"places:{min(len(among), 5)}")


def _line_place(left: list[str], right: list[str]) -> str:
    """Whether a place begins or ends its line, and by which sign it is parted from the rest."""
    begins = not left or left[0] in ("^", "\n")
    ends = not right or right[0] in ("$", "\n")
    if begins and ends:
        return "alone"
    if begins:
        return f"begins{_sign(right)}"
    if ends:
        return f"{_sign(left)}ends"
    return f"{_sign(left)}in{_sign(right)}"


def _sign(beside: list[str]) -> str:
    return "" if beside[0].isalnum() else beside[0]


def _own_sentence(words: list[str]) -> Iterator[str]:
    """The words up to the end of the sentence."""
    for word in islice(words, 24):
        if word in _SENTENCE_ENDS:
            return
        yield word


def _own_sentence_end(words: list[str]) -> str:
    return next((word for word in islice(words, 40) if word in _SENTENCE_ENDS), "")


def _kind(mark: Mark) -> str:
    if mark.kind == "tlp":
        return "tlp"
    if mark.form in ("abbreviation", "doubtful"):
        return mark.name.lower()
    if mark.name in ("SECRET", "SENSIBLE", "SENSITIVE", "CONFIDENTIAL") or mark.name.startswith(
        "CONFIDENTIEL"
    ):
        return mark.name[:9].lower()
    return str(mark.sublevel or mark.level)


@lru_cache(maxsize=8)
def _names(vocabulary: Vocabulary) -> tuple[dict[str, Mark], re.Pattern[str]]:
    """The names that are read, by their gate skeleton, and the pattern of all."""
    read = (
        mark
        for mark in vocabulary.marks
        if mark.form not in _UNREAD and len(skeleton(mark.name)) > _LONGEST_SHORT
    )
    names = {
        gate_skeleton(plain_letters(mark.name).text): mark
        for mark in read
        if mark.level >= Level.N2 or mark.form == "caveat"
    }
    return names, re.compile(tree(sorted(names, key=len, reverse=True)))


@cache
def _said_pattern() -> re.Pattern[str]:
    said = "|".join(f"(?P<{name}>{pattern.pattern})" for name, pattern in patterns_of("in_use.said").items())
    return re.compile(rf"(?<![a-z0-9])(?:{said})(?![a-z0-9])")


@cache
def _said() -> dict[str, Mark]:
    """The marks of the short ways to say one, by the name of their pattern."""
    return {
        name: Mark(
            name=name.upper(), level=Level.parse(half), sublevel=Sublevel.of(half), form="abbreviation"
        )
        for name, half in _HALVES.items()
    }


@cache
def _reader() -> LearnedReader:
    return LearnedReader.from_bytes(read_bytes("markings_in_use.bin"))
