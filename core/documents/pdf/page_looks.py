"""Looks at PDF pages: what a page shows when it is drawn, and where it shows ink but has no word.

A scanned page may show more than the words that a copier has laid under it as invisible text: a stamp, a line
in colour, handwriting. Such a place is recognised as pictures are. Ruled lines and dark edges do not count.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pypdfium2 as pdfium
from PIL import Image, ImageChops, ImageDraw

from core.documents.pdf.page_content import Box, Word, round_all

_LONGEST = 2_000
"""Pixels of the longer side of a drawn page: the largest page that PDF allows would take 800 MB."""
_SECONDS = 6.0
"""Computing time for all looks at one file. Drawings of many layers take longer to draw than to read."""


class PageLooks:
    """Draws pages of one file until that has cost `_SECONDS`; `clock` gives the computing time in seconds."""

    def __init__(self, clock: Callable[[], float] = time.process_time) -> None:
        self._clock = clock
        self._spent = 0.0
        self.left_out: list[int] = []
        """The numbers of the pages that were not drawn. All their words count as seen."""

    def at(self, page: Any, number: int, turned: int) -> Image.Image | None:
        """Draw a page with one pixel a point or fewer. Return None where the page cannot be drawn, or where
        the file has cost too much already."""
        image = self._draw(page, turned) if self._spent < _SECONDS else None
        if image is None:
            self.left_out.append(number)
        return image

    def _draw(self, page: Any, turned: int) -> Image.Image | None:
        start = self._clock()
        try:
            scale = min(1.0, _LONGEST / max(page.get_size()))
            return page.render(scale=scale, rotation=turned, rev_byteorder=True).to_pil().convert("RGB")
        except (pdfium.PdfiumError, MemoryError, ValueError):
            return None
        finally:
            self._spent += self._clock() - start


_DARK = 140
"""Of 255: the darkest channel of ink, red ink too."""
_CELL = 12
"""Pixels of the side of a cell; a pixel is one point at most."""
_MARGIN = 3
"""Pixels round a word that count as part of the word."""
_LEAST, _MOST = 10, 190
"""Of 255: how full of ink a cell with letters is."""
_STROKE = 4
"""Pixels that letters are high and wide at least; a ruled line is thinner."""
_TOGETHER = 3
"""Cells with ink in one row of cells that may be a word."""
_MOST_BOXES = 4


def ink_beyond_words(image: Image.Image, words: list[Word], width: float) -> list[Box]:
    """Return the boxes, in points and `_MOST_BOXES` at most, where a drawn page shows ink but no word stands.

    `width` is the width of the page in points.
    """
    scale = image.width / width
    ink = _ink_without(image, words, scale)
    found: list[Box] = []
    for row in range(1, ink.height // _CELL - 1):
        cells = list(_inked_columns(ink, row))
        if len(cells) < _TOGETHER:
            continue
        side = _CELL / scale
        box = side * (cells[0] - 1), side * (row - 1), side * (cells[-1] + 2), side * (row + 2)
        if found and (box[1] < found[-1][3] or len(found) >= _MOST_BOXES):
            box = round_all((found.pop(), box))
        found.append(box)
    return found


def _ink_without(image: Image.Image, words: list[Word], scale: float) -> Image.Image:
    """The ink of a page as a picture in black (0) and white (255), with the words' own boxes blackened."""
    red, green, blue = image.split()
    ink = ImageChops.darker(ImageChops.darker(red, green), blue).point([255] * _DARK + [0] * (256 - _DARK))
    draw = ImageDraw.Draw(ink)
    for word in words:
        left, top, right, bottom = (scale * side for side in (word.x0, word.y0, word.x1, word.y1))
        draw.rectangle((left - _MARGIN, top - _MARGIN, right + _MARGIN, bottom + _MARGIN), fill=0)
    return ink


def _inked_columns(ink: Image.Image, row: int) -> Iterator[int]:
    """The columns of a row of cells in which letters may stand. Cells at the page edge do not count."""
    top, columns = row * _CELL, ink.width // _CELL
    fullness = ink.crop((0, top, columns * _CELL, top + _CELL)).reduce(_CELL).tobytes()
    for column in range(1, columns - 1):
        if _LEAST <= fullness[column] <= _MOST:
            inked = ink.crop((column * _CELL, top, (column + 1) * _CELL, top + _CELL)).getbbox()
            if inked and min(inked[2] - inked[0], inked[3] - inked[1]) >= _STROKE:
                yield column
