"""Lexicons and weights as files, each with a line on where it comes from, read when first used."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Any

from core.language.pattern_file import PatternFile


def read_text(name: str) -> str:
    """A data file's text, without its comments (lines that begin with `#`)."""
    text = resources.files(__name__).joinpath(name).read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))


def read_bytes(name: str) -> bytes:
    return resources.files(__name__).joinpath(name).read_bytes()


def lexicon(name: str) -> frozenset[str]:
    """The words of a file, wherever its lines end."""
    return frozenset(read_text(name).split())


def pattern_of(name: str, **given: str) -> re.Pattern[str]:
    """The pattern of an entry, by its name (`persons.place`): for a constant of the rule that needs it."""
    group, _, key = name.partition(".")
    return PatternFile(_groups()[group]).pattern(key, **given)


def patterns_of(name: str) -> dict[str, re.Pattern[str]]:
    """The patterns of a table of them (`contacts.papers`), by their names."""
    group, _, key = name.partition(".")
    return PatternFile(_groups()[group]).patterns(key)


@cache
def _groups() -> dict[str, Any]:
    return tomllib.loads(read_text("lexicon.toml"))
