"""Numbers with their scale and unit: 1 234,5 = 1,234.5; 1,2 million = 1 200 000; 45 % = 45 pour cent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Any

from core.language.pattern_file import PatternFile, toml_beside

_DATA: dict[str, Any] = toml_beside(__file__)
_SCALES: dict[str, int] = _DATA["scales"]
_UNIT: dict[str, str] = {word: unit for unit, words in _DATA["units"].items() for word in words}
_UNIT_WORD = "|".join(sorted(map(re.escape, _UNIT), key=len, reverse=True))
_PATTERNS = PatternFile(_DATA["patterns"])
_FIGURE = _PATTERNS.pattern("figure", unit_word=_UNIT_WORD)
_EQUAL: dict[str, tuple[tuple[str, Decimal], ...]] = {
    "an": (("mois", Decimal(12)),),
    "mois": (("an", Decimal(1) / 12),),
    "semaine": (("jour", Decimal(7)),),
    "jour": (("semaine", Decimal(1) / 7), ("heure", Decimal(24))),
    "heure": (("jour", Decimal(1) / 24), ("minute", Decimal(60))),
    "minute": (("heure", Decimal(1) / 60),),
}
_HEDGE = _PATTERNS.pattern("hedge")
_PARTS: dict[str, tuple[int, str]] = _DATA["parts"]
"""Parts of a whole that have a word of their own."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number in a text. `values` are its readings (« 1,234 » has two), scale applied, `bare` without it.

    `step` is what its last digit is worth; `hedged`: « environ »; `spelled`: in words; `scaled`: with a word
    for its scale."""

    start: int
    end: int
    values: frozenset[Decimal]
    unit: str | None
    step: Decimal
    bare: frozenset[Decimal] = frozenset()
    hedged: bool = False
    spelled: bool = False
    scaled: bool = False


def figures(text: str) -> Iterator[Figure]:
    """Figures in digits and in words of `plain` text."""
    for match in _FIGURE.finditer(text):
        readings = _readings(match["number"])
        unit = _UNIT.get(match["unit"] or (match["pre"] or "").strip())
        scale = Decimal(_SCALES[match["scale"]]) if match["scale"] else Decimal(1)
        if match["scale"] == "m" and unit is None:
            scale = Decimal(1)  # metres
        yield Figure(
            match.start(),
            match.end(),
            frozenset(reading * scale for reading in readings),
            unit,
            _step(match["number"]) * scale,
            readings,
            hedged=_HEDGE.search(text[max(0, match.start() - 16) : match.start()]) is not None,
            scaled=scale > 1,
        )
    yield from _spelled(_FIGURE.sub(lambda figure: " " * len(figure[0]), text))


_GROUPING = re.compile(r"[ ']")
_MARKS = re.compile(r"[.,]")
_DECIMALS = re.compile(r"[.,](\d+)$")


def _readings(number: str) -> frozenset[Decimal]:
    bare = _GROUPING.sub("", number)
    if bare.isdigit():
        return frozenset((Decimal(bare),))
    marks = _MARKS.findall(bare)
    last = marks[-1]
    before, _, after = bare.rpartition(last)
    decimal = Decimal(re.sub(r"[.,]", "", before) + "." + after)
    whole = Decimal(re.sub(r"[.,]", "", bare))
    if len(marks) > 1:
        return frozenset((whole if len(set(marks)) == 1 else decimal,))
    if " " in number or len(after) != 3 or before in ("", "0"):
        return frozenset((decimal,))
    return frozenset((decimal, whole))


def _step(number: str) -> Decimal:
    """What the last digit that is not a rounding zero is worth."""
    bare = _GROUPING.sub("", number)
    found = _DECIMALS.search(bare)
    if found and len(found[1]) != 3:
        return Decimal(1).scaleb(-len(found[1]))
    zeros = len(bare) - len(bare.rstrip("0"))
    return Decimal(10) ** min(zeros, max(0, len(bare) - 1))


_FRENCH = """
    zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept
    dix-huit dix-neuf
"""
_FRENCH_TENS = "vingt trente quarante cinquante soixante"
_ENGLISH = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen
"""
_ENGLISH_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"


