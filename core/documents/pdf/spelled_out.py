"""Words whose letters stand apart: spaced, below each other, along an arc. PDFium takes each for a word."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from itertools import pairwise

from core.documents.pdf.page_content import Word

_LEAST = 4
"""Letters of a word that is put together: fewer stand alone in many tables."""
_FAR, _WIDER = 2.4, 1.6
"""Of the size: what parts two letters of a word at most. Of the usual step: what parts two words."""


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
    return math.dist(_middle(one), _middle(other))


def _middle(word: Word) -> tuple[float, float]:
    """Where a word stands on the page: the box of a turned one is in a frame that is turned with it."""
    x, y = (word.x0 + word.x1) / 2, (word.y0 + word.y1) / 2
    cosine, sine = math.cos(math.radians(word.angle)), math.sin(math.radians(word.angle))
    return x * cosine - y * sine, x * sine + y * cosine
