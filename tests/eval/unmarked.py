"""Learns the weights of the reader of unmarked texts, and measures it by hand left out.

The corpus is in tests/data/sensitivity/unmarked: one file for each of several people, who wrote independently
of each other and of the rules. A random split would flatter: a person's texts resemble each other. So the
figures are those of each person's texts, read with what was learned from all the others. The bounds of what
is likely and what is possible are set on these scores too, never on those of a text that was learned from.

The solver is the dual coordinate descent of linear support vector machines (Hsieh et al. 2008, L2 loss), the
weights are rounded to whole numbers of one byte. Everything is deterministic.

Run: `python -m tests.eval.unmarked [--write]`, some minutes. `--held FILE` measures the shipped reader on
other texts.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from operator import mul
from pathlib import Path

from core.sensitivity import data
from core.sensitivity.assess import assess
from core.sensitivity.evidence import Kind
from core.sensitivity.level import Level
from core.sensitivity.unmarked.encoder import DIMENSION, encoder
from core.sensitivity.unmarked.features import KIND_MASK, SIZE, features
from core.sensitivity.unmarked.reader import KINDS, LAYERS, LEVELS, Bounds, Groups, Head, Weights
from tests.bench.sensitivity import labelled
from tests.core.sensitivity import families

CORPUS = Path(__file__).parents[1] / "data" / "sensitivity" / "unmarked"
NAMES: dict[str, Kind] = {"credentials": "credential", "justice": "judicial", "people_list": "list"}
"""Kinds that the people who wrote called otherwise."""
POSSIBLE = {"twin": 0.02, "ordinary": 0.005, "other": 0.0}
LIKELY = {"twin": 0.004, "ordinary": 0.001, "other": 0.0}
"""The share of harmless texts that may be asked about, and that may be raised, beyond what rules do."""
DOUBTFUL = 0.012
"""The share of sensitive texts that may be lost at the first sum."""
COST = 0.8
ROUNDS, KIND_ROUNDS = 10, 5
SCALE = 2.0
"""How much the vector counts beside the words."""
_SEED = 14
_OTHER = ("first.jsonl", "second.jsonl", "third.jsonl")
"""Sets of markings and identifiers: their texts without any are harmless, and are learned as such."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text as it is learned from; `rules` is the level that the rules alone give."""

    hand: str
    text: str
    kind: str
    level: Level
    rules: Level
    groups: Groups
    vector: array[float]

    @property
    def harmless(self) -> bool:
        return self.kind in POSSIBLE


def corpus(paths: Iterable[Path]) -> Iterator[Example]:
    """The texts of some files, with their features."""
    for path in paths:
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
            for entry in map(json.loads, filter(str.strip, lines)):
                kind = NAMES.get(entry["kind"], entry["kind"])
                yield example(path.name.split(".")[0], entry["text"], kind, Level.parse(entry["level"]))


def example(hand: str, text: str, kind: str, level: Level) -> Example:
    by = encoder(LAYERS)
    assert by, "learning needs the encoder"
    return Example(
        hand=hand,
        text=text,
        kind=kind,
        level=level,
        rules=assess(text, learned=False).level,
        groups=features(text),
        vector=by.encode(text),
    )


def others() -> Iterator[Example]:
    """Harmless texts of the other sets, and talk about markings."""
    for entry in labelled(*_OTHER):
        if entry["levels"] == ["N1"] or "N1" in entry["levels"]:
            yield example("other", entry["text"], "other", Level.N1)
    for _, text in (*families.decoys(times=5), *enumerate(families.talked())):
        yield example("other", text, "other", Level.N1)


