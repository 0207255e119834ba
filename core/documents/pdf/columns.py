"""The reading order of a PDF page: columns, tables and lines.

Rows are taken from the top; a band of rows with a gutter that no word crosses, and prose on both sides,
is read column by column. A gutter in something that is not prose is a table's.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from core.documents.pdf.page_content import Line, PdfPage, PdfTable, Rule, Word, line_of, rows_of
from core.documents.pdf.page_tables import Grid, aligned, fragments_of, grids, tagged_table
from core.documents.pdf.writing_order import runs_left

Rows = list[list[Word]]
Gap = tuple[float, float]
_GUTTERS = 6
"""The widest gaps that are tried: a page has no more columns, a table may have hundreds."""
_TOKEN = "\0"  # noqa: S105 - stands for a ruled table among the words


def items_of(sheet: PdfPage, rows: Rows) -> list[Line | PdfTable]:
    """Lines and tables in reading order."""
    words, tables = _take_tagged([word for row in rows for word in row])
    if found := grids(sheet.rules):
        words, tables = _take_tables(words, found, tables)
    rows = rows_of(words) if tables else rows
    flats = [rule for rule in sheet.rules if rule.flat]
    items: list[Line | PdfTable] = []
    for some in _split(rows, flats):
        items += _items_of_column(some, tables)
    return items


def _take_tagged(words: list[Word]) -> tuple[list[Word], list[PdfTable]]:
    """The tables that the file itself says to be ones, unless other words stand in their midst."""
    cells: dict[int, list[Word]] = {}
    for word in words:
        if word.tag and word.tag.cell:
            cells.setdefault(word.tag.cell[0], []).append(word)
    tables: list[PdfTable] = []
    for inside in cells.values():
        x0, y0 = min(word.x0 for word in inside), min(word.y0 for word in inside)
        x1, y1 = max(word.x1 for word in inside), max(word.y1 for word in inside)
        taken = set(map(id, inside))
        others = [word for word in words if id(word) not in taken]
        mixed = sum(x0 < word.x0 < x1 and y0 < (word.y0 + word.y1) / 2 < y1 for word in others)
        table = tagged_table(inside)
        if mixed or not _is_table(table):
            continue
        words = [*others, Word(f"{_TOKEN}{len(tables)}", x0, y0, x1, y0 + 1, 1.0)]
        tables.append(table)
    return words, tables


def _take_tables(
    words: list[Word], found: list[Grid], tables: list[PdfTable]
) -> tuple[list[Word], list[PdfTable]]:
    tables = list(tables)
    for grid in found:
        inside = [word for word in words if grid.holds(word)]
        if not inside or any(word.text.startswith(_TOKEN) for word in inside):
            continue
        table = grid.table(inside)
        if not _is_table(table):
            continue
        words = [word for word in words if not grid.holds(word)]
        words.append(Word(f"{_TOKEN}{len(tables)}", grid.xs[0], grid.ys[0], grid.xs[-1], grid.ys[0] + 1, 1.0))
        tables.append(table)
    return words, tables


def _is_table(table: PdfTable) -> bool:
    """Not a frame round one text, nor a drawing with words in it."""
    width = len(table.rows[0])
    used = sum(any(row[column] for row in table.rows) for column in range(width))
    filled = sum(bool(cell) for row in table.rows for cell in row)
    return used >= 2 and filled >= 0.3 * width * len(table.rows)


def _split(rows: Rows, flats: list[Rule], depth: int = 0) -> Iterator[Rows]:
    """Groups of rows, each of one column, in reading order."""
    plain: Rows = []
    spans = [_spans(row) for row in rows]
    edge = max((some[-1][1] for some in spans), default=0.0)
    index = 0
    while index < len(rows):
        end, gaps = _band(rows, spans, index, edge)
        end = _balanced(rows, index, end, gaps)
        halves = _columns(rows[index:end], gaps, flats) if depth < 6 else None
        if halves is None:
            plain.append(rows[index])
            index += 1
            continue
        if plain:
            yield plain
            plain = []
        leftwards = runs_left([word for half in halves for row in half for word in row])
        for half in halves[::-1] if leftwards else halves:
            yield from _split(half, flats, depth + 1)
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
        if not inner and not any(gap[0] >= left for gap in gaps):
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


def _columns(rows: Rows, gaps: list[Gap], flats: list[Rule]) -> tuple[Rows, Rows] | None:
    """The two sides of the widest gutter between prose, or None."""
    if len(rows) < 3:
        return None
    for gap in sorted(gaps, key=lambda gap: gap[0] - gap[1])[:_GUTTERS]:
        left, right = _sides(rows, gap)
        size = rows[0][0].size
        least = 3 if gap[1] - gap[0] > 1.15 * size else 5
        if min(len(left), len(right)) < least or not (_is_prose(left) and _is_prose(right)):
            continue
        if _side_by_side(left, right) and not _ruled(rows, gap, flats):
            return left, right
    return None


def _sides(rows: Rows, gap: Gap) -> tuple[Rows, Rows]:
    """What stands left and right of a gutter."""
    left = [side for row in rows if (side := [word for word in row if word.x1 <= gap[0] + 0.1])]
    right = [side for row in rows if (side := [word for word in row if word.x0 >= gap[1] - 0.1])]
    return left, right


def _balanced(rows: Rows, start: int, end: int, gaps: list[Gap]) -> int:
    """Where columns that end together end: short lines after a space below them are no longer theirs, nor is
    what is no prose on both sides, as a table across the page."""
    if not gaps:
        return end
    gap = max(gaps, key=lambda gap: gap[1] - gap[0])
    for index in range(start + 3, end):
        space = min(word.y0 for word in rows[index]) - max(word.y1 for word in rows[index - 1])
        if space > 1.2 * rows[index][0].size and not all(map(_is_prose, _sides(rows[index:end], gap))):
            end = index
            break
    both = [index for index in range(start, end) if rows[index][0].x0 < gap[0] < rows[index][-1].x1]
    if not both:
        return end
    for index in range(both[-1] + 1, min(end, both[-1] + 4)):
        space = min(word.y0 for word in rows[index]) - max(word.y1 for word in rows[index - 1])
        if space > 0.35 * rows[index][0].size:
            return index
    return end


def _is_prose(rows: Rows) -> bool:
    """Lines that fill their column with words, not cells."""
    if not rows:
        return False
    edge = max(word.x1 for row in rows for word in row)
    width = max(1.0, edge - min(row[0].x0 for row in rows))
    filled = sum(row[-1].x1 - row[0].x0 for row in rows) / len(rows) / width
    pieces = sum(len(fragments_of(row)) for row in rows) / len(rows)
    words = sum(len(row) for row in rows) / len(rows)
    return (words >= 3.0 and filled >= 0.5) or (pieces >= 1.5 and words >= 6.0)


def _side_by_side(left: Rows, right: Rows) -> bool:
    top = max(left[0][0].y0, right[0][0].y0)
    bottom = min(left[-1][0].y1, right[-1][0].y1)
    shorter = min(left[-1][0].y1 - left[0][0].y0, right[-1][0].y1 - right[0][0].y0)
    return bottom - top > 0.5 * shorter


def _ruled(rows: Rows, gap: Gap, flats: list[Rule]) -> bool:
    """Two lines or more drawn across the gutter within the band make it a table's."""
    top, bottom = rows[0][0].y1, rows[-1][0].y0
    across = {
        round(rule.at)
        for rule in flats
        if rule.start < gap[0] and rule.end > gap[1] and top - 2 < rule.at < bottom + 2
    }
    return len(across) >= 2


