"""Columns of a PDF page whose program wrote every line across the whole page, or in no order at all.

Such a file does not say which words are read first. The spaces that hold over many lines of prose tell it.
The words are numbered anew in the order of reading, so that `written_blocks` finds them written in that
order.
"""

from __future__ import annotations

import functools
import itertools
import statistics
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

from core.documents.pdf.page_content import Rule, Word
from core.documents.pdf.page_rows import rows_of, runs_left
from core.documents.pdf.page_tables import fragments_of

Words = list[Word]
Rows = list[Words]
_SPACE = 0.85
"""Of the usual size: the least width of a gutter."""
_LINES = 4
"""Lines of prose that stand on each side of a gutter at least."""
_JUMPS = 4
_APART = 2
"""Of their size: what parts two words of a line at most."""
_UPWARDS, _LOOKED_BACK = 0.3, 20
"""Of the lines that stand in the column of one of so many before them in the file: how many are above it
where they were written in no order."""
_TOLD = 0.3
"""Of the lines on both sides of a gutter: how many follow the line above them in the file, where it tells."""
_WORDS, _SMALL = 2.5, 0.2
"""How many words a line of prose has on average, and how many of its lines go on in small letters."""
_STARTS, _MET = 2, 0.75
"""Rows of a table: how many at least, and of how many spaces within its columns they are the reason."""
_SAME_HEIGHT = 2
"""Points between the tops of two lines that stand beside each other."""
_BULLETS = frozenset("•▪◦‣∙●○■□➢➤✓✔❖·⁃-–—*")
_LARGE = 1.15
_DEPTH, _PLACES, _MOST = 10, 20, 8_000
"""Columns within each other, places that are looked at on each side of gutters, and words of a page."""
Closed = tuple[float, float, float, float]
"""From the top, to the bottom, from the left, to the right: where there is no gutter."""


@dataclass(frozen=True, kw_only=True)
class _Gutter:
    """An empty place between columns, from `top` to `bottom`. `one` and `other` are the words before and
    behind it, `height` is over how many points there are both."""

    one: Words
    other: Words
    top: float
    bottom: float
    height: float

    @functools.cached_property
    def edge(self) -> float:
        return min(word.x0 for word in self.other)

    @functools.cached_property
    def beside(self) -> tuple[Rows, Rows]:
        """The lines of the column before it, and of the one behind it."""
        before = [fragments_of(row)[-1] for row in rows_of(self.one)]
        return before, [fragments_of(row)[0] for row in rows_of(self.other)]


def numbered_as_read(words: Words, flats: list[Rule]) -> Words:
    """Return the words of a page in the order of the file, numbered anew by columns if the file writes across
    them. `flats` are the horizontal lines that are drawn on the page: no gutter crosses them."""
    words = sorted(words, key=lambda word: word.place)
    if len(words) > _MOST or sum(_jumps(one, other) for one, other in pairwise(words)) < _JUMPS:
        return words
    lines = list(_written_lines(words))
    if _is_disordered(lines) and not runs_left(words):
        lines.sort(key=lambda line: (round(line[0].middle[1]), line[0].x0))
        words = [word._replace(place=at) for at, word in enumerate(itertools.chain(*lines))]
    areas = list(_areas(words, flats, 0))
    if len(areas) < 2:
        return words
    ordered = (word for area in areas for row in rows_of(area) for word in row)
    return [word._replace(place=number) for number, word in enumerate(ordered)]


def _written_lines(words: Words) -> Iterator[Words]:
    """Group the words that follow each other in the file and on a line."""
    line: Words = []
    for word in words:
        if line and not _follows(word, line[-1]):
            yield line
            line = []
        line.append(word)
    yield line


def _follows(word: Word, before: Word) -> bool:
    return before.y0 < word.middle[1] < before.y1 and -1 < word.x0 - before.x1 < _APART * word.size


def _is_disordered(lines: Rows) -> bool:
    """True if a file writes many lines above the line that came before them in their column: the order of the
    file then tells nothing."""
    spans = [(line[0].x0, line[-1].x1, line[0].middle[1]) for line in lines if line]
    upwards: list[bool] = []
    for at, (left, right, level) in enumerate(spans):
        for x0, x1, above in reversed(spans[max(0, at - _LOOKED_BACK) : at]):
            if min(right, x1) - max(left, x0) > 0.5 * min(right - left, x1 - x0):
                upwards.append(level < above)
                break
    return len(upwards) >= _LINES and sum(upwards) > _UPWARDS * len(upwards)


