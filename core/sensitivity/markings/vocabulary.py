"""The markings we know, and how one is recognised in a short piece of text.

A piece is compared by its *skeleton*: its letters and digits in capitals, nothing else. So a marking reads
the same when letter-spaced, dotted, starred, broken over lines or hyphenated; and since the *whole*
skeleton has to match (a marking, with page numbers, dates, copies, `SPÉCIAL FRANCE` around it), words
that merely contain one (`SECRÉTARIAT`, `SECRET DE FABRICATION`) do not.

OCR noise is met twice: confusable characters are folded (`DlFFUS1ON`), and long markings are allowed one
error in nine letters. Levels are those of II 901, IGI 1300, TLP 2.0 and the ladder of `level`; an
organisation's own markings are added by its policy.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import pairwise
from typing import Literal

from core.language.folding import fold, gate_skeleton, plain_letters, skeleton
from core.language.months import FRENCH_MONTHS
from core.sensitivity.data import read_text
from core.sensitivity.level import Level, Sublevel
from core.sensitivity.patterns import literals, tree

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


@cache
def _built_in() -> tuple[Mark, ...]:
    return tuple(
        Mark(
            name=name,
            level=Level[each["level"]],
            sublevel=Sublevel(each["sublevel"]) if "sublevel" in each else None,
            kind=each.get("kind", "marking"),
            form=each.get("form", "plain"),
        )
        for each in tomllib.loads(read_text("markings.toml"))["marks"]
        for name in each["names"]
    )


# Possessive quantifiers leave one way only to take a stretch, so that a failing match ends at once.
_BEFORE = (
    "DOCUMENTS?|NOTES?|RAPPORT|FICHE|DOSSIER|PIECE|CLASSIFIEE?S?|CLASSIFIED|CLASSIFICATION|NIVEAU|MENTION"
    "|PROTECTION|PROTEGEE?|STRICTEMENT|STRICTLY|HAUTEMENT|HIGHLY|INFORMATIONS?|COUVERTE?PARLE|SOUMISE?AU"
    "|A(?=DIFFUSION)|EN(?=DIFFUSION)|TRES(?=CONFIDENTIEL)|PAGES?|P(?=\\d)|SUR|NO?(?=\\d)|EXEMPLAIRES?|COPIE"
    "|\\d++"
)
_AFTER = (
    "SPECIALFRANCE|SF|DR|TS|CD|SD|PAGES?|P(?=\\d)|SUR|NO?(?=\\d)|EXEMPLAIRES?|EX|COPIE|UNIQUE|VERSION|V(?=\\d)"
    f"|DU(?=\\d)|LE(?=\\d)|{'|'.join(fold(month).upper() for month in FRENCH_MONTHS)}"
    "|ANNEXES?|PJ|REPRODUCTIONINTERDITE|COPIEINTERDITE|NEPAS[A-Z]{4,40}+|JUSQU[A-Z]{1,30}+|UNTIL[A-Z]{0,20}+"
    "|REL(?:EASABLE)?TO[A-Z]{2,40}+|REL(?:EU|UE|USA|FRA|GBR|DEU|ITA|ESP|CAN|NATO|OTAN|FVEY)++|UNIQUEMENT|ONLY|ATOMAL|CRYPTO|ACSSI|LIMITE|EYESONLY|NOFORN"
    "|RESERVEA[A-Z]{2,40}+|(?:FEUILLE|DIAPOSITIVE|LIGNE|COLONNE)MASQUEE|\\d++"
)
_ALLIANCE = re.compile(r"\b(?:UE|EU|NATO|OTAN|COSMIC)\b")
_LIFTED = re.compile("DECLASSIFI|DECLASSE")
LONGEST = 110
"""A skeleton longer than this is no stamp. Keeps every match short."""


_OCR = str.maketrans("L1|!058347", "IIIIOSBEAT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Marks that a whole skeleton consists of. `start` and `end` delimit them in the skeleton."""

    marks: tuple[Mark, ...]
    start: int
    end: int
    noisy: bool = False
    lifted: bool = False

    @property
    def mark(self) -> Mark:
        """The highest one."""
        return max(self.marks, key=lambda m: (m.form != "caveat", m.level, m.sublevel or ""))

    @property
    def twice(self) -> bool:
        """The same marking more than once."""
        return len(self.marks) > 1 and len({m.name for m in self.marks}) == 1

    @property
    def choice(self) -> bool:
        """Several markings side by side that are not one in two languages: a list, not a stamp."""
        counted = [m for m in self.marks if m.form != "caveat"]
        stamps = {m.name for m in counted if m.kind == "marking" and m.form == "plain"}
        translated = any(_ALLIANCE.search(name) for name in stamps)
        return len({(m.level, m.sublevel) for m in counted}) > 1 or (len(stamps) > 1 and not translated)


