"""Ruled tables of a PDF page, from their lines, and tagged ones."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from core.documents.pdf.page_content import Line, PdfTable, Rule, Word
from core.documents.pdf.page_rows import join, line_of, rows_of

Row = list[Word]
Span = tuple[float, float]
MARK = re.compile(r"[•▪◦‣∙●○■□➢➤✓✔❖·⁃§\uf000-\uf0ff*–—-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5})[.)°]")
_NEAR = 3.0
"""Points between lines that touch, or that are one line."""
_MAX_RULES = 2_000
_WIDE = 0.85
"""Of the size of words: the gap that parts columns."""


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
        elif above.has_room_for(line):
            text += "\n" + line.text
        else:
            text = join(text, line.text)
        above = line
    return text


def fragments_of(row: list[Word]) -> list[list[Word]]:
    """Cut a row at its wide gaps. The mark of a list entry stays with its text."""
    fragments = [row[:1]]
    edge = row[0].x1
    marked = MARK.fullmatch(row[0].text) is not None
    for word in row[1:]:
        is_near = word.x0 - edge < _WIDE * max(word.size, fragments[-1][-1].size)
        is_behind_mark = marked and len(fragments[0]) == 1
        if is_near or is_behind_mark:
            fragments[-1].append(word)
            edge = max(edge, word.x1)
        else:
            fragments.append([word])
            edge = word.x1
    return fragments
