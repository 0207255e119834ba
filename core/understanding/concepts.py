"""Which concepts a short request names (`concepts.toml`); the learned reader weighs them.

A concept is no decision: which request a text makes follows from its concepts together, with weights learned
from what people wrote.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from itertools import combinations

_ALONE = frozenset({"polite", "quoted", "you", "that"})
"""Concepts that say too little to be paired with others."""


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    data = tomllib.loads(resources.files("core.understanding").joinpath("concepts.toml").read_text("utf-8"))
    return {name: re.compile(pattern) for name, pattern in data.items()}


def concepts_of(folded: str) -> list[str]:
    """Name the concepts in folded text, each alone and in pairs: `k:erase`, `k:erase+mine`."""
    found = [name for name, pattern in _patterns().items() if pattern.search(folded)]
    paired = sorted(name for name in found if name not in _ALONE)
    return [*(f"k:{name}" for name in found), *(f"k:{a}+{b}" for a, b in combinations(paired, 2))]