class Vocabulary:
    """The built-in marks and those that a policy adds."""

    def __init__(self, additions: Iterable[Mark] = ()) -> None:
        added = {skeleton(_fold_name(m.name)): m for m in additions}
        self._marks = {skeleton(_fold_name(m.name)): m for m in _built_in()} | added
        names = tree(self._marks)
        self._mark = re.compile(names)
        self._whole = re.compile(f"(?:{_BEFORE}){{0,4}}((?:{names}){{1,3}})(?:{_AFTER}){{0,8}}")
        noisy = [
            Fuzzy(gate_skeleton(text), mark) for text, mark in self._marks.items() if _worth_noise(text, mark)
        ]
        self._noisy_by_length: dict[int, list[Fuzzy]] = defaultdict(list)
        for fuzzy in noisy:
            for length in fuzzy.lengths:
                self._noisy_by_length[length].append(fuzzy)
        whole = {gate_skeleton(text) for text, mark in self._marks.items() if mark.form != "abbreviation"}
        self.prefixes = frozenset(text[:i] for text in whole for i in range(1, len(text)) if len(text) > 2)
        """Gate skeletons of what may be the first line of a marking broken over lines."""
        stems = {text for text in whole if len(text) > 5} | {p for fuzzy in noisy for p in fuzzy.pieces}
        self.gate = re.compile(literals(s for s in stems if not any(o in s for o in stems - {s})))
        """What the gate skeleton of every line with a long marking contains."""
        self._short = re.compile(literals(text for text in self._marks if len(text) < 6))
        short = sorted({m.name for m in self._marks.values() if len(m.name) < 6} | {"TLP", "PAP"})
        begun = "|".join(rf"{re.escape(name[0])}(?<![A-Za-z0-9].){re.escape(name[1:])}" for name in short)
        self.short = re.compile(rf"(?:{begun})(?![A-Za-z0-9])")
        """What every folded line with a short marking contains."""

    @property
    def marks(self) -> tuple[Mark, ...]:
        """All marks, built in and added."""
        return tuple(self._marks.values())

    def match(self, text: str) -> Match | None:
        """What `text`, a skeleton, says as a whole; None when it is not (only) a marking."""
        if not text or len(text) > LONGEST:
            return None
        gate = gate_skeleton(text)
        if not self.gate.search(gate) and not self._short.search(text):
            return None
        if lifted := _LIFTED.search(text):
            stamped = self.match(text[: lifted.start()])
            return replace(stamped, lifted=True) if stamped else None
        if whole := self._whole.fullmatch(text):
            marks = tuple(self._marks[name] for name in self._mark.findall(whole[1]))
            return Match(marks=marks, start=whole.start(1), end=whole.end(1))
        return self._noisy(text, gate)

    def name(self, text: str) -> Mark | None:
        """The mark that a skeleton ends with, else begins with, else contains: for labels and values."""
        found = list(self._mark.finditer(text))
        for match in reversed(found):
            if match.end() == len(text):
                return self._marks[match.group()]
        return self._marks[found[0].group()] if found else None

    def _noisy(self, text: str, gate: str) -> Match | None:
        cleaned = text.translate(_OCR)
        if cleaned != text and (whole := self._whole.fullmatch(cleaned)):
            marks = tuple(self._marks[name] for name in self._mark.findall(whole[1]))
            return Match(marks=marks, start=whole.start(1), end=whole.end(1), noisy=True)
        intact = [name for name in self._mark.findall(text) if len(name) >= 16]
        for fuzzy in self._noisy_by_length.get(len(gate), ()):
            # What stands beside an intact marking (`name: DIFFUSION …`) is no badly read `NATO`.
            if fuzzy.resembles(gate) and not any(name in fuzzy.text for name in intact):
                return Match(marks=(fuzzy.mark,), start=0, end=len(text), noisy=True)
        return None


