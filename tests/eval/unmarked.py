"""Learns the weights of the reader of unmarked texts, and measures it by hand left out.

What is learned is in `tests.eval.lessons`. A random split would flatter: a person's texts resemble each
other. So the published figures are those of each person's texts, read by the whole gate with a reader that
was learned from the beginning without their group of hands: three such readers, and the shipped one, which
learned from all, are learned alike. The bounds of what is likely and what is possible, and how much each part
of a sum counts, are set on what was left out too, never on the score of a text that was learned from.

Two readers are learned. The first is a linear support vector machine over words, its weights rounded to
whole numbers of one byte; it learns each text as it is, as if it had been written in a hurry (`hurried`), and
between harmless words. The second are the last layers of the encoder's model (`tests.eval.tuning`): two
epochs of all, then one more of two thirds, twice, with other draws and another share of each text's tokens
left out;
the mean of both is kept. Each part of the sum (the second, the first, what words say of the kind, the most
that they say of any, and the level of the kind) counts as `counting` finds.

The shipped reader, and those of the groups, learned the hands 1 to 48 so. What looks like markings and
identifiers was forgotten in the first attempt (of 744 labelled texts 23 were wrong, where 0 may be), and was
learned in a round of its own at the end, of 23,000 texts, the half of them from before; `more-5`, which came
with it, the shipped one alone has learned, in one round more at a lower rate: seven tenths of that, and three
of the one before. Hands 49 and 50 nobody has learned. The three groups' readers were not given that last one.

Tried, and left: sensitive texts in frames that say that all is invented, learned as harmless (more harmless
ones were asked about, and notes from the field were taken for fiction); pieces of ordinary texts; hands that
count alike; a bound for each kind; scores of the form of a text; sixths of hands left out in place of thirds;
reading a text again in small letters or without its first or last sentence. Layers nine to twelve as a third
reading of what the six leave in doubt asked about 2.2 % of twins instead of 2.5, for four megabytes and three
times the time. Where a rule finds facts of persons and nothing else, the reader might take them back where
its sum of any kind is very low; of texts between two sentences of an office that would clear one in fifty.

The bound that the rule gives is 2.0. With 1.25, where 8 % of N3 were missed by hand left out, the eight hands
`kept-11` to `kept-18` missed 25 of 1,249 instead of 36, and took 18 of 736 twins and 4 of 994 ordinary texts
wrongly instead of 15 and 2. The rule was chosen after both had been seen.

Of 432 errors and as many other texts, mixed and judged anew by their words alone, no label was plainly wrong.

Needs scikit-learn and what the tuning needs, which the project does not depend on. The order of sums makes
the last digits differ from one machine to another.

Run, with `OMP_NUM_THREADS=1`, or threads wait for each other: `python -m tests.eval.unmarked --cache FOLDER
[--write]`, an hour and a half of one core. `--held FILE ...` measures the shipped reader on other texts, with
`--padded` between harmless words too, of which none was learned.
"""

from __future__ import annotations

import argparse
import math
import pickle
import random
from array import array
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from core.language.encoder import Encoder, Layers, model_folder
from core.language.folding import plain_letters
from core.sensitivity import data
from core.sensitivity.assess import assess
from core.sensitivity.level import Level
from core.sensitivity.unmarked import reader as gate
from core.sensitivity.unmarked.features import KIND_MASK, SIZE, features
from core.sensitivity.unmarked.weights import (
    KINDS,
    LEVELS,
    MOST,
    Axis,
    Bounds,
    Groups,
    Weights,
    Words,
    coarse,
)
from tests.eval.hurried import hurried
from tests.eval.lessons import GROUPS, LONGEST, Label, labels, learned, measured, put_between
from tests.eval.padding import FORMS, frames, padded
from tests.eval.tuning import FROZEN, TUNED, Frozen, Lesson, States, Tuned, mean, tune

