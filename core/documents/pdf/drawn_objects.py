"""What is drawn on a PDF page beside its text: thin paths, which rule tables, and pictures, which may
bear words."""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from core.documents.pdf.page_content import Box, Rule
from core.documents.pdf.pdfium import raw
from core.documents.pictures import matters

_MAX_OBJECTS = 5_000
_INNER = 200
_DEPTH = 4
_APART = 4
"""Pictures of a page that are recognised one by one; more are one picture of all of them."""
INVISIBLE = 3
"""The mode in which the text under a scan is written: it repeats what the scan shows (ISO 32000-1, 9.3.6)."""
_PATHS = 20
_WHITE = 250

Turn = Callable[[float, float], tuple[float, float]]


@dataclass(slots=True, kw_only=True)
class Drawn:
    """The drawn objects of one page. `paths` counts all of them: letters may be drawn."""

    rules: list[Rule] = field(default_factory=list[Rule])
    images: list[tuple[str, Box]] = field(default_factory=list[tuple[str, Box]])
    grounds: list[Box] = field(default_factory=list[Box])
    """What is coloured, pictures and whatever cannot be judged among it."""
    forms: int = 0
    paths: int = 0
    texts: int = 0
    invisible: int = 0

    @property
    def areas(self) -> list[float]:
        return [(x1 - x0) * (y1 - y0) for _, (x0, y0, x1, y1) in self.images]

    @property
    def shows(self) -> bool:
        """Whether a page without text shows something that may be text."""
        return bool(self.images or self.forms) or self.paths > _PATHS

    def pictures(self, width: float, height: float) -> tuple[tuple[str, Box], ...]:
        """The pictures to recognise, those aside whose words lie under them as invisible text."""
        if self.texts and self.invisible > 0.5 * self.texts:
            return ()
        inside = {
            key: (max(0.0, x0), max(0.0, y0), min(width, x1), min(height, y1))
            for key, (x0, y0, x1, y1) in self.images
        }
        found = [
            (key, box)
            for key, box in inside.items()
            if matters(box[2] - box[0], box[3] - box[1], (width, height), top=box[1])
        ]
        if len(found) <= _APART:
            return tuple(found)
        boxes = [box for _, box in found]
        whole = (
            min(box[0] for box in boxes),
            min(box[1] for box in boxes),
            max(box[2] for box in boxes),
            max(box[3] for box in boxes),
        )
        return (("+".join(sorted(key for key, _ in found)), whole),)


def drawn_on(page: Any, turn: Turn) -> Drawn:
    """The drawn objects of a page. `turn` gives places from the top left, as shown."""
    drawn = Drawn()
    sides = [ctypes.c_float() for _ in range(4)]
    for index in range(min(raw.FPDFPage_CountObjects(page.raw), _MAX_OBJECTS)):
        item = raw.FPDFPage_GetObject(page.raw, index)
        kind = raw.FPDFPageObj_GetType(item)
        if kind == raw.FPDF_PAGEOBJ_TEXT:
            drawn.texts += 1
            drawn.invisible += raw.FPDFTextObj_GetTextRenderMode(item) == INVISIBLE
            continue
        if not raw.FPDFPageObj_GetBounds(item, *sides):
            continue
        left, bottom, right, top = (side.value for side in sides)
        (x0, y0), (x1, y1) = turn(left, bottom), turn(right, top)
        box = (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
        if kind != raw.FPDF_PAGEOBJ_PATH or _is_filled(item):
            drawn.grounds.append(box)
        if kind == raw.FPDF_PAGEOBJ_PATH:
            drawn.rules += _rules(*box)
            drawn.paths += 1
            continue
        drawn.forms += kind == raw.FPDF_PAGEOBJ_FORM
        if (key := _image_in(item, kind)) is not None:
            drawn.images.append((key, box))
    return drawn


def is_white(item: Any) -> bool:
    """Whether an object is filled with white, or nearly."""
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    known = raw.FPDFPageObj_GetFillColor(item, red, green, blue, alpha)
    return bool(known) and min(red.value, green.value, blue.value) >= _WHITE


def _is_filled(path: Any) -> bool:
    """Whether a path has a ground on which white is seen."""
    mode, stroke = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(path, mode, stroke)
    return mode.value != raw.FPDF_FILLMODE_NONE and not is_white(path)


def _image_in(item: Any, kind: int, depth: int = 0) -> str | None:
    """What the first image in an object is known by; None where there is none."""
    if kind == raw.FPDF_PAGEOBJ_IMAGE:
        return _key(item)
    if kind != raw.FPDF_PAGEOBJ_FORM or depth >= _DEPTH:
        return None
    for index in range(min(raw.FPDFFormObj_CountObjects(item), _INNER)):
        inner = raw.FPDFFormObj_GetObject(item, index)
        if (key := _image_in(inner, raw.FPDFPageObj_GetType(inner), depth + 1)) is not None:
            return key
    return None


def _key(image: Any) -> str:
    """One for the same picture wherever it stands: a logo on each page is recognised once."""
    length = raw.FPDFImageObj_GetImageDataRaw(image, None, 0)
    buffer = ctypes.create_string_buffer(length)
    raw.FPDFImageObj_GetImageDataRaw(image, buffer, length)
    return hashlib.blake2b(buffer.raw, digest_size=12).hexdigest()


def _rules(x0: float, y0: float, x1: float, y1: float) -> Iterator[Rule]:
    """A line, or the four edges of a box."""
    if y1 - y0 < 3 and x1 - x0 > 8:
        yield Rule(flat=True, at=(y0 + y1) / 2, start=x0, end=x1)
    elif x1 - x0 < 3 and y1 - y0 > 8:
        yield Rule(flat=False, at=(x0 + x1) / 2, start=y0, end=y1)
    elif x1 - x0 > 8 and y1 - y0 > 8:
        yield Rule(flat=True, at=y0, start=x0, end=x1)
        yield Rule(flat=True, at=y1, start=x0, end=x1)
        yield Rule(flat=False, at=x0, start=y0, end=y1)
        yield Rule(flat=False, at=x1, start=y0, end=y1)