def solve(
    rows: Sequence[Groups],
    vectors: Sequence[Sequence[float]],
    signs: Sequence[int],
    costs: Sequence[float],
    rounds: int,
    size: int,
) -> Head:
    """The head that parts rows of sign +1 from those of sign -1."""
    weights, dense, constant = [0.0] * size, [0.0] * len(vectors[0]), 0.0
    get = weights.__getitem__
    scaled = [[(1 / math.sqrt(len(group)), group) for group in groups if group] for groups in rows]
    norms = [len(groups) + 1 + sum(map(mul, v, v)) for groups, v in zip(scaled, vectors, strict=True)]
    alphas = [0.0] * len(rows)
    order = list(range(len(rows)))
    shuffle = random.Random(_SEED).shuffle
    for _ in range(rounds):
        shuffle(order)
        for i in order:
            slack, groups, vector, sign = 1 / (2 * costs[i]), scaled[i], vectors[i], signs[i]
            score = sum(c * sum(map(get, g)) for c, g in groups) + sum(map(mul, dense, vector)) + constant
            gradient = sign * score - 1 + slack * alphas[i]
            step = max(alphas[i] - gradient / (norms[i] + slack), 0.0) - alphas[i]
            if abs(step) < 1e-9:
                continue
            alphas[i] += step
            constant += step * sign
            for c, group in groups:
                change = step * sign * c
                for bucket in group:
                    weights[bucket] += change
            dense = [w + step * sign * x for w, x in zip(dense, vector, strict=True)]
    unit = max(map(abs, weights)) / 127 or 1.0
    return Head(
        buckets=array("b", [round(w / unit) for w in weights]),
        unit=unit,
        vector=array("f", dense),
        constant=constant,
    )


class Lens:
    """Vectors moved to their middle and made as wide as words count; what is learned on them, moved back."""

    def __init__(self, vectors: Sequence[Sequence[float]]) -> None:
        count = len(vectors)
        self._middle = [sum(column) / count for column in zip(*vectors, strict=True)]
        spread = sum((x - m) ** 2 for v in vectors for x, m in zip(v, self._middle, strict=True)) / count
        self._width = SCALE / math.sqrt(spread)

    def through(self, vector: Sequence[float]) -> array[float]:
        return array("f", [(x - m) * self._width for x, m in zip(vector, self._middle, strict=True)])

    def back(self, head: Head) -> Head:
        vector = array("f", [w * self._width for w in head.vector])
        return replace(head, vector=vector, constant=head.constant - sum(map(mul, vector, self._middle)))


NO_BOUNDS = Bounds(possible=math.inf, likely=math.inf, slope=1.0, offset=0.0)


