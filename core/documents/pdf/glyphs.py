"""Where the words of a PDF page stand, how large they are, and in what kind of font.

A font's size is PDFium's times the scale of the text's matrix: many producers write everything at size 1
and scale it. Fonts disagree on how high their boxes are, so every word gets one made from its baseline:
words of one line then stand on one line, whatever their fonts.

PDFium takes each letter for a word where letters stand apart: spaced, below each other, along an arc. They
are put together (`spelled_out`).
"""

from __future__ import annotations

import ctypes
import math
import re
import statistics
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from core.documents.pdf.drawn_objects import INVISIBLE, is_faint
from core.documents.pdf.page_content import Ink, Turn, Word, shown, turned
from core.documents.pdf.pdfium import raw
from core.documents.pdf.structure import Tag

_ABOVE, _BELOW = 0.93, 0.24  # of the font's size, over and under the baseline
_SPACE = 0.12
"""Of the font's size: what parts words of two fonts. Spaces are 0.25 to 0.33, tight lines have 0.15."""
_LETTER = 0.55
"""Of the font's size: the usual width of a letter."""
_UPRIGHT, _ASKEW_DEGREES, _ASKEW = 17, 5, 0.09
_HEAVY = re.compile(rb"bold|black|heavy|demi", re.IGNORECASE)
_FIXED = re.compile(rb"mono|courier|consol|typewriter|menlo|cmtt|txtt|code", re.IGNORECASE)
_LEAST = 4
"""Letters of a word that is put together: fewer stand alone in many tables."""
_FAR, _WIDER = 2.4, 1.6
"""Of the size: what parts two letters of a word at most. Of the usual step: what parts two words."""


class _Run(NamedTuple):
    """What characters of one text object share."""

    size: float = 10.0
    angle: int = 0
    slope: float = 0.0
    """Of its baseline, where a page is a little askew."""
    bold: bool = False
    fixed: bool = False
    font: int = 0
    tag: Tag | None = None
    ink: Ink = ""


def _direction(across: float, down: float) -> tuple[int, float]:
    """By how many degrees a text is turned to the right, and the slope of one that is only askew."""
    angle = math.degrees(math.atan2(down, across))
    if abs(angle) <= _UPRIGHT:
        return 0, down / across if 0.005 < abs(down / max(across, 1e-9)) < _ASKEW else 0.0
    quarter = 90 * round(angle / 90)
    return (quarter if abs(angle - quarter) <= _ASKEW_DEGREES else round(angle)) or 1, 0.0


def _ink(item: Any) -> Ink:
    if raw.FPDFTextObj_GetTextRenderMode(item) == INVISIBLE:
        return "none"
    return "faint" if is_faint(item) else ""


