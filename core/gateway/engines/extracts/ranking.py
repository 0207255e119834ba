"""Which units matter: for a summary, by TF-IDF and maximal marginal relevance; for a question, by BM25.

TF-IDF: Spärck Jones 1972; centroid summaries: Radev 2004; MMR: Carbonell & Goldstein 1998; BM25:
Robertson & Walker 1994, with the usual constants.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from core.gateway.engines.extracts.cues import AMOUNT, DATE, OBLIGATION, STATES, SUBJECT, sought
from core.gateway.engines.extracts.units import Unit
from core.language.terms import akin, alike, query, terms

_K1 = 1.2
_B = 0.4
_RELEVANCE = 0.7
"""MMR: relevance against novelty."""
_SAME = 0.9
"""Likeness from which a unit repeats another."""
_ROWS = 3
"""Of the units of a summary, one is a row of a table."""
_CUE = 0.12
_USUAL = 2.0
"""Doublings by which a cue may be rarer than any unit and be worth no more."""
_FIRST = 0.08
_SOUGHT = 1.4
_ENOUGH = 0.45
"""Share of the best passage's score that a further passage must reach."""
_LEANT_ON = 0.4
_AKIN = 0.8
_ALIKE = 0.6

Vector = dict[str, float]


def summary(units: Sequence[Unit], size: int) -> list[Unit]:
    """The `size` units that tell most, no section taking more than its share, in reading order: up to half of
    them what the text says of itself, and few rows where there are sentences."""
    able = [index for index, unit in enumerate(units) if unit.alone]
    vectors = dict(zip(able, _vectors([units[i] for i in able]), strict=True))
    centre: Vector = {}
    for vector in vectors.values():
        for term, weight in vector.items():
            centre[term] = centre.get(term, 0.0) + weight
    relevance = _scaled({i: _dot(vectors[i], centre) for i in able})
    seen: set[tuple[int, int]] = set()
    cued = {index: _cues(f"{units[index].lead} {units[index].text}") for index in able}
    holders = Counter(cue for cues in cued.values() for cue in cues)
    worth = {cue: _CUE * max(1.0, math.log2(len(able) / count) - _USUAL) for cue, count in holders.items()}
    for index in able:
        place = (units[index].material, units[index].section)
        relevance[index] += sum(map(worth.__getitem__, cued[index])) + (_FIRST if place not in seen else 0.0)
        seen.add(place)
    quota = math.ceil(size / max(1, len(seen))) + 1
    stated = {i for i in able if STATES.search(units[i].text)}
    for index in stated:
        relevance[index] += SUBJECT.match(units[index].text) is not None
    worded = [replace(units[i], terms=tuple(t for t in units[i].terms if not t.isdecimal())) for i in able]
    words = dict(zip(able, _vectors(worded), strict=True))
    chosen = _diverse(units, words, relevance, first=stated, size=size, quota=quota)
    return [units[index] for index in sorted(chosen)]