POSSIBLE, LIKELY = {"twin": 0.016, "ordinary": 0.0045}, {"twin": 0.004, "ordinary": 0.001}
"""The shares of harmless texts that may be asked about, and raised, beyond what rules do, where words alone
decide."""
GOALS = {"sensitive": 0.10, "N3": 0.08, "credential": 0.02, "twin": 0.02, "ordinary": 0.005}
"""The shares that may be missed of sensitive texts, and taken wrongly of harmless ones. Hands left out do not
reach them all at once: the bound of what is possible is where the goal missed most is missed least."""
ASKED = 0.4
"""The share of the sensitive texts found that is asked about, rather than raised: it sets that of what is
likely."""
DOUBTFUL = 0.022
"""The share of sensitive texts that may be lost at the first sum: with them go harmless ones that the second
would have taken for sensitive, so that its bound may be lower. One ordinary text in seven is read twice."""
COST = 0.4
COUNTED = {"ordinary": 4.0, "twin": 5.0, "credential": 2.0}
COUNTED_N2 = 0.3
"""How much a text counts where it is fitted how much each part of the sum does; others, and sensitive ones of
level N2, which may be missed rather than those of N3."""
WORTH = {"office": 2.5, "other": 1.0, "request": 1.0}
"""How much a harmless text counts where words are learned; one of a hand counts 1.5."""
BRANCHES = ((1.5e-4, 7, 0.0), (2e-4, 23, 0.3))
"""Rate, seed and most of each text's tokens left out."""
_AS_THEY_ARE, _BETWEEN = 0.62, 0.72
"""The shares of texts that a branch learns."""
SEED = 14
TOLERANCE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text with its features: as it is, and, where it does not stand between harmless words, in a hurry."""

    label: Label
    groups: Groups
    again: Groups | None

    @classmethod
    def of(cls, label: Label) -> Example:
        hurry = None if label.between else features(hurried(label.text, random.Random(label.text)))
        return cls(label=label, groups=features(label.text), again=hurry)

    @property
    def both(self) -> list[Groups]:
        return [self.groups] if self.again is None else [self.groups, self.again]


def _matrix(rows: Sequence[Groups], size: int) -> csr_matrix:
    """A row for each text: each feature counts one over the root of how many its group has."""
    values, columns, ends = array("d"), array("l"), [0]
    for groups in rows:
        for group in filter(None, groups):
            values.extend([1 / math.sqrt(len(group))] * len(group))
            columns.extend(group)
        ends.append(len(columns))
    return csr_matrix((np.array(values), np.array(columns), ends), shape=(len(rows), size))


def _words(weights: np.ndarray, constant: float) -> Words:
    unit = float(np.abs(weights).max()) / 127
    buckets = (np.rint(weights / unit) + 128).astype(np.uint8).tobytes()
    return Words(buckets=buckets, unit=unit, constant=float(constant))


def learn_words(examples: Sequence[Example]) -> Words:
    """Is a text sensitive, by its words alone?"""
    solver = LinearSVC(C=COST, class_weight="balanced", random_state=SEED, max_iter=4000, tol=TOLERANCE)
    solver.fit(
        _matrix([groups for e in examples for groups in e.both], SIZE),
        [not e.label.harmless for e in examples for _ in e.both],
        sample_weight=[WORTH.get(e.label.kind, 1.5) for e in examples for _ in e.both],
    )
    return _words(solver.coef_[0], solver.intercept_[0])


def learn_kinds(examples: Sequence[Example]) -> tuple[Words, ...]:
    """Which kind of sensitive text, by its words alone?"""
    chosen = [e for e in examples if not e.label.harmless and not e.label.between]
    rows = _matrix([coarse(e.groups) for e in chosen], KIND_MASK + 1)
    solver = LinearSVC(C=COST, class_weight="balanced", random_state=SEED, tol=TOLERANCE)
    solver.fit(rows, [KINDS.index(e.label.kind) for e in chosen])
    return tuple(map(_words, solver.coef_, solver.intercept_))


def lesson(label: Label, states: States) -> Lesson:
    worth = {"office": 1.6, "other": 0.7, "request": 0.5}.get(label.kind, 1.0)
    return Lesson(states=states, kind=None if label.harmless else label.kind, worth=worth)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Texts, what the model's frozen layers make of them, and where what is learned of them is kept."""

    examples: Sequence[Example]
    states: Sequence[States]
    frozen: Frozen
    folder: Path

    @classmethod
    def of(cls, texts: Sequence[Label], folder: Path) -> Corpus:
        frozen, kept = Frozen(), folder / "states.pickle"
        if not kept.exists():
            kept.write_bytes(pickle.dumps(frozen.states([each.text for each in texts])))
        return cls(list(map(Example.of, texts)), pickle.loads(kept.read_bytes()), frozen, folder)

    def without(self, group: int | None) -> Learned:
        """What is learned of all but one group of hands; of all."""
        kept = self.folder / f"without-{group}.pickle"
        if not kept.exists():
            print(f"without group {group}", flush=True)
            numbers = [n for n, e in enumerate(self.examples) if group is None or e.label.group != group]
            own = [self.examples[n] for n in numbers]
            found = Learned(learn_words(own), learn_kinds(own), self._tuned(numbers))
            kept.write_bytes(pickle.dumps(found))
        return pickle.loads(kept.read_bytes())

    def _tuned(self, numbers: Sequence[int]) -> Tuned:
        def lessons(of: Sequence[int]) -> list[Lesson]:
            return [lesson(self.examples[n].label, self.states[n]) for n in of]

        first = tune(lessons(numbers), self.frozen, rate=3e-4, left_out=0.12)
        branches = list[Tuned]()
        for number, (rate, seed, left_out) in enumerate(BRANCHES):
            chance = random.Random(100 + number)
            share = {n: _BETWEEN if self.examples[n].label.between else _AS_THEY_ARE for n in numbers}
            some = [n for n in numbers if chance.random() < share[n]]
            branches.append(tune(lessons(some), self.frozen, first, rate=rate, seed=seed, left_out=left_out))
        return Tuned(mean([each.learned for each in branches]))


