"""What a French word sounds like, roughly, so that « koi » and « quoi », « chak » and « chaque », are one
feature of a learned reader."""

from __future__ import annotations

import re
from functools import lru_cache

_ALIKE = (
    (re.compile(r"qu|q|ck|c(?![eiyh])"), "k"),
    (re.compile(r"c(?=[eiy])|z"), "s"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"eau|au"), "o"),
    (re.compile(r"oi|oy"), "wa"),
    (re.compile(r"ai|ei|(?:er|ez|et|es|ees?)$"), "e"),
    (re.compile(r"y"), "i"),
    (re.compile(r"(?<!c)h"), ""),
    (re.compile(r"(.)\1+"), r"\1"),
    (re.compile(r"(?<=..)(?:nt|[estdxp])+$"), ""),
)
"""What is written in several ways, then what is not heard, in this order."""


@lru_cache(maxsize=4096)
def sound_of(word: str) -> str:
    """Write a folded word as it sounds: `quoi` and `koi` are `kwa`, `faites` and `fete` are `fe`."""
    for written, heard in _ALIKE:
        word = written.sub(heard, word)
    return word
