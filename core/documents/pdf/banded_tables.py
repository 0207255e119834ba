"""Tables of a PDF page whose rows are parted by horizontal lines, and whose columns by space only.

Three lines below each other, alike in length, that no upright line crosses make the bands of such a table.
The cells of one row may have several lines of text: neither a line of text nor a block of them is then a row
of the table, but the band is.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from core.documents.pdf.page_content import Rule, Word
from core.documents.pdf.page_rows import rows_of
from core.documents.pdf.page_tables import Grid, Row, Span, fragments_of

_LEAST_LINES, _WIDTH = 3, 100.0
"""Lines that part rows, and how many points they are long, at least."""
_MOST = 20
"""Tables of a page that are looked for."""
_LEVEL = 3.0
"""Points between two ends of lines that count as one end."""
_SPACE = 0.85
"""Of the usual size of words: the space that parts columns."""
_HEAD_ROWS, _HIGHEST = 3, 6
"""Lines of text of a head at most, and of the usual band of a table: the bands of articles are higher."""
_FAR = 0.6
"""Of the size of words: the space above a line of text that ends the head."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lines:
    """Lines from `left` to `right`, at the heights `ys` from the top."""

    left: float
    right: float
    ys: list[float]

    def is_crossed_by(self, upright: Rule) -> bool:
        beside = self.left - _LEVEL < upright.at < self.right + _LEVEL
        return beside and upright.start < self.ys[-1] and self.ys[0] < upright.end

    def between_ends(self, words: list[Word]) -> list[Word]:
        """The upright words that stand above, between or below the lines, not beside them."""
        left, right = self.left - _LEVEL, self.right + _LEVEL
        return [word for word in words if left < word.middle[0] < right and not word.angle]


def banded(rules: list[Rule], words: list[Word]) -> Iterator[Grid]:
    """Find the tables between parallel lines, and give each the columns in which its words stand."""
    uprights = [rule for rule in rules if not rule.flat]
    for lines in _parallel_lines(rules):
        if any(map(lines.is_crossed_by, uprights)):
            continue
        if grid := _grid_between(lines, lines.between_ends(words)):
            yield grid


def _parallel_lines(rules: list[Rule]) -> Iterator[_Lines]:
    flats = [rule for rule in rules if rule.flat and rule.end - rule.start > _WIDTH]
    groups: dict[tuple[int, int], list[Rule]] = {}
    for rule in flats[: _MOST * _MOST]:
        groups.setdefault((round(rule.start / _LEVEL), round(rule.end / _LEVEL)), []).append(rule)
    for group in [group for group in groups.values() if len(group) >= _LEAST_LINES][:_MOST]:
        ys = sorted({round(rule.at, 1) for rule in group})
        if len(ys) >= _LEAST_LINES:
            yield _Lines(left=group[0].start, right=group[0].end, ys=ys)


def _grid_between(lines: _Lines, words: list[Word]) -> Grid | None:
    """Return the table between the lines with the head above them, or None if there is no table."""
    ys = lines.ys
    columns = list(_columns(_words_between(words, ys[0], ys[-1])))
    bands = [rows_of(_words_between(words, above, below)) for above, below in pairwise(ys)]
    if len(columns) < 2 or not _is_table_high(bands):
        return None
    if not all(_is_one_row(rows, columns) for rows in bands):
        return None
    gaps = [(before[1] + behind[0]) / 2 for before, behind in pairwise(columns)]
    top = _top_of_head(ys[0], rows_of([word for word in words if word.y1 < ys[0] + _LEVEL]), gaps)
    if top is None:
        return None
    xs, levels = [lines.left - _LEVEL, *gaps, lines.right + _LEVEL], [top, *ys]
    rules = [Rule(flat=True, at=y, start=xs[0], end=xs[-1]) for y in levels]
    rules += [Rule(flat=False, at=x, start=top, end=ys[-1]) for x in xs]
    return Grid(xs=xs, ys=levels, rules=rules)


def _words_between(words: list[Word], top: float, bottom: float) -> list[Word]:
    return [word for word in words if top < word.middle[1] < bottom]


def _is_table_high(bands: list[list[Row]]) -> bool:
    """True if the bands have as many lines of text as the rows of a table: some have several, and few have
    more than `_HIGHEST`, as articles do."""
    heights = [len(rows) for rows in bands if rows]
    return len(heights) >= _LEAST_LINES - 1 and max(heights) > 1 and statistics.median(heights) <= _HIGHEST


def _is_one_row(rows: list[Row], columns: list[Span]) -> bool:
    """True if a band is one row of the table: the file writes it cell by cell. Otherwise the file writes one
    line of text after the other, each across several columns, and each line is a row."""
    for above, below in pairwise(rows):
        wide = min(_count_filled(above, columns), _count_filled(below, columns)) > 1
        if wide and min(word.place for word in below) > max(word.place for word in above):
            return False
    return True


def _count_filled(row: Row, columns: list[Span]) -> int:
    """In how many columns a line of text has words."""
    return sum(any(x0 <= word.x0 <= x1 for word in row) for x0, x1 in columns)


def _top_of_head(first: float, rows: list[Row], gaps: list[float]) -> float | None:
    """Where the head above the line at the height `first` begins; None if no line of text there has several
    cells. A line of text across one of the `gaps` between columns is a title, which ends the head."""
    top, cells = first, 0
    for row in rows[: -_HEAD_ROWS - 1 : -1]:
        pieces = [(piece[0].x0, piece[-1].x1) for piece in fragments_of(row)]
        is_far = top - max(word.y1 for word in row) > _FAR * row[0].size
        if is_far or any(x0 < gap < x1 for x0, x1 in pieces for gap in gaps):
            break
        top = min(word.y0 for word in row)
        cells = max(cells, len(pieces))
    return top - 1 if cells > 1 else None


def _columns(words: list[Word]) -> Iterator[Span]:
    """The intervals from the left in which words stand, parted by wide spaces."""
    if not words:
        return
    space = _SPACE * statistics.median(word.size for word in words)
    ordered = sorted(words, key=lambda word: word.x0)
    start, end = ordered[0].x0, ordered[0].x1
    for word in ordered:
        if word.x0 - end > space:
            yield start, end
            start = word.x0
            end = word.x1
        end = max(end, word.x1)
    yield start, end
