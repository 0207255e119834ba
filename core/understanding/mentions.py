"""What a text names, by patterns kept as data: concepts of a short request, facts about the bot, a danger.

A concept (`concepts.toml`) is no decision: which request a text makes follows from its concepts together,
with weights learned from what people wrote (`core.language.learned`). A question that names no fact about
the bot (`about.toml`) is not about it (« quelle limite pour le plomb ? »), and is for the model. A danger is
read in each sentence by a learned reader of its own (`distress.bin`, from `tests/data/understanding`): who is
in danger, or somebody near, not a subject (« prévention du suicide »); a wrong reading costs a kind line that
was not needed, and among others the answer, which is to be asked for again in private.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib import resources
from itertools import combinations
from typing import Literal, cast

from core.language.accents import fold
from core.language.learned import LearnedReader, features_of
from core.understanding.commands import bare_request

Topic = Literal["retention", "data", "size", "model", "learning", "who", "errors", "footprint"]
"""Where data go and how long they stay, how large a file may be, which model, who answers for it, what an
answer takes."""
Distress = Literal["suicide", "violence", "harassment", "suffering"]
_DANGER = 0.5
"""The probability from which a sentence is taken to tell of a danger."""
_SENTENCE = re.compile(r"(?<=[.!?;…])\s+|\n+")
_SENTENCES, _CHARACTERS = 20, 300
"""How many sentences of a text are read for a danger, and how much of each."""
_ALONE = frozenset({"polite", "quoted", "you", "that"})
"""Concepts that say too little to be paired with others."""


@cache
def _patterns(name: str) -> dict[str, re.Pattern[str]]:
    file = resources.files("core.understanding").joinpath(f"{name}.toml")
    return {key: re.compile(pattern) for key, pattern in tomllib.loads(file.read_text("utf-8")).items()}


def _named(name: str, folded: str) -> list[str]:
    return [key for key, pattern in _patterns(name).items() if pattern.search(folded)]


def concepts_of(folded: str) -> list[str]:
    """Name the concepts in folded text, each alone and in pairs: `k:erase`, `k:erase+mine`."""
    found = _named("concepts", folded)
    paired = sorted(name for name in found if name not in _ALONE)
    return [*(f"k:{name}" for name in found), *(f"k:{a}+{b}" for a, b in combinations(paired, 2))]


def topics_of(text: str) -> tuple[Topic, ...]:
    """Name the facts about the bot that `text` asks for, in the order in which they are told."""
    return tuple(cast("list[Topic]", _named("about", fold(text))))


@lru_cache(maxsize=64)  # the admission and the bot read the same text
def distress_in(text: str) -> Distress | None:
    """Name the danger that a sentence of `text` most surely tells of; None for nearly all texts."""
    surest: tuple[float, str] = (_DANGER, "")
    for said in list(filter(str.strip, _SENTENCE.split(bare_request(text))))[:_SENTENCES]:
        chances = dangers().among(features_of(said[:_CHARACTERS]))
        sure = 1 - chances.pop("none")
        surest = max(surest, (sure, max(chances, key=chances.__getitem__)))
    return cast("Distress", surest[1]) if surest[1] else None


@cache
def dangers() -> LearnedReader:
    """Load the weights that tell a danger."""
    return LearnedReader.from_bytes(
        resources.files("core.understanding").joinpath("distress.bin").read_bytes()
    )
