"""What is known of a PDF page before its layout is understood. Points, from the top left, as shown."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, NamedTuple

from core.documents.document import PlaceKind
from core.documents.pdf.structure import Tag
from core.documents.pdf.writing_order import bracketed, in_order, runs_left

_LED = 2.5
"""Heights between an entry of a table of contents and its page, where no dots lead to it."""
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


Ink = Literal["", "faint", "none"]
"""`faint`: maybe not seen, by its colour, its layer or what cuts it; `none`: written without ink."""


class Word(NamedTuple):
    """Characters between spaces. `size` is the height of its box. `fixed`: of a font for code. `angle`: by
    how many degrees it is turned to the right; its box is then in a frame turned with it about the page's
    top left. `mapped`: its font says which letters these are. `place`: its number
    in the order of the file."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool = False
    angle: int = 0
    fixed: bool = False
    tag: Tag | None = None
    mapped: bool = True
    ink: Ink = ""
    place: int = 0


Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def round_all(boxes: Iterable[Box]) -> Box:
    """The box round some boxes, of which there is one at least."""
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)


def round_words(words: Iterable[Word]) -> Box:
    """The box round some words, of which there is one at least."""
    return round_all(word[1:5] for word in words)


def turned(x: float, y: float, angle: float) -> tuple[float, float]:
    """A place in the frame that is turned to the right by so many degrees about the page's top left."""
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return x * cosine + y * sine, y * cosine - x * sine


class Rule(NamedTuple):
    """A drawn line: horizontal (`flat`) at height `at`, or vertical at `at` from the left."""

    flat: bool
    at: float
    start: float
    end: float


@dataclass(slots=True, kw_only=True)
class PdfPage:
    """One page. `comments` are (kind of place, text) of annotations; `scanned`: its text is a picture."""

    width: float
    height: float
    words: list[Word] = field(repr=False)
    rules: list[Rule] = field(default_factory=list[Rule], repr=False)
    comments: tuple[tuple[PlaceKind, str], ...] = field(default=(), repr=False)
    scanned: bool = False
    hidden: str = field(default="", repr=False)
    pictures: tuple[tuple[str, Box], ...] = ()
    """Pictures that may bear text: what they are known by in the whole file, and where they stand."""
    turned: int = 0
    """By how many degrees it is turned to the right to be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Words read as one line. `left` and `right` are its column's edges, `first` its first word's width."""

    text: str = field(repr=False)
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool
    left: float
    right: float
    first: float
    fixed: bool = False
    tag: Tag | None = None
    leftwards: bool = False
    """Written from right to left."""

    @property
    def start(self) -> float:
        """How far from the edge of its column it begins."""
        return self.right - self.x1 if self.leftwards else self.x0 - self.left

    def takes(self, below: Line) -> bool:
        """Whether the first word of the line below had room here: then the break was meant."""
        if self.leftwards:
            return self.x0 - 0.3 * self.size - below.first > self.left
        return self.x1 + 0.3 * self.size + below.first < self.right


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfTable:
    """Cells as text, row by row."""

    rows: list[list[str]] = field(repr=False)


def rows_of(words: list[Word]) -> list[list[Word]]:
    """Words → rows, top to bottom, each left to right. Raised and lowered words stay in their line."""
    if not words:
        return []
    usual = sorted(word.size for word in words)[len(words) // 2]
    rows = _clustered([word for word in words if word.size >= 0.8 * usual])
    small = [word for word in words if word.size < 0.8 * usual]
    apart = [word for word in small if not _attached(word, rows)]
    rows += _clustered(apart)
    rows.sort(key=lambda row: min(word.y0 for word in row) + max(word.y1 for word in row))
    return [led(sorted(row, key=lambda word: word.x0)) for row in rows]


def led(row: list[Word]) -> list[Word]:
    """A row whose lines of dots, spaced or not, are one word: « … »."""
    if sum(not word.text.strip("._…·") for word in row) == 0 and not any("...." in w.text for w in row):
        return row
    out: list[Word] = []
    dots: list[Word] = []
    for word in row:
        if not word.text.strip("._…·"):
            dots.append(word)
            continue
        out += _dotted(dots)
        dots = []
        out.append(word)
    return out + _dotted(dots)


def _dotted(dots: list[Word]) -> list[Word]:
    if sum(len(word.text) for word in dots) < 4:
        return dots
    return [dots[0]._replace(text="…", x1=dots[-1].x1)]


def _clustered(words: list[Word]) -> list[list[Word]]:
    rows: list[list[Word]] = []
    bases: list[Word] = []
    for word in sorted(words, key=lambda word: (word.y0 + word.y1, word.x0)):
        middle = (word.y0 + word.y1) / 2
        for index in range(len(rows) - 1, max(-1, len(rows) - 4), -1):
            base = bases[index]
            if base.y0 + 0.15 * base.size < middle < base.y1 - 0.15 * base.size:
                rows[index].append(word)
                bases[index] = max(base, word, key=lambda other: other.size)
                break
        else:
            rows.append([word])
            bases.append(word)
    return rows


def _attached(word: Word, rows: list[list[Word]]) -> bool:
    """Put a small word to the line beside whose words it stands, if there is one."""
    middle = (word.y0 + word.y1) / 2
    for row in rows:
        base = row[0]
        if not base.y0 < middle < base.y1:
            continue
        bullet = len(word.text) == 1 and not word.text.isalnum()
        leads = bullet and 0 < min(other.x0 for other in row) - word.x1 < 4 * base.size
        if leads or any(-0.5 * base.size < word.x0 - other.x1 < 0.5 * base.size for other in row):
            row.append(word)
            return True
    return False


def line_of(words: list[Word], left: float, right: float) -> Line:
    """Words of one row, left to right, as a line."""
    words = in_order(words)
    text = words[0].text
    for before, word in pairwise(words):
        small = min(word.size, before.size) < 0.85 * max(word.size, before.size)
        gap = max(word.x0 - before.x1, before.x0 - word.x1) / max(word.size, before.size, 1.0)
        close = gap < 0.08 if small else gap < 0.15 and not word.text.strip(".,)")
        numbered = gap > _LED and word is words[-1] and word.text.isdecimal()  # the page of an entry
        text += (" … " if numbered else "" if close else " ") + _raised(before, word, close=close)
    leftwards = runs_left(words)
    letters = sum(len(word.text) for word in words)
    longest = max(words, key=lambda word: len(word.text))
    x0, y0, x1, y1 = round_words(words)
    return Line(
        text=bracketed(text) if leftwards else text,
        x0=x0,
        y0=y0,
        x1=x1,
        y1=y1,
        size=longest.size,
        bold=sum(len(word.text) for word in words if word.bold) > 0.6 * letters,
        left=left,
        right=right,
        first=words[0].x1 - words[0].x0,
        fixed=all(word.fixed for word in words),
        tag=longest.tag,
        leftwards=leftwards,
    )


def _raised(before: Word, word: Word, *, close: bool) -> str:
    """Digits set high after a word as such: m², not m2. « 1er » needs nothing."""
    high = close and word.size < 0.85 * before.size and word.y1 < before.y1 - 0.1 * before.size
    return word.text.translate(_SUPERSCRIPTS) if high and word.text.isdecimal() else word.text
