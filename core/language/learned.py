"""What is learned of short texts: which of a few labels one bears, and in which language somebody writes.

A `LearnedReader` weighs by linear weights, shipped as data. A text becomes hashed features: its words, pairs
of words, and runs of three to five letters within words, all without accents; and what its words sound like.
A label's score is the sum of the learned weights of the features present, divided by the square root of their
number, plus a bias. Weights are one signed byte for each bucket and label, trained by
`tools/train_reader.py`; the same text always gives the same scores, on every machine.

Which of the two languages of relais somebody writes in is told by words of grammar (`grammar_words.toml`):
French and English share most learned words, and none of these. Only a text's first line counts, up to a colon
or a quotation: what follows may be there to be translated. What is not plain stays open: a few words, or both
languages at once.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from itertools import pairwise
from typing import Literal

from core.language.folding import fold

_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)*|\d+|[^\w\s]")
_PARTED = re.compile(r"[a-z]+|\d+|[^\w\s]")
_HEAD = b"\n"
_SIGNED = bytes(each ^ 128 for each in range(256))
"""A signed byte as itself + 128, and back."""
_ALIKE = (
    (re.compile(r"qu|q|ck|c(?![eiyh])"), "k"),
    (re.compile(r"c(?=[eiy])|z"), "s"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"eau|au"), "o"),
    (re.compile(r"oi|oy"), "wa"),
    (re.compile(r"ai|ei|(?:er|ez|et|es|ees?)$"), "e"),
    (re.compile(r"y"), "i"),
    (re.compile(r"(?<!c)h"), ""),
    (re.compile(r"(.)\1+"), r"\1"),
    (re.compile(r"(?<=..)(?:nt|[estdxp])+$"), ""),
)
"""What is written in several ways, then what is not heard, in this order."""


def features_of(text: str, *, extra: Iterable[str] = (), heard: bool = False) -> list[str]:
    """Name the features of `text`, each once: `w:word`, `b:word word`, `c:let`, and `extra` as given.

    `heard`: its words without elisions, and what they sound like, alone and in pairs, are features too:
    « l'avis », « d hier » and « kelkun » are written in many ways. Numbers count by their length only (`14h`
    and `15h` are alike). Letters are read within words, so that a misspelt word shares most of its features
    with the right one.
    """
    folded = fold(text)
    words = [f"#{len(word)}" if word.isdigit() else word for word in _TOKEN.findall(folded)]
    names = dict.fromkeys(f"x:{each}" for each in extra)
    if heard:
        parted = _PARTED.findall(folded)
        sounds = [sound_of(each) for each in parted if each.isalpha()]
        for kind, said in (("p", parted), ("h", sounds)):
            names |= dict.fromkeys(f"x:{kind}:{each}" for each in (*said, *map(" ".join, pairwise(said))))
    last = "^"
    for word in words:
        names[f"w:{word}"] = None
        names[f"b:{last} {word}"] = None
        last = word
        if len(word) > 2 and word[0] != "#":
            names |= _runs(word)
    names[f"b:{last} $"] = None
    return list(names)


@lru_cache(1024)
def _runs(word: str) -> dict[str, None]:
    """Its runs of three to five letters, as features."""
    edged = f"<{word}>"
    return {f"c:{edged[at : at + size]}": None for size in (3, 4, 5) for at in range(len(edged) - size + 1)}


@lru_cache(maxsize=4096)
def sound_of(word: str) -> str:
    """Write a folded word as it sounds: `quoi` and `koi` are `kwa`, `faites` and `fete` are `fe`."""
    for written, heard in _ALIKE:
        word = written.sub(heard, word)
    return word


def softmax(scores: Sequence[float]) -> list[float]:
    """The probability of each, where exactly one holds."""
    highest = max(scores)
    parts = [math.exp(score - highest) for score in scores]
    whole = sum(parts)
    return [part / whole for part in parts]


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedReader:
    """Weights of one learned reader. `table`: bucket after bucket, one byte a label, its weight + 128."""

    labels: tuple[str, ...]
    bits: int
    scales: tuple[float, ...]
    """What one step of a label's bytes is worth."""
    biases: tuple[float, ...]
    table: bytes

    @classmethod
    def from_bytes(cls, data: bytes) -> LearnedReader:
        """Read what `to_bytes` wrote: a JSON line (labels, bits, scales, biases), then its table, signed."""
        head, _, packed = data.partition(_HEAD)
        about = json.loads(head)
        return cls(
            labels=tuple(about["labels"]),
            bits=about["bits"],
            scales=tuple(about["scales"]),
            biases=tuple(about["biases"]),
            table=zlib.decompress(packed).translate(_SIGNED),
        )

    def to_bytes(self) -> bytes:
        """Write the reader as one file."""
        about = {"labels": self.labels, "bits": self.bits, "scales": self.scales, "biases": self.biases}
        return json.dumps(about).encode() + _HEAD + zlib.compress(self.table.translate(_SIGNED), 9)

    def among(self, features: Sequence[str]) -> dict[str, float]:
        """Return the probability of each label where exactly one holds (softmax)."""
        # The labels of a row are added all at once, as one number of so many bytes. Every second byte is
        # summed apart, as the low half of 16 bits: there the sum of 256 rows has room.
        table, mask, width = self.table, (1 << self.bits) - 1, len(self.labels)
        lanes = int.from_bytes(b"\xff\0" * (width // 2 + 1), "little")
        sums = [0] * width
        for first in range(0, len(features), 256):
            whole = even = 0
            for feature in features[first : first + 256]:
                at = (zlib.crc32(feature.encode("utf-8", "replace")) & mask) * width
                row = int.from_bytes(table[at : at + width], "little")
                whole += row
                even += row & lanes
            halves = even, (whole - even) >> 8
            for n in range(width):
                sums[n] += halves[n % 2] >> n // 2 * 16 & 0xFFFF
        root = math.sqrt(len(features)) or 1.0
        scores = [
            (total - 128 * len(features)) * scale / root + bias
            for total, scale, bias in zip(sums, self.scales, self.biases, strict=True)
        ]
        return dict(zip(self.labels, softmax(scores), strict=True))

    def weighed(self, features: Sequence[str], label: str, most: int = 3) -> list[str]:
        """Name the words of `features` that spoke most for `label`; none for a label that was not learned."""
        if label not in self.labels:
            return []
        mask, width, at = (1 << self.bits) - 1, len(self.labels), self.labels.index(label)
        words = [each for each in features if each.startswith(("w:", "b:"))]
        hashed = ((each, zlib.crc32(each.encode("utf-8", "replace"))) for each in words)
        weights = {each: self.table[(number & mask) * width + at] for each, number in hashed}
        best = sorted((each for each in words if weights[each] > 128), key=lambda each: -weights[each])
        return [each[2:] for each in best[:most]]


_LETTERS = re.compile(r"[a-z]{3}")
Written = Literal["fr", "en"]
_OWN = re.compile(r"[^\n:«“\"]*")
"""What of a text is surely its author's own words."""
_ENOUGH = 2
"""Different words of grammar of one language, at least, where there is none of the other."""
_SURE: dict[Written, float] = {"fr": 0.75, "en": 0.9}
"""The probability from which words of no grammar are of a language: most people here write French."""
_LONGEST = 300
"""Characters that are looked at."""
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")


def written_in(text: str) -> Written | None:
    """The language of a text, where it is plain: `en` for “How do I send you a file?”."""
    own = _OWN.match(text.strip()[:_LONGEST])
    said = set(_WORD.findall(fold(own[0]))) if own else set[str]()
    french, english = (len(said & _grammar_of()[language]) for language in ("fr", "en"))
    if min(french, english) > 0 or max(french, english) < _ENOUGH:
        return None
    return "fr" if french else "en"


def mostly_in(text: str) -> Written | None:
    """The language of a few words that have no grammar, by what was learned of words: `en` for “help”; None
    for « stop » and « export Word », which may be either."""
    if _LETTERS.search(fold(text)) is None:
        return None
    chances = word_reader().among(features_of(text))
    likely: Written = "fr" if chances["fr"] > chances["en"] else "en"
    return likely if chances[likely] >= _SURE[likely] else None


@cache
def word_reader() -> LearnedReader:
    """Load what was learned of the words of both languages."""
    return LearnedReader.from_bytes(
        resources.files("core.language").joinpath("language_words.bin").read_bytes()
    )


@cache
def grammar() -> frozenset[str]:
    """The words of grammar of both languages, folded."""
    return frozenset[str]().union(*_grammar_of().values())


@cache
def _grammar_of() -> dict[Written, frozenset[str]]:
    lists = tomllib.loads(resources.files("core.language").joinpath("grammar_words.toml").read_text("utf-8"))
    return {"fr": frozenset(lists["fr"].split()), "en": frozenset(lists["en"].split())}
