"""What stands around a number: the words before it, and the heading of its column in a table.

Everything is looked up in a bounded stretch, so the cost of a look-up does not depend on the text.

Here too is what the finders of personal data yield (`Hit`), and the words that decide for or against a
number.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from core.sensitivity.data import pattern_of
from core.sensitivity.level import Kind
from core.sensitivity.word_starts import WordStarts, matches_at

_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_FIGURES = re.compile(r"\d(?<![A-Za-z0-9].)(?=(?:[ \t.\-/\n]{0,2}\d){5})")
_LONG_LINE = 2000
_WIDE = 60
"""A longer cell in the first line: it is no heading."""
_TEST = re.compile(r"\b(?:tests?|recette|fictifs?|fictives?|sandbox|bac a sable|factice|dummy|bidon)\b")
_OTHER = pattern_of("hits.other")


class Context:
    """A folded text and its lower-case twin of the same length, with blocks (runs of written lines)."""

    def __init__(self, text: str, words: WordStarts | None = None) -> None:
        lower = text.lower()
        self.text = text
        self.lower = lower if len(lower) == len(text) else "".join(c.lower()[:1] for c in text)
        self._blocks: list[int] | None = None
        self._noted = words

    @cached_property
    def _words(self) -> WordStarts:
        return self._noted or WordStarts(self.lower)

    @cached_property
    def _figures(self) -> list[int]:
        return [match.start() for match in _FIGURES.finditer(self.text)]

    def rewritten(self, text: str) -> Context:
        """The context of a text of the same length, with its words at the same places."""
        return self if text == self.text else Context(text, self._words)

    def said(self, pattern: re.Pattern[str], after: re.Pattern[str] | None = None) -> Iterator[re.Match[str]]:
        """The matches of a pattern of small letters, fast (`WordStarts.finditer`)."""
        return self._words.finditer(pattern, self.lower, after)

    def written(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """The matches of a pattern that tells capitals from small letters."""
        return self._words.finditer(pattern, self.text)

    def numbered(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """The matches of a pattern that begins with six figures, behind neither letter nor figure: two blanks
        or signs at most stand between two of them."""
        return matches_at(self._figures, pattern, self.text)

    def before(self, offset: int, reach: int = 50) -> str:
        """The words just before, in lower case, within the same block."""
        stretch = self.lower[max(offset - reach, 0) : offset]
        cut = max(stretch.rfind("\n\n"), stretch.rfind("\f"))
        return stretch[cut + 1 :]

    def after(self, offset: int, reach: int = 30) -> str:
        return self.lower[offset : offset + reach]

    def column(self, offset: int) -> str:
        """The heading of the table column in which `offset` stands, in lower case; else empty.

        A table is a block whose first line has as many cells as the line itself."""
        start, end = self.line(offset)
        head = self._heading(offset)
        if head >= start or end - start >= _LONG_LINE:
            return ""
        heading = self.lower[slice(*self.line(head))]
        separator = next((c for c in ";|\t," if c in heading), None)
        if separator is None:
            return ""
        cells = heading.split(separator)
        if len(cells) != self.lower.count(separator, start, end) + 1 or max(map(len, cells)) > _WIDE:
            return ""
        return cells[self.lower.count(separator, start, offset)].strip()

    def headed(self, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
        """The bounds of the blocks whose first line has a match of a pattern of small letters."""
        done = -1
        for match in self.said(pattern):
            head = self._heading(match.start())
            if head > done and match.start() < self.line(head)[1]:
                done = head
                end = _BLANK_LINE.search(self.text, head)
                yield head, end.start() if end else len(self.text)

    def about(self, offset: int, reach: int = 50) -> str:
        """`before` and `column` together."""
        return f"{self.column(offset)} {self.before(offset, reach)}"

    def line(self, offset: int) -> tuple[int, int]:
        """The bounds of the line of `offset`; of a very long one, the stretch around."""
        low, high = max(offset - _LONG_LINE, 0), min(offset + _LONG_LINE, len(self.text))
        start, end = self.text.rfind("\n", low, offset) + 1, self.text.find("\n", offset, high)
        return max(start, low), end if end >= 0 else high

    def _heading(self, offset: int) -> int:
        """Where the first line of the block of `offset` starts."""
        if self._blocks is None:
            self._blocks = [0, *(m.end() for m in _BLANK_LINE.finditer(self.text))]
        return self._blocks[bisect_right(self._blocks, offset) - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Something personal found. Offsets are those of the folded text."""

    kind: Kind
    start: int
    end: int


class Span(Protocol):
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


class Taken:
    """Spans already found, by blocks of 64 characters, to leave out what overlaps them."""

    def __init__(self, hits: Iterable[Span]) -> None:
        self._blocks: dict[int, list[Span]] = {}
        for hit in hits:
            for block in range(hit.start >> 6, (hit.end >> 6) + 1):
                self._blocks.setdefault(block, []).append(hit)

    def free(self, hit: Span) -> bool:
        near = (h for block in range(hit.start >> 6, (hit.end >> 6) + 1) for h in self._blocks.get(block, ()))
        return not any(h.start < hit.end and hit.start < h.end for h in near)


def digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def named_otherwise(about: str) -> bool:
    """Do the words just before say that the number is a reference, an order, a parcel …?"""
    return bool(_OTHER.search(about))


def is_example(about: str) -> bool:
    return bool(_TEST.search(about))
