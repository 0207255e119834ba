"""How sensitive a text is, as values: the ladder of levels, the evidence found in its parts, the assessment
that they make; and what is kept and shown of it: a few findings, without the text itself.

The ladder is our proposal (the ministry's own charter prevails): N0 public, N1 internal, N2
sensitive, N3 protected by law, N4 out of scope. N4 is cut in two because the two halves obey different
texts: N4a, *Diffusion Restreinte* and its EU and NATO equivalents (II 901), may go to a homologated
system; N4b, classified information (IGI 1300), may not be handled at all.

Positions are character offsets in the part's own text. Excerpts are masked: they show which words or
figures were seen without giving a person's data away, so that they may be shown and logged.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from core.language.phrasebook import Phrasebook


class Level(enum.IntEnum):
    """A level; the higher, the more sensitive. Written `N2` in files, JSON and what people read."""

    N0 = 0
    N1 = 1
    N2 = 2
    N3 = 3
    N4 = 4
    N4B = 5
    """For the gate only: classified, or N4 of which nobody knows which half. N4 is then N4a."""

    @classmethod
    def parse(cls, text: str) -> Level:
        """The level that `text` names (`N2`, `n2`; `N4a` and `N4b` are both N4). Raises ValueError."""
        found = _PARSED.get(text.strip().upper())
        if found is None:
            raise ValueError(f"unknown level {text!r}: expected one of N0, N1, N2, N3, N4")
        return found

    @property
    def french(self) -> str:
        return _FRENCH[self]

    @property
    def english(self) -> str:
        return _ENGLISH[self]

    def called(self, language: str) -> str:
        """What it means, in a word or two: « Sensible »."""
        return self.english if language == "en" else self.french

    def titled(self, language: str) -> str:
        """« N2 – Sensible »."""
        return f"{self} – {self.called(language)}"

    def __str__(self) -> str:
        return "N4" if self is Level.N4B else self.name

    def __format__(self, format_spec: str) -> str:
        return format(str(self), format_spec)


class Sublevel(enum.StrEnum):
    """Which half of N4: `N4a` may go where a homologation says so, `N4b` never."""

    N4A = "N4a"
    N4B = "N4b"

    @classmethod
    def of(cls, text: str) -> Sublevel | None:
        """The half that the name of a level tells: `N4b`; a bare `N4` fails closed. None below N4."""
        if Level.parse(text) is not Level.N4:
            return None
        return cls.N4A if text.strip().upper() == "N4A" else cls.N4B


_PARSED = {str(level): level for level in Level if level <= Level.N4} | {"N4A": Level.N4, "N4B": Level.N4}
_FRENCH = {
    Level.N0: "Public",
    Level.N1: "Interne",
    Level.N2: "Sensible",
    Level.N3: "Confidentiel",
    Level.N4: "Hors périmètre",
    Level.N4B: "Hors périmètre",
}
_ENGLISH = {
    Level.N0: "Public",
    Level.N1: "Internal",
    Level.N2: "Sensitive",
    Level.N3: "Legally protected",
    Level.N4: "Out of scope",
    Level.N4B: "Out of scope",
}

Place = Literal[
    "body", "header", "footer", "textbox", "notes", "subject", "property", "filename", "quote",
    "unread",
]  # fmt: skip
"""Where a part stands. A text file or a message is one `body`, in which pages end at form feeds. `unread` has
no text: pictures that nobody could read stand there, beside a text that was read."""
TOLD: frozenset[Place] = frozenset(("body", "quote", "notes", "textbox", "subject"))
"""Places where something is told, and not only named."""

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

    def gated(self, *, denied: bool = False) -> Level:
        """`level`, or `denied`, as the gate compares it: N4 is N4a only where all that makes it so is."""
        level = self.denied if denied else self.level
        if level < Level.N4:
            return level
        counted = ("strong",) if denied else ("strong", "weak")
        halves = {e.sublevel for e in self.evidence if e.level is Level.N4 and e.strength in counted}
        return Level.N4 if halves == {Sublevel.N4A} else Level.N4B

    @property
    def ask(self) -> bool:
        return self.denied < self.level


MARKINGS: frozenset[Kind] = frozenset(("marking", "tlp", "label", "unknown_marking"))
MOST = 6
"""Findings that are kept of one turn: a person reads no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One kind of thing found, `count` times. `source` names the file; empty for the message itself.

    `excerpt` is masked, and empty for classified information, of which nothing is echoed.
    """

    kind: Kind
    level: Level
    strength: Strength
    why: str
    place: Place = "body"
    sublevel: Sublevel | None = None
    excerpt: str = ""
    source: str = ""
    count: int = 1
    probability: float | None = None
    """That of the learned reader; None: a rule found it."""


def findings(assessment: Assessment, source: str = "") -> tuple[Finding, ...]:
    """What decided or counted, highest first; what is only talked about is left out, and what the text of a
    mail begins with again of its subject."""
    found: dict[tuple[str, str, str], Finding] = {}
    counted = [each for each in assessment.evidence if each.strength != "mention"]
    repeated = [_repeats(each, counted) for each in counted if each.place == "subject"]
    for each in counted:
        if each in repeated:
            continue
        excerpt = "" if each.sublevel is Sublevel.N4B else each.excerpt
        key = (each.kind, each.strength, excerpt if each.kind in MARKINGS else "")
        known = found.get(key)
        if known is not None and known.level >= each.level:
            found[key] = replace(known, count=known.count + 1)
            continue
        found[key] = Finding(
            kind=each.kind,
            level=each.level,
            strength=each.strength,
            why=each.why,
            place=each.place,
            sublevel=each.sublevel,
            excerpt=excerpt,
            source=source,
            count=known.count + 1 if known else 1,
            probability=each.probability,
        )
    return highest(found.values())


def _repeats(said: Evidence, counted: Sequence[Evidence]) -> Evidence | None:
    """The marking with which a text says again what `said` counts for in its subject, at least as much."""
    return min(
        (
            each
            for each in counted
            if each.place == "body"
            and said.kind in MARKINGS
            and (each.kind, each.excerpt) == (said.kind, said.excerpt)
            and each.level <= said.level
            and (each.strength == said.strength or said.strength == "strong")
        ),
        key=lambda each: (each.part, each.start),
        default=None,
    )


_SAID = ("declared", "in_use")
"""Why a marking counts that a person said of what they send."""


def doubt(each: Evidence | Finding) -> tuple[str, str] | None:
    """What a doubtful finding is about, as an answer to it is remembered: its kind where a reader weighed
    words, its kind and passage where a rule found it. None: a possible secret, what nobody read, a marking
    that is said in passing are asked about each time, for their passage does not tell one from the next."""
    if each.strength != "weak" or each.kind in ("credential", "unreadable") or each.why in _SAID:
        return None
    return each.kind, "" if each.probability is not None else each.excerpt


Denials = Mapping[tuple[str, str], float]
"""Doubts that a person denied, each with the highest probability that was denied."""


def denials(denied: Iterable[Finding]) -> Denials:
    """What the answers to these findings say of later ones."""
    known: dict[tuple[str, str], float] = {}
    for each in denied:
        if about := doubt(each):
            known[about] = max(known.get(about, 0.0), each.probability or 0.0)
    return known


def without(assessment: Assessment, denied: Denials) -> Assessment:
    """The assessment as it is when these doubts are known to be none; what is likelier is asked anew."""
    kept = tuple(e for e in assessment.evidence if not _is_denied(e, denied))
    if len(kept) == len(assessment.evidence):
        return assessment
    level = max([assessment.denied, *(e.level for e in kept if e.strength == "weak")])
    sublevel = assessment.sublevel if level is Level.N4 else None
    return replace(assessment, level=level, sublevel=sublevel, evidence=kept)


def _is_denied(each: Evidence, denied: Denials) -> bool:
    about = doubt(each)
    return about is not None and (each.probability or 0.0) <= denied.get(about, -1.0)


def blinded(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings without a word of what they were found in."""
    return tuple(replace(each, excerpt="", source="") for each in found)


def highest(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """The few that say most."""
    return tuple(sorted(found, key=lambda f: (-f.level, f.strength != "strong"))[:MOST])


_FILE = Path(__file__).with_suffix(".toml")


def because(why: str, language: str = "fr") -> str:
    """Why a finding counts as it does, for people: the rule named by `why` in a few words; the name itself
    when there are none."""
    return Phrasebook(language, _FILE).word(f"reasons.{why}", why)


def how_sure(strength: Strength, probability: float | None, language: str = "fr") -> str:
    """`indice fort`, or for the learned reader `indice faible, à confirmer, probable à 74 %`."""
    words = Phrasebook(language, _FILE)
    sure = words.say(f"sure.{strength}")
    if probability is None:
        return sure
    return words.say("likely", sure=sure, percent=min(round(100 * probability), 99))
