"""What is read by itself where it stands on a PDF page: tables, and texts in frames or on coloured grounds.

Each leaves a token among the words of the page, one word as wide as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from core.documents.pdf.page_content import Line, PdfTable, Word, rows_of
from core.documents.pdf.page_tables import Grid, fragments_of, tagged_table

Rows = list[list[Word]]
_FRAMES = 150
TOKEN = "\0"  # noqa: S105 - stands for an inset among the words


@dataclass(frozen=True, slots=True, kw_only=True)
class Inset:
    """What is read by itself where it stands: a table or a `box`, which ends at `bottom`."""

    items: list[Line | PdfTable]
    bottom: float = 0.0
    box: bool = False


def insets_of(row: list[Word], insets: list[Inset]) -> Iterator[Inset]:
    return (insets[int(word.text[1:])] for word in row if word.text.startswith(TOKEN))


def take_boxes(
    words: list[Word], frames: list[Grid], insets: list[Inset], read: Callable[[Rows], list[Line | PdfTable]]
) -> list[Word]:
    """Read what stands in each frame or on each coloured ground by itself, the inner ones first. One line is
    left where it is, and so are rows of cells, which some tables have on a ground."""
    if len(frames) > _FRAMES:  # a drawing
        return words
    for frame in sorted(frames, key=lambda each: (each.xs[1] - each.xs[0]) * (each.ys[1] - each.ys[0])):
        inside = [word for word in words if frame.holds(word)]
        rows = rows_of(inside)
        boxes = sum(word.text.startswith(TOKEN) for word in inside)
        cells = sum(len(pieces_of(row)) > 1 for row in rows)
        if len(rows) < 2 or len(inside) == len(words) or (2 * cells > len(rows) and boxes < 2):
            continue
        token = _token(len(insets), inside, frame.xs[0], frame.ys[0], frame.xs[1])
        insets.append(Inset(items=read(rows), bottom=frame.ys[1], box=True))
        words = [*(word for word in words if not frame.holds(word)), token]
    return words


def take_tagged(words: list[Word]) -> tuple[list[Word], list[Inset]]:
    """The tables that the file itself says to be ones, unless other words stand in their midst."""
    cells: dict[int, list[Word]] = {}
    for word in words:
        if word.tag and word.tag.cell:
            cells.setdefault(word.tag.cell[0], []).append(word)
    tables: list[Inset] = []
    for inside in cells.values():
        x0, y0 = min(word.x0 for word in inside), min(word.y0 for word in inside)
        x1, y1 = max(word.x1 for word in inside), max(word.y1 for word in inside)
        taken = set(map(id, inside))
        others = [word for word in words if id(word) not in taken]
        mixed = sum(x0 < word.x0 < x1 and y0 < (word.y0 + word.y1) / 2 < y1 for word in others)
        table = tagged_table(inside)
        if mixed or not _is_table(table):
            continue
        words = [*others, _token(len(tables), inside, x0, y0, x1)]
        tables.append(Inset(items=[table], bottom=y1))
    return words, tables


def take_tables(words: list[Word], found: list[Grid], tables: list[Inset]) -> tuple[list[Word], list[Inset]]:
    tables = list(tables)
    for grid in found:
        inside = [word for word in words if grid.holds(word)]
        if not inside or any(word.text.startswith(TOKEN) for word in inside):
            continue
        table = grid.table(inside)
        if not _is_table(table):
            continue
        words = [word for word in words if not grid.holds(word)]
        words.append(_token(len(tables), inside, grid.xs[0], grid.ys[0], grid.xs[-1]))
        tables.append(Inset(items=[table], bottom=grid.ys[-1]))
    return words, tables


def _token(number: int, inside: list[Word], x0: float, y0: float, x1: float) -> Word:
    """What stands for an inset where it is, and where the file writes it."""
    place = min(word.place for word in inside)
    return Word(f"{TOKEN}{number}", x0, y0, x1, y0 + 1, 1.0, place=place)


def _is_table(table: PdfTable) -> bool:
    """Not a frame round one text, nor a drawing with words in it."""
    width = len(table.rows[0])
    used = sum(any(row[column] for row in table.rows) for column in range(width))
    filled = sum(bool(cell) for row in table.rows for cell in row)
    return used >= 2 and filled >= 0.3 * width * len(table.rows)


def pieces_of(row: list[Word]) -> list[list[Word]]:
    """A row cut at its wide gaps; nothing where a ruled table stands, which ends any other."""
    if any(word.text.startswith(TOKEN) for word in row):
        return []
    return (
        [row]
        if all(word.fixed for word in row) or any(word.text == "…" for word in row)
        else fragments_of(row)
    )
