"""What is known of a PDF page before its layout is understood. Points, from the top left, as shown."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from core.documents.document import PlaceKind
from core.documents.pdf.structure import Tag

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

    @property
    def middle(self) -> tuple[float, float]:
        """Of its box: from the left, and from the top."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2


Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


Turn = Callable[[float, float], tuple[float, float]]
"""Turns a place in user space into a place on the page as shown, from the top left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFrame:
    """How a page is shown. `width` and `height` are in points, as shown. `rotation` is the file's own
    (/Rotate), with the degrees by which the reader has `turned` the page to the right."""

    width: float
    height: float
    rotation: int
    turned: int = 0

    def turned_by(self, degrees: int) -> PageFrame:
        """The frame of the same page when it is turned to the right by 90, 180 or 270 degrees."""
        sides = (self.width, self.height) if degrees == 180 else (self.height, self.width)
        return PageFrame(
            width=sides[0],
            height=sides[1],
            rotation=(self.rotation + degrees) % 360,
            turned=(self.turned + degrees) % 360,
        )

    def turn(self, x: float, y: float) -> tuple[float, float]:
        """A place in user space (origin bottom left, before /Rotate) as a place on the page as shown."""
        match self.rotation:
            case 90:
                return y, x
            case 180:
                return self.width - x, y
            case 270:
                return self.width - y, self.height - x
            case _:
                return x, self.height - y


def shown(sides: Sequence[float], turn: Turn) -> Box:
    """Left, bottom, right and top in user space as a box on the page as shown."""
    (x0, y0), (x1, y1) = turn(sides[0], sides[1]), turn(sides[2], sides[3])
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


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
    comments: Sequence[tuple[PlaceKind, str]] = field(default=(), repr=False)
    scanned: bool = False
    hidden: str = field(default="", repr=False)
    pictures: tuple[tuple[str, Box], ...] = ()
    """Pictures that may bear text: what they are known by in the whole file, and where they stand."""
    turned: int = 0
    """By how many degrees it is turned to the right to be read."""
    fold: float = 0.0
    """How far from the left the second of two pages begins that are one picture; 0 for a single page."""


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

    def has_room_for(self, below: Line) -> bool:
        """True if the first word of the line below had room here: the line was broken on purpose."""
        if self.leftwards:
            return self.x0 - 0.3 * self.size - below.first > self.left
        return self.x1 + 0.3 * self.size + below.first < self.right


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfTable:
    """Cells as text, row by row."""

    rows: list[list[str]] = field(repr=False)
