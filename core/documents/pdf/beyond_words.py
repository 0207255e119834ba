"""What a scanned page shows beyond the words that a copier has laid under it, as invisible text: a stamp, a
line in colour, what is written by hand. It is recognised, as pictures are. Rules and dark edges are nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from PIL import Image, ImageChops, ImageDraw

from core.documents.pdf.page_content import Box, Word, round_all

_DARK = 140
"""Of 255: the darkest channel of ink, red ink too."""
_CELL = 12
"""Pixels, of one point at most."""
_ROUND = 3
"""Pixels round a word that are its own."""
_LEAST, _MOST = 10, 190
"""Of 255: how full of ink the cells of letters are."""
_STROKE = 4
"""Pixels that letters are high and wide; a rule is not."""
_TOGETHER = 3
"""Cells of a row, of what may be a word."""
_APART = 4


def beyond(image: Image.Image, words: list[Word], width: float) -> list[Box]:
    """The boxes, at most a few, of what a look at a page of a width in points shows where no word stands."""
    scale = image.width / width
    red, green, blue = image.split()
    ink = ImageChops.darker(ImageChops.darker(red, green), blue).point([255] * _DARK + [0] * (256 - _DARK))
    draw = ImageDraw.Draw(ink)
    for word in words:
        left, top, right, bottom = (scale * side for side in (word.x0, word.y0, word.x1, word.y1))
        draw.rectangle((left - _ROUND, top - _ROUND, right + _ROUND, bottom + _ROUND), fill=0)
    found: list[Box] = []
    for row in range(1, ink.height // _CELL - 1):
        if len(cells := list(_inked(ink, row))) >= _TOGETHER:
            side = _CELL / scale
            box = side * (cells[0] - 1), side * (row - 1), side * (cells[-1] + 2), side * (row + 2)
            joins = found and (box[1] < found[-1][3] or len(found) >= _APART)
            found.append(round_all((found.pop(), box)) if joins else box)
    return found


def _inked(ink: Image.Image, row: int) -> Iterator[int]:
    """The columns of a row of cells in which letters may stand, those at the edges of the page aside."""
    top, columns = row * _CELL, ink.width // _CELL
    fullness = ink.crop((0, top, columns * _CELL, top + _CELL)).reduce(_CELL).tobytes()
    for column in range(1, columns - 1):
        if _LEAST <= fullness[column] <= _MOST:
            inked = ink.crop((column * _CELL, top, (column + 1) * _CELL, top + _CELL)).getbbox()
            if inked and min(inked[2] - inked[0], inked[3] - inked[1]) >= _STROKE:
                yield column
