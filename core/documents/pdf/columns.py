"""The reading order of a PDF page: columns, tables and lines.

What is read by itself is taken out (`insets`), the rest read block by block (`written_blocks`); blocks beside
each other that are no prose are rows of a table.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise

from core.documents.pdf.guessed_blocks import guessed_blocks
from core.documents.pdf.insets import TOKEN, Inset, insets_of, pieces_of, take_boxes, take_tables, take_tagged
from core.documents.pdf.page_content import Line, PdfPage, PdfTable, Rule, Word, line_of, rows_of
from core.documents.pdf.page_tables import aligned, grids, table_of
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
    if found:
        words, insets = take_tables(words, found, insets)
    if frames:
        words = take_boxes(words, frames, insets, lambda inner: _read(inner, flats, insets))
    return _read(rows_of(words) if insets else rows, flats, insets)


def _read(rows: Rows, flats: list[Rule], insets: list[Inset]) -> list[Line | PdfTable]:
    """What is read in rows: as the file writes it, and by gaps where the file does not say."""
    blocks = blocks_of([word for row in rows for word in row], insets)
    return [item for part in written_parts(blocks, insets) for item in _items_of_part(part, flats, insets)]


def _items_of_part(bands: list[Band], flats: list[Rule], insets: list[Inset]) -> Iterator[Line | PdfTable]:
    above, cells, below = rows_of_cells(bands)
    table = table_of(cells)
    if table is None:
        above, below = bands, []
    yield from _items_of_bands(above, flats, insets)
    if table:
        yield table
    yield from _items_of_bands(below, flats, insets)


def _items_of_bands(bands: list[Band], flats: list[Rule], insets: list[Inset]) -> Iterator[Line | PdfTable]:
    """Columns of prose, as far as their lines show them; else rows, of a table where they stand so."""
    beside = any(len(band) > 1 for band in bands)
    parts = [bands]
    if beside and not bands[0][0].guessed and not _ruled(words_of(bands), flats):
        parts = list(written_parts(guessed_blocks(bands, insets), insets))
    if len(parts) > 1:
        for part in parts:
            yield from _items_of_bands(part, flats, insets)
    elif bands:
        yield from _items_of_column(rows_of(words_of(bands)), insets, tables=beside)


def _ruled(words: list[Word], flats: list[Rule]) -> bool:
    """Whether two lines or more are drawn across words: they are a table's."""
    left, right = min(word.x0 for word in words), max(word.x1 for word in words)
    top, bottom = min(word.y1 for word in words), max(word.y0 for word in words)
    across = {
        round(rule.at)
        for rule in flats
        if rule.end - rule.start > 0.8 * (right - left) and top - 2 < rule.at < bottom + 2
    }
    return len(across) >= 2


def _items_of_column(rows: Rows, insets: list[Inset], *, tables: bool) -> Iterator[Line | PdfTable]:
    left = min(row[0].x0 for row in rows)
    right = max(word.x1 for row in rows for word in row)
    cut = [pieces_of(row) for row in rows] if tables else [[row] for row in rows]
    index = 0
    while index < len(rows):
        row = rows[index]
        found = None if len(cut[index]) < 2 else aligned(rows[index:], cut[index:])
        if found:
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
