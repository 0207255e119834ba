"""Text of a PDF page that does not stand upright: heads of columns, labels, pages within pages, watermarks.

Turned words have their boxes in a frame that is turned with them (`page_content.Word`), in which they are
read as any page is. Only a watermark is set apart; what stands in a cell of a ruled table is read there.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.documents.pdf.page_content import PdfPage, Word, rows_of
from core.documents.pdf.page_tables import Grid, fragments_of, grids

_STEP = 5
"""Degrees within which slanted words belong together."""
_FEW, _SHORT = 8, 12
_LARGE = 1.8
"""Of the body's size: what a turned text has at least that lies over the page."""


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


def is_short(words: list[Word]) -> bool:
    """Whether words may be a stamp or a label rather than a text."""
    return len(words) <= _SHORT


def _by_angle(words: list[Word]) -> Iterator[tuple[int, list[Word]]]:
    groups: dict[int, list[Word]] = {}
    for word in words:
        if word.angle:
            groups.setdefault(round(word.angle / _STEP), []).append(word)
    yield from ((some[0].angle, some) for some in groups.values())


def _lies_over(words: list[Word], angle: int, body: float) -> bool:
    """Whether a text is a watermark: a few large words, or a few that are slanted."""
    if angle % 90:
        return len(words) <= _SHORT
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
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    left, right = piece[0].x0, max(word.x1 for word in piece)
    top, bottom = min(word.y0 for word in piece), max(word.y1 for word in piece)
    corners = [(x * cosine - y * sine, x * sine + y * cosine) for x in (left, right) for y in (top, bottom)]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    text = " ".join(word.text for word in piece)
    return piece[0]._replace(text=text, x0=min(xs), y0=min(ys), x1=max(xs), y1=max(ys), angle=0, tag=None)
