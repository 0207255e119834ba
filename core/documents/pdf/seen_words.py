"""Which words of a PDF page are what is seen: some are hidden, and some fonts do not say what theirs are.

Hidden is what stands off the page, is smaller than a point, is written without ink where no picture shows it,
or of which a look at the page sees nothing where it stands: white, transparent, covered, cut off, in the
colour of its ground. What a font without a map of its letters shows is recognised, as pictures are.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from PIL.Image import Image

from core.documents.pdf.drawn_objects import Drawn
from core.documents.pdf.page_content import Box, PageFrame, Word, round_words

_SPELT = re.compile(r"[^\W\d_]{3,}")
_LATIN, _FREQUENT = re.compile("[a-zA-Z]"), re.compile("[aeinorstAEINORST]")
_PRIVATE = re.compile("[^\\W\\d_][\ue000-\uf8ff]|[\ue000-\uf8ff][^\\W\\d_]")
_FEW, _SHARE = 4, 0.04
_SPELLING = 0.4
_ENOUGH, _FREQUENCY = 20, 0.42
"""Eight letters make two thirds of French, English, German or Spanish, and three in ten of any code."""
_MANY, _LYING = 60, 0.38
"""Of a page whose fonts have maps: codes and lists of names have fewer frequent letters than prose."""
_LEAST_POINTS = 1.2
_GROUNDS = 500
_CONTRAST = 12
"""Of 255: what letters differ from their ground by at least."""
_LETTERS = 8
"""Characters that a font without a map shows at least on a page: fewer are bullets and signs."""
_REGIONS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class VisibleWords:
    """The words that are seen as they are spelt, the text that is hidden, and the boxes of what is seen and
    must be recognised."""

    words: list[Word] = field(repr=False)
    hidden: str = field(default="", repr=False)
    unmapped: tuple[Box, ...] = ()


def seen(words: list[Word], drawn: Drawn, frame: PageFrame, look: Callable[[], Image | None]) -> VisibleWords:
    """Part the words of a page into those that are seen, those that are hidden and those to recognise.

    `look` draws the page with at most one pixel a point. Where `look` gives None, only the words that need no
    look are hidden.
    """
    is_hidden = _hiding_test(words, drawn, frame, look)
    hidden: list[Word] = []
    shown: list[Word] = []
    for word in words:
        (hidden if is_hidden(word) else shown).append(word)
    unreadable = _unreadable(shown)
    lost = set(map(id, unreadable))
    return VisibleWords(
        words=[word for word in shown if id(word) not in lost],
        hidden=" ".join(word.text for word in hidden),
        unmapped=tuple(_regions(unreadable + _lying(shown))),
    )


def _hiding_test(
    words: list[Word], drawn: Drawn, frame: PageFrame, look: Callable[[], Image | None]
) -> Callable[[Word], bool]:
    """Return the test that tells whether a word of this page is hidden. The page is drawn once, and only
    where some word cannot be judged without a look."""
    grounds = drawn.grounds[:_GROUNDS]
    pictures = [box for _, box in drawn.images]
    usual_size = statistics.median([word.size for word in words] or [0.0])
    doubtful = {id(word) for word in words if _needs_look(word, grounds)}
    image = look() if doubtful else None

    def is_hidden(word: Word) -> bool:
        if _is_off_page(word, frame) or word.size < _LEAST_POINTS < usual_size / 4:
            return True
        if word.ink == "none" and not _is_over(word, pictures):
            return True
        return (
            image is not None and id(word) in doubtful and _is_plain(image, word, image.width / frame.width)
        )

    return is_hidden


def _needs_look(word: Word, grounds: list[Box]) -> bool:
    """True if an upright word is faint or stands over something drawn: only a look tells whether it shows."""
    return not word.angle and (word.ink == "faint" or _is_over(word, grounds))


def _is_off_page(word: Word, frame: PageFrame) -> bool:
    """True if an upright word stands wholly outside the page."""
    outside = word.x1 < 0 or word.y1 < 0 or word.x0 > frame.width or word.y0 > frame.height
    return not word.angle and outside


def _unreadable(shown: list[Word]) -> list[Word]:
    """The words in fonts without a map of their letters, unless they spell something all the same."""
    unmapped = [word for word in shown if not word.mapped and not word.angle]
    few = sum(len(word.text) for word in unmapped) < max(_LETTERS, 2 * len(unmapped))
    return [] if few or spells(unmapped) else unmapped


def _lying(shown: list[Word]) -> list[Word]:
    """The words whose fonts have a map, where their letters are no language: a map may say other letters than
    those that are seen. These words are kept, and what is seen in their place is recognised as well."""
    mapped = [word for word in shown if word.mapped and not word.fixed and not word.angle]
    text = "".join(word.text for word in mapped)
    return [] if is_language(text, least=_MANY, share=_LYING) else mapped


def spells(words: list[Word]) -> bool:
    """Whether there are words of letters among the letters, as in any language, and of Latin ones those that
    are frequent in all that is written with them; true where there are none."""
    text = "".join(word.text for word in words)
    letters = sum(map(str.isalpha, text))
    if not is_language(text):
        return False
    return sum(len(run) for word in words for run in _SPELT.findall(word.text)) >= _SPELLING * letters


def lacks_letters(words: list[Word]) -> bool:
    """Whether letters within words are signs of a font's own (`r\ue001union`), which nobody can read."""
    private = sum(_PRIVATE.search(word.text) is not None for word in words)
    return private >= max(_FEW, _SHARE * len(words))


def is_language(text: str, *, least: int = _ENOUGH, share: float = _FREQUENCY) -> bool:
    """Whether the frequent letters are as many among the Latin ones as in any language; true for few."""
    latin = len(_LATIN.findall(text))
    return latin < least or len(_FREQUENT.findall(text)) >= share * latin


def _is_over(word: Word, boxes: list[Box]) -> bool:
    """Whether a word stands over something drawn, as a picture of it. Turned words are not judged."""
    x, y = (word.x0 + word.x1) / 2, (word.y0 + word.y1) / 2
    return bool(word.angle) or any(x0 <= x <= x1 and y0 <= y <= y1 for x0, y0, x1, y1 in boxes)


def _is_plain(image: Image, word: Word, scale: float) -> bool:
    """Whether nothing is seen where the middle of a word's letters stands, of as many pixels a point."""
    high = word.y1 - word.y0
    left, top = round(scale * word.x0) + 1, round(scale * (word.y0 + 0.3 * high))
    right, bottom = round(scale * word.x1) - 1, round(scale * (word.y1 - 0.2 * high))
    left, top, right, bottom = max(0, left), max(0, top), min(image.width, right), min(image.height, bottom)
    if right - left < 2 or bottom - top < 2:
        return False
    channels = image.crop((left, top, right, bottom)).getextrema()
    return all(most - least < _CONTRAST for least, most in channels)  # type: ignore[misc]


def _regions(words: list[Word]) -> Iterator[Box]:
    """The boxes of words that stand together, at most a few: further ones are one."""
    groups: list[list[Word]] = []
    reach = 0.0
    for word in sorted(words, key=lambda word: word.y0):
        if groups and (word.y0 - reach < 3 * word.size or len(groups) >= _REGIONS):
            groups[-1].append(word)
            reach = max(reach, word.y1)
        else:
            groups.append([word])
            reach = word.y1
    for x0, y0, x1, y1 in map(round_words, groups):
        yield x0 - 2, y0 - 2, x1 + 2, y1 + 2
