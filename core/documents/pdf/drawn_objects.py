"""What is drawn on a PDF page beside its text: thin paths, which rule tables, pictures, which may bear
words, and words that are written as shapes: letters in outlines, as programs for drawing save titles and
stamps.

No text says what such letters are: they are recognised. They stand in a row, about as high as each other and
close, and some have curves: bars, cells and hatches have none.
"""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from core.documents.pdf.page_content import Box, Rule, Turn, round_all, shown
from core.documents.pdf.pdfium import bounds_of, objects_in, raw
from core.documents.visibility import matters

_LOWEST, _HIGHEST = 3.0, 90.0
"""Points: what letters are high."""
_WIDE = 2.0
"""Of its height: what a letter is wide at most; more is a word of one shape."""
_LOOKED_AT, _OPEN = 40, 100
"""Segments of a shape that are looked at; rows that a letter may follow, those that were written last."""
_CURVES = 3
"""Of a shape that is round somewhere: a letter has more."""
_WORD = 60
"""Segments of a shape that is a word: letters have five and more each."""
_ROW, _ROUND = 6, 2
"""Letters of a row, and how many of them are round."""
_LETTERS_APART = 1.5
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
    if not _LOWEST <= high <= _HIGHEST or count < 4:
        return None
    word = count >= _WORD and wide > _WIDE * high
    if wide > _WIDE * high and not word:
        return None
    kinds = (
        raw.FPDFPathSegment_GetType(raw.FPDFPath_GetPathSegment(path, at))
        for at in range(min(count, _LOOKED_AT))
    )
    curves = sum(kind == raw.FPDF_SEGMENT_BEZIERTO for kind in kinds)
    return Shape(box, curves >= _CURVES, word and curves >= 2 * _CURVES)


def outlined_words(shapes: list[Shape]) -> Iterator[tuple[str, Box]]:
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
    return level and alike and left - end < _LETTERS_APART * max(high, before)


_MAX_OBJECTS = 5_000
_INNER = 200
_APART = 4
"""Pictures of a page that are recognised one by one; more are one picture of all of them."""
INVISIBLE = 3
"""The mode in which the text under a scan is written: it repeats what the scan shows (ISO 32000-1, 9.3.6)."""
_PATHS = 20
_SHAPES = 3_000
_WHITE, _FAINT = 250, 26
"""Of 255: channels of what is nearly white, and the ink of what is nearly transparent."""
_MARKS, _SEGMENTS, _WRITTEN = 5, 20, 1_000
_LEAST = 3
"""Points: what covers a word is as high and as wide at least."""


@dataclass(slots=True, kw_only=True)
class Drawn:
    """The drawn objects of one page. `paths` counts all of them: letters may be drawn."""

    rules: list[Rule] = field(default_factory=list[Rule])
    shapes: list[Shape] = field(default_factory=list[Shape])
    images: list[tuple[str, Box]] = field(default_factory=list[tuple[str, Box]])
    grounds: list[Box] = field(default_factory=list[Box])
    """What is coloured below text, or drawn over some: only a look at the page says what is seen there."""
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

    @property
    def underlaid(self) -> bool:
        """Whether the words of a picture lie under it as invisible text."""
        return bool(self.texts) and self.invisible > 0.5 * self.texts

    def pictures(self, width: float, height: float) -> tuple[tuple[str, Box], ...]:
        """The pictures to recognise, those aside whose words lie under them as invisible text."""
        if self.underlaid:
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
        return (("+".join(sorted(key for key, _ in found)), round_all(box for _, box in found)),)


def drawn_on(page: Any, turn: Turn) -> Drawn:
    """The drawn objects of a page. `turn` gives places from the top left, as shown."""
    drawn = Drawn()
    written: list[Box] = []
    for index in range(min(raw.FPDFPage_CountObjects(page.raw), _MAX_OBJECTS)):
        item = raw.FPDFPage_GetObject(page.raw, index)
        box = box_of(item, turn)
        if raw.FPDFPageObj_GetType(item) == raw.FPDF_PAGEOBJ_TEXT:
            drawn.texts += 1
            drawn.invisible += raw.FPDFTextObj_GetTextRenderMode(item) == INVISIBLE
            written += [box] if box and len(written) < _WRITTEN else []
        elif box:
            _take(item, box, drawn, written)
    drawn.images += outlined_words(drawn.shapes)
    return drawn