def _jumps(one: Word, other: Word) -> bool:
    """True if the file goes on neither beside a word nor on the line below."""
    if one.y0 < other.middle[1] < one.y1:
        return not -1 < other.x0 - one.x1 < _SPACE * one.size
    return not 0 < other.y0 - one.y0 < 2.5 * one.size


def _areas(words: Words, flats: list[Rule], depth: int) -> Iterator[Words]:
    """The words in groups that are read one after the other."""
    gutters = _gutters(words, flats) if depth < _DEPTH else []
    if not gutters:
        yield words
        return
    first = gutters[0]
    yield from _areas_of([word for word in words if word.middle[1] < first.top], flats, depth)
    if starts := _row_starts(first):
        yield from _cells(first, gutters, starts)
    else:
        sides = first.one, first.other
        for side in sides[::-1] if runs_left(first.one + first.other) else sides:
            yield from _areas_of(side, flats, depth)
    yield from _areas_of([word for word in words if word.middle[1] > first.bottom], flats, depth)


def _areas_of(words: Words, flats: list[Rule], depth: int) -> Iterator[Words]:
    return _areas(words, flats, depth + 1) if words else iter(())


def _gutters(words: Words, flats: list[Rule]) -> list[_Gutter]:
    """The gutters across which the file writes, the highest first."""
    usual = statistics.median(word.size for word in words)
    words = sorted(words, key=lambda word: word.y0)
    closed = list(_titles(words, usual))
    closed += ((rule.at, rule.at, rule.start, rule.end) for rule in flats)
    closed += ((word.y0, word.y1, word.x0, word.x1) for word in words)
    closed.sort()
    found: dict[tuple[float, int, int], _Gutter] = {}
    for left, right in _candidates(words, _SPACE * usual):
        for gutter in _gutters_between(words, closed, left, right, usual):
            found.setdefault((gutter.top, len(gutter.one), len(gutter.other)), gutter)
    ranked = sorted(found.values(), key=lambda each: (-each.height, each.edge))
    return [
        gutter
        for gutter in ranked
        if not _is_told(gutter.one, gutter.other) and all(map(_is_prose, gutter.beside))
    ]


class _LineStart(NamedTuple):
    """How a line of a column begins: at which height, whether a space parts it from the line above, and
    whether its first letter is no small one."""

    top: float
    is_spaced: bool
    is_large: bool

    def begins_row_with(self, other: _LineStart) -> bool:
        """True if a row of a table begins with these two lines, which stand beside each other."""
        is_level = abs(self.top - other.top) < _SAME_HEIGHT
        return is_level and self.is_large and other.is_large and (self.is_spaced or other.is_spaced)


def _row_starts(gutter: _Gutter) -> list[float]:
    """Where the rows of a table begin whose cells have several lines; empty where the gutter parts columns of
    text. A row begins with a large letter on both sides, and below a space on one of them."""
    before, behind = (_line_starts(rows) for rows in gutter.beside)
    starts = [line.top for line in before if any(map(line.begins_row_with, behind))]
    spaced = [line.top for line in (*before, *behind) if line.is_spaced]
    met = sum(any(abs(top - start) < _SAME_HEIGHT for start in starts) for top in spaced)
    return starts if len(starts) >= _STARTS and met >= _MET * len(spaced) else []


def _line_starts(rows: Rows) -> list[_LineStart]:
    """How the lines of a column begin, without the first."""
    steps = [below[0].y1 - above[0].y1 for above, below in pairwise(rows)]
    usual = statistics.median_low(steps) if steps else 0.0
    starts = {
        row[0].y0: _LineStart(row[0].y0, step > 1.25 * usual, not row[0].text[:1].islower())
        for row, step in zip(rows[1:], steps, strict=True)
    }
    return list(starts.values())  # a large initial and its line begin at one height: they count once


