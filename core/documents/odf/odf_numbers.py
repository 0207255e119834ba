"""The numbers that an OpenDocument gives to headings and list items: they stand nowhere in its text.

ODF 1.2, 5.3 (lists) and 16.33 (outline). A number shows as many levels as its style says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from core.documents.office.word_numbering import formatted
from core.documents.zip_package import Element, attribute, find_all, tag

_FORMATS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_LEVELS = 10


class Outline:
    """The numbering of headings in one document, as they come."""

    def __init__(self, roots: Iterable[Element | None]) -> None:
        self._levels = {
            int(attribute(level, "level")): level
            for root in roots
            for level in find_all(root, "outline-level-style")
            if attribute(level, "level").isdecimal()
        }
        self._counts = [0] * (_LEVELS + 1)

    def next(self, level: int) -> str:
        """The number of the next heading of a level; empty where that level shows none."""
        shape = self._levels.get(level)
        if shape is None or not 0 < level <= _LEVELS:
            return ""
        start = attribute(shape, "start-value")
        first = int(start) if start.isdecimal() else 1
        self._counts[level] = self._counts[level] + 1 if self._counts[level] else first
        self._counts[level + 1 :] = [0] * (_LEVELS - level)
        return numbered(level, self._levels, lambda each: self._counts[each])


def numbered(level: int, levels: Mapping[int, Element], count: Callable[[int], int]) -> str:
    """The number at a level: `1.2.`, of the levels that are shown, with what stands around it."""
    shape = levels.get(level)
    if shape is None or not attribute(shape, "num-format"):
        return ""
    shown = attribute(shape, "display-levels")
    first = level - (int(shown) if shown.isdecimal() else 1) + 1
    parts = [
        formatted(count(each), _FORMATS.get(form, "decimal"))
        for each in range(max(1, first), level + 1)
        if (form := attribute(levels.get(each), "num-format"))
    ]
    return f"{attribute(shape, 'num-prefix')}{'.'.join(parts)}{attribute(shape, 'num-suffix')}"


def numbered_levels(style: Iterable[Element]) -> dict[int, Element]:
    """The numbered levels of a list's style."""
    return {
        int(attribute(level, "level")): level
        for level in style
        if tag(level) == "list-level-style-number" and attribute(level, "level").isdecimal()
    }
