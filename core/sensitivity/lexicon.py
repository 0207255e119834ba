"""The words that the rules look for, from `data/lexicon.toml`: lists that a person can read and add to."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from typing import Any

from core.sensitivity.data import read_text


def pattern_of(name: str) -> re.Pattern[str]:
    """The pattern of a list, by its name (`persons.place`): for a constant of the rule that looks for it."""
    group, _, key = name.partition(".")
    kept = _lists()[group][key]
    return re.compile(kept.get("pattern", "{words}").replace("{words}", "|".join(kept["words"])))


@cache
def _lists() -> dict[str, Any]:
    return tomllib.loads(read_text("lexicon.toml"))