def _cells(first: _Gutter, gutters: list[_Gutter], starts: list[float]) -> Iterator[Words]:
    """The cells of a table row by row, by all gutters that are about as high as the first."""
    edges = sorted({each.edge for each in gutters if each.height > 0.8 * first.height})
    cells: dict[tuple[int, int], Words] = {}
    for word in first.one + first.other:
        at = bisect_right(starts, word.y0 + 2), bisect_right(edges, word.x0 + 0.1)
        cells.setdefault(at, []).append(word)
    yield from (cells[at] for at in sorted(cells))


def _candidates(words: Words, space: float) -> Iterator[tuple[float, float]]:
    """Places as wide as a gutter, before what many lines begin with and behind what they end with."""
    begins = Counter(round(word.x0) for word in words)
    ends = Counter(round(word.x1) for word in words)
    for at, count in begins.most_common(_PLACES):
        if count >= _LINES:
            yield at - space, at - 0.5
    for at, count in ends.most_common(_PLACES):
        if count >= _LINES:
            yield at + 0.5, at + space


def _titles(words: Words, usual: float) -> Iterator[Closed]:
    """The places of titles that stand between the lines of all columns, over the whole width of the page."""
    rows = rows_of(words)
    for above, row, below in zip(rows, rows[1:], rows[2:], strict=False):
        if all(word.size > _LARGE * usual for word in row) and _is_alone(row, above, below):
            yield row[0].y0, row[0].y1, float("-inf"), float("inf")


def _is_alone(row: Words, above: Words, below: Words) -> bool:
    """True if a row is shorter than the one above it, with space round it, and the rows above and below go on
    to its right."""
    free = min(word.y0 for word in below) - max(word.y1 for word in above)
    is_short = max(word.x1 for word in row) < max(word.x1 for word in above)
    return is_short and 1 < free / row[0].size < 4 and max(word.x0 for word in (*above, *below)) > row[-1].x1


def _gutters_between(
    words: Words, closed: list[Closed], left: float, right: float, usual: float
) -> Iterator[_Gutter]:
    """The gutters between `left` and `right`: where nothing stands in that place, from the top, and words do
    on both sides. `words` are in the order of their tops, and so are the `closed` places."""
    gaps = list(_gaps(closed, left, right, _LINES * usual))
    sides: list[tuple[Words, Words]] = [([], []) for _ in gaps]
    for word in words:
        at = bisect_left(gaps, word.middle[1], key=itemgetter(0)) - 1
        if at >= 0 and word.middle[1] < gaps[at][1]:
            sides[at][0 if word.x0 < left else 1].append(word)
    for (top, bottom), (one, other) in zip(gaps, sides, strict=True):
        if not one or not other:
            continue
        height = min(one[-1].y1, other[-1].y1) - max(one[0].y0, other[0].y0)
        if height > (_LINES - 1) * usual:
            yield _Gutter(one=one, other=other, top=top, bottom=bottom, height=height)


def _gaps(closed: list[Closed], left: float, right: float, least: float) -> Iterator[tuple[float, float]]:
    """The intervals from the top, higher than `least`, in which nothing closes the place between `left` and
    `right`."""
    across = [(y0, y1) for y0, y1, x0, x1 in closed if x0 < right and x1 > left]
    top = float("-inf")
    for start, end in [*across, (float("inf"), float("inf"))]:
        if start - top > least:
            yield top, start
        top = max(top, end)


def _is_told(one: Words, other: Words) -> bool:
    """True if the file itself tells the columns: it writes the lines of each side below each other."""
    told = lines = 0
    for words, others in ((one, other), (other, one)):
        places = sorted(word.place for word in others)
        low, high = min(word.y0 for word in others), max(word.y1 for word in others)
        rows = [row for row in rows_of(words) if low < row[0].middle[1] < high]
        for above, below in pairwise(rows):
            last, first = max(word.place for word in above), min(word.place for word in below)
            lines += 1
            told += last < first and bisect_left(places, first) == bisect_right(places, last)
    return told > _TOLD * lines


def _is_prose(lines: Rows) -> bool:
    """True if lines are several, of several words each, and some go on in small letters or are list
    entries."""
    words = sum(map(len, lines))
    first = [line[0].text for line in lines]
    small = sum((text[:1].isalpha() and not text[:1].isupper()) or text in _BULLETS for text in first)
    return len(lines) >= _LINES and words >= _WORDS * len(lines) and small >= _SMALL * len(lines)
