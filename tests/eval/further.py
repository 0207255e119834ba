"""Learns the shipped reader's layers further, of texts as they are and between harmless words (`padding`).

Sensitive and harmless texts alike are put between the words of the set `learned`, and, in French, between
sentences of ordinary texts. `SHARES` says how many of each sort are learned so, and how many as they are. Two
readers are learned of them, from the shipped layers: one of whole texts, one of which up to three tenths of
each text's tokens are left out. The mean of both is shipped. What words weigh and how much each part of a sum
counts stays as it is. Of the texts of `KEPT` nothing is learned.

Needs what `tests.eval.tuning` needs. Run, with `OMP_NUM_THREADS=1`: `python -m tests.eval.further --possible
BOUND [--write]`, a quarter of an hour of one core.
"""

from __future__ import annotations

import argparse
import random
import re
from array import array
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.language.encoder import Axis, Layers
from core.sensitivity import data
from core.sensitivity.assess import assess
from core.sensitivity.level import Level
from core.sensitivity.unmarked.weights import Weights, shipped_weights
from tests.eval.padding import FORMS, frames, padded
from tests.eval.tuning import WIDTH, Frozen, Lesson, Tuned, tune, unpacked
from tests.eval.unmarked import CORPUS, POSSIBLE, Label, labels, requests, ship, stretches, worth

KEPT = ("hand-45", "hand-46", "hand-47", "hand-48")
SHARES = {
    "sensitive": (6500, 4000),
    "twin": (3600, 2500),
    "ordinary": (3200, 2200),
    "office": (900, 700),
    "request": (500, 900),
    "other": (200, 500),
}
"""How many texts of each sort are learned between harmless words, and as they are."""
_LONGEST = 600
"""Characters that are encoded."""
_LONGEST_INSIDE = 480
_NEIGHBOURS = 2500
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
READERS = ({"rate": 1.5e-4, "seed": 7, "left_out": 0.0}, {"rate": 2e-4, "seed": 23, "left_out": 0.3})
_SEED = 5


def texts() -> list[Label]:
    """All that is learned from."""
    names = ("hand-*", "office-*", "more-*")
    paths = [path for name in names for path in sorted(CORPUS.glob(f"{name}.jsonl.gz"))]
    found = list(labels(path for path in paths if not path.name.startswith(KEPT)))
    found += [Label("other", text, "other", Level.N0) for text in stretches()]
    return [*found, *(Label("other", text, "request", Level.N1) for text in requests())]


def neighbours(of: Sequence[Label], chance: random.Random) -> list[str]:
    """Sentences of ordinary texts in which the rules find nothing."""
    found = [s for each in of if each.kind in ("ordinary", "office") for s in _SENTENCE.split(each.text)]
    found = [s for s in found if 25 <= len(s) <= 110 and s[0].isupper() and s[-1] in ".!?"]
    chance.shuffle(found)
    return [s for s in found[:_NEIGHBOURS] if assess(s, learned=False).level < Level.N2]


def mixed(of: Sequence[Label]) -> list[tuple[Label, str]]:
    """What is learned: each text with its label."""
    chance, by = random.Random(_SEED), frames("learned")
    more, found = neighbours(of, chance), list[tuple[Label, str]]()
    for sort, (between, alone) in SHARES.items():
        own = [each for each in of if (each.kind if each.kind in POSSIBLE else "sensitive") == sort]
        short = [each for each in own if len(each.text) <= _LONGEST_INSIDE]
        for each in chance.sample(short, min(between, len(short))):
            form = chance.choice((*FORMS, "amid", "asked"))
            found.append((each, padded(each.text, form, by, chance, more)))
        found += [(each, each.text) for each in chance.sample(own, min(alone, len(own)))]
    chance.shuffle(found)
    return [(label, text) for label, text in found if len(text) <= _LONGEST]


def shipped_tuned(weights: Weights) -> Tuned:
    """The shipped layers and sums, to learn further from."""
    layers = Layers.load(Path(str(data.__path__[0]), "unmarked_layers.bin").read_bytes())
    rows = np.array([axis.weights for axis in (weights.second, *weights.kinds)], np.float32) / WIDTH
    return Tuned(
        {
            "layers": unpacked(layers.tensors),
            "second": rows[0],
            "constant": np.float32(weights.second.constant),
            "kinds": rows[1:].T.copy(),
            "constants": np.array([axis.constant for axis in weights.kinds], np.float32),
        }
    )


def mean(of: Sequence[Any]) -> Any:
    """The mean of what some readers learned, number by number."""
    match of[0]:
        case dict():
            return {name: mean([each[name] for each in of]) for name in of[0]}
        case list():
            return [mean(each) for each in zip(*of, strict=True)]
        case _:
            return np.asarray(np.mean(of, axis=0), np.float32)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--possible", type=float, required=True, help="the bound of what is asked about")
    parser.add_argument("--write", action="store_true", help="replace the shipped weights")
    parser.add_argument("--few", type=int, help="learn of so many texts only, to try whether it runs")
    given = parser.parse_args()
    weights, frozen, learned = shipped_weights(), Frozen(), mixed(texts())[: given.few]
    print(f"{len(learned)} texts", flush=True)
    states = frozen.states([text for _, text in learned])
    lessons = [
        Lesson(states=state, kind=None if each.kind in POSSIBLE else each.kind, worth=worth(each.kind))
        for (each, _), state in zip(learned, states, strict=True)
    ]
    start = shipped_tuned(weights)
    tuned = Tuned(mean([tune(lessons, frozen, start, **how).learned for how in READERS]))
    axes = [Axis(weights=array("f", row.tobytes()), constant=constant) for row, constant in tuned.axes()]
    bounds = replace(weights.bounds, possible=given.possible)
    weights = replace(weights, second=axes[0], kinds=tuple(axes[1:]), bounds=bounds)
    if given.write:
        ship(weights, tuned)


if __name__ == "__main__":
    main()
