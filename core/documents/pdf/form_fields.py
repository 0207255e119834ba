"""Words in the fields of a PDF form, put behind the words that ask for them: the file writes them last."""

from __future__ import annotations

import ctypes
from collections import defaultdict
from collections.abc import Iterable
from itertools import chain
from typing import Any

from core.documents.pdf.drawn_objects import Turn
from core.documents.pdf.page_content import Box, Word
from core.documents.pdf.pdfium import raw

_BAND = 10.0
"""Points."""


def box_of_field(annotation: Any) -> Box | None:
    """Where a field stands in user space; None where that is nowhere."""
    box = raw.FS_RECTF()
    if not raw.FPDFAnnot_GetRect(annotation, ctypes.byref(box)):
        return None
    return box.left, box.bottom, box.right, box.top


def beside_labels(words: list[Word], fields: Iterable[Box], turn: Turn) -> list[Word]:
    """The words of a page in the order of the file, those in a field behind the last one before it on its
    line, level with that, and numbered so."""
    boxes = [_shown(box, turn) for box in fields]
    bands: defaultdict[int, list[Word]] = defaultdict(list)
    for word in words:
        bands[int(_middle(word) // _BAND)].append(word)
    behind: dict[int, list[Word]] = {}
    moved: set[int] = set()
    for box in boxes:
        near = chain.from_iterable(bands.get(band, ()) for band in _bands(box))
        level = [word for word in near if box[1] <= _middle(word) <= box[3] and not word.angle]
        inside = [word for word in level if box[0] <= (word.x0 + word.x1) / 2 <= box[2]]
        before = [word for word in level if word.x1 <= box[0] + 1 and id(word) not in moved]
        if not (inside and before) or any(id(word) in behind for word in inside):
            continue
        if min(word.place for word in inside) > max(word.place for word in before):
            label = max(before, key=lambda word: word.x1)
            down = _middle(label) - min(map(_middle, inside))
            behind.setdefault(id(label), []).extend(
                word._replace(y0=word.y0 + down, y1=word.y1 + down)
                for word in inside
                if id(word) not in moved
            )
            moved.update(map(id, inside))
    ordered: list[Word] = []
    for word in sorted((word for word in words if id(word) not in moved), key=lambda word: word.place):
        ordered += [word, *behind.get(id(word), ())]
    return [word._replace(place=at) for at, word in enumerate(ordered)] if moved else words


def _bands(box: Box) -> range:
    return range(int(box[1] // _BAND), int(min(box[3], box[1] + 2_000) // _BAND) + 1)


def _middle(word: Word) -> float:
    return (word.y0 + word.y1) / 2


def _shown(box: Box, turn: Turn) -> Box:
    (x0, y0), (x1, y1) = turn(box[0], box[1]), turn(box[2], box[3])
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