def box_of(item: Any, turn: Turn) -> Box | None:
    """Where a drawn object stands; None for one that stands nowhere."""
    return shown(sides, turn) if (sides := bounds_of(item)) else None


def _take(item: Any, box: Box, drawn: Drawn, written: list[Box]) -> None:
    """Something drawn that is no text; `written` is where the texts stand that come before."""
    kind = raw.FPDFPageObj_GetType(item)
    filled = kind != raw.FPDF_PAGEOBJ_PATH or _is_filled(item)
    if filled and ((kind == raw.FPDF_PAGEOBJ_PATH and not is_faint(item)) or _covers(box, written)):
        drawn.grounds.append(box)
    if kind == raw.FPDF_PAGEOBJ_PATH:
        drawn.rules += _rules(*box)
        drawn.paths += 1
        if filled and len(drawn.shapes) < _SHAPES and (shape := shape_of(item, box)):
            drawn.shapes.append(shape)
        return
    drawn.forms += kind == raw.FPDF_PAGEOBJ_FORM
    if any(map(is_faint, _within(item, raw.FPDF_PAGEOBJ_FORM))):
        drawn.grounds.append(box)  # what is drawn together there may not be seen
    drawn.images += [(_key(image), box) for image in islice(_within(item, raw.FPDF_PAGEOBJ_IMAGE), 1)]


def _within(item: Any, kind: int) -> Iterator[Any]:
    return (one for one in objects_in(item, _INNER) if raw.FPDFPageObj_GetType(one) == kind)


def is_faint(item: Any) -> bool:
    """Whether a text may not be seen: it is nearly white or transparent, on a layer, or cut off."""
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if raw.FPDFPageObj_GetFillColor(item, red, green, blue, alpha) and (
        min(red.value, green.value, blue.value) >= _WHITE or alpha.value < _FAINT
    ):
        return True
    marks = range(min(raw.FPDFPageObj_CountMarks(item), _MARKS))
    return any(_is_layer(raw.FPDFPageObj_GetMark(item, index)) for index in marks) or _is_cut(item)


def _is_layer(mark: Any) -> bool:
    name, length = ctypes.create_string_buffer(8), ctypes.c_ulong()
    raw.FPDFPageObjMark_GetName(mark, ctypes.cast(name, ctypes.POINTER(ctypes.c_ushort)), 8, length)
    return name.raw[:4] == b"O\0C\0"


def _is_cut(item: Any) -> bool:
    """Whether an object stands beside a path that says where it is seen."""
    clip = raw.FPDFPageObj_GetClipPath(item)
    x, y = ctypes.c_float(), ctypes.c_float()
    if not clip or (sides := bounds_of(item)) is None:
        return False
    left, bottom, right, top = sides
    for index in range(min(max(0, raw.FPDFClipPath_CountPaths(clip)), _MARKS)):
        points: list[tuple[float, float]] = []
        for at in range(min(max(0, raw.FPDFClipPath_CountPathSegments(clip, index)), _SEGMENTS)):
            raw.FPDFPathSegment_GetPoint(raw.FPDFClipPath_GetPathSegment(clip, index, at), x, y)
            points.append((x.value, y.value))
        xs, ys = [x for x, _ in points], [y for _, y in points]
        across, high = (left + right) / 2, (bottom + top) / 2
        if points and not (min(xs) <= across <= max(xs) and min(ys) <= high <= max(ys)):
            return True
    return False


def _is_filled(path: Any) -> bool:
    mode, stroke = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(path, mode, stroke)
    return mode.value != raw.FPDF_FILLMODE_NONE


def _covers(box: Box, written: list[Box]) -> bool:
    """Whether something is drawn over text that was written before it."""
    x0, y0, x1, y1 = box
    return min(x1 - x0, y1 - y0) > _LEAST and any(
        x0 < right and left < x1 and y0 < (top + bottom) / 2 < y1 for left, top, right, bottom in written
    )


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
