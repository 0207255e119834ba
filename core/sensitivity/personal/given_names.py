"""Given names that tell a person in a text, folded, as they are written: a capital and small letters."""

from __future__ import annotations

from functools import cache

from core.sensitivity.data import read_text
from core.sensitivity.folding import fold


@cache
def given_names() -> frozenset[str]:
    """All given names that are known."""
    return _names("given_names.txt") | _names("given_names_ambiguous.txt")


@cache
def telling_names() -> frozenset[str]:
    """The given names that tell a person even without a surname: no ordinary words, places or bodies."""
    return given_names() - _names("given_names_ambiguous.txt")


def _names(file: str) -> frozenset[str]:
    return frozenset(fold(read_text(file)).text.split())
