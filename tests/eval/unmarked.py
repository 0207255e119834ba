"""Learns the weights of the reader of unmarked texts, and measures it by hand left out.

The corpus is in tests/data/sensitivity/unmarked: `hand-N`, one file for each of several people, who wrote
independently of each other and of the rules; `office-N`, harmless texts of life in an office by others, full
of names: no bound is set by them, but what each would have been asked is measured; `public-1`, stretches of
documents that permissive packages of Python and Debian publish, none of those that `tests.eval.public`
measures. A random split would flatter: a person's texts resemble each other. So the figures are those of each
person's texts, read with what was learned from all the others. The bounds of what is likely and what is
possible are set on these scores too, never on those of a text that was learned from.

Needs scikit-learn, which the project does not depend on. What is learned are linear support vector machines;
the weights are rounded to whole numbers of one byte; the same corpus gives the same weights.

`kept` is the hand that nothing was learned from: `--held` with its file measures the shipped reader on it.

Run: `python -m tests.eval.unmarked [--write]`, some minutes. `--held FILE` measures the shipped reader on
other texts.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import pickle
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.svm import LinearSVC

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
POSSIBLE = {"twin": 0.014, "ordinary": 0.0044, "office": 0.0, "other": 0.0}
LIKELY = {"twin": 0.004, "ordinary": 0.001, "office": 0.0, "other": 0.0}
"""The share of harmless texts that may be asked about, and that may be raised, beyond what rules do."""
DOUBTFUL = 0.035
"""The share of sensitive texts that may be lost at the first sum: with them go harmless ones that the second
would have taken for sensitive, so that its bound may be lower. Up to this share no more are missed in all; of
ordinary texts one in thirty is read twice, where it was one in ten for a share of a hundredth."""
COST = 0.4
WORTH = {"office": 2.5, "other": 1.0}
"""How much a harmless text counts where it is learned; one of a hand counts 1.5."""
SCALE = 2.0
"""How much the vector counts beside the words."""
SEED = 14
TOLERANCE = 0.01
_OTHER = ("first.jsonl", "second.jsonl", "third.jsonl")
"""Sets of markings and identifiers: their texts without any are harmless, and are learned as such."""


CACHE: dict[str, bytes] = {}
"""Vectors of texts that were encoded before (`--cache`)."""


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
                hand = path.name.split(".")[0]
                kind = "office" if hand.startswith("office") else NAMES.get(entry["kind"], entry["kind"])
                yield example(hand, entry["text"], kind, Level.parse(entry["level"]))


def example(hand: str, text: str, kind: str, level: Level) -> Example:
    by = encoder(LAYERS)
    assert by, "learning needs the encoder"
    key = sha256(f"{LAYERS}:{text}".encode()).hexdigest()
    if key not in CACHE:
        CACHE[key] = by.encode(text).tobytes()
    return Example(
        hand=hand,
        text=text,
        kind=kind,
        level=level,
        rules=assess(text, learned=False).level,
        groups=features(text),
        vector=array("f", CACHE[key]),
    )


def others() -> Iterator[Example]:
    """Harmless texts of the other sets, stretches of public documents, and talk about markings."""
    with gzip.open(CORPUS / "public-1.jsonl.gz", "rt") as lines:
        for entry in map(json.loads, lines):
            yield example("other", entry["text"], "other", Level.N0)
    for entry in labelled(*_OTHER):
        if entry["levels"] == ["N1"] or "N1" in entry["levels"]:
            yield example("other", entry["text"], "other", Level.N1)
    for _, text in (*families.decoys(times=5), *enumerate(families.talked())):
        yield example("other", text, "other", Level.N1)


def _matrix(rows: Sequence[Groups], size: int) -> csr_matrix:
    """A row for each text: each feature counts one over the root of how many its group has."""
    values, columns, ends = array("d"), array("l"), [0]
    for groups in rows:
        for group in filter(None, groups):
            values.extend([1 / math.sqrt(len(group))] * len(group))
            columns.extend(group)
        ends.append(len(columns))
    return csr_matrix((np.array(values), np.array(columns), ends), shape=(len(rows), size))


class Lens:
    """Vectors moved to their middle and made as wide as words count; what is learned on them, moved back."""

    def __init__(self, vectors: np.ndarray) -> None:
        self._middle = vectors.mean(0)
        self._width = SCALE / math.sqrt(((vectors - self._middle) ** 2).sum(1).mean())

    def through(self, vectors: np.ndarray) -> csr_matrix:
        return csr_matrix((vectors - self._middle) * self._width)

    def head(self, weights: np.ndarray, constant: float, size: int) -> Head:
        unit = float(np.abs(weights[:size]).max()) / 127
        vector = np.zeros(DIMENSION)
        vector[: len(weights) - size] = weights[size:] * self._width
        return Head(
            buckets=array("b", np.rint(weights[:size] / unit).astype(np.int8).tobytes()),
            unit=unit,
            vector=array("f", vector.astype(np.float32).tobytes()),
            constant=float(constant - vector @ self._middle),
        )


NO_BOUNDS = Bounds(possible=math.inf, likely=math.inf, slope=1.0, offset=0.0)


def learn(examples: Sequence[Example]) -> Weights:
    """Weights without bounds."""
    sensitive = np.array([not e.harmless for e in examples])
    vectors = np.array([e.vector for e in examples])
    lens = Lens(vectors)
    words, seen = _matrix([e.groups for e in examples], SIZE), lens.through(vectors)
    importance = [WORTH.get(e.kind, 1.5) for e in examples]

    def head(features: csr_matrix) -> Head:
        solver = LinearSVC(C=COST, class_weight="balanced", random_state=SEED, max_iter=4000, tol=TOLERANCE)
        solver.fit(features, sensitive, sample_weight=importance)
        return lens.head(solver.coef_[0], solver.intercept_[0], SIZE)

    chosen = [e for e in examples if not e.harmless]
    coarse = _matrix([[[b & KIND_MASK for b in group] for group in e.groups] for e in chosen], KIND_MASK + 1)
    solver = LinearSVC(C=COST, class_weight="balanced", random_state=SEED, tol=TOLERANCE)
    solver.fit(hstack([coarse, seen[sensitive]]).tocsr(), [KINDS.index(e.kind) for e in chosen])
    return Weights(
        first=head(words),
        alone=NO_BOUNDS,
        doubtful=-math.inf,
        second=head(hstack([words, seen]).tocsr()),
        bounds=NO_BOUNDS,
        kinds=tuple(
            lens.head(*each, KIND_MASK + 1) for each in zip(solver.coef_, solver.intercept_, strict=True)
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
    """Each hand's texts, scored with what was learned from the others."""
    hands = sorted({e.hand for e in examples if e.hand != "other"})
    return [scored for hand in hands for scored in _one_out(examples, hand)]


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