class Learned(NamedTuple):
    """Words, words of kinds, and layers."""

    words: Words
    kinds: tuple[Words, ...]
    tuned: Tuned

    def weights(self) -> Weights:
        """With bounds that let nothing pass, and all be read again."""
        axes = [
            Axis(weights=array("f", row.tobytes()), constant=constant) for row, constant in self.tuned.axes()
        ]
        nothing = Bounds(possible=math.inf, likely=math.inf, slope=1.0, offset=0.0)
        return Weights(
            first=self.words,
            alone=nothing,
            doubtful=-math.inf,
            second=axes[0],
            share=0.0,
            accord=0.0,
            most=0.0,
            less=0.0,
            bounds=nothing,
            kinds_by_words=self.kinds,
            kinds=tuple(axes[1:]),
        )

    def encoder(self) -> Encoder:
        folder = model_folder()
        assert folder, "learning needs the encoder's package"
        return Encoder(folder, Layers(count=FROZEN + TUNED, tensors=self.tuned.tensors()))


class Parts(NamedTuple):
    """What the sum of a text is made of (`Weights.by_both`), or how much each part counts."""

    second: float
    first: float
    said: float
    most: float
    less: float


@dataclass(frozen=True, slots=True)
class Scored:
    """A text, the level that the rules alone give, and what a reader that had not learned from its group
    makes of it."""

    label: Label
    rules: Level
    parts: Parts


def scored(of: Iterable[Label], by: Learned) -> Iterator[Scored]:
    """What a reader makes of texts that are read as one stretch."""
    weights, encoder = by.weights(), by.encoder()
    for label in of:
        if len(label.text) > LONGEST:
            continue
        doubt = gate.doubts([plain_letters(label.text)], weights)[0]
        vector = encoder.encode(gate.without_links(label.text))
        kinds, words = [axis.score(vector) for axis in weights.kinds], weights.by_words(doubt.groups)
        kind = kinds.index(max(kinds))
        less = -float(LEVELS[KINDS[kind]] < Level.N3)
        made = Parts(weights.second.score(vector), doubt.first, words[kind], min(max(words), MOST), less)
        yield Scored(label, assess(label.text, learned=False).level, made)


def doubtful(of: Iterable[Scored]) -> float:
    """From which first sum on a text is read again."""
    sensitive = sorted(each.parts.first for each in of if not each.label.harmless)
    return sensitive[int(DOUBTFUL * len(sensitive))]


