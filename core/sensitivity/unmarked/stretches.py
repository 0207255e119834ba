"""Which stretches of a text the learned reader reads: all of a short one, of a long one what stands out.

A long text is judged paragraph by paragraph, for what is sensitive in sixty pages is often one of them, and
among its neighbours its words no longer weigh. Most are told harmless by a glance at single words, whose
weights are added up once for each word that occurs; the share that weighs most is looked at in full.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from heapq import nlargest
from typing import NamedTuple

from core.sensitivity.folding import Folded

_WHOLE = 600
"""Characters of a text that is read as one stretch."""
_LONGEST = 300
"""Characters of a stretch of a long text."""
_SHORTEST = 40
"""A shorter paragraph is read with the next: it heads it, or both are lines of a list."""
_LOOKED = 10
_ONE_IN = 6
"""Of a long text so many stretches are looked at in full at most, and one in so many of the others."""
_LEAST = -2.0
"""And only those at which a glance weighs no less: one in eleven of public documents, nineteen in twenty of
sensitive texts."""
_SHARE = 0.75
"""A sum of n weights grows as a power of n: of the half in what was learned; of more, long stretches weigh no
more than short ones."""
_FEW = 4
"""Short texts that may stand beside each other, each for itself: a message, what it quotes, a subject."""
_PARAGRAPH = re.compile(r"(?:[^\n\f]++|\n(?![ \t]*[\n\f]))++")
_WORD = re.compile(r"[a-z]+'?")


class Stretch(NamedTuple):
    """The part `start` to `end` of the folded text number `text`. Stretches of one `document` are judged
    together; `of_long`: is it one of several?"""

    text: int
    start: int
    end: int
    document: int
    of_long: bool


class Weighed(NamedTuple):
    """The weight of a word, that of its letters, and how many features these are."""

    word: int
    letters: int
    features: int


def stretches_of(texts: Sequence[Folded]) -> list[Stretch]:
    """The stretches of some texts. Of many texts the short ones are one document: the boxes of a page."""
    split = [list(_split(folded.text)) for folded in texts]
    boxes = sum(len(bounds) == 1 for bounds in split) > _FEW
    found: list[Stretch] = []
    for n, bounds in enumerate(split):
        long = len(bounds) > 1
        document = n if long or not boxes else -1
        found += (Stretch(n, start, end, document, long or boxes) for start, end in bounds)
    return found


def standing_out(texts: Sequence[Folded], weigh: Callable[[str], Weighed]) -> list[Stretch]:
    """The stretches that are looked at in full, in their order."""
    found = stretches_of(texts)
    if len(found) <= _LOOKED:
        return found
    glances = [(_glance(texts[each.text].text, each, weigh), each) for each in found]
    weighty = [each for each in glances if each[0] >= _LEAST]
    return sorted(each for _, each in nlargest(_LOOKED + len(found) // _ONE_IN, weighty))


def _glance(text: str, stretch: Stretch, weigh: Callable[[str], Weighed]) -> float:
    words = list(map(weigh, set(_WORD.findall(text[stretch.start : stretch.end].lower()))))
    said = sum(each.word for each in words) / (len(words) + 1) ** _SHARE
    return said + sum(each.letters for each in words) / (1 + sum(each.features for each in words)) ** _SHARE


def _split(text: str) -> Iterator[tuple[int, int]]:
    """The bounds of a short text, or of a long one's paragraphs. Long ones end with a line, a sentence or a
    word."""
    if len(text) <= _WHOLE:
        if text.strip():
            yield 0, len(text)
        return
    held = -1
    for match in _PARAGRAPH.finditer(text):
        start, end = match.span() if held < 0 else (held, match.end())
        if end - start < _SHORTEST:
            held = start
            continue
        held = -1
        yield from _pieces(text, start, end)
    if held >= 0:
        yield held, len(text)


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > _LONGEST:
        stops = (text.rfind(stop, start + _LONGEST // 3, start + _LONGEST) for stop in ("\n", ". ", " "))
        cut = next((stop + 1 for stop in stops if stop > 0), start + _LONGEST)
        yield start, cut
        start = cut
    if start < end:
        yield start, end
