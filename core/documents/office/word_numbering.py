"""The numbers and bullets that Word computes for its lists and headings (ECMA-376, part 1, 17.9)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from core.documents.zip_package import Element, attribute, child, children, number, value_of


def _roman(number: int) -> str:
    pairs = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"))
    text = ""
    for value, letters in (*pairs, (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")):
        count, number = divmod(number, value)
        text += letters * count
    return text


def _letter(number: int) -> str:
    return chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)


def formatted(number: int, style: str) -> str:
    """A number as Word or LibreOffice writes it; style by its OOXML name."""
    if not 0 < number < 4000:
        return str(number)
    match style:
        case "lowerLetter":
            return _letter(number)
        case "upperLetter":
            return _letter(number).upper()
        case "lowerRoman":
            return _roman(number)
        case "upperRoman":
            return _roman(number).upper()
        case "none":
            return ""
        case "decimalZero":
            return f"{number:02}"
        case _:
            return str(number)


@dataclass(slots=True, kw_only=True)
class _Level:
    style: str
    text: str
    start: int
    legal: bool
    """Whether all numbers in it are shown as figures (17.9.4)."""


@dataclass(slots=True, kw_only=True)
class _List:
    """`counts` are those of all lists of one definition; a list with `restarts` begins there at its own
    number (ECMA-376, part 1, 17.9.26)."""

    levels: dict[int, _Level]
    counts: dict[int, int] = field(default_factory=dict[int, int])
    restarts: dict[int, int] = field(default_factory=dict[int, int])


class Numbering:
    """All lists of one document, counting as paragraphs come."""

    def __init__(self, root: Element | None) -> None:
        abstract = {
            attribute(item, "abstractNumId"): _List(
                levels={int(attribute(each, "ilvl") or 0): _level(each) for each in children(item, "lvl")}
            )
            for item in children(root, "abstractNum")
        }
        self._lists: dict[str, _List] = {}
        for item in children(root, "num"):
            base = abstract.get(value_of(item, "abstractNumId"))
            if base is None:
                continue
            anew = children(item, "lvlOverride")
            restarts = {
                int(attribute(override, "ilvl") or 0): int(start)
                for override in anew
                if (start := value_of(override, "startOverride")).isdecimal()
            }
            levels = base.levels | {
                int(attribute(override, "ilvl") or 0): _level(level)
                for override in anew
                if (level := child(override, "lvl")) is not None
            }
            self._lists[attribute(item, "numId")] = _List(
                levels=levels, counts=base.counts, restarts=restarts
            )

    def mark(self, number: str, level: int) -> str | None:
        """The mark of the next paragraph: `-` for a bullet, a number as shown, None when it has none."""
        found = self._lists.get(number)
        if found is None or level not in found.levels:
            return None
        if level in found.restarts:
            found.counts[level] = found.restarts.pop(level) - 1
        found.counts[level] = found.counts.get(level, found.levels[level].start - 1) + 1
        for deeper in [other for other in found.counts if other > level]:
            del found.counts[deeper]
        shown = found.levels[level]
        if shown.style == "bullet":
            return shown.text if len(shown.text) > 2 and shown.text.isprintable() else "-"
        return (
            re.sub(
                r"%(\d)", lambda match: self._count(found, int(match[1]) - 1, legal=shown.legal), shown.text
            ).strip()
            or None
        )

    def _count(self, found: _List, level: int, *, legal: bool) -> str:
        known = found.levels.get(level)
        style = "decimal" if legal or known is None else known.style
        return formatted(found.counts.get(level, known.start if known else 1), style)


def _level(level: Element) -> _Level:
    return _Level(
        style=value_of(level, "numFmt") or "decimal",
        text=value_of(level, "lvlText"),
        start=number(child(level, "start"), "val", 1),
        legal=child(level, "isLgl") is not None and value_of(level, "isLgl") not in ("0", "false", "off"),
    )