def counting(of: Sequence[Scored]) -> Parts:
    """How much each part counts, as the second sum counts one."""

    def worth(label: Label) -> float:
        return COUNTED_N2 if label.level == Level.N2 and not label.harmless else COUNTED.get(label.kind, 1.0)

    told = LogisticRegression(C=100.0, max_iter=3000)
    sensitive = [not each.label.harmless for each in of]
    told.fit(np.array([each.parts for each in of]), sensitive, sample_weight=[worth(e.label) for e in of])
    return Parts(*(told.coef_[0] / told.coef_[0][0]).tolist())


def bounds_of_words(of: Sequence[Scored]) -> Bounds:
    """The lowest bounds of the first sum at which no more than the shares of harmless texts pass."""
    scores = [each.parts.first for each in of]
    slope, offset = _probability(of, scores)
    possible, likely = (_bound(of, scores, shares) for shares in (POSSIBLE, LIKELY))
    return Bounds(possible=possible, likely=max(possible, likely), slope=slope, offset=offset)


def bounds(of: Sequence[Scored], scores: Sequence[float]) -> Bounds:
    """The bound at which the goal that is missed most is missed least, and that of what is likely; what is
    not read again has the score of minus infinity."""
    told = [n for n, score in enumerate(scores) if score > -math.inf]
    slope, offset = _probability([of[n] for n in told], [scores[n] for n in told])
    both = list(zip(of, scores, strict=True))
    possible = min((n / 20 for n in range(20, 60)), key=lambda bound: _farthest(both, bound))
    found = [
        score
        for each, score in both
        if score >= possible and each.rules < Level.N2 and not each.label.harmless
    ]
    likely = float(np.quantile(found, ASKED))
    return Bounds(possible=possible, likely=likely, slope=slope, offset=offset)


def _farthest(of: Sequence[tuple[Scored, float]], bound: float) -> float:
    """By how many times the goal that is missed most is missed, where what is asked about begins here."""
    texts, wrong = Counter[str](), Counter[str]()
    for each, score in of:
        label, passed = each.label, score >= bound
        bad = passed or each.rules >= Level.N2 if label.harmless else not passed and each.rules < label.level
        for name in (label.kind,) if label.harmless else ("sensitive", *_also(label)):
            texts[name] += 1
            wrong[name] += bad
    return max(wrong[name] / texts[name] / share for name, share in GOALS.items())


def _probability(of: Sequence[Scored], scores: Sequence[float]) -> tuple[float, float]:
    """The slope and offset that make probabilities of scores (Platt)."""
    told = LogisticRegression(C=100.0).fit(np.array([scores]).T, [not each.label.harmless for each in of])
    return float(told.coef_[0][0]), float(told.intercept_[0])


def _bound(of: Sequence[Scored], scores: Sequence[float], shares: dict[str, float]) -> float:
    """Half way between the last harmless text that may pass and the first that may not."""
    least = -math.inf
    for kind, share in shares.items():
        found = (s for e, s in zip(of, scores, strict=True) if e.label.kind == kind and e.rules < Level.N2)
        passing = sorted(found, reverse=True)
        number = int(share * len(passing))
        least = max(least, sum(passing[max(number - 1, 0) : number + 1]) / (1 + (number > 0)) + 1e-6)
    return least


def settled(by: Learned, of: Sequence[Scored]) -> Weights:
    """What was learned, with the counts and bounds of what was left out."""
    least = doubtful(of)
    again = [each for each in of if each.parts.first >= least and each.label.kind != "office"]
    counts = counting(again)
    scores = [float(np.dot(counts, each.parts)) if each.parts.first >= least else -math.inf for each in of]
    return replace(
        by.weights(),
        alone=bounds_of_words(of),
        doubtful=least,
        share=counts.first,
        accord=counts.said,
        most=counts.most,
        less=counts.less,
        bounds=bounds(of, scores),
    )


@contextmanager
def reading_by(weights: Weights, encoder: Encoder) -> Generator[None]:
    """The gate, with another reader than the shipped one."""
    with (
        patch.object(gate, "shipped_weights", lambda: weights),
        patch.object(gate, "shipped_encoder", lambda: encoder),
    ):
        yield


