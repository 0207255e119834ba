"""Ruled tables of a PDF page, from their lines, and tagged ones."""

from __future__ import annotations

import functools
import re
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from core.documents.pdf.page_content import Line, PdfTable, Rule, Word
from core.documents.pdf.page_rows import join, line_of, rows_of

Row = list[Word]
Span = tuple[float, float]
MARK = re.compile(r"[•▪◦‣∙●○■□➢➤✓✔❖·⁃§\uf000-\uf0ff*–—-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5})[.)°]")
_NEAR = 3.0
_MAX_RULES = 2_000


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A ruled table: the positions of its lines, and the lines themselves (for merged cells)."""

    xs: list[float]
    ys: list[float]
    rules: list[Rule]

    def holds(self, word: Word) -> bool:
        x, y = word.middle
        return self.xs[0] < x < self.xs[-1] and self.ys[0] < y < self.ys[-1]

    def table(self, words: list[Word]) -> PdfTable:
        """The words in their cells; text of merged cells stands in the first of them."""
        width, height = len(self.xs) - 1, len(self.ys) - 1
        cells: list[list[list[Word]]] = [[[] for _ in range(width)] for _ in range(height)]
        for word in words:
            x, y = word.middle
            column, row = _interval(self.xs, x), _interval(self.ys, y)
            while column and not self._ruled(False, self.xs[column], *self.ys[row : row + 2]):
                column -= 1
            while row and not self._ruled(True, self.ys[row], *self.xs[column : column + 2]):
                row -= 1
            cells[row][column].append(word)
        return PdfTable(
            rows=[[text_of_cell(cell, *self.xs[x : x + 2]) for x, cell in enumerate(row)] for row in cells]
        )

    def _ruled(self, flat: bool, at: float, start: float, end: float) -> bool:
        middle = (start + end) / 2
        near = round(at / _NEAR)
        return any(
            abs(rule.at - at) < _NEAR and rule.start - 1 < middle < rule.end + 1
            for step in (near - 1, near, near + 1)
            for rule in self.by_height.get((flat, step), ())
        )

    @functools.cached_property
    def by_height(self) -> dict[tuple[bool, int], list[Rule]]:
        """The lines by direction and by their height (from the left, for vertical ones) in steps of
        `_NEAR`."""
        found: dict[tuple[bool, int], list[Rule]] = {}
        for rule in self.rules:
            found.setdefault((rule.flat, round(rule.at / _NEAR)), []).append(rule)
        return found


def grids(rules: list[Rule]) -> tuple[list[Grid], list[Grid]]:
    """Groups of lines that touch: ruled tables of at least two columns, and frames round one text."""
    found: list[Grid] = []
    frames: list[Grid] = []
    for group in _groups(rules[:_MAX_RULES]):
        xs = _distinct([rule.at for rule in group if not rule.flat])
        ys = _distinct([rule.at for rule in group if rule.flat])
        if len(xs) >= 3 and len(ys) >= 2 and (len(xs) - 1) * (len(ys) - 1) >= 3:
            found.append(Grid(xs=xs, ys=ys, rules=group))
        elif len(xs) == len(ys) == 2:
            frames.append(Grid(xs=xs, ys=ys, rules=group))
    return found, frames


def _groups(rules: list[Rule]) -> list[list[Rule]]:
    """Connected lines, by union of crossings between horizontal and vertical ones."""
    parent = list(range(len(rules)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    flats = [index for index, rule in enumerate(rules) if rule.flat]
    uprights = [index for index, rule in enumerate(rules) if not rule.flat]
    for first in uprights:
        for second in flats:
            if _cross(rules[second], rules[first]):
                parent[root(first)] = root(second)
    groups: dict[int, list[Rule]] = {}
    for index, rule in enumerate(rules):
        groups.setdefault(root(index), []).append(rule)
    return list(groups.values())


def _cross(flat: Rule, upright: Rule) -> bool:
    return (
        flat.start - _NEAR <= upright.at <= flat.end + _NEAR
        and upright.start - _NEAR <= flat.at <= upright.end + _NEAR
    )


def _distinct(values: list[float]) -> list[float]:
    """Sorted, without near doubles (the two edges of a thick line, or of cells side by side)."""
    kept: list[float] = []
    for value in sorted(values):
        if not kept or value - kept[-1] > 2 * _NEAR:
            kept.append(value)
    return kept


def tagged_table(words: list[Word]) -> PdfTable:
    """The words of one tagged table in its cells."""
    cells: dict[tuple[int, int], list[Word]] = {}
    for word in words:
        if word.tag and word.tag.cell:
            cells.setdefault(word.tag.cell[1:], []).append(word)
    edges: dict[int, float] = {}
    for (_, column), some in cells.items():
        edges[column] = max(edges.get(column, 0.0), *(word.x1 for word in some))
    width = max(column for _, column in cells) + 1
    table: list[list[str]] = []
    for row in sorted({row for row, _ in cells}):
        table.append([""] * width)
        for column in range(width):
            if some := cells.get((row, column)):
                left = min(word.x0 for word in some)
                table[-1][column] = text_of_cell(some, left, edges[column])
    return PdfTable(rows=table)


def _interval(edges: list[float], value: float) -> int:
    return max(0, sum(edge <= value for edge in edges[:-1]) - 1)


def text_of_cell(words: list[Word], left: float, right: float) -> str:
    """The text of a cell; lines that were only wrapped are joined."""
    text = ""
    above: Line | None = None
    for row in rows_of(words):
        line = line_of(row, left, right - 0.4 * row[0].size)
        if above is None:
            text = line.text
        elif above.takes(line):
            text += "\n" + line.text
        else:
            text = join(text, line.text)
        above = line
    return text


def fragments_of(row: list[Word]) -> list[list[Word]]:
    """A row cut at its wide gaps; the mark of a list entry stays with its text."""
    fragments: list[list[Word]] = []
    edge = 0.0
    for word in row:
        wide = 0.85 * max(word.size, fragments[-1][-1].size) if fragments else 0.0
        if fragments and (word.x0 - edge < wide or (MARK.fullmatch(row[0].text) and len(fragments[0]) == 1)):
            fragments[-1].append(word)
        else:
            fragments.append([word])
            edge = word.x1
        edge = max(edge, word.x1)
    return fragments


_LEAST_LINES, _WIDTH = 3, 100.0
"""Lines that part rows, and how many points they are long, at least."""
_MOST = 20
"""Tables of a page that are looked for."""
_LEVEL = 3.0
_SPACE = 0.85
"""Of the usual size: what parts columns."""
_HEAD, _HIGH = 3, 6
"""Rows of words of a head at most, and of the usual row of the table: articles are higher."""


def banded(rules: list[Rule], words: list[Word]) -> Iterator[Grid]:
    """The tables between lines across all of them that no upright one crosses, with the columns in which
    their words stand: by space only. Where their cells have several lines, neither a row of words nor a
    block of them is a row of the table."""
    uprights = [rule for rule in rules if not rule.flat]
    flats = [rule for rule in rules if rule.flat and rule.end - rule.start > _WIDTH]
    groups: dict[tuple[int, int], list[Rule]] = {}
    for rule in flats[: _MOST * _MOST]:
        groups.setdefault((round(rule.start / _LEVEL), round(rule.end / _LEVEL)), []).append(rule)
    for group in [group for group in groups.values() if len(group) >= _LEAST_LINES][:_MOST]:
        left, right = group[0].start, group[0].end
        ys = sorted({round(rule.at, 1) for rule in group})
        crossed = any(
            left - _LEVEL < rule.at < right + _LEVEL and rule.start < ys[-1] and ys[0] < rule.end
            for rule in uprights
        )
        if not crossed and len(ys) >= _LEAST_LINES and (grid := _grid(left, right, ys, words)):
            yield grid


def _grid(left: float, right: float, ys: list[float], words: list[Word]) -> Grid | None:
    """The table between the lines at `ys`, with its columns; None if what stands there is no table."""
    across = [word for word in words if left - _LEVEL < word.middle[0] < right + _LEVEL and not word.angle]
    columns = list(_columns([word for word in across if ys[0] < word.middle[1] < ys[-1]]))
    bands = [
        rows_of([word for word in across if above < word.middle[1] < below]) for above, below in pairwise(ys)
    ]
    if len(columns) < 2 or not _is_table_high(bands) or not all(_is_one_row(rows, columns) for rows in bands):
        return None
    top = _top(ys[0], rows_of([word for word in across if word.y1 < ys[0] + _LEVEL]), columns)
    if top is None:
        return None
    middles = ((one[1] + other[0]) / 2 for one, other in pairwise(columns))
    xs, levels = [left - _LEVEL, *middles, right + _LEVEL], [top, *ys]
    rules = [Rule(flat=True, at=y, start=xs[0], end=xs[-1]) for y in levels]
    rules += [Rule(flat=False, at=x, start=top, end=ys[-1]) for x in xs]
    return Grid(xs=xs, ys=levels, rules=rules)


def _is_table_high(bands: list[list[Row]]) -> bool:
    """True if the bands between the lines have as many rows of words as cells have: some have several, few
    have more than `_HIGH`, which are articles."""
    heights = [len(rows) for rows in bands if rows]
    return len(heights) >= _LEAST_LINES - 1 and max(heights) > 1 and statistics.median(heights) <= _HIGH


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
