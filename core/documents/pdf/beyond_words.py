"""What a scanned page shows beyond the words that a copier has laid under it, as invisible text: a stamp, a
line in colour, what is written by hand. It is recognised, as pictures are.

A look at the page is divided into cells; ink that no word covers, in cells that lie together, is something.
Rules and the dark edges of a scan are not.
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
_TOGETHER = 5
"""Cells of what may be a word."""
_APART = 4


def beyond(image: Image.Image, words: list[Word], width: float) -> list[Box]:
    """The boxes, at most a few, of what a look at a page of a width in points shows where no word stands."""
    scale = image.width / width
    red, green, blue = image.split()
    darkest = ImageChops.darker(ImageChops.darker(red, green), blue)
    ink = darkest.point([255 if grey < _DARK else 0 for grey in range(256)])
    draw = ImageDraw.Draw(ink)
    for word in words:
        left, top, right, bottom = (scale * side for side in (word.x0, word.y0, word.x1, word.y1))
        draw.rectangle((left - _ROUND, top - _ROUND, right + _ROUND, bottom + _ROUND), fill=0)
    groups = sorted(_groups(set(_cells(ink))), key=len, reverse=True)
    boxes = [round_all(map(_box, group)) for group in groups]
    if len(boxes) > _APART:
        boxes[_APART - 1 :] = [round_all(boxes[_APART - 1 :])]
    return [(left / scale, top / scale, right / scale, bottom / scale) for left, top, right, bottom in boxes]


def _box(cell: tuple[int, int]) -> Box:
    column, row = cell
    return (column - 1) * _CELL, (row - 1) * _CELL, (column + 2) * _CELL, (row + 2) * _CELL


def _cells(ink: Image.Image) -> Iterator[tuple[int, int]]:
    """The cells (column, row) in which letters may stand, those at the edges of the page aside."""
    columns, rows = ink.width // _CELL, ink.height // _CELL
    if columns < 3 or rows < 3:
        return
    fullness = ink.crop((0, 0, columns * _CELL, rows * _CELL)).reduce(_CELL).tobytes()
    for row in range(1, rows - 1):
        for column in range(1, columns - 1):
            if _LEAST <= fullness[row * columns + column] <= _MOST:
                left, top = column * _CELL, row * _CELL
                inked = ink.crop((left, top, left + _CELL, top + _CELL)).getbbox()
                if inked and min(inked[2] - inked[0], inked[3] - inked[1]) >= _STROKE:
                    yield column, row


def _groups(cells: set[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """The cells that lie together."""
    while cells:
        group: list[tuple[int, int]] = []
        reached = [cells.pop()]
        while reached:
            column, row = cell = reached.pop()
            group.append(cell)
            near = {(column + x, row + y) for x in (-1, 0, 1) for y in (-1, 0, 1)} & cells
            cells -= near
            reached += near
        if len(group) >= _TOGETHER:
            yield group