def learn(examples: Sequence[Example]) -> Weights:
    """Weights without bounds."""
    sensitive = [not e.harmless for e in examples]
    share = sum(sensitive) / len(examples)
    costs = [COST * (0.5 / share if s else 0.5 / (1 - share)) for s in sensitive]
    signs = [1 if s else -1 for s in sensitive]
    rows = [e.groups for e in examples]
    lens = Lens([e.vector for e in examples])
    vectors = [lens.through(e.vector) for e in examples]
    nothing = [array("f", [0.0] * DIMENSION)] * len(examples)
    chosen = [i for i, s in enumerate(sensitive) if s]
    coarse = [[[b & KIND_MASK for b in group] for group in rows[i]] for i in chosen]
    seen = [vectors[i] for i in chosen]
    return Weights(
        first=solve(rows, nothing, signs, costs, ROUNDS, SIZE),
        alone=NO_BOUNDS,
        doubtful=-math.inf,
        second=lens.back(solve(rows, vectors, signs, costs, ROUNDS, SIZE)),
        bounds=NO_BOUNDS,
        kinds=tuple(
            lens.back(
                solve(
                    coarse,
                    seen,
                    [1 if examples[i].kind == kind else -1 for i in chosen],
                    [COST * (6 if examples[i].kind == kind else 1) for i in chosen],
                    KIND_ROUNDS,
                    KIND_MASK + 1,
                )
            )
            for kind in KINDS
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A text and what a reader that had not learned from its hand thinks of it."""

    example: Example
    first: float
    second: float
    kind: Kind


def left_out(examples: Sequence[Example]) -> list[Scored]:
    """Each hand's texts, scored with what was learned from the others, on all cores."""
    hands = sorted({e.hand for e in examples})
    with ProcessPoolExecutor(2) as pool:
        return [s for found in pool.map(_one_out, [examples] * len(hands), hands) for s in found]


def _one_out(examples: Sequence[Example], hand: str) -> list[Scored]:
    weights = learn([e for e in examples if e.hand != hand])
    return [
        Scored(
            example=e,
            first=weights.first.score(e.groups),
            second=weights.second.score(e.groups, e.vector),
            kind=weights.kind(e.groups, e.vector),
        )
        for e in examples
        if e.hand == hand
    ]


def bounds(examples: Sequence[Example], scores: Sequence[float]) -> Bounds:
    """The lowest bounds at which no more than the shares of harmless texts pass, those that the rules raise
    aside; with the slope and offset that make probabilities of scores (Platt), by Newton's method."""
    slope, offset = 1.0, 0.0
    for _ in range(50):
        gradient = [0.0, 0.0]
        a = b = c = 1e-9
        for each, score in zip(examples, scores, strict=True):
            p = 1 / (1 + math.exp(-max(min(slope * score + offset, 30), -30)))
            d, w = p - (not each.harmless), p * (1 - p)
            gradient[0] += d * score
            gradient[1] += d
            a, b, c = a + w * score**2, b + w * score, c + w
        det = a * c - b * b
        slope -= (c * gradient[0] - b * gradient[1]) / det
        offset -= (a * gradient[1] - b * gradient[0]) / det
    possible, likely = (_bound(examples, scores, shares) for shares in (POSSIBLE, LIKELY))
    return Bounds(possible=possible, likely=max(possible, likely), slope=slope, offset=offset)


def _bound(examples: Sequence[Example], scores: Sequence[float], shares: dict[str, float]) -> float:
    least = -math.inf
    for kind, share in shares.items():
        found = (s for e, s in zip(examples, scores, strict=True) if e.kind == kind and e.rules < Level.N2)
        passing = sorted(found, reverse=True)
        if passing and share:
            least = max(least, passing[int(share * len(passing))] + 1e-6)
    return least


def settled(examples: Sequence[Example], scored: Sequence[Scored]) -> Weights:
    """What is learned from all, with the bounds of what was left out."""
    told = [s.example for s in scored]
    first = [s.first for s in scored]
    sensitive = sorted(s.first for s in scored if not s.example.harmless)
    return replace(
        learn(examples),
        alone=bounds(told, first),
        doubtful=sensitive[int(DOUBTFUL * len(sensitive))],
        bounds=bounds(told, [s.second for s in scored]),
    )


def table(levels: Iterable[tuple[Example, Level, bool]]) -> str:
    """By kind: how many texts, how many were read too low, or too high when they are harmless."""
    texts, wrong, asked = Counter[str](), Counter[str](), Counter[str]()
    for each, level, ask in levels:
        bad = level >= Level.N2 if each.harmless else level < each.level
        for name in (each.kind, "all harmless" if each.harmless else "all sensitive"):
            texts[name] += 1
            wrong[name] += bad
            asked[name] += ask and level >= Level.N2
    lines = ["| kind | texts | wrong | share | asked |", "|---|---|---|---|---|"]
    lines += [
        f"| {kind} | {count} | {wrong[kind]} | {100 * wrong[kind] / count:.1f} % | {asked[kind]} |"
        for kind, count in sorted(texts.items())
    ]
    return "\n".join(lines)


def reading(scored: Sequence[Scored], weights: Weights) -> Iterator[tuple[Example, Level, bool]]:
    """What rules and reader would have said together of each text left out."""
    for each in scored:
        passed = each.first >= weights.doubtful and each.second >= weights.bounds.possible
        read = LEVELS[each.kind] if passed else Level.N0
        level = max(read, each.example.rules)
        yield each.example, level, level > each.example.rules and each.second < weights.bounds.likely


def shipped(examples: Iterable[Example]) -> Iterator[tuple[Example, Level, bool]]:
    for each in examples:
        assessment = assess(each.text)
        yield each, assessment.level, assessment.ask


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true", help="replace the shipped weights")
    parser.add_argument("--held", nargs="*", type=Path, help="measure the shipped reader on these files")
    given = parser.parse_args()
    if given.held:
        print(table(shipped(corpus(given.held))))
        return
    examples = [*corpus(sorted(CORPUS.glob("*.jsonl*"))), *others()]
    print(f"{len(examples)} texts", flush=True)
    scored = left_out(examples)
    weights = settled(examples, scored)
    again = sum(s.first >= weights.doubtful for s in scored if s.example.kind == "ordinary")
    print(f"{weights.bounds}\n{weights.alone}\nordinary texts read twice: {again}\n")
    print(table(reading(scored, weights)))
    if given.write:
        Path(str(data.__path__[0]), "unmarked.bin").write_bytes(weights.dump())


if __name__ == "__main__":
    main()
