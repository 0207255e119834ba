"""What is read by itself where it stands on a PDF page: tables, and texts in frames or on coloured grounds.

Each leaves a token among the words of the page, one word as wide as it is.

So is text that does not stand upright: heads of columns, labels, pages within pages, watermarks. Turned words
have their boxes in a frame that is turned with them (`page_content.Word`), in which they are read as any page
is. Only a watermark is set apart; what stands in a cell of a ruled table is read there.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from core.documents.pdf.page_content import Line, PdfPage, PdfTable, Word, round_all, round_words, turned
from core.documents.pdf.page_rows import rows_of
from core.documents.pdf.page_tables import Grid, fragments_of, grids, tagged_table

Rows = list[list[Word]]
_FRAMES = 150
TOKEN = "\0"  # noqa: S105 - stands for an inset among the words
_STEP = 5
"""Degrees within which slanted words belong together."""
_FEW, SHORT = 8, 12
"""Words of a watermark that stands straight, and of what may be a stamp or a label rather than a text."""
_LARGE = 1.8
"""Of the body's size: what a turned text has at least that lies over the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inset:
    """What is read by itself where it stands: a table or a `box`, which ends at `bottom`."""

    items: list[Line | PdfTable]
    bottom: float = 0.0
    box: bool = False


def is_token(word: Word) -> bool:
    """True if a word stands for an inset."""
    return word.text.startswith(TOKEN)


def insets_of(row: list[Word], insets: list[Inset]) -> Iterator[Inset]:
    return (insets[int(word.text[1:])] for word in row if is_token(word))


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
        boxes = sum(map(is_token, inside))
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
        x0, y0, x1, y1 = round_words(inside)
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
        if not inside or any(map(is_token, inside)):
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
    if any(map(is_token, row)):
        return []
    whole = all(word.fixed for word in row) or any(word.text == "…" for word in row)
    return [row] if whole else fragments_of(row)


@dataclass(slots=True, kw_only=True)
class Parted:
    """The words of a page by how they stand: `upright`, `turned` in a list for each direction, each in its
    own frame, and the texts of watermarks."""

    upright: list[Word] = field(repr=False)
    turned: list[list[Word]] = field(default_factory=list[list[Word]], repr=False)
    watermarks: list[str] = field(default_factory=list[str], repr=False)


def parted(sheet: PdfPage) -> Parted:
    """The words of a page by how they stand."""
    found = Parted(upright=[word for word in sheet.words if not word.angle])
    if len(found.upright) == len(sheet.words):
        return found
    body = statistics.median([word.size for word in found.upright] or [12.0])
    tables = grids(sheet.rules)[0]
    for angle, words in _by_angle(sheet.words):
        if _lies_over(words, angle, body):
            found.watermarks.append(text_of(words))
            continue
        rest = words if angle % 90 else list(_outside(words, angle, tables, found.upright))
        if rest:
            found.turned.append(rest)
    return found


def text_of(words: list[Word]) -> str:
    """Words of one direction in their order."""
    return " ".join(word.text for row in rows_of(words) for word in row)


def _by_angle(words: list[Word]) -> Iterator[tuple[int, list[Word]]]:
    groups: dict[int, list[Word]] = {}
    for word in words:
        if word.angle:
            groups.setdefault(round(word.angle / _STEP), []).append(word)
    yield from ((some[0].angle, some) for some in groups.values())


def _lies_over(words: list[Word], angle: int, body: float) -> bool:
    """Whether a text is a watermark: a few large words, or a few that are slanted."""
    if angle % 90:
        return len(words) <= SHORT
    return len(words) <= _FEW and statistics.median(word.size for word in words) >= _LARGE * body


def _outside(words: list[Word], angle: int, tables: list[Grid], upright: list[Word]) -> Iterator[Word]:
    """The words that stand in no table; the others join the upright ones, each line as one word."""
    for row in rows_of(words):
        for piece in fragments_of(row):
            whole = _as_one(piece, angle)
            if any(table.holds(whole) for table in tables):
                upright.append(whole)
            else:
                yield from piece


def _as_one(piece: list[Word], angle: int) -> Word:
    """A piece of a turned line as a word in the frame of the page."""
    left, top, right, bottom = round_words(piece)
    corners = [turned(x, y, -angle) for x in (left, right) for y in (top, bottom)]
    x0, y0, x1, y1 = round_all((x, y, x, y) for x, y in corners)
    text = " ".join(word.text for word in piece)
    return piece[0]._replace(text=text, x0=x0, y0=y0, x1=x1, y1=y1, angle=0, tag=None)
