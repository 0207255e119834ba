"""Does a text tell that somebody is in danger? A learned reader, which reads twice what may.

Who is in danger, or somebody near, is meant, not a subject (« prévention du suicide »). A wrong reading costs
a kind line that was not needed, and among others the answer, which is to be asked for again in private.

A first reader, of words, sends nearly all texts on their way. What is left is read by a model of language,
which hears what no word of it says (« je ne serai plus là lundi, ne m'attendez pas »); it is C code, so where
there is a sandbox it runs in there (`run`). Where there is no such model, the first reader decides alone.
Both learned from `tests/data/understanding` (`tools/train_reader.py`).
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from heapq import nlargest
from importlib import resources
from typing import Any, BinaryIO, Literal, cast

import orjson

from core.language.encoder import DIMENSION, Axis, Encoder, Layers, installed_encoder
from core.language.learned import LearnedReader, features_of, softmax
from core.understanding.commands import Kind, bare_request
from core.understanding.understand import topic_reader, understand

Distress = Literal["suicide", "violence", "harassment", "suffering", "medical"]
_NONE = 1 / (1 + math.exp(-2.8))
"""The probability of no danger (94 %) up to which a sentence is read a second time."""
_WORDS = 0.4
"""What the first reading counts beside the second, both as logarithms: whether it is a danger, and which."""
_BOUND = -1.08
"""The sum of both from which a sentence is taken to tell of one."""
_ORDERED = 4.2
"""How much more it takes of a sentence that is surely an order, « mets-le en français »; of one that may be
one, so much of it as that is probable."""
_NO_ORDERS: frozenset[Kind] = frozenset({"ask", "ask_document", "human", "stop"})
"""What is asked for by who is in danger, too."""
_SENTENCE = re.compile(r"(?<=[.!?;…])\s+|\n+")
_SENTENCES, CHARACTERS = 20, 300
"""How many sentences of a text are read for a danger, and how much of each."""
_TWICE = 6
"""How many of them are read twice, the likeliest first."""
_LAYERS = Layers(count=8, tensors={})
"""What of the model is used."""


@dataclass(frozen=True, slots=True)
class VectorReader:
    """What of a text's vector speaks for each label."""

    axes: dict[str, Axis]

    def dump(self) -> bytes:
        """As a file: labels and constants as JSON on one line, then the weights."""
        head = orjson.dumps({label: axis.constant for label, axis in self.axes.items()})
        return head + b"\n" + b"".join(axis.weights.tobytes() for axis in self.axes.values())

    @classmethod
    def load(cls, data: bytes) -> VectorReader:
        head, _, body = data.partition(b"\n")
        every = array("f", body)
        return cls(
            {
                label: Axis(constant=constant, weights=every[n * DIMENSION : (n + 1) * DIMENSION])
                for n, (label, constant) in enumerate(orjson.loads(head).items())
            }
        )

    def among(self, vector: Sequence[float]) -> dict[str, float]:
        """The probability of each label, where exactly one holds."""
        return dict(zip(self.axes, softmax([axis.score(vector) for axis in self.axes.values()]), strict=True))


def possible(text: str) -> dict[str, float]:
    """What of a text is to be read twice, with its log-odds of a danger: sentences of it, and a short text as
    a whole besides; nearly always nothing."""
    bare = bare_request(text)
    sentences = list(filter(str.strip, _SENTENCE.split(bare)))[:_SENTENCES]
    if len(sentences) > 1 and len(bare) <= CHARACTERS:
        sentences.insert(0, bare)  # of a short text the whole, too
    pieces = dict.fromkeys(said[:CHARACTERS] for said in sentences)
    read = {said: first_reader().among(features_of(said)) for said in pieces}
    odds = {said: danger_odds(each) for said, each in read.items() if each["none"] <= _NONE}
    return {said: odds[said] for said in nlargest(_TWICE, odds, key=odds.__getitem__)}


def danger_in(text: str, encoder: Encoder | None) -> Distress | None:
    """Name the danger that `text` most surely tells of; None for nearly all texts. Each reading by `encoder`
    holds up who calls it for some hundredths of a second; without it the first reader decides."""
    surest: tuple[float, str] = (_BOUND, "")
    for said, odds in possible(text).items():
        chances, known = first_reader().among(features_of(said)), odds + _BOUND
        if encoder is not None:
            heard = second_reader().among(encoder.encode(said))
            known = danger_odds(heard) + _WORDS * odds
            chances = {label: chance * chances[label] ** _WORDS for label, chance in heard.items()}
        known -= _ORDERED * _order_chance(said)
        del chances["none"]
        surest = max(surest, (known, max(chances, key=chances.__getitem__)))
    return cast("Distress", surest[1]) if surest[1] else None


def _order_chance(said: str) -> float:
    intent = understand(said)
    return 0.0 if intent.kind in _NO_ORDERS else intent.chance


def danger_odds(chances: dict[str, float]) -> float:
    """How probable any danger is, as log-odds."""
    none = min(max(chances["none"], 1e-6), 1 - 1e-6)
    return math.log((1 - none) / none)


@cache
def first_reader() -> LearnedReader:
    """Load what was learned of words."""
    return LearnedReader.from_bytes(_data("danger_words.bin"))


@cache
def second_reader() -> VectorReader:
    """Load what was learned of vectors."""
    return VectorReader.load(_data("danger_vectors.bin"))


@cache
def model() -> Encoder | None:
    """The model of this machine; None where there is none."""
    return installed_encoder(_LAYERS)


def _data(name: str) -> bytes:
    return resources.files("core.understanding").joinpath(name).read_bytes()


def prepare() -> None:
    """Read what the readers would read when first used: a jailed process may open no file."""
    first_reader()
    second_reader()
    model()
    topic_reader()
    understand("aide")


def run(file: BinaryIO, _arguments: dict[str, Any], _limits: object) -> str | None:
    """`danger_in` of a text in UTF-8."""
    return danger_in(file.read().decode("utf-8"), model())
