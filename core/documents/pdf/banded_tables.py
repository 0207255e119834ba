"""Tables of a PDF page whose rows are parted by lines across all of them, and whose columns by space only.

Where their cells have several lines, neither a row of words nor a block of them is a row of the table.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from itertools import pairwise

from core.documents.pdf.page_content import Rule, Word
from core.documents.pdf.page_rows import rows_of
from core.documents.pdf.page_tables import Grid, Row, Span, fragments_of

_LINES, _WIDTH = 3, 100.0
"""Lines that part rows, and how many points they are long, at least."""
_MOST = 20
"""Tables of a page that are looked for."""
_NEAR = 3.0
_SPACE = 0.85
"""Of the usual size: what parts columns."""
_HEAD, _HIGH = 3, 6
"""Rows of words of a head at most, and of the usual row of the table: articles are higher."""


def banded(rules: list[Rule], words: list[Word]) -> Iterator[Grid]:
    """The tables between lines that no upright one crosses, with the columns in which their words stand."""
    uprights = [rule for rule in rules if not rule.flat]
    flats = [rule for rule in rules if rule.flat and rule.end - rule.start > _WIDTH]
    groups: dict[tuple[int, int], list[Rule]] = {}
    for rule in flats[: _MOST * _MOST]:
        groups.setdefault((round(rule.start / _NEAR), round(rule.end / _NEAR)), []).append(rule)
    for group in [group for group in groups.values() if len(group) >= _LINES][:_MOST]:
        left, right = group[0].start, group[0].end
        ys = sorted({round(rule.at, 1) for rule in group})
        crossed = any(
            left - _NEAR < rule.at < right + _NEAR and rule.start < ys[-1] and ys[0] < rule.end
            for rule in uprights
        )
        if not crossed and len(ys) >= _LINES and (grid := _grid(left, right, ys, words)):
            yield grid


def _grid(left: float, right: float, ys: list[float], words: list[Word]) -> Grid | None:
    across = [word for word in words if left - _NEAR < _across(word) < right + _NEAR and not word.angle]
    body = [word for word in across if ys[0] < _middle(word) < ys[-1]]
    columns = list(_columns(body))
    if len(columns) < 2:
        return None
    bands = [
        rows_of([word for word in body if above < _middle(word) < below]) for above, below in pairwise(ys)
    ]
    heights = [len(rows) for rows in bands if rows]
    if len(heights) < _LINES - 1 or max(heights) < 2 or statistics.median(heights) > _HIGH:
        return None
    top = _top(ys[0], rows_of([word for word in across if word.y1 < ys[0] + _NEAR]), columns)
    if top is None or not all(_is_one_row(rows, columns) for rows in bands):
        return None
    middles = ((one[1] + other[0]) / 2 for one, other in pairwise(columns))
    xs, levels = [left - _NEAR, *middles, right + _NEAR], [top, *ys]
    rules = [Rule(flat=True, at=y, start=xs[0], end=xs[-1]) for y in levels]
    rules += [Rule(flat=False, at=x, start=top, end=ys[-1]) for x in xs]
    return Grid(xs=xs, ys=levels, rules=rules)


def _is_one_row(rows: list[Row], columns: list[Span]) -> bool:
    """Whether the file writes the rows of words between two lines cell by cell: else each is a row."""
    for above, below in pairwise(rows):
        wide = [sum(any(x0 <= word.x0 <= x1 for word in row) for x0, x1 in columns) for row in (above, below)]
        if min(wide) > 1 and min(word.place for word in below) > max(word.place for word in above):
            return False
    return True


def _top(first: float, rows: list[Row], columns: list[Span]) -> float | None:
    """Where the head above the first line begins; None where there is none of several cells. What stands
    across columns is a title."""
    gaps = [(one[1] + other[0]) / 2 for one, other in pairwise(columns)]
    top, cells = first, 0
    for row in rows[: -_HEAD - 1 : -1]:
        pieces = [(piece[0].x0, piece[-1].x1) for piece in fragments_of(row)]
        far = top - max(word.y1 for word in row) > 0.6 * row[0].size
        if far or any(x0 < gap < x1 for x0, x1 in pieces for gap in gaps):
            break
        top = min(word.y0 for word in row)
        cells = max(cells, len(pieces))
    return top - 1 if cells > 1 else None


def _columns(words: list[Word]) -> Iterator[Span]:
    """The intervals that words stand in, wide spaces apart."""
    space = _SPACE * statistics.median(word.size for word in words)
    start = end = None
    for word in sorted(words, key=lambda word: word.x0):
        if start is None or end is None:
            start, end = word.x0, word.x1
        elif word.x0 - end > space:
            yield start, end
            start, end = word.x0, word.x1
        else:
            end = max(end, word.x1)
    if start is not None and end is not None:
        yield start, end


def _across(word: Word) -> float:
    return (word.x0 + word.x1) / 2


def _middle(word: Word) -> float:
    return (word.y0 + word.y1) / 2