def levels(of: Iterable[Label]) -> Iterator[tuple[Label, Level, bool]]:
    """The level that the gate reads of each text, and whether it asks."""
    for each in of:
        read = assess(each.text)
        yield each, read.level, read.ask


def table(of: Iterable[tuple[Label, Level, bool]]) -> str:
    """By kind: how many texts, how many were read too low, or too high when they are harmless, how many are
    asked about."""
    texts, wrong, asked = Counter[str](), Counter[str](), Counter[str]()
    for each, level, ask in of:
        bad = level >= Level.N2 if each.harmless else level < each.level
        names = (each.kind,) if each.harmless else (each.kind, "all sensitive", f"all {each.level.name}")
        for name in names:
            texts[name] += 1
            wrong[name] += bad
            asked[name] += ask and level >= Level.N2
    lines = ["| kind | texts | wrong | share | asked |", "|---|---|---|---|---|"]
    lines += [
        f"| {kind} | {count} | {wrong[kind]} | {100 * wrong[kind] / count:.1f} % | {asked[kind]} |"
        for kind, count in sorted(texts.items())
    ]
    return "\n".join(lines)


def in_frames(of: Sequence[Label]) -> str:
    """What the shipped reader says of texts alone, and between harmless words (`padding`): by form, how many
    were read too low, or too high when they are harmless."""
    by, texts, wrong = frames("measured"), Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for each in of:
        for form in ("alone", *FORMS):
            chance = random.Random(f"{form}{each.text}")
            level = assess(each.text if form == "alone" else padded(each.text, form, by, chance)).level
            bad = level >= Level.N2 if each.harmless else level < each.level
            for name in (each.kind,) if each.harmless else ("sensitive", *_also(each)):
                texts[form, name] += 1
                wrong[form, name] += bad
    names = ("sensitive", "N3", "credential", "twin", "ordinary")
    lines = ["| form | " + " | ".join(names) + " |", "|---" * (1 + len(names)) + "|"]
    for form in ("alone", *FORMS):
        shares = (f"{wrong[form, name]} of {texts[form, name]}" for name in names)
        lines.append(f"| {form} | " + " | ".join(shares) + " |")
    return "\n".join(lines)


def _also(labelled: Label) -> Iterator[str]:
    if labelled.level >= Level.N3:
        yield "N3"
    if labelled.kind == "credential":
        yield "credential"


def ship(weights: Weights, tuned: Tuned) -> None:
    """Replace the shipped weights and layers."""
    folder = Path(str(data.__path__[0]))
    folder.joinpath("unmarked.bin").write_bytes(weights.dump())
    layers = Layers(count=FROZEN + TUNED, tensors=tuned.tensors())
    folder.joinpath("unmarked_layers.bin").write_bytes(layers.dump())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true", help="replace the shipped weights")
    parser.add_argument("--held", nargs="*", type=Path, help="measure the shipped reader on these files")
    parser.add_argument("--padded", action="store_true", help="with --held: between harmless words as well")
    parser.add_argument("--cache", type=Path, help="where what takes long is kept; empty it for other texts")
    given = parser.parse_args()
    if given.held:
        of = list(labels(given.held))
        print(in_frames(of) if given.padded else table(levels(of)))
        return
    if given.cache is None:
        parser.error("--cache names the folder for what takes long")
    given.cache.mkdir(parents=True, exist_ok=True)
    corpus = Corpus.of(learned(), given.cache)
    told = measured()
    parted = [[each for each in told if each.group == group] for group in range(GROUPS)]
    readers = [corpus.without(group) for group in range(GROUPS)]
    found = [each for own, by in zip(parted, readers, strict=True) for each in scored(own, by)]
    alone, between = list[tuple[Label, Level, bool]](), list[tuple[Label, Level, bool]]()
    for own, by in zip(parted, readers, strict=True):
        with reading_by(settled(by, found), by.encoder()):
            alone += levels(own)
            between += levels(filter(None, map(put_between, own)))
    print(f"{table(alone)}\n\nbetween harmless words\n{table(between)}", flush=True)
    whole = corpus.without(None)
    weights = settled(whole, found)
    print(f"{weights.bounds}\n{weights.alone}")
    if given.write:
        ship(weights, whole.tuned)


if __name__ == "__main__":
    main()
