"""Learns the weights of the reader of unmarked texts, and measures it by hand left out.

The corpus is in tests/data/sensitivity/unmarked: `hand-N`, one file for each of several people, who wrote
independently of each other and of the rules; `office-N`, harmless texts of life in an office by others, full
of names: no bound is set by them, but what each would have been asked is measured; `public-1`, stretches of
documents that permissive packages of Python and Debian publish, none of those that `tests.eval.public`
measures. A random split would flatter: a person's texts resemble each other. So the figures are those of each
person's texts, read with what was learned from all the others. The bounds of what is likely and what is
possible are set on these scores too, never on those of a text that was learned from.

Two readers are learned. The first is a linear support vector machine over words, its weights rounded to whole
numbers of one byte; it learns each text twice, as it is and as if it had been written in a hurry (`hurried`),
by which the second would gain nothing. The second are the last layers of the encoder's model
(`tests.eval.tuning`). The first is scored for each hand by what was learned from all others, the second for
each of three groups of hands, since it takes minutes to learn. How much each part of the sum counts is fitted
on those scores (`counting`): the second sum, the first, what words say of the kind, the most that they say of
any, and the level of the kind.

Needs scikit-learn and what the tuning needs, which the project does not depend on.

`more-N` are short texts in several manners, harmless and sensitive, written by one who had seen some texts
of the hands, and harmless ones that had been taken for sensitive: all learn from them, none is measured on
them. So are requests of relais itself (`tests/data/understanding/learned.jsonl`).

The shipped reader was learned further from that of eighteen hands with `more-1`, then with `more-2`, then
with hands 19 and 20, with 21 to 25, with 26 and 27, and from its own layers with 28 to 31, with 32 to 35,
`more-3` and the requests, then with 36 to 41, `more-4` and half of all that was before, at three quarters
of the rate; new hands count twice. It is the mean of that reader and of what it learned further of 42 to
44, with half of what was before and up to three tenths of each text's tokens left out; of a text longer
than the encoder reads, only the passages that the reader reads were learned, of a sensitive one that
which it finds most sensitive. Its words are those of hands 1 to 41. With 36, 37 and `more-4` alone, at
the whole rate, it missed more of the kept hands at the same bound, for its scores were lower altogether.
The published figures of hands left out are of readers of hands 1 to 31 from the beginning, learned
further with 32 to 41 but for their group's, and a part of what was before (six tenths, a half, a
quarter), then with 42 to 44, halved likewise; their first sums are those of hands 1 to 35, which had not
learned of the text's hand. Longer texts of the last nine hands were read as the shipped reader reads
them, passage by passage. Sensitive texts put into frames that say that all is invented, and learned as
harmless (840, with 252 in frames that say that it is real), were tried: at the same share of missed texts
more harmless ones were asked about, and notes from the field were taken for fiction. Pieces of ordinary
texts were tried too, hands that count alike, a bound for each kind, scores of the form of a text, a second
stage learned of what is doubtful alone, sixths of hands left out in place of thirds, and reading a text
again in small letters or without its first or last sentence: none helped. Lines and capitals told ordinary
texts from others, but not twins; the mean of what words say of all kinds told which reader had learned them.

How much each part of the sum counts was fitted on what was left out, with `COUNTED`. Fitted on nine tenths of
the hands, the tenth read, each in turn: 9.0 % missed, 8.0 % of level N3, 2.5 % of twins and 0.5 % of ordinary
texts asked about; fitted on all, as many. The bound for what is possible, 1.2, is the highest at which no
more than 8 % of N3 are missed; that for what is likely, 7, raises as many texts as before. A doubt of N3
where a rule raised a text to N2 would find 16 texts more, and asks about forms with a date of birth: four of
the labelled texts. With passwords that count four 30 ordinary texts were asked about, at 9.2 % missed, and
with them an address of a documentation.

Where a rule finds facts of persons and nothing else, the reader might take them back where its sum of any
kind is very low: of those left out that clears 7 twins and no sensitive text, but of sensitive texts put
between two sentences of an office it clears one in fifty.

Hands 45 and 46 are kept to learn: no reader has learned from them. Learned further with these, readers of
two groups of hands asked about 1.0 % of ordinary texts in place of 1.1, and missed one password more.
Layers nine to twelve were learned too, for each group from the beginning, of what the first sum does not
clear, in two epochs with up to three tenths of the tokens left out. As a third reading of what the six layers
leave in doubt (one ordinary text in eighty), its parts counted likewise beside the sum before, they ask about
2.2 % of twins (134) and 0.5 % of ordinary texts (33) at 8.0 % of N3 missed, and miss 2.04 % of passwords;
where these count eight, 134 and 27, at 1.9 % of passwords and 9.9 % of all missed. That is four megabytes and
three times the time of a second reading: not shipped.

A sensitive text between harmless words of one message was missed four times as often as alone. So what words
say is asked of each sentence too (`reader`), and the shipped layers were learned further of 25,682 texts, of
which three in five stand between harmless words (as `tests.eval.further` does, with other draws). The bound
for what is possible, 1.5, was chosen for these on `kept` to `kept-10` with hands 45 and 46: of 1,004
sensitive texts 5.7 % were missed before, and 20.3 % of 990 between harmless words; with sentences, 5.0 and
12.8 %; with what was learned further too, 5.3 and 9.3 %. 15, 16 and 19 of 1,140 twins were asked about and 8,
9 and 10 of 1,464 ordinary texts; between harmless words 34, 43 and 41 of 2,595, and 5, 8 and 10 of 2,984.
Hands left out were not measured with it: each group's reader would have to learn them too. The mean of the
layers before and after missed 12.2 % of 724 where these miss 8.7. Reading the suspect sentences again by
themselves as well missed 6.5 % of these, and asked about five twins more of 740. How much each part counts,
fitted anew on these hands, was no better. Of `kept-11` to `kept-15`, read once at the end, 253 of 4,050
sensitive texts between harmless words are missed instead of 480, 119 instead of 268 of level N3 (2,750), 56
twins of 2,200 are asked about instead of 55 and 19 ordinary texts of 3,250 instead of 17; alone, 24 of 810
instead of 21, 10 of 440 instead of 9, 4 of 650 as before.

Hands 47 and 48, who wrote messages with one sensitive sentence among others of another subject (`span`), were
not in that: of 378 such 33.1 % were missed before, and 18.0 % since. Learned further of these (twice) with
8,000 of the texts before, the reader missed no fewer of `kept-16`, a third such hand: 6 of 66, and 7 of 98
alone where it missed 5. They are kept to learn.

Of 432 errors
and as many other texts, mixed and judged anew by their words alone, no label was plainly wrong.

`kept*` are hands that nothing was learned from: `--held` with a file measures the shipped reader on it, with
`--padded` between harmless words too, of which none was learned.

Run, with `OMP_NUM_THREADS=1`, or threads wait for each other: `python -m tests.eval.unmarked --cache FOLDER
[--write]`, half an hour of one core. `--start FOLDER
--new HAND ...` learns further, in a third of the time, from what was kept before those hands were there.
`--held FILE` measures the shipped reader on other texts.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import math
import pickle
import random
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from core.language.encoder import Layers
from core.sensitivity import data
from core.sensitivity.assess import assess
from core.sensitivity.evidence import Kind
from core.sensitivity.level import Level
from core.sensitivity.unmarked.features import KIND_MASK, SIZE, features
from core.sensitivity.unmarked.weights import (
    ASKED,
    KINDS,
    LEVELS,
    MOST,
    Axis,
    Bounds,
    Groups,
    Weights,
    Words,
    coarse,
    likeliest,
)
from tests.bench.sensitivity import labelled
from tests.core.sensitivity import families
from tests.eval.hurried import hurried
from tests.eval.padding import FORMS, frames, padded
from tests.eval.tuning import EPOCHS, FROZEN, RATE, TUNED, Frozen, Lesson, States, Tuned, tune

CORPUS = Path(__file__).parents[1] / "data" / "sensitivity" / "unmarked"
NAMES: dict[str, Kind] = {"credentials": "credential", "justice": "judicial", "people_list": "list"}
"""Kinds that the people who wrote called otherwise."""
POSSIBLE = {"twin": 0.016, "ordinary": 0.0045, "office": 0.0, "other": 0.0, "request": 0.0}
LIKELY = {"twin": 0.004, "ordinary": 0.001, "office": 0.0, "other": 0.0, "request": 0.0}
"""The share of harmless texts that may be asked about, and that may be raised, beyond what rules do."""
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
GROUPS = 3
"""Groups of hands that the second reader is learned without, one after the other."""
SEED = 14
TOLERANCE = 0.01
UNMEASURED = {"other", "more-1", "more-2", "more-3", "more-4"}
"""What every reader learns from, and none is measured on."""
SHORTEST = 20
"""Characters of a request of relais; shorter ones are answers and orders of a word."""
_OTHER = ("first.jsonl", "second.jsonl", "third.jsonl")
"""Sets of markings and identifiers: their texts without any are harmless, and are learned as such."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text as it is learned from; `rules` is the level that the rules alone give, `again` are the features
    of the same text in a hurry."""

    hand: str
    text: str
    kind: str
    level: Level
    rules: Level
    groups: Groups
    again: Groups

    @property
    def harmless(self) -> bool:
        return self.kind in POSSIBLE


class Label(NamedTuple):
    """A text as its hand wrote it."""

    hand: str
    text: str
    kind: str
    level: Level


def labels(paths: Iterable[Path]) -> Iterator[Label]:
    """The texts of some files."""
    for path in paths:
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
            for entry in map(json.loads, filter(str.strip, lines)):
                hand = path.name.split(".")[0]
                kind = "office" if hand.startswith("office") else NAMES.get(entry["kind"], entry["kind"])
                yield Label(hand, entry["text"], kind, Level.parse(entry["level"]))


def corpus(paths: Iterable[Path]) -> Iterator[Example]:
    """The texts of some files, with their features."""
    return (example(*each) for each in labels(paths))


def example(hand: str, text: str, kind: str, level: Level) -> Example:
    rules = assess(text, learned=False).level
    again = features(hurried(text, random.Random(text)))
    return Example(
        hand=hand, text=text, kind=kind, level=level, rules=rules, groups=features(text), again=again
    )


def stretches() -> list[str]:
    """Stretches of public documents."""
    with gzip.open(CORPUS / "public-1.jsonl.gz", "rt") as lines:
        return [entry["text"] for entry in map(json.loads, lines)]


def requests() -> list[str]:
    """What people ask of relais itself."""
    with (CORPUS.parents[1] / "understanding" / "learned.jsonl").open() as lines:
        asked = {json.loads(line)["text"] for line in lines}
    return sorted(each for each in asked if len(each) >= SHORTEST and each.lstrip()[0] not in "!/")


def others() -> Iterator[Example]:
    """Harmless texts of the other sets, stretches of public documents, talk about markings, what people ask
    of relais itself; and `more-N`."""
    yield from corpus(sorted(CORPUS.glob("more-*.jsonl.gz")))
    yield from (example("other", text, "other", Level.N0) for text in stretches())
    for entry in labelled(*_OTHER):
        if entry["levels"] == ["N1"] or "N1" in entry["levels"]:
            yield example("other", entry["text"], "other", Level.N1)
    for _, text in (*families.decoys(times=5), *enumerate(families.talked())):
        yield example("other", text, "other", Level.N1)
    for text in requests():
        if (request := example("other", text, "request", Level.N1)).rules < Level.N2:
            yield request


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
        _matrix([groups for e in examples for groups in (e.groups, e.again)], SIZE),
        [not e.harmless for e in examples for _ in range(2)],
        sample_weight=[WORTH.get(e.kind, 1.5) for e in examples for _ in range(2)],
    )
    return _words(solver.coef_[0], solver.intercept_[0])


def learn_kinds(examples: Sequence[Example]) -> tuple[Words, ...]:
    """Which kind of sensitive text, by its words alone?"""
    chosen = [e for e in examples if not e.harmless]
    rows = _matrix([coarse(e.groups) for e in chosen], KIND_MASK + 1)
    solver = LinearSVC(C=COST, class_weight="balanced", random_state=SEED, tol=TOLERANCE)
    solver.fit(rows, [KINDS.index(e.kind) for e in chosen])
    return tuple(map(_words, solver.coef_, solver.intercept_))


def worth(kind: str) -> float:
    """How much a text counts where layers are learned."""
    return {"office": 1.6, "other": 0.7, "request": 0.5}.get(kind, 1.0)


def lesson(example: Example, states: States) -> Lesson:
    kind = None if example.harmless else example.kind
    return Lesson(states=states, kind=kind, worth=worth(example.kind))


@dataclass(frozen=True, slots=True)
class Corpus:
    """Texts, and what the model's frozen layers make of them."""

    examples: Sequence[Example]
    states: Sequence[States]
    frozen: Frozen
    start: Path | None = None
    new: Collection[str] = ()

    def tuned(self, name: str, without: Collection[str] = ()) -> Tuned:
        """The second reader, learned without some hands; from what was kept by this name, where one starts
        there: what is new then counts twice."""
        both = zip(self.examples, self.states, strict=True)
        lessons = [
            lesson(e, s) for e, s in both if e.hand not in without for _ in range(1 + (e.hand in self.new))
        ]
        start = pickle.loads(self.start.joinpath(name).read_bytes()) if self.start else None
        return tune(lessons, self.frozen, start)

    @property
    def hands(self) -> list[str]:
        return sorted({e.hand for e in self.examples} - UNMEASURED)


