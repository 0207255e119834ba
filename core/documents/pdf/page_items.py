"""From the words of one PDF page to lines and tables in reading order. Pure.

What is read by itself is taken out of the page first (`insets`). The rest is read block by block
(`written_blocks`). Blocks beside each other that are not prose are rows of a table.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from core.documents.pdf.banded_tables import banded
from core.documents.pdf.gutters import numbered_as_read
from core.documents.pdf.insets import (
    Inset,
    Rows,
    insets_of,
    is_token,
    pieces_of,
    take_boxes,
    take_tables,
    take_tagged,
)
from core.documents.pdf.page_content import Line, PdfPage, PdfTable, Rule, Word
from core.documents.pdf.page_rows import line_of, rows_of
from core.documents.pdf.page_tables import grids
from core.documents.pdf.unruled_tables import Alignment, table_of
from core.documents.pdf.written_blocks import Band, blocks_of, rows_of_cells, words_of, written_parts

Items = list[Line | PdfTable]


def items_of(page: PdfPage, rows: Rows) -> Items:
    """Return the lines and tables of a page, or of a part of it, that has these rows of words."""
    words, insets = take_tagged([word for row in rows for word in row])
    flats = [rule for rule in page.rules if rule.flat]
    found, frames = grids(page.rules)
    found += banded(page.rules, words)
    if found:
        words, insets = take_tables(words, found, insets)
    if frames:
        words = take_boxes(words, frames, insets, lambda inner: _read(inner, flats, insets))
    return _read(rows_of(words) if insets else rows, flats, insets)


def _read(rows: Rows, flats: list[Rule], insets: list[Inset]) -> Items:
    """Read rows in the order in which the file writes them, or by their columns where that order tells
    nothing."""
    blocks = blocks_of(numbered_as_read([word for row in rows for word in row], flats), insets)
    return [item for part in written_parts(blocks, insets) for item in _items_of_part(part, insets)]


def _items_of_part(bands: list[Band], insets: list[Inset]) -> Iterator[Line | PdfTable]:
    above, cells, below = rows_of_cells(bands)
    table = table_of(cells)
    if table is None:
        yield from _items_of_column(bands, insets)
        return
    yield from _items_of_column(above, insets)
    yield table
    yield from _items_of_column(below, insets)


def _items_of_column(bands: list[Band], insets: list[Inset]) -> Iterator[Line | PdfTable]:
    """The lines of one column, and the tables whose cells stand beside each other in it."""
    if not bands:
        return
    rows = rows_of(words_of(bands))
    left = min(row[0].x0 for row in rows)
    right = max(word.x1 for row in rows for word in row)
    has_cells = any(len(band) > 1 for band in bands)
    alignment = Alignment(rows, [pieces_of(row) if has_cells else [row] for row in rows])
    index = 0
    while index < len(rows):
        if found := alignment.table_at(index):
            count, table = found
            yield table
            index += count
        else:
            yield from _items_of_row(rows[index], left, right, insets)
            index += 1


def _items_of_row(
    row: list[Word], left: float, right: float, insets: list[Inset]
) -> Iterator[Line | PdfTable]:
    """The items of the insets in a row, and the words between them as lines. `left` and `right` are the edges
    of the column."""
    for is_inset, some in groupby(row, is_token):
        words = list(some)
        if is_inset:
            for inset in insets_of(words, insets):
                yield from inset.items
        else:
            yield line_of(words, left, right)
