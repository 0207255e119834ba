"""The learned reader: what kind of sensitive thing an unmarked text says, and how likely that is.

Weights learned from texts that independent people wrote (`tests/data/sensitivity/unmarked`) are applied to a
text's features. A *first* sum, of words, pairs, shapes and letters alone, sends most harmless texts on their
way. What is left is read a second time, by a model of language whose last layers were tuned to the same texts
(`encoder`); its vector and the first sum say together whether the text is sensitive at all, and the vector of
which kind. Where there is no encoder, words alone decide, with bounds of their own.

The weights are data. Bounds that were set where they were learned turn the sums into evidence: what is
*likely* raises the level, what is *possible* is asked about.

A long text is read in windows, of which a cheap look at single words picks the few that are read in full: a
document of any length costs about as much as some messages. Of many windows one may look sensitive by chance,
so all bounds rise with their number, the first as well.
"""

from __future__ import annotations

import math
import re
import zlib
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from functools import cache
from heapq import nlargest
from io import BytesIO
from operator import mul

import orjson

from core.sensitivity.data import read_bytes
from core.sensitivity.evidence import Kind, Strength
from core.sensitivity.folding import fold
from core.sensitivity.level import Level
from core.sensitivity.unmarked.encoder import DIMENSION, Encoder, shipped_encoder
from core.sensitivity.unmarked.features import KIND_MASK, SIZE, features, names_somebody, tokens, word_bucket

LEVELS: dict[Kind, Level] = {
    "credential": Level.N3, "network": Level.N3, "hr": Level.N2, "discipline": Level.N3, "health": Level.N3,
    "union": Level.N3, "judicial": Level.N3, "minors": Level.N3, "social": Level.N3,
    "whistleblowing": Level.N3, "list": Level.N2, "procurement": Level.N2, "budget": Level.N2,
    "embargo": Level.N2, "site": Level.N3, "species": Level.N2, "defence": Level.N3,
    "business_secret": Level.N3,
}  # fmt: skip
"""The level of each kind that is learned."""

KINDS: tuple[Kind, ...] = tuple(LEVELS)
_WINDOW = 600
"""Characters that are read as one text."""
_READ = 8
"""Windows of a long text that are read in full."""
_WORD = re.compile(r"[a-z]{3,24}")
_WEIGHED = 3
_LEAN = 0.5
"""By how much the sum of a kind of level N3 may be less than that of one of N2, and still decide."""

