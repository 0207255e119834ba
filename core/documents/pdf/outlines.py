"""Words of a PDF page that are written as shapes: letters in outlines, as programs for drawing save titles
and stamps. No text says what they are: they are recognised.

Letters stand in a row, about as high as each other and close, and some have curves: bars, cells and hatches
have none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from core.documents.pdf.page_content import Box, round_all
from core.documents.pdf.pdfium import raw

_LEAST, _HIGHEST = 3.0, 90.0
"""Points: what letters are high."""
_WIDE = 2.0
"""Of its height: what a letter is wide at most; more is a word of one shape."""
_SEGMENTS, _OPEN = 40, 100
"""Segments of a shape that are looked at; rows that a letter may follow, those that were written last."""
_CURVES = 3
"""Of a shape that is round somewhere: a letter has more."""
_WORD = 60
"""Segments of a shape that is a word: letters have five and more each."""
_ROW, _ROUND = 6, 2
"""Letters of a row, and how many of them are round."""
_APART = 1.5
"""Of the height: what parts two letters of a row."""
_UNLIKE = 2.2
"""Times that one letter of a row is as high as another."""


class Shape(NamedTuple):
    """A filled shape that may be a letter, or a word."""

    box: Box
    round: bool
    word: bool


def shape_of(path: Any, box: Box) -> Shape | None:
    """The shape of a filled path; None for one that is no letter."""
    x0, y0, x1, y1 = box
    high, wide = y1 - y0, x1 - x0
    count = raw.FPDFPath_CountSegments(path)
    if not _LEAST <= high <= _HIGHEST or count < 4:
        return None
    word = count >= _WORD and wide > _WIDE * high
    if wide > _WIDE * high and not word:
        return None
    kinds = (
        raw.FPDFPathSegment_GetType(raw.FPDFPath_GetPathSegment(path, at))
        for at in range(min(count, _SEGMENTS))
    )
    curves = sum(kind == raw.FPDF_SEGMENT_BEZIERTO for kind in kinds)
    return Shape(box, curves >= _CURVES, word and curves >= 2 * _CURVES)


def written(shapes: list[Shape]) -> Iterator[tuple[str, Box]]:
    """The rows of letters among shapes: what each is known by, wherever it stands, and its box."""
    rows = [[shape] for shape in shapes if shape.word]
    open_rows: list[list[Shape]] = []
    for shape in sorted((each for each in shapes if not each.word), key=lambda each: each.box[0]):
        at = next((at for at, row in enumerate(open_rows) if _follows(shape, row[-1])), None)
        if at is None:
            rows.append([shape])
            open_rows = [*open_rows[1 - _OPEN :], rows[-1]]
        else:
            open_rows[at].append(shape)
            open_rows.append(open_rows.pop(at))
    for row in rows:
        if row[0].word or (len(row) >= _ROW and sum(shape.round for shape in row) >= _ROUND):
            sizes = [(round(s.box[2] - s.box[0], 1), round(s.box[3] - s.box[1], 1)) for s in row]
            key = hashlib.blake2b(repr(sizes).encode(), digest_size=12).hexdigest()
            x0, y0, x1, y1 = round_all(shape.box for shape in row)
            margin = (y1 - y0) / 4
            yield f"outlines {key}", (x0 - margin, y0 - margin, x1 + margin, y1 + margin)


def _follows(shape: Shape, other: Shape) -> bool:
    """Whether a shape is the letter after another one in its row."""
    (left, top, _, bottom), (_, above, end, below) = shape.box, other.box
    high, before = bottom - top, below - above
    level = min(bottom, below) - max(top, above) > 0.5 * min(high, before)
    alike = max(high, before) < _UNLIKE * min(high, before)
    return level and alike and left - end < _APART * max(high, before)
