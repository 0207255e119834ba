"""The reading order of a PDF page: columns, tables and lines.

What is read by itself is taken out (`insets`), the rest read block by block (`written_blocks`); blocks beside
each other that are no prose are rows of a table.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise

from core.documents.pdf.gutters import numbered_as_read
from core.documents.pdf.insets import TOKEN, Inset, insets_of, pieces_of, take_boxes, take_tables, take_tagged
from core.documents.pdf.page_content import Line, PdfPage, PdfTable, Rule, Word
from core.documents.pdf.page_rows import line_of, rows_of
from core.documents.pdf.page_tables import banded, grids
from core.documents.pdf.unruled_tables import Alignment, table_of
from core.documents.pdf.written_blocks import (
    Band,
    blocks_of,
    rows_of_cells,
    words_of,
    written_parts,
)

Rows = list[list[Word]]


def items_of(sheet: PdfPage, rows: Rows) -> list[Line | PdfTable]:
    """Lines and tables in reading order."""
    words, insets = take_tagged([word for row in rows for word in row])
    flats = [rule for rule in sheet.rules if rule.flat]
    found, frames = grids(sheet.rules)
    found += banded(sheet.rules, words)
    if found:
        words, insets = take_tables(words, found, insets)
    if frames:
        words = take_boxes(words, frames, insets, lambda inner: _read(inner, flats, insets))
    return _read(rows_of(words) if insets else rows, flats, insets)


def _read(rows: Rows, flats: list[Rule], insets: list[Inset]) -> list[Line | PdfTable]:
    """What is read in rows: as the file writes it, and by gaps where the file does not say."""
    blocks = blocks_of(numbered_as_read([word for row in rows for word in row], flats), insets)
    return [item for part in written_parts(blocks, insets) for item in _items_of_part(part, insets)]


def _items_of_part(bands: list[Band], insets: list[Inset]) -> Iterator[Line | PdfTable]:
    above, cells, below = rows_of_cells(bands)
    table = table_of(cells)
    if table is None:
        above, below = bands, []
    yield from _items_of_column(above, insets)
    if table:
        yield table
    yield from _items_of_column(below, insets)


def _items_of_column(bands: list[Band], insets: list[Inset]) -> Iterator[Line | PdfTable]:
    """Lines, and rows of a table where blocks stand beside each other."""
    if not bands:
        return
    rows = rows_of(words_of(bands))
    tables = any(len(band) > 1 for band in bands)
    left = min(row[0].x0 for row in rows)
    right = max(word.x1 for row in rows for word in row)
    cut = [pieces_of(row) for row in rows] if tables else [[row] for row in rows]
    alignment = Alignment(rows, cut)
    index = 0
    while index < len(rows):
        row = rows[index]
        if found := alignment.table_at(index):
            index += found[0]
            yield found[1]
            continue
        for inset, some in groupby(row, lambda word: word.text.startswith(TOKEN)):
            if inset:
                yield from (item for found in insets_of(list(some), insets) for item in found.items)
            else:
                yield line_of(list(some), left, right)
        index += 1


def pitch_of(lines: list[Line]) -> float:
    """The usual distance between lines below each other, in their sizes."""
    pitches = sorted(
        (below.y1 - above.y1) / below.size
        for above, below in pairwise(lines)
        if 0 < below.y1 - above.y1 < 2.2 * below.size and abs(above.size - below.size) < 0.1 * below.size
    )
    return pitches[len(pitches) // 3] if pitches else 1.2
