"""Tables of a PDF page without lines: rows of words that stand in columns."""

from __future__ import annotations

import statistics
from bisect import bisect, bisect_left
from collections.abc import Iterator
from itertools import pairwise

from core.documents.pdf.page_content import PdfTable
from core.documents.pdf.page_rows import in_order, join
from core.documents.pdf.page_tables import Row, Span, text_of_cell

_NO_COLUMNS = 100
"""Rows out of columns that are looked at before a table ends."""


class Alignment:
    """The rows of one column of a page, in which tables are looked for.

    `cut` holds the pieces of each row (`fragments_of`). A row without pieces ends a table. The time grows
    with the number of rows (times `_NO_COLUMNS` at most), since a table looks only at the rows that it takes.
    """

    def __init__(self, rows: list[Row], cut: list[list[Row]]) -> None:
        self._rows, self._cut = rows, cut
        self._spans = [[_span(piece) for piece in pieces] for pieces in cut]

    def table_at(self, start: int) -> tuple[int, PdfTable] | None:
        """Return how many rows the table takes that begins with the row `start`, and the table; None if no
        table begins there."""
        end = self._end(start)
        if end == start:
            return None
        cut = self._cut[start:end]
        columns = _columns([pieces for pieces in cut if len(pieces) > 1])
        return end - start, PdfTable(rows=_cells(cut, self._rows[start:end], columns))

    def _end(self, start: int) -> int:
        """Return where the longest run of rows from `start` ends that stand in columns, or `start` if no two
        rows do."""
        end, broken, most = start, 0, 0
        every, full = _Coverage(), _Coverage()
        for index in self._run(start):
            spans = self._spans[index]
            if len(spans) > most:
                most, full = len(spans), _Coverage()
            for coverage in (every, full) if len(spans) == most else (every,):
                coverage.add(spans)
            usual = full if 2 * full.rows > every.rows and full.rows > 1 else every
            if every.rows > 1 and usual.in_columns:
                end, broken = index + 1, 0
            elif (broken := broken + 1) > _NO_COLUMNS:
                break
        return end

    def _run(self, start: int) -> Iterator[int]:
        """The rows in several pieces from `start` that may be one table's. Three rows in one piece may stand
        between them."""
        single = 0
        for index in range(start, len(self._rows)):
            if index > start and (not self._cut[index] or self._far(index)):
                return
            single = 0 if len(self._cut[index]) > 1 else single + 1
            if single > 3 or (single and index == start):
                return
            if not single:
                yield index

    def _far(self, index: int) -> bool:
        """True if a row stands more than two lines below the row above."""
        return _gap(self._rows[index - 1], self._rows[index]) > 2.0


class _Coverage:
    """Which intervals the pieces of some rows cover, and which the whole rows cover. If the pieces cover more
    intervals, they stand in columns: there is a gap that no piece fills, and rows on both sides of it."""

    def __init__(self) -> None:
        self.rows = 0
        self._pieces: list[Span] = []
        self._widths: list[Span] = []

    def add(self, spans: list[Span]) -> None:
        self.rows += 1
        for span in spans:
            _cover(self._pieces, span)
        _cover(self._widths, (min(start for start, _ in spans), max(end for _, end in spans)))

    @property
    def in_columns(self) -> bool:
        return len(self._pieces) > len(self._widths)


def _cover(covered: list[Span], span: Span) -> None:
    """Add a span to the covered ones, which stay in order and at least a point apart."""
    first = bisect(covered, span[0] - 1, key=lambda one: one[1])
    last = bisect_left(covered, span[1] + 1, key=lambda one: one[0])
    if first < last:
        span = min(span[0], covered[first][0]), max(span[1], covered[last - 1][1])
    covered[first:last] = [span]


def table_of(cells: list[list[Row]]) -> PdfTable | None:
    """Return a table of cells, row by row from the top, or None if all cells stand in one column."""
    columns = _columns(cells)
    if len(columns) < 2:
        return None
    table: list[list[str]] = []
    for row in cells:
        texts = [""] * len(columns)
        for cell in row:
            column = _column_of(columns, cell)
            texts[column] = join(texts[column], text_of_cell(cell, *columns[column])).strip()
        table.append(texts)
    return PdfTable(rows=table)


def _columns(cut: list[list[Row]]) -> list[Span]:
    """The intervals from the left in which the pieces of all rows stand. If most rows have as many pieces as
    the fullest, only these rows count: the others have cells across columns."""
    if len(cut) < 2:
        return []
    most = max(map(len, cut))
    full = [row for row in cut if len(row) == most]
    cut = full if 2 * len(full) > len(cut) and len(full) > 1 else cut
    columns: list[Span] = []
    for span in sorted(_span(piece) for row in cut for piece in row):
        _cover(columns, span)
    return _merged(columns, cut)


def _merged(columns: list[Span], cut: list[list[Row]]) -> list[Span]:
    """Merge neighbours that are never filled in one row: they are one column, whose head is aligned to the
    other side."""
    filling: list[set[int]] = [set() for _ in columns]
    for number, row in enumerate(cut):
        for piece in row:
            filling[_column_of(columns, piece)].add(number)
    merged, rows = columns[:1], filling[0] if filling else set[int]()
    for column, own in zip(columns[1:], filling[1:], strict=True):
        if rows.isdisjoint(own):
            merged[-1] = (merged[-1][0], column[1])
            rows |= own
        else:
            merged.append(column)
            rows = own
    return merged


def _span(piece: Row) -> Span:
    return min(word.x0 for word in piece), max(word.x1 for word in piece)


def _column_of(columns: list[Span], piece: Row) -> int:
    middle = sum(_span(piece)) / 2
    at = bisect(columns, middle, key=lambda column: column[0])
    near = range(max(0, at - 1), min(at + 1, len(columns)))
    return min(near, key=lambda number: max(columns[number][0] - middle, middle - columns[number][1], 0.0))


def _cells(cut: list[list[Row]], rows: list[Row], columns: list[Span]) -> list[list[str]]:
    """The texts of the cells, row by row. Rows that only go on in the cells above are joined to these."""
    is_airy = _is_airy(rows)
    table: list[list[str]] = []
    for index, pieces in enumerate(cut):
        texts = [""] * len(columns)
        for piece in pieces:
            column = _column_of(columns, piece)
            texts[column] = f"{texts[column]} {' '.join(word.text for word in in_order(piece))}".strip()
        if table and (not texts[0] or _is_wrapped(rows[index - 1], rows[index], is_airy=is_airy)):
            table[-1] = [join(above, below).strip() for above, below in zip(table[-1], texts, strict=True)]
        else:
            table.append(texts)
    return table


def _is_airy(rows: list[Row]) -> bool:
    """True if there usually is a wide space between rows."""
    gaps = [_gap(above, below) for above, below in pairwise(rows)]
    return bool(gaps) and statistics.median(gaps) > 0.5


def _is_wrapped(above: Row, below: Row, *, is_airy: bool) -> bool:
    """True if a row goes on in the cells of the row above: the rows stand close where most are apart, or the
    file writes the row below before it has written the row above."""
    if is_airy and _gap(above, below) < 0.35:
        return True
    return min(word.place for word in below) < max(word.place for word in above)


def _gap(above: Row, below: Row) -> float:
    """The space between two rows, in the size of the lower one."""
    return (min(word.y0 for word in below) - max(word.y1 for word in above)) / below[0].size
