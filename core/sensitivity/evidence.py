"""What an assessment is made of: the parts of a text, the evidence found in them, and the result.

Positions are character offsets in the part's own text. Excerpts are masked: they show which words or
figures were seen without giving a person's data away, so that they may be shown and logged.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from core.sensitivity.level import Level, Sublevel

Place = Literal[
    "body", "header", "footer", "textbox", "notes", "subject", "property", "filename", "quote"
]  # fmt: skip
"""Where a part stands. A text file or a message is one `body`, in which pages end at form feeds."""

Strength = Literal["strong", "weak", "mention"]
"""`strong` sets the level; `weak` too, until the person denies it; `mention` has no effect."""

Kind = Literal[
    "marking", "tlp", "pap", "label", "unknown_marking", "unreadable",
    "nir", "nif", "iban", "rib", "card", "siren", "siret", "rpps", "phone", "email", "address", "plate",
    "passport", "cni", "residence_permit", "birth_date", "list",
    "health", "union", "religion", "sexual", "judicial", "political", "hr", "social",
    "discipline", "minors", "whistleblowing", "credential", "network", "procurement", "budget", "embargo",
    "site", "species", "defence", "business_secret",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of what is assessed. `name` is a property's key (`msip_labels`, `Title`, …), else empty."""

    text: str = field(repr=False)
    place: Place = "body"
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One finding. `level` is what it would give alone; `part` counts from 0 in the order given.

    `why` is a stable word for the rule that decided, put into a sentence by `core.texts.level_texts`.
    `probability` is that of the learned reader; None for rules.
    """

    kind: Kind
    level: Level
    start: int
    end: int
    strength: Strength
    why: str
    sublevel: Sublevel | None = None
    excerpt: str = ""
    part: int = 0
    place: Place = "body"
    probability: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The level of a text and why.

    `level` counts weak evidence as true: nothing fails open. `ask` says that only weak evidence lifts it
    so high, so the person may be asked; if they deny it, the level is `denied`.
    """

    level: Level
    denied: Level
    sublevel: Sublevel | None = None
    evidence: tuple[Evidence, ...] = ()
    rules: str = ""

    @property
    def top(self) -> Level:
        """`level` as the gate compares it."""
        return self._weighed(self.level, ("strong", "weak"))

    @property
    def sure(self) -> Level:
        """`denied` as the gate compares it."""
        return self._weighed(self.denied, ("strong",))

    def _weighed(self, level: Level, counted: tuple[Strength, ...]) -> Level:
        """N4 is N4a only where all that makes it so is."""
        if level < Level.N4:
            return level
        halves = {e.sublevel for e in self.evidence if e.level is Level.N4 and e.strength in counted}
        return Level.N4 if halves == {Sublevel.N4A} else Level.N4B

    @property
    def ask(self) -> bool:
        return self.denied < self.level
