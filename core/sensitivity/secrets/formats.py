"""Credentials that their form gives away, as patterns: see `formats.toml`."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path


@cache
def formats() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Each pattern with a word that a text with such a credential has, in small letters."""
    listed = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["formats"]
    patterns = [(each["gates"], re.compile(each["pattern"])) for each in listed]
    return tuple((gate, pattern) for gates, pattern in patterns for gate in gates)