class Glyphs:
    """The characters of one page, by their index."""

    def __init__(self, textpage: Any, turn: Turn, tags: Mapping[int, Tag] | None = None) -> None:
        self._page = textpage
        self._tags = tags or {}
        self._turn = turn
        self._runs: dict[int, _Run] = {}
        self._known: dict[int, _Run] = {}
        self._fonts: dict[int, tuple[bool, bool]] = {}
        self._rectangle, self._matrix = raw.FS_RECTF(), raw.FS_MATRIX()
        self._x, self._y = ctypes.c_double(), ctypes.c_double()

    def word(self, text: str, first: int, last: int) -> Word:
        """The word from one character to another."""
        run = self._run(first)
        x0, _, x1, _ = self._box(first)
        if last != first:
            other = self._box(last)
            x0, x1 = min(x0, other[0]), max(x1, other[2])
        x, y = self._origin(first)
        if run.angle:
            x0, baseline = turned(x, y, run.angle)
            x1 = turned(*self._origin(last), run.angle)[0] + _LETTER * run.size
        else:
            baseline = y - run.slope * x
        y0, y1 = baseline - _ABOVE * run.size, baseline + _BELOW * run.size
        size = (_ABOVE + _BELOW) * run.size
        mapped = raw.FPDFText_HasUnicodeMapError(self._page, first) != 1
        return Word(
            text, x0, y0, x1, y1, size, run.bold, run.angle, run.fixed, run.tag, mapped, run.ink, first
        )

    def _origin(self, index: int) -> tuple[float, float]:
        """Where a character stands on its baseline."""
        raw.FPDFText_GetCharOrigin(self._page, index, self._x, self._y)
        return self._turn(self._x.value, self._y.value)

    def parts(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """A word cut where the font changes and a space is seen (PDFium takes it for a narrow one), and where
        it turns."""
        one, other = self._run(first), self._run(last)
        if first == last or (one.font == other.font and one.angle == other.angle):
            yield first, last
            return
        for index in range(first, last):
            if self._parts(index):
                yield first, index
                first = index + 1
        yield first, last

    def _parts(self, index: int) -> bool:
        """Whether another word begins after a character."""
        one, other = self._run(index), self._run(index + 1)
        if one.angle != other.angle:
            return True
        space = self._box(index + 1)[0] - self._box(index)[2]
        return one.font != other.font and space > _SPACE * max(one.size, other.size)

    def is_over(self, accent: int, letter: int) -> bool:
        """Whether one character is drawn over (or under) another, not beside it."""
        one, other = self._box(accent), self._box(letter)
        return other[0] - 1 < (one[0] + one[2]) / 2 < other[2] + 1

    def is_one(self, first: int, second: int) -> bool:
        """Whether two characters are drawn as one."""
        return self._origin(first) == self._origin(second)

    def is_raised(self, first: int, last: int) -> bool:
        """Whether a word's last character is much smaller than its first: the mark of a note."""
        return self._run(last).size < 0.85 * self._run(first).size

    def _box(self, index: int) -> tuple[float, float, float, float]:
        box = self._rectangle
        raw.FPDFText_GetLooseCharBox(self._page, index, box)
        return shown((box.left, box.bottom, box.right, box.top), self._turn)

    def _run(self, index: int) -> _Run:
        if (known := self._known.get(index)) is None:
            known = self._known[index] = self._run_of(index)
        return known

    def _run_of(self, index: int) -> _Run:
        item = raw.FPDFText_GetTextObject(self._page, index)
        if not item:
            return _Run()
        address = ctypes.addressof(item.contents)
        if address not in self._runs:
            self._runs[address] = self._described(index, item)
        return self._runs[address]

    def _described(self, index: int, item: Any) -> _Run:
        matrix = self._matrix
        raw.FPDFText_GetMatrix(self._page, index, matrix)
        size = raw.FPDFText_GetFontSize(self._page, index) * math.hypot(matrix.c, matrix.d)
        (x0, y0), (x1, y1) = self._turn(0, 0), self._turn(matrix.a, matrix.b)
        angle, slope = _direction(x1 - x0, y1 - y0)
        handle = raw.FPDFTextObj_GetFont(item)
        bold, fixed = self._font(handle)
        font = ctypes.addressof(handle.contents) if handle else 0
        return _Run(
            size=size if 0.1 < size < 10_000 else 10.0,
            angle=angle,
            slope=slope,
            bold=bold,
            fixed=fixed,
            font=font,
            ink=_ink(item),
            tag=self._tags.get(raw.FPDFPageObj_GetMarkedContentID(item)) if self._tags else None,
        )

    def _font(self, font: Any) -> tuple[bool, bool]:
        """Whether it is bold, and one for code. Many fonts say so in their name only."""
        if not font:
            return False, False
        address = ctypes.addressof(font.contents)
        if address not in self._fonts:
            name = ctypes.create_string_buffer(200)
            raw.FPDFFont_GetBaseFontName(font, name, 200)
            bold = bool(_HEAVY.search(name.value)) or raw.FPDFFont_GetWeight(font) >= 600
            self._fonts[address] = bold, bool(_FIXED.search(name.value) or raw.FPDFFont_GetFlags(font) & 1)
        return self._fonts[address]


def spelled_out(words: list[Word]) -> Iterator[str]:
    """The words of a page, in the order of the file, that are written letter by letter."""
    run: list[Word] = []
    for word in words:
        if run and not (_is_letter(word) and _step(run[-1], word) < _FAR * max(word.size, run[-1].size)):
            yield from _joined(run)
            run = []
        if _is_letter(word):
            run.append(word)
    yield from _joined(run)


def _is_letter(word: Word) -> bool:
    return len(word.text) == 1 and word.text.isalpha()


def _joined(run: list[Word]) -> Iterator[str]:
    if len(run) < _LEAST:
        return
    steps = [_step(one, other) for one, other in pairwise(run)]
    usual = statistics.median(steps)
    text = run[0].text
    for word, step in zip(run[1:], steps, strict=True):
        text += (" " if step > _WIDER * usual else "") + word.text
    yield text


def _step(one: Word, other: Word) -> float:
    """How far apart words stand on the page: the box of a turned one is in a frame turned with it."""
    return math.dist(turned(*one.middle, -one.angle), turned(*other.middle, -other.angle))