def _words() -> dict[str, int]:
    """Numbers below a hundred, in words."""
    french, english = _FRENCH.split(), _ENGLISH.split()
    found = {word: number for words in (french, english) for number, word in enumerate(words)} | {"une": 1}
    for ten, word in enumerate(_FRENCH_TENS.split(), 2):
        found[word] = ten * 10
        found |= {f"{word}-{french[n]}": ten * 10 + n for n in range(2, 10)} | {
            f"{word} et un{e}": ten * 10 + 1 for e in ("", "e")
        }
    found |= {f"soixante-{french[n]}": 60 + n for n in range(10, 20)} | {"quatre-vingts": 80}
    found |= {f"quatre-vingt-{french[n]}": 80 + n for n in range(1, 20)}
    for ten, word in enumerate(_ENGLISH_TENS.split(), 2):
        found[word] = ten * 10
        found |= {f"{word}-{english[n]}": ten * 10 + n for n in range(1, 10)}
    return found


_WORDS = _words()
_SPELLED = re.compile(
    r"\b(?P<number>" + "|".join(sorted(_WORDS, key=len, reverse=True)) + r"|cent|mille)\b(?!-\w)"
    r"(?: (?P<scale>cents?|mille|millions?|milliards?|hundred|thousand|billions?))?"
    rf"(?: ?(?:d'|de |of )?(?P<unit>{_UNIT_WORD})(?![\w²]))?"
)
_PART = re.compile(r"\b(" + "|".join(sorted(_PARTS, key=len, reverse=True)) + r")\b")


def _spelled(text: str) -> Iterator[Figure]:
    for match in _SPELLED.finditer(text):
        number = Decimal(_WORDS.get(match["number"]) or _SCALES.get(match["number"], 0))
        scale = Decimal(_SCALES[match["scale"]]) if match["scale"] else Decimal(1)
        yield Figure(
            match.start(),
            match.end(),
            frozenset((number * scale,)),
            _UNIT.get(match["unit"] or ""),
            scale,
            spelled=True,
            scaled=scale > 1,
        )
    for match in _PART.finditer(text):
        value, unit = _PARTS[match[1]]
        yield Figure(match.start(), match.end(), frozenset((Decimal(value),)), unit, Decimal(1), spelled=True)


_OTHER = "·"
"""The unit of numbers that measure nothing: in dates, references and lists, and « deux » without a unit."""
_COLUMN = _PATTERNS.pattern("column")
_COLUMNS = _PATTERNS.pattern("columns")


class Figures:
    """The figures of a source. `others` are those in dates, references and lists."""

    def __init__(self, found: list[Figure], others: list[Figure], text: str) -> None:
        self._units: dict[Decimal, set[str | None]] = {}
        self._text = text
        self._columns = _COLUMN.search(text) is not None
        for figure in others:
            for value in figure.values:
                self._units.setdefault(value, {_OTHER})
        for figure in found:
            unit = _OTHER if figure.spelled and figure.unit is None else figure.unit
            self._add(figure, unit)
        for run in _COLUMNS.finditer(text):
            for part in run[0].split():
                self._units.setdefault(Decimal(part), set()).add(None)
        self._values = sorted(self._units)

    def _add(self, figure: Figure, unit: str | None) -> None:
        for value in figure.values:
            self._units.setdefault(value, set()).add(unit)
            for other, factor in _EQUAL.get(unit or "", ()):
                self._units.setdefault(round(value * factor, 6), set()).add(other)

    def has(self, figure: Figure, literal: str) -> bool:
        """Does the source have the value, with this unit or with none, or as these very characters?"""
        if any(self._matches(value, figure.unit) for value in figure.values):
            return True
        if (figure.hedged or figure.scaled) and self._rounds(figure):
            return True
        if figure.scaled and self._columns and any(value in self._units for value in figure.bare):
            return True  # « (M€) » stands over a column of the source
        return len(literal) > 5 and literal in self._text

    def _matches(self, value: Decimal, unit: str | None) -> bool:
        units = self._units.get(value)
        return units is not None and (unit is None or unit in units or None in units)

    def _rounds(self, figure: Figure) -> bool:
        step = figure.step if figure.hedged else figure.step / 2
        return any(
            abs(known - value) <= min(step, value / 20) and self._matches(known, figure.unit)
            for value, known in product(figure.values, self._values)
        )
