"""What a text names, by patterns kept as data: concepts of a short request, facts about the bot.

A concept (`concepts.toml`) is no decision: which request a text makes follows from its concepts together,
with weights learned from what people wrote (`core.language.learned`). A question that names no fact about
the bot (`about.toml`) is not about it (« quelle limite pour le plomb ? »), and is for the model.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from itertools import combinations
from typing import Literal, cast

from core.language.accents import fold

Topic = Literal["retention", "data", "size", "model", "learning", "who", "errors", "footprint"]
"""Where data go and how long they stay, how large a file may be, which model, who answers for it, what an
answer takes."""
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
