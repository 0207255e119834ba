"""A learned reader of short texts: which of a few labels a text bears, by linear weights shipped as data.

A text becomes hashed features: its words, pairs of words, and runs of three to five letters within words, all
without accents. A label's score is the sum of the learned weights of the features present, divided by the
square root of their number, plus a bias. Weights are one signed byte for each bucket and label, trained by
`tools/train_reader.py`; the same text always gives the same scores, on every machine.
"""

from __future__ import annotations

import json
import math
import re
import zlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from core.language.accents import fold

_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)*|\d+|[^\w\s]")
_HEAD = b"\n"


def features_of(text: str, *, extra: Iterable[str] = ()) -> list[str]:
    """Name the features of `text`, each once: `w:word`, `b:word word`, `c:let`, and `extra` as given.

    Numbers count by their length only (`14h` and `15h` are alike). Letters are read within words, so that
    a misspelt word shares most of its features with the right one.
    """
    words = [f"#{len(word)}" if word.isdigit() else word for word in _TOKEN.findall(fold(text))]
    names = dict.fromkeys(f"x:{each}" for each in extra)
    last = "^"
    for word in words:
        names[f"w:{word}"] = None
        names[f"b:{last} {word}"] = None
        last = word
        if len(word) > 2 and word[0] != "#":
            edged = f"<{word}>"
            for size in (3, 4, 5):
                for start in range(len(edged) - size + 1):
                    names[f"c:{edged[start : start + size]}"] = None
    names[f"b:{last} $"] = None
    return list(names)


def softmax(scores: Sequence[float]) -> list[float]:
    """The probability of each, where exactly one holds."""
    highest = max(scores)
    parts = [math.exp(score - highest) for score in scores]
    whole = sum(parts)
    return [part / whole for part in parts]


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedReader:
    """Weights of one learned reader. `columns` hold, for each label, one signed byte a bucket."""

    labels: tuple[str, ...]
    bits: int
    scales: tuple[float, ...]
    """What one step of a label's bytes is worth."""
    biases: tuple[float, ...]
    columns: tuple[array[int], ...]

    @classmethod
    def from_bytes(cls, data: bytes) -> LearnedReader:
        """Read what `to_bytes` wrote: a JSON line (labels, bits, scales, biases), then its table."""
        head, _, packed = data.partition(_HEAD)
        about = json.loads(head)
        table = array("b")
        table.frombytes(zlib.decompress(packed))
        return cls(
            labels=tuple(about["labels"]),
            bits=about["bits"],
            scales=tuple(about["scales"]),
            biases=tuple(about["biases"]),
            columns=tuple(table[n :: len(about["labels"])] for n in range(len(about["labels"]))),
        )

    def to_bytes(self) -> bytes:
        """Write the reader as one file."""
        about = {"labels": self.labels, "bits": self.bits, "scales": self.scales, "biases": self.biases}
        table = bytearray(len(self.columns) << self.bits)
        for n, column in enumerate(self.columns):
            table[n :: len(self.columns)] = column.tobytes()
        return json.dumps(about).encode() + _HEAD + zlib.compress(table, 9)

    def scores(self, features: Sequence[str]) -> list[float]:
        """Sum the weights of `features` for each label, in the order of `labels`; no probabilities yet."""
        mask = (1 << self.bits) - 1
        buckets = [zlib.crc32(feature.encode()) & mask for feature in features]
        picked = itemgetter(0, 0, *buckets)  # of one bucket alone it would give no tuple
        sums = [sum(picked(column)) - 2 * column[0] for column in self.columns]
        root = math.sqrt(len(features)) or 1.0
        return [
            total * scale / root + bias
            for total, scale, bias in zip(sums, self.scales, self.biases, strict=True)
        ]

    def among(self, features: Sequence[str]) -> dict[str, float]:
        """Return the probability of each label where exactly one holds (softmax)."""
        return dict(zip(self.labels, softmax(self.scores(features)), strict=True))

    def weighed(self, features: Sequence[str], label: str, most: int = 3) -> list[str]:
        """Name the words of `features` that spoke most for `label`; none for a label that was not learned."""
        if label not in self.labels:
            return []
        column = self.columns[self.labels.index(label)]
        words = [each for each in features if each.startswith(("w:", "b:"))]
        mask = (1 << self.bits) - 1
        weights = {each: column[zlib.crc32(each.encode()) & mask] for each in words}
        best = sorted((each for each in words if weights[each] > 0), key=lambda each: -weights[each])
        return [each[2:] for each in best[:most]]
