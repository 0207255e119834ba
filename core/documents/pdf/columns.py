"""The reading order of a PDF page: columns, tables and lines.

Rows are taken from the top; a band of rows with a gutter that no word crosses, and prose on both sides,
is read column by column. A gutter in something that is not prose is a table's.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise

from core.documents.pdf.insets import TOKEN, Inset, insets_of, pieces_of, take_boxes, take_tables, take_tagged
from core.documents.pdf.page_content import Line, PdfPage, PdfTable, Rule, Word, line_of, rows_of
from core.documents.pdf.page_tables import aligned, fragments_of, grids, table_of
from core.documents.pdf.writing_order import runs_left
from core.documents.pdf.written_blocks import Band, blocks_of, rows_of_cells, words_of, written_parts

Rows = list[list[Word]]
Gap = tuple[float, float]
_GUTTERS = 6
"""The widest gaps that are tried: a page has no more columns, a table may have hundreds."""
_FILLED = 0.75
"""How much of its column a line of prose fills on average; cells and forms fill less."""
_LEVEL = 6.0
"""Points by which the tops of two boxes of a row may differ."""


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
    for some in (above, below):
        rows = rows_of(words_of(some))
        beside = any(len(band) > 1 for band in some)
        for column in _split(rows, flats, insets) if beside else filter(None, [rows]):
            yield from _items_of_column(column, insets, tables=beside)
        if table and some is above:
            yield table


def _split(rows: Rows, flats: list[Rule], insets: list[Inset], depth: int = 0) -> Iterator[Rows]:
    """Groups of rows, each of one column, in reading order."""
    plain: Rows = []
    spans = [_spans(row) for row in rows]
    edge = max((some[-1][1] for some in spans), default=0.0)
    index = 0
    while index < len(rows):
        end, gaps = _band(rows, spans, index, edge)
        halves = _columns(rows[index:end], gaps, flats, insets) if depth < 6 else None
        if halves is None:
            plain.append(rows[index])
            index += 1
            continue
        if plain:
            yield plain
            plain = []
        leftwards = runs_left([word for half in halves for row in half for word in row])
        for half in halves[::-1] if leftwards else halves:
            yield from _split(half, flats, insets, depth + 1)
        index = end
    if plain:
        yield plain


def _spans(row: list[Word]) -> list[Gap]:
    """Where a row has words, small spaces between them closed."""
    least = 0.5 * max(word.size for word in row)
    spans: list[Gap] = []
    for word in row:
        if spans and word.x0 < spans[-1][1] + least:
            if word.x1 > spans[-1][1]:
                spans[-1] = (spans[-1][0], word.x1)
        else:
            spans.append((word.x0, word.x1))
    return spans


def _band(rows: Rows, spans: list[list[Gap]], start: int, edge: float) -> tuple[int, list[Gap]]:
    """How far a common gutter reaches from row `start` on: the end, and the gutters at the end."""
    gaps: list[Gap] = [(float("-inf"), float("inf"))]
    left, right = float("inf"), float("-inf")
    best: list[Gap] = []
    for index in range(start, len(rows)):
        left, right = min(left, spans[index][0][0]), max(right, spans[index][-1][1])
        size = rows[index][0].size
        gaps = [gap for gap in _without(gaps, spans[index], 0.5 * size) if gap[0] < edge - 3 * size]
        inner = [gap for gap in gaps if gap[0] >= left and gap[1] <= right]
        beside = rows[start][0].text.startswith(TOKEN)  # a box whose text stands left of it, a little lower
        if not inner and not (any(gap[0] >= left for gap in gaps) or (beside and gaps and not best)):
            return index, best
        best = inner or best
    return len(rows), best


def _without(gaps: list[Gap], spans: list[Gap], least: float) -> list[Gap]:
    """The gaps less the words of a row; too narrow ones are gone."""
    for start, end in spans:
        cut: list[Gap] = []
        for gap in gaps:
            if end <= gap[0] or start >= gap[1]:
                cut.append(gap)
                continue
            if start - gap[0] >= least:
                cut.append((gap[0], start))
            if gap[1] - end >= least:
                cut.append((end, gap[1]))
        gaps = cut
    return gaps


def _columns(rows: Rows, gaps: list[Gap], flats: list[Rule], insets: list[Inset]) -> tuple[Rows, Rows] | None:
    """The two sides of the widest gutter between prose, or None."""
    if len(rows) < 3:
        return None
    for gap in sorted(gaps, key=lambda gap: gap[0] - gap[1])[:_GUTTERS]:
        left, right = _sides(rows, gap)
        size = rows[0][0].size
        least = 3 if gap[1] - gap[0] > 1.15 * size else 5
        if sum(map(len, left)) + sum(map(len, right)) < sum(map(len, rows)):  # a word across
            continue
        if min(_height(left, insets), _height(right, insets)) < least or _boxes_face(left, right):
            continue
        if not (_is_prose(left, insets) and _is_prose(right, insets)):
            continue
        if _side_by_side(left, right, insets) and not _ruled(rows, gap, flats):
            return left, right
    return None


def _sides(rows: Rows, gap: Gap) -> tuple[Rows, Rows]:
    """What stands left and right of a gutter."""
    left = [side for row in rows if (side := [word for word in row if word.x1 <= gap[0] + 0.1])]
    right = [side for row in rows if (side := [word for word in row if word.x0 >= gap[1] - 0.1])]
    return left, right


def _height(rows: Rows, insets: list[Inset]) -> int:
    """The lines of a column, those in boxes too."""
    return sum(max((found.rows for found in insets_of(row, insets)), default=1) for row in rows)


def _boxes_face(left: Rows, right: Rows) -> bool:
    """Whether boxes stand beside each other at one height: a grid is read row by row."""
    tops = [[row[0].y0 for row in side if row[0].text.startswith(TOKEN)] for side in (left, right)]
    return any(abs(one - other) < _LEVEL for one in tops[0] for other in tops[1])


def _is_prose(rows: Rows, insets: list[Inset] | None = None) -> bool:
    """Lines that fill their column with words, not cells; or boxes."""
    if insets:
        lines = [row for row in rows if not any(found.box for found in insets_of(row, insets))]
        if len(lines) < len(rows) and len(lines) <= 1:
            return True
        rows = lines
    if not rows:
        return False
    edge = max(word.x1 for row in rows for word in row)
    width = max(1.0, edge - min(row[0].x0 for row in rows))
    filled = sum(row[-1].x1 - row[0].x0 for row in rows) / len(rows) / width
    pieces = sum(len(fragments_of(row)) for row in rows) / len(rows)
    words = sum(len(row) for row in rows) / len(rows)
    return (words >= max(3.0, 2 * pieces) and filled >= _FILLED) or (pieces >= 1.5 and words >= 6.0)


def _side_by_side(left: Rows, right: Rows, insets: list[Inset]) -> bool:
    tops = left[0][0].y0, right[0][0].y0
    ends = [
        max([side[-1][0].y1, *(found.bottom for row in side for found in insets_of(row, insets))])
        for side in (left, right)
    ]
    return min(ends) - max(tops) > 0.5 * min(end - top for top, end in zip(tops, ends, strict=True))


def _ruled(rows: Rows, gap: Gap, flats: list[Rule]) -> bool:
    """Two lines or more drawn across the gutter within the band make it a table's."""
    top, bottom = rows[0][0].y1, rows[-1][0].y0
    across = {
        round(rule.at)
        for rule in flats
        if rule.start < gap[0] and rule.end > gap[1] and top - 2 < rule.at < bottom + 2
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