Groups = list[list[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Impression:
    """What the reader thinks of the stretch `start` to `end` of a text, and which words weighed most."""

    kind: Kind
    probability: float
    strength: Strength
    start: int
    end: int
    words: tuple[str, ...]

    @property
    def level(self) -> Level:
        return LEVELS[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A sum over a text's features: a weight for each bucket, what a weight of one counts, a constant."""

    buckets: array[int]
    unit: float
    constant: float

    def score(self, groups: Groups) -> float:
        get = self.buckets.__getitem__
        found = sum(sum(map(get, group)) / math.sqrt(len(group)) for group in groups if group)
        return self.constant + self.unit * found


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A sum over a text's vector."""

    weights: array[float]
    constant: float

    def score(self, vector: Sequence[float]) -> float:
        return self.constant + sum(map(mul, self.weights, vector))


@dataclass(frozen=True, slots=True)
class Bounds:
    """From which sum on something is possible, and likely; slope and offset make a probability of a sum."""

    possible: float
    likely: float
    slope: float
    offset: float

    def strength(self, score: float) -> Strength | None:
        if score < self.possible:
            return None
        return "strong" if score >= self.likely else "weak"

    def probability(self, score: float) -> float:
        return 1 / (1 + math.exp(-(self.slope * score + self.offset)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What was learned. Below `doubtful` of the first sum a text is not read again; how much that sum counts
    beside the second is `share`."""

    first: Words
    alone: Bounds
    doubtful: float
    second: Axis
    share: float
    bounds: Bounds
    kinds_by_words: tuple[Words, ...]
    kinds: tuple[Axis, ...]

    def is_doubtful(self, first: float, rise: float) -> bool:
        """Is a text to be read again? `rise`: by how much what is found of many must be likelier."""
        return first >= self.doubtful + rise / self.alone.slope

    def kind(self, groups: Groups, vector: Sequence[float]) -> Kind:
        """The likeliest kind; of two that are nearly as likely, the one that is protected more."""
        if vector:
            scores = [axis.score(vector) for axis in self.kinds]
        else:
            coarse = [[bucket & KIND_MASK for bucket in group] for group in groups]
            scores = [words.score(coarse) for words in self.kinds_by_words]
        of = dict(zip(KINDS, scores, strict=True))
        return max(KINDS, key=lambda kind: of[kind] + (_LEAN if LEVELS[kind] >= Level.N3 else 0.0))

    def dump(self) -> bytes:
        """As a file: the plain numbers as JSON on one line, then the weights, all compressed."""
        words, axes = (self.first, *self.kinds_by_words), (self.second, *self.kinds)
        plain = {
            "doubtful": self.doubtful,
            "share": self.share,
            "alone": astuple(self.alone),
            "bounds": astuple(self.bounds),
            "words": [[each.unit, each.constant] for each in words],
            "axes": [each.constant for each in axes],
        }
        rows = [each.buckets.tobytes() for each in words] + [each.weights.tobytes() for each in axes]
        return zlib.compress(b"".join([orjson.dumps(plain), b"\n", *rows]), 9)

    @classmethod
    def load(cls, data: bytes) -> Weights:
        line, _, body = zlib.decompress(data).partition(b"\n")
        plain = orjson.loads(line)
        rest = BytesIO(body)

        def words(size: int, unit: float, constant: float) -> Words:
            return Words(buckets=array("b", rest.read(size)), unit=unit, constant=constant)

        def axis(constant: float) -> Axis:
            return Axis(weights=array("f", rest.read(4 * DIMENSION)), constant=constant)

        first = words(SIZE, *plain["words"][0])
        kinds_by_words = tuple(words(KIND_MASK + 1, *each) for each in plain["words"][1:])
        second, *kinds = map(axis, plain["axes"])
        return cls(
            first=first,
            alone=Bounds(*plain["alone"]),
            doubtful=plain["doubtful"],
            second=second,
            share=plain["share"],
            bounds=Bounds(*plain["bounds"]),
            kinds_by_words=kinds_by_words,
            kinds=tuple(kinds),
        )


@cache
def shipped_weights() -> Weights:
    return Weights.load(read_bytes("unmarked.bin"))


def read(texts: Sequence[str]) -> list[tuple[int, Impression]]:
    """What is possibly sensitive in the texts of one document or message, each with its text's number."""
    weights = shipped_weights()
    windows, rises = _chosen(texts, weights)
    found: list[tuple[int, Impression]] = []
    for n, start, end in windows:
        if impression := _impression(texts[n], start, end, weights, rises[n], shipped_encoder()):
            found.append((n, impression))
    return found


def is_doubtful(texts: Sequence[str]) -> bool:
    """Does a text need a second reading, if there is an encoder?"""
    weights = shipped_weights()
    windows, rises = _chosen(texts, weights)
    return any(
        weights.is_doubtful(weights.first.score(features(texts[n][a:b])), rises[n]) for n, a, b in windows
    )


def _chosen(texts: Sequence[str], weights: Weights) -> tuple[list[tuple[int, int, int]], list[float]]:
    """The windows that are read, each the number of a text, start and end; by how much bounds rise in each
    text: not for what stands beside it."""
    windows = [(n, *window) for n, text in enumerate(texts) for window in _windows(text)]
    of = Counter(n for n, _, _ in windows)
    rises = [math.log(max(of[n], 1)) for n in range(len(texts))]
    if len(windows) > _READ:
        best = nlargest(_READ, windows, key=lambda w: _glance(texts[w[0]][w[1] : w[2]], weights))
        windows = sorted(best)
    return windows, rises


def _impression(
    text: str, start: int, end: int, weights: Weights, rise: float, by: Encoder | None
) -> Impression | None:
    stretch = text[start:end]
    groups = features(stretch)
    score, bounds, vector = weights.first.score(groups), weights.alone, array("f")
    if not weights.is_doubtful(score, rise):
        return None
    if by is not None:
        vector = by.encode(stretch)
        score, bounds = weights.second.score(vector) + weights.share * score, weights.bounds
    score -= rise / bounds.slope
    strength, kind = bounds.strength(score), weights.kind(groups, vector)
    if strength is None:
        return None
    if kind == "list" and strength == "weak" and not names_somebody(stretch):
        return None  # it lists something else
    return Impression(
        kind=kind,
        probability=bounds.probability(score),
        strength=strength,
        start=start,
        end=end,
        words=_heaviest(stretch, weights),
    )


def _heaviest(text: str, weights: Weights) -> tuple[str, ...]:
    """The words that weighed most by themselves, without names and figures."""
    row = weights.first.buckets
    plain = {word for word, shape in tokens(text) if shape in ("@word", "@verb") and len(word) > 2}
    heavy = nlargest(_WEIGHED, plain, key=lambda word: (row[word_bucket(word)], word))
    return tuple(word for word in heavy if row[word_bucket(word)] > 0)


def _glance(text: str, weights: Weights) -> float:
    found = _WORD.findall(fold(text).text.lower())
    return sum(weights.first.buckets[word_bucket(word)] for word in set(found)) / math.sqrt(len(found) + 1)


def _windows(text: str) -> Iterator[tuple[int, int]]:
    """Stretches of about `_WINDOW` characters that end with a paragraph, a line, a sentence or a word."""
    start = 0
    while start < len(text):
        end = min(start + _WINDOW, len(text))
        if end < len(text):
            stops = (text.rfind(stop, start + _WINDOW // 2, end) for stop in ("\n\n", "\n", ". ", " "))
            end = next((stop + 1 for stop in stops if stop > 0), end)
        if not text[start:end].isspace():
            yield start, end
        start = end
