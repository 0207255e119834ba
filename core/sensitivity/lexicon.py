"""The words that the rules look for, from `data/lexicon.toml`: lists that a person can read and add to."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Any


class _Lexicon(dict[str, re.Pattern[str]]):
    """A pattern for each list, by its name (`persons.place`), made when it is first asked for."""

    def __missing__(self, name: str) -> re.Pattern[str]:
        group, _, key = name.partition(".")
        kept = _lists()[group][key]
        words = "|".join(kept["words"])
        self[name] = made = re.compile(kept.get("pattern", "{words}").replace("{words}", words))
        return made


LEXICON = _Lexicon()


@cache
def _lists() -> dict[str, Any]:
    file = resources.files("core.sensitivity").joinpath("data/lexicon.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))
