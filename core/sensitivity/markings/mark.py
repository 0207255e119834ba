"""What a marking of the vocabulary is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.sensitivity.level import Level, Sublevel

Form = Literal["plain", "abbreviation", "scale", "doubtful", "caveat"]
"""`abbreviation` (DR) and `scale` (C0–C3) are words of other trades too; `doubtful` is never strong;
a `caveat` (PAP, SPÉCIAL FRANCE) sets no level, but for what the second goes with where it heads a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One marking of the vocabulary. `name` is how it is written; marks of one name are the same."""

    name: str
    level: Level
    sublevel: Sublevel | None = None
    kind: Literal["marking", "tlp", "pap", "unknown_marking"] = "marking"
    form: Form = "plain"
