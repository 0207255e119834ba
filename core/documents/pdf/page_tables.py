"""Tables of a PDF page: ruled ones from their lines, others from words that stand in columns."""

from __future__ import annotations

import functools
import re
import statistics
from bisect import bisect
from dataclasses import dataclass
from itertools import pairwise

from core.documents.pdf.page_content import Line, PdfTable, Rule, Word, line_of, rows_of
from core.documents.pdf.writing_order import in_order
from core.documents.text.hyphens import join

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
        x, y = (word.x0 + word.x1) / 2, (word.y0 + word.y1) / 2
        return self.xs[0] < x < self.xs[-1] and self.ys[0] < y < self.ys[-1]

    def table(self, words: list[Word]) -> PdfTable:
        """The words in their cells; text of merged cells stands in the first of them."""
        width, height = len(self.xs) - 1, len(self.ys) - 1
        cells: list[list[list[Word]]] = [[[] for _ in range(width)] for _ in range(height)]
        for word in words:
            column = _interval(self.xs, (word.x0 + word.x1) / 2)
            row = _interval(self.ys, (word.y0 + word.y1) / 2)
            while column and not self._ruled(False, self.xs[column], *self.ys[row : row + 2]):
                column -= 1
            while row and not self._ruled(True, self.ys[row], *self.xs[column : column + 2]):
                row -= 1
            cells[row][column].append(word)
        return PdfTable(
            rows=[[_text(cell, *self.xs[x : x + 2]) for x, cell in enumerate(row)] for row in cells]
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
        texts = [cells.get((row, column), []) for column in range(width)]
        table.append(
            [
                _text(some, min(word.x0 for word in some), edges[column]) if some else ""
                for column, some in enumerate(texts)
            ]
        )
    return PdfTable(rows=table)


def _interval(edges: list[float], value: float) -> int:
    return max(0, sum(edge <= value for edge in edges[:-1]) - 1)


def _text(words: list[Word], left: float, right: float) -> str:
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


def aligned(rows: list[Row], cut: list[list[Row]]) -> tuple[int, PdfTable] | None:
    """A table that begins with the first of `rows`, and how many rows it takes; None when there is none.

    `cut` are the rows' pieces (`fragments_of`); a row without any ends the table.
    """
    length = _run(cut, rows)
    while length >= 2:
        columns = _columns([pieces for pieces in cut[:length] if len(pieces) > 1])
        if len(columns) >= 2:
            return length, PdfTable(rows=_cells(cut[:length], rows[:length], columns))
        length -= 1
        while length >= 2 and len(cut[length - 1]) < 2:
            length -= 1
    return None


def table_of(cells: list[list[Row]]) -> PdfTable | None:
    """A table of cells in rows, from the top; None where they stand in one column."""
    columns = _columns(cells)
    if len(columns) < 2:
        return None
    table: list[list[str]] = []
    for row in cells:
        texts = [""] * len(columns)
        for cell in row:
            column = _column_of(columns, cell)
            texts[column] = join(texts[column], _text(cell, *columns[column])).strip()
        table.append(texts)
    return PdfTable(rows=table)


def _run(cut: list[list[Row]], rows: list[Row]) -> int:
    """How many first rows may belong to one table: those in pieces, and single pieces between them."""
    if len(cut[0]) < 2:
        return 0
    length = 1
    for index in range(1, len(cut)):
        above, below = rows[index - 1], rows[index]
        if not cut[index]:
            break
        if min(word.y0 for word in below) - max(word.y1 for word in above) > 2.0 * below[0].size:
            break
        if len(cut[index]) > 1:
            length = index + 1
        elif index - length > 2:
            break
    return length


def _columns(cut: list[list[Row]]) -> list[Span]:
    """The x intervals in which the pieces of all rows stand; of the rows in most pieces, where they are most:
    others have cells across columns."""
    if len(cut) < 2:
        return []
    most = max(map(len, cut))
    full = [row for row in cut if len(row) == most]
    cut = full if 2 * len(full) > len(cut) and len(full) > 1 else cut
    columns: list[Span] = []
    for start, end in sorted(_span(piece) for row in cut for piece in row):
        if columns and start < columns[-1][1] + 1:
            columns[-1] = (columns[-1][0], max(columns[-1][1], end))
        else:
            columns.append((start, end))
    return _merged(columns, cut)


def _merged(columns: list[Span], cut: list[list[Row]]) -> list[Span]:
    """Neighbours that are never filled in one row are one column, whose head stands to another side."""
    filled = [{_column_of(columns, piece) for piece in row} for row in cut]
    index = 0
    while index + 1 < len(columns):
        if any({index, index + 1} <= row for row in filled):
            index += 1
            continue
        columns[index : index + 2] = [(columns[index][0], columns[index + 1][1])]
        filled = [{column - (column > index) for column in row} for row in filled]
    return columns


def _span(piece: Row) -> Span:
    return min(word.x0 for word in piece), max(word.x1 for word in piece)


def _column_of(columns: list[Span], piece: Row) -> int:
    middle = sum(_span(piece)) / 2
    at = bisect(columns, middle, key=lambda column: column[0])
    near = range(max(0, at - 1), min(at + 1, len(columns)))
    return min(near, key=lambda number: _distance(columns[number], middle))


def _cells(cut: list[list[Row]], rows: list[Row], columns: list[Span]) -> list[list[str]]:
    gaps = [
        (min(word.y0 for word in below) - max(word.y1 for word in above)) / below[0].size
        for above, below in pairwise(rows)
    ]
    airy = bool(gaps) and statistics.median(gaps) > 0.5
    cells: list[list[str]] = []
    for index, pieces in enumerate(cut):
        row = [""] * len(columns)
        for piece in pieces:
            column = _column_of(columns, piece)
            row[column] = f"{row[column]} {' '.join(word.text for word in in_order(piece))}".strip()
        if cells and (
            not row[0] or (airy and gaps[index - 1] < 0.35) or _interleave(*rows[index - 1 : index + 1])
        ):
            cells[-1] = [join(above, below).strip() for above, below in zip(cells[-1], row, strict=True)]
        else:
            cells.append(row)
    return cells


def _interleave(above: Row, below: Row) -> bool:
    """Whether the file writes some of a row before all of the row above: they are lines of the same cells."""
    return min(word.place for word in below) < max(word.place for word in above)


def _distance(column: Span, x: float) -> float:
    return max(column[0] - x, x - column[1], 0.0)