def group(hand: str) -> int:
    """Which of the groups a hand is of, whoever else comes; hands that write alike are in different ones."""
    number = int(hand.split("-")[1])
    return (number + number // 10 - 1) % GROUPS


_NO_BOUNDS = Bounds(possible=math.inf, likely=math.inf, slope=1.0, offset=0.0)
_NO_WORDS, _NO_AXIS = (
    Words(buckets=b"", unit=0.0, constant=0.0),
    Axis(weights=array("f"), constant=0.0),
)
NOTHING = Weights(
    first=_NO_WORDS,
    alone=_NO_BOUNDS,
    doubtful=-math.inf,
    second=_NO_AXIS,
    share=0.0,
    accord=0.0,
    most=0.0,
    less=0.0,
    bounds=_NO_BOUNDS,
    kinds_by_words=(),
    kinds=(),
)


class Parts(NamedTuple):
    """What the sum of a text is made of (`Weights.by_both`), or how much each part counts."""

    second: float
    first: float
    said: float
    most: float
    less: float


def parts(first: float, second: float, kinds: Sequence[float], words: Sequence[float]) -> Parts:
    kind = kinds.index(max(kinds))
    return Parts(second, first, words[kind], min(max(words), MOST), -float(LEVELS[KINDS[kind]] < Level.N3))


def counting(examples: Sequence[Example], made: Sequence[Parts]) -> Parts:
    """How much each part counts, as the second sum counts one."""
    worth = [
        COUNTED_N2 if e.level == Level.N2 and not e.harmless else COUNTED.get(e.kind, 1.0) for e in examples
    ]
    told = LogisticRegression(C=100.0, max_iter=3000)
    told.fit(np.array(made), [not e.harmless for e in examples], sample_weight=worth)
    return Parts(*(told.coef_[0] / told.coef_[0][0]).tolist())


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A text and what a reader that had not learned from its hand thinks of it: its kind where likely, and
    where asked about."""

    example: Example
    first: float
    second: float
    kind: Kind
    asked: Kind


def left_out(corpus: Corpus, folder: Path) -> tuple[list[Scored], Parts]:
    """Each hand's texts, scored with what was learned from others, and how much each part of a sum counts."""
    first: dict[int, float] = {}
    second: dict[int, tuple[float, list[float]]] = {}
    for hand in corpus.hands:
        words = learn_words([e for e in corpus.examples if e.hand != hand])
        first |= {n: words.score(e.groups) for n, e in enumerate(corpus.examples) if e.hand == hand}
    made: dict[int, Parts] = {}
    for number in range(GROUPS):
        hands = [hand for hand in corpus.hands if group(hand) == number]
        numbers = [n for n, e in enumerate(corpus.examples) if e.hand in hands]
        kept, tuned = folder / f"scores-{number}.pickle", folder / f"tuned-{number}.pickle"
        if not kept.exists():
            print(f"without {', '.join(hands)}", flush=True)
            learned = corpus.tuned(tuned.name, hands)
            tuned.write_bytes(pickle.dumps(learned))
            kept.write_bytes(pickle.dumps(learned.read([corpus.states[n] for n in numbers])))
        found = dict(zip(numbers, pickle.loads(kept.read_bytes()), strict=True))
        by_words = learn_kinds([e for e in corpus.examples if e.hand not in hands])
        for n, (score, kinds) in found.items():
            words = [each.score(coarse(corpus.examples[n].groups)) for each in by_words]
            made[n] = parts(first[n], score, kinds, words)
        second |= found
    least = doubtful([(corpus.examples[n], first[n]) for n in first])
    read_again = [n for n in first if first[n] >= least]
    counts = counting([corpus.examples[n] for n in read_again], [made[n] for n in read_again])
    return [
        Scored(
            example=corpus.examples[n],
            first=first[n],
            second=float(np.dot(counts, made[n])),
            kind=likeliest(second[n][1]),
            asked=likeliest(second[n][1], ASKED),
        )
        for n in first
    ], counts


def doubtful(first: Iterable[tuple[Example, float]]) -> float:
    """From which first sum on a text is read again."""
    sensitive = sorted(score for example, score in first if not example.harmless)
    return sensitive[int(DOUBTFUL * len(sensitive))]


def bounds(examples: Sequence[Example], scores: Sequence[float], deciding: Sequence[float]) -> Bounds:
    """The lowest bounds of the deciding scores at which no more than the shares of harmless texts pass, those
    that the rules raise aside; with the slope and offset that make probabilities of scores (Platt)."""
    told = LogisticRegression(C=100.0).fit(np.array([scores]).T, [not each.harmless for each in examples])
    slope, offset = float(told.coef_[0][0]), float(told.intercept_[0])
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


def settled(corpus: Corpus, scored: Sequence[Scored], counts: Parts, tuned: Tuned) -> Weights:
    """What is learned from all, with the bounds of what was left out."""
    told = [s.example for s in scored]
    first, second = [s.first for s in scored], [s.second for s in scored]
    least = doubtful((s.example, s.first) for s in scored)
    read_again = [s.second if s.first >= least else -math.inf for s in scored]
    axes = [Axis(weights=array("f", row.tobytes()), constant=constant) for row, constant in tuned.axes()]
    return Weights(
        first=learn_words(corpus.examples),
        alone=bounds(told, first, first),
        doubtful=least,
        second=axes[0],
        share=counts.first,
        accord=counts.said,
        most=counts.most,
        less=counts.less,
        bounds=bounds(told, second, read_again),
        kinds_by_words=learn_kinds(corpus.examples),
        kinds=tuple(axes[1:]),
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
        kind = each.kind if likely else each.asked
        read = LEVELS[kind] if passed and (likely or each.example.rules < Level.N2) else Level.N0
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


def in_frames(paths: Iterable[Path]) -> str:
    """What the shipped reader says of texts alone, and between harmless words (`padding`): by form, how many
    were read too low, or too high when they are harmless."""
    by, texts, wrong = frames("measured"), Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for each in labels(paths):
        for form in ("alone", *FORMS):
            chance = random.Random(f"{form}{each.text}")
            level = assess(each.text if form == "alone" else padded(each.text, form, by, chance)).level
            bad = level >= Level.N2 if each.kind in POSSIBLE else level < each.level
            for name in (each.kind,) if each.kind in POSSIBLE else ("sensitive", *_also(each)):
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
    parser.add_argument("--cache", type=Path, help="where what takes long is kept for the same corpus")
    parser.add_argument("--start", type=Path, help="the folder in there of a corpus without the new hands")
    parser.add_argument("--new", nargs="*", default=[], help="hands that are not of that corpus")
    given = parser.parse_args()
    if given.held and given.padded:
        print(in_frames(given.held))
        return
    if given.held:
        print(table(shipped(corpus(given.held))))
        return
    if given.cache is None:
        parser.error("--cache names the folder for what takes long")
    examples = [*corpus(sorted(CORPUS.glob("[ho]*-*.jsonl*"))), *others()]
    how = str(given.start or ""), sorted(given.new)
    learned = [[e.hand, e.text, e.kind] for e in examples], FROZEN, TUNED, EPOCHS, RATE, GROUPS, how
    folder = given.cache / hashlib.sha256(json.dumps(learned).encode()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    print(f"{len(examples)} texts", flush=True)
    frozen, kept = Frozen(), folder / "states.pickle"
    if not kept.exists():
        kept.write_bytes(pickle.dumps(frozen.states([e.text for e in examples])))
    whole = Corpus(examples, pickle.loads(kept.read_bytes()), frozen, given.start, given.new)
    scored, counts = left_out(whole, folder)
    if not (kept := folder / "tuned.pickle").exists():
        print("with all", flush=True)
        kept.write_bytes(pickle.dumps(whole.tuned(kept.name)))
    tuned: Tuned = pickle.loads(kept.read_bytes())
    weights = settled(whole, scored, counts, tuned)
    again = sum(s.first >= weights.doubtful for s in scored if s.example.kind == "ordinary")
    print(f"{weights.bounds}\n{weights.alone}\n{counts}\nordinary texts read twice: {again}\n")
    print(table(reading(scored, weights)))
    print(f"\n{curve(scored, weights)}")
    if given.write:
        ship(weights, tuned)


if __name__ == "__main__":
    main()