def bounds(examples: Sequence[Example], scores: Sequence[float], deciding: Sequence[float]) -> Bounds:
    """The lowest bounds of the deciding scores at which no more than the shares of harmless texts pass, those
    that the rules raise aside; with the slope and offset that make probabilities of scores (Platt), by
    Newton's method."""
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
    possible, likely = (_bound(examples, deciding, shares) for shares in (POSSIBLE, LIKELY))
    return Bounds(possible=possible, likely=max(possible, likely), slope=slope, offset=offset)


def _bound(examples: Sequence[Example], scores: Sequence[float], shares: dict[str, float]) -> float:
    """Half way between the last harmless text that may pass and the first that may not."""
    least = -math.inf
    for kind, share in shares.items():
        found = (s for e, s in zip(examples, scores, strict=True) if e.kind == kind and e.rules < Level.N2)
        passing = sorted(found, reverse=True)
        if passing and share:
            number = int(share * len(passing))
            least = max(least, sum(passing[max(number - 1, 0) : number + 1]) / (1 + (number > 0)) + 1e-6)
    return least


def settled(examples: Sequence[Example], scored: Sequence[Scored]) -> Weights:
    """What is learned from all, with the bounds of what was left out."""
    told = [s.example for s in scored]
    first, second = [s.first for s in scored], [s.second for s in scored]
    sensitive = sorted(s.first for s in scored if not s.example.harmless)
    doubtful = sensitive[int(DOUBTFUL * len(sensitive))]
    read_again = [s.second if s.first >= doubtful else -math.inf for s in scored]
    return replace(
        learn(examples),
        alone=bounds(told, first, first),
        doubtful=doubtful,
        bounds=bounds(told, second, read_again),
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
        likely = each.second >= weights.bounds.likely
        read = LEVELS[each.kind] if passed and (likely or each.example.rules < Level.N2) else Level.N0
        level = max(read, each.example.rules)
        yield each.example, level, level > each.example.rules and each.second < weights.bounds.likely


def curve(scored: Sequence[Scored], weights: Weights) -> str:
    """What other bounds would have missed and asked: shares of sensitive, twin, ordinary, office texts."""
    lines = ["| possible from | missed | twins | ordinary | office |", "|---|---|---|---|---|"]
    for bound in (weights.bounds.possible, *(0.1 * n for n in range(1, 9))):
        moved = replace(weights, bounds=replace(weights.bounds, possible=bound, likely=max(bound, 1.0)))
        wrong: dict[str, list[bool]] = {}
        for each, level, _ in reading(scored, moved):
            bad = level >= Level.N2 if each.harmless else level < each.level
            wrong.setdefault(each.kind if each.harmless else "sensitive", []).append(bad)
        shares = (
            100 * sum(wrong[kind]) / len(wrong[kind]) for kind in ("sensitive", "twin", "ordinary", "office")
        )
        lines.append(f"| {bound:.2f} | " + " | ".join(f"{share:.1f} %" for share in shares) + " |")
    return "\n".join(lines)


def shipped(examples: Iterable[Example]) -> Iterator[tuple[Example, Level, bool]]:
    for each in examples:
        assessment = assess(each.text)
        yield each, assessment.level, assessment.ask


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true", help="replace the shipped weights")
    parser.add_argument("--held", nargs="*", type=Path, help="measure the shipped reader on these files")
    parser.add_argument("--cache", type=Path, help="where vectors of texts are kept from one run to the next")
    given = parser.parse_args()
    if given.cache and given.cache.exists():
        CACHE.update(pickle.loads(given.cache.read_bytes()))
    if given.held:
        print(table(shipped(corpus(given.held))))
        return
    examples = [*corpus(sorted(CORPUS.glob("[ho]*-*.jsonl*"))), *others()]
    print(f"{len(examples)} texts", flush=True)
    if given.cache:
        given.cache.write_bytes(pickle.dumps(CACHE))
    scored = left_out(examples)
    weights = settled(examples, scored)
    again = sum(s.first >= weights.doubtful for s in scored if s.example.kind == "ordinary")
    print(f"{weights.bounds}\n{weights.alone}\nordinary texts read twice: {again}\n")
    print(table(reading(scored, weights)))
    print(f"\n{curve(scored, weights)}")
    if given.write:
        Path(str(data.__path__[0]), "unmarked.bin").write_bytes(weights.dump())


if __name__ == "__main__":
    main()
