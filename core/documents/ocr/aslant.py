"""What stands aslant on a page of which the level lines are recognised: stamps, and pages that a camera holds
askew. A task of the fork server: grey pixels in, grey pixels out, as `pixels` writes them.

What is dark where no word was recognised is turned so that its lines lie level: its ink is then in few rows
of pixels, and rows beside each other differ most.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, BinaryIO

from PIL import Image, ImageDraw, ImageOps

from core.documents.document import Limits

_INK = 70
"""Of 256 greys: what differs so much from white is ink."""
_LEAST, _MOST = 0.0008, 0.12
"""Of a page: ink that a stamp leaves, and more than letters do."""
_WIDEST, _STEP = 72, 4
"""Degrees: lines that are steeper are on their side."""
_LEVEL = 8
"""Degrees up to which lines are recognised as they lie."""
_LOOK, _COARSE, _MARGIN = 300, 8, 30


def aslant_task(file: BinaryIO, arguments: dict[str, Any], _limits: Limits) -> str:
    """What stands aslant on a picture of `size` bytes, turned level, in base64; empty where nothing does.
    Behind the picture stands the table of its words, of which those count whose confidence is `sure`."""
    head, _, pixels = file.read(int(arguments["size"])).partition(b"\n")
    width, height = (int(word) for word in head.split()[1:3])
    page = Image.frombytes("L", (width, height), pixels)
    grey = ImageOps.invert(page)
    pen = ImageDraw.Draw(grey)
    for left, top, right, bottom in _recognised(file.read().decode("utf-8", "replace"), arguments["sure"]):
        pen.rectangle((left - 4, top - 4, right + 4, bottom + 4), fill=0)
    ink = grey.point([255 * (value > _INK) for value in range(256)])
    if not _LEAST < ink.histogram()[255] / (width * height) < _MOST:
        return ""
    clear = ink.reduce(_COARSE).point([255 * (value > _INK // 2) for value in range(256)])  # of specks
    box = clear.getbbox()
    if box is None:
        return ""
    left, top, right, bottom = (_COARSE * side for side in box)
    sides = left, top, min(right, width), min(bottom, height)
    angle = _angle(ink.crop(sides))
    if abs(angle) < _LEVEL:
        return ""
    turned = grey.crop(sides).rotate(angle, expand=True, resample=Image.Resampling.BICUBIC)
    out = ImageOps.expand(ImageOps.invert(turned), _MARGIN, 255)
    return base64.b64encode(b"P5 %d %d 255\n" % out.size + out.tobytes()).decode("ascii")


def _recognised(table: str, sure: float) -> Iterator[tuple[int, int, int, int]]:
    """The boxes of the words that are what stands there (tesseract(1), TSV)."""
    for line in table.split("\n")[1:]:
        cells = line.split("\t")
        if len(cells) > 11 and cells[0] == "5" and sum(map(str.isalnum, cells[11])) >= 2:
            left, top, width, height = (int(cell) for cell in cells[6:10])
            if float(cells[10]) >= sure and (height < 1.5 * width or len(cells[11]) < 3):
                yield left, top, left + width, top + height


def _angle(ink: Image.Image) -> int:
    """By how many degrees ink is turned counterclockwise for its lines to lie level."""
    look = ink.copy()
    look.thumbnail((_LOOK, _LOOK))
    grey = look.convert("F")

    def rows(angle: int) -> list[float]:
        turned = grey.rotate(angle, expand=True, resample=Image.Resampling.BILINEAR)
        column = turned.resize((1, turned.height), Image.Resampling.BOX)
        return [float(column.getpixel((0, row))) * turned.width for row in range(turned.height)]  # type: ignore[arg-type]

    best = max(range(-_WIDEST, _WIDEST + 1, _STEP), key=lambda angle: sum(row**2 for row in rows(angle)))
    near = range(best - _STEP + 1, best + _STEP)
    return max(near, key=lambda angle: sum((one - other) ** 2 for one, other in pairwise(rows(angle))))