@lru_cache(maxsize=8)
def vocabulary_with(additions: tuple[Mark, ...] = ()) -> Vocabulary:
    """The vocabulary with these additions: made once, which takes some 10 ms."""
    return Vocabulary(additions)


def added(pattern: str, level: str, strength: str) -> Mark:
    """A marking of the policy's `[markings]`. `strength` is strong, weak or mention. Raises ValueError."""
    forms: dict[str, Form] = {"strong": "plain", "weak": "doubtful", "mention": "caveat"}
    if strength not in forms:
        raise ValueError(f"unknown strength {strength!r}: expected one of {', '.join(forms)}")
    if not skeleton(_fold_name(pattern)):
        raise ValueError(f"marking {pattern!r} has neither letters nor digits")
    return Mark(name=pattern, level=Level.parse(level), sublevel=Sublevel.of(level), form=forms[strength])


def _worth_noise(text: str, mark: Mark) -> bool:
    return len(text) >= 10 and mark.form == "plain" and (mark.level is Level.N4 or "CONFIDENTIEL" in text)


_COLOUR = re.compile(r"\W{0,9}TLP\s{0,2}[:.\-]?\s{0,2}([A-Z]{3,12})\W{0,9}")


def unknown_colour(folded: str) -> Match | None:
    """`TLP:PURPLE`: a colour that the protocol does not have. Fails closed."""
    if not (found := _COLOUR.fullmatch(folded)):
        return None
    mark = Mark(name=f"TLP:{found[1]}", level=Level.N4, kind="unknown_marking", form="doubtful")
    return Match(marks=(mark,), start=0, end=len(skeleton(folded)))


def _fold_name(name: str) -> str:
    return plain_letters(name).text


class Fuzzy:
    """A long marking with up to one error in nine letters.

    With k errors at least one of k + 1 pieces is intact: only then is the distance computed.
    """

    def __init__(self, gate: str, mark: Mark) -> None:
        self.mark = mark
        self.text = gate
        self._errors = len(gate) // 9
        size = len(gate) // (self._errors + 1)
        cuts = [size * i for i in range(self._errors + 1)] + [len(gate)]
        self.pieces = [self.text[a:b] for a, b in pairwise(cuts)]
        self.lengths = range(len(self.text) - self._errors, len(self.text) + self._errors + 1)

    def resembles(self, gate: str) -> bool:
        return any(piece in gate for piece in self.pieces) and _within(gate, self.text, self._errors)


def _within(a: str, b: str, limit: int) -> bool:
    """Is the Levenshtein distance at most `limit`? Only the band that may stay below it is computed."""
    far = limit + 1
    row = [j if j <= limit else far for j in range(len(b) + 1)]
    for i, x in enumerate(a, 1):
        low, high = max(i - limit, 1), min(i + limit, len(b))
        diagonal, row[low - 1] = row[low - 1], i if low == 1 else far
        for j in range(low, high + 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (x != b[j - 1]))
        if high < len(b):
            row[high + 1] = far
        if min(row[low - 1 : high + 1]) > limit:
            return False
    return row[-1] <= limit
