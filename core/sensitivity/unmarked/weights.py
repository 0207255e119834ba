"""What the learned reader learned: weights of words and of vectors, bounds, and the level of each kind.

They are data (`unmarked.bin`), which `tests.eval.unmarked` writes.
"""

from __future__ import annotations

import math
import zlib
from array import array
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from functools import cache
from io import BytesIO
from operator import itemgetter

import orjson

from core.language.encoder import DIMENSION, Axis, Encoder, Layers, installed_encoder
from core.sensitivity.data import read_bytes
from core.sensitivity.level import Kind, Level, Strength
from core.sensitivity.unmarked.features import KIND_MASK, SIZE

LEVELS: dict[Kind, Level] = {
    "credential": Level.N3, "network": Level.N3, "hr": Level.N2, "discipline": Level.N3, "health": Level.N3,
    "union": Level.N3, "judicial": Level.N3, "minors": Level.N3, "social": Level.N3,
    "whistleblowing": Level.N3, "list": Level.N2, "procurement": Level.N2, "budget": Level.N2,
    "embargo": Level.N2, "site": Level.N3, "species": Level.N2, "defence": Level.N3,
    "business_secret": Level.N3,
}  # fmt: skip
"""The level of each kind that is learned."""

KINDS: tuple[Kind, ...] = tuple(LEVELS)
LEAN = 1.25
"""By how much the sum of a kind of level N3 may be less than that of one of N2, and still decide."""
ASKED = 4.0
"""The same where the person is only asked, and the vector tells kinds: what is asked counts until it is
answered, and too low a level would be missed."""
MOST = 1.0
"""The highest sum by words counts no more than this: a placeholder alone reaches more."""


Groups = list[list[int]]
Picked = list[tuple[Callable[[bytes], tuple[int, ...]], int, float]]
"""For each group what picks its weights, what these are more than they count, the root of how many."""


_ZERO = 128
"""The byte that is a weight of nothing."""
_SIGNED = bytes((byte + _ZERO) & 255 for byte in range(256))
"""From the bytes of whole numbers with a sign, as the file has them, to those of `Words`, and back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A sum over a text's features: a weight for each bucket, 128 more than it counts, so that it is a byte;
    what a weight of one counts, a constant."""

    buckets: bytes
    unit: float
    constant: float

    def weight(self, bucket: int) -> int:
        return self.buckets[bucket] - _ZERO

    def score(self, groups: Groups) -> float:
        return self.summed(_picked(groups))

    def summed(self, picked: Picked) -> float:
        """The sum over features that are picked out at once: one by one takes three times as long."""
        buckets = self.buckets
        found = sum((sum(pick(buckets)) - buckets[0] - zero) / root for pick, zero, root in picked)
        return self.constant + self.unit * found


def _picked(groups: Groups) -> Picked:
    # of one bucket alone `itemgetter` would give no tuple
    return [(itemgetter(0, *each), _ZERO * len(each), math.sqrt(len(each))) for each in groups if each]


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
    """What was learned. Below `doubtful` of the first sum a text is not read again. How much that sum counts
    beside the second is `share`; how much the sum by words of the kind that the vector says, `accord`, and
    the highest sum by words, `most`: of what neither has seen the like, words and vector seldom say the same,
    and words seldom say any kind. `less` is by how much the sum of a text is less where the vector says a
    kind of level N2: to miss one of N3 is worse."""

    first: Words
    alone: Bounds
    doubtful: float
    second: Axis
    share: float
    accord: float
    most: float
    less: float
    bounds: Bounds
    kinds_by_words: tuple[Words, ...]
    kinds: tuple[Axis, ...]

    def is_doubtful(self, first: float, rise: float) -> bool:
        """Is a text to be read again? `rise`: by how much what is found of many must be likelier."""
        return first >= self.doubtful + rise / self.alone.slope

    def by_words(self, groups: Groups) -> list[float]:
        """The sum of each kind, by words alone."""
        picked = _picked(coarse(groups))
        return [words.summed(picked) for words in self.kinds_by_words]

    def by_both(self, first: float, groups: Groups, vector: Sequence[float]) -> tuple[float, list[float]]:
        """What words and vector say together, and the sum of each kind, by the vector."""
        kinds, words = [axis.score(vector) for axis in self.kinds], self.by_words(groups)
        kind = kinds.index(max(kinds))
        score = self.second.score(vector) + self.share * first
        score += self.accord * words[kind] + self.most * min(max(words), MOST)
        return score - (self.less if LEVELS[KINDS[kind]] < Level.N3 else 0.0), kinds

    def dump(self) -> bytes:
        """As a file: the plain numbers as JSON on one line, then the weights, all compressed."""
        words, axes = (self.first, *self.kinds_by_words), (self.second, *self.kinds)
        plain = {
            "doubtful": self.doubtful,
            "share": self.share,
            "accord": self.accord,
            "most": self.most,
            "less": self.less,
            "alone": astuple(self.alone),
            "bounds": astuple(self.bounds),
            "words": [[each.unit, each.constant] for each in words],
            "axes": [each.constant for each in axes],
        }
        rows = [each.buckets.translate(_SIGNED) for each in words] + [each.weights.tobytes() for each in axes]
        return zlib.compress(b"".join([orjson.dumps(plain), b"\n", *rows]), 9)

    @classmethod
    def load(cls, data: bytes) -> Weights:
        line, _, body = zlib.decompress(data).partition(b"\n")
        plain = orjson.loads(line)
        rest = BytesIO(body)

        def words(size: int, unit: float, constant: float) -> Words:
            return Words(buckets=rest.read(size).translate(_SIGNED), unit=unit, constant=constant)

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
            accord=plain["accord"],
            most=plain["most"],
            less=plain["less"],
            bounds=Bounds(*plain["bounds"]),
            kinds_by_words=kinds_by_words,
            kinds=tuple(kinds),
        )


def coarse(groups: Groups) -> Groups:
    """Features in the buckets by which kinds are told apart."""
    return [[bucket & KIND_MASK for bucket in group] for group in groups]


def likeliest(sums: Sequence[float], lean: float = LEAN) -> Kind:
    """The kind with the highest sum; of two that are nearly as likely (by `lean`), the one that is protected
    more."""
    of = dict(zip(KINDS, sums, strict=True))
    return max(KINDS, key=lambda kind: of[kind] + (lean if LEVELS[kind] >= Level.N3 else 0.0))


@cache
def shipped_weights() -> Weights:
    return Weights.load(read_bytes("unmarked.bin"))


@cache
def shipped_encoder() -> Encoder | None:
    """The encoder of this machine, tuned; None where there is none. Only who encodes reads its layers."""
    return installed_encoder(Layers.load(read_bytes("unmarked_layers.bin")))