def _items_of_column(rows: Rows, tables: list[PdfTable]) -> Iterator[Line | PdfTable]:
    left = min(row[0].x0 for row in rows)
    right = max(word.x1 for row in rows for word in row)
    cut = [_pieces(row) for row in rows]
    index = 0
    while index < len(rows):
        row = rows[index]
        tokens = [word for word in row if word.text.startswith(_TOKEN)]
        words = [word for word in row if not word.text.startswith(_TOKEN)]
        found = None if tokens or len(cut[index]) < 2 else aligned(rows[index:], cut[index:])
        if found:
            index += found[0]
            yield found[1]
            continue
        if words:
            yield line_of(words, left, right)
        yield from (tables[int(word.text[1:])] for word in tokens)
        index += 1


def _pieces(row: list[Word]) -> list[list[Word]]:
    """A row cut at its wide gaps; nothing where a ruled table stands, which ends any other."""
    if any(word.text.startswith(_TOKEN) for word in row):
        return []
    return (
        [row]
        if all(word.fixed for word in row) or any(word.text == "…" for word in row)
        else fragments_of(row)
    )


def pitch_of(lines: list[Line]) -> float:
    """The usual distance between lines below each other, in their sizes."""
    pitches = sorted(
        (below.y1 - above.y1) / below.size
        for above, below in pairwise(lines)
        if 0 < below.y1 - above.y1 < 2.2 * below.size and abs(above.size - below.size) < 0.1 * below.size
    )
    return pitches[len(pitches) // 3] if pitches else 1.2