def _diverse(
    units: Sequence[Unit],
    words: dict[int, Vector],
    relevance: dict[int, float],
    *,
    first: Collection[int],
    size: int,
    quota: int,
) -> list[int]:
    """Maximal marginal relevance: each choice is relevant and unlike those before it; half of them of the
    `first`, while there are some. By `words`: sentences that differ in a number are alike, not the same."""
    chosen: list[int] = []
    taken: Counter[tuple[int, int] | str] = Counter()
    rows = size if all(units[index].row for index in words) else max(2, size // _ROWS)
    likeness = dict.fromkeys(words, 0.0)
    numbers = {index: set(filter(str.isdecimal, units[index].terms)) for index in words}
    while len(chosen) < size and likeness:
        begun = [index for index in first if index in likeness] if len(chosen) < size // 2 else []
        best = max(
            sorted(begun) or likeness,
            key=lambda i: _RELEVANCE * relevance[i] - (1 - _RELEVANCE) * likeness[i],
        )
        chosen.append(best)
        place = (units[best].material, units[best].section)
        taken.update([place, "rows"] if units[best].row else [place])
        del likeness[best]
        for index in list(likeness):
            near = _dot(words[best], words[index])
            likeness[index] = max(likeness[index], near)
            full = taken[place] >= quota and (units[index].material, units[index].section) == place
            enough = units[index].row and taken["rows"] >= rows
            same = near > _SAME and numbers[best] == numbers[index]
            if full or enough or same:
                del likeness[index]
    return chosen


def passages(units: Sequence[Unit], question: str, most: int) -> list[int]:
    """Indexes of the units that answer a question best, best first; none when no word of it occurs."""
    index = _Index(units)
    wanted = [index.variants(term) for term in query(question)]
    kinds = sought(question)
    scores: dict[int, float] = {}
    for number in index.holding(wanted):
        score = index.score(number, wanted)
        for kind in kinds:
            score *= _SOUGHT if kind.search(units[number].text) else 1.0
        scores[number] = score
    if not scores:
        return []
    ranked = sorted(scores, key=lambda number: (-scores[number], number))
    return [number for number in ranked[:most] if scores[number] >= _ENOUGH * scores[ranked[0]]]


class _Index:
    """BM25 over units. The heading of a unit, and the sentence that it leans on, count as part of it."""

    def __init__(self, units: Sequence[Unit]) -> None:
        headings = {heading: set(terms(heading)) for heading in {unit.heading for unit in units}}
        self._counts: list[dict[str, float]] = []
        self._lengths: list[int] = []
        self._holders: dict[str, set[int]] = {}
        for number, unit in enumerate(units):
            counts = dict.fromkeys(units[number - 1].terms if unit.leans and number else (), _LEANT_ON)
            for term in (*unit.terms, *headings[unit.heading]):
                counts[term] = counts.get(term, 0.0) + 1.0
            self._counts.append(counts)
            self._lengths.append(len(unit.terms))
            for term in counts:
                self._holders.setdefault(term, set()).add(number)
        self._mean = sum(self._lengths) / max(1, len(units)) or 1.0

    def variants(self, term: str) -> dict[str, float]:
        """The known terms that a term of a question finds, with what each is worth."""
        found = dict.fromkeys((known for known in self._holders if akin(term, known)), _AKIN)
        found |= dict.fromkeys((known for known in alike(term) if known in self._holders), _ALIKE)
        return found | ({term: 1.0} if term in self._holders else {})

    def holding(self, wanted: Sequence[Mapping[str, float]]) -> set[int]:
        return {number for variants in wanted for term in variants for number in self._holders[term]}

    def score(self, number: int, wanted: Sequence[Mapping[str, float]]) -> float:
        """BM25, times the share of the question's weight that the unit covers."""
        norm = _K1 * (1 - _B + _B * self._lengths[number] / self._mean)
        score = covered = total = 0.0
        for variants in wanted:
            holders = len(set[int]().union(*(self._holders[term] for term in variants)))
            weight = math.log(1 + (len(self._counts) - holders + 0.5) / (holders + 0.5))
            total += weight
            count = max(
                (worth * self._counts[number].get(term, 0.0) for term, worth in variants.items()), default=0.0
            )
            if count:
                covered += weight * min(1.0, count)
                score += weight * count * (_K1 + 1) / (count + norm)
        return score * covered / total if total else 0.0


def _vectors(units: Sequence[Unit]) -> list[Vector]:
    """Unit vectors of TF-IDF."""
    frequency = Counter(term for unit in units for term in set(unit.terms))
    vectors: list[Vector] = []
    for unit in units:
        weights = {
            term: (1 + math.log(count)) * math.log(1 + len(units) / frequency[term])
            for term, count in Counter(unit.terms).items()
        }
        norm = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        vectors.append({term: weight / norm for term, weight in weights.items()})
    return vectors


def _dot(small: Vector, large: Vector) -> float:
    if len(small) > len(large):
        small, large = large, small
    return sum(weight * large[term] for term, weight in small.items() if term in large)


def _scaled(values: dict[int, float]) -> dict[int, float]:
    top = max(values.values(), default=0.0) or 1.0
    return {index: value / top for index, value in values.items()}


def _cues(text: str) -> list[re.Pattern[str]]:
    """The cues of a text: one that few texts of many have is worth up to three others (`summary`)."""
    return [cue for cue in (DATE, AMOUNT, OBLIGATION) if cue.search(text)]
