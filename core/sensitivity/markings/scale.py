"""Finds the letters of the French scale, `C2` and `C3`, that stamp a text within a line.

The reader of lines (`line_reading`) sees them on a line of their own. Pasted on one line with the request or
with their text they are short words, which also name cells, rooms and cameras. So they count where a stamp
stands: at the head of the text or behind a sign, and before words, a closing sign or the line's end. They are
asked about, never sure, and only where the text names one letter, each time in such a place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.sensitivity.data import pattern_of
from core.sensitivity.level import Level
from core.sensitivity.markings.finder import FoundMarking
from core.sensitivity.markings.line_reading import joins
from core.sensitivity.markings.vocabulary import Vocabulary

_ANY = re.compile(r"(?<![\w.])C[0-4](?!\w)", re.IGNORECASE)
_BEFORE = re.compile(r"(?:\A|\n\s{0,3}|[:.!?;*|/>~_-]\s{1,3}|[\"'«“(\[{*_>`]\s{0,2})\Z")
_REACH = 4
_BESIDE = 60
"""Characters to either side in which a language or a grid is named."""
_LANGUAGE = pattern_of("judging.language")
_AFTER = re.compile(r"[\"'»”)\]}*_`]{0,3}\s*(?:\n|\Z|[-|/]+\s|(?<=\s)\w)|[\"'»”)\]}*_`]")


def find_scale(text: str, vocabulary: Vocabulary) -> Iterator[FoundMarking]:
    """Find the one letter of the scale by which a folded text is stamped within a line."""
    found = list(_ANY.finditer(text))
    mark = vocabulary.name(found[0][0].upper()) if found else None
    if mark is None or mark.level <= Level.N1:
        return
    if all(each[0].upper() == mark.name and _is_placed(text, each) for each in found):
        start, end = found[0].span()
        yield FoundMarking(mark=mark, start=start, end=end, strength="weak", why="isolated")


def _is_placed(text: str, letter: re.Match[str]) -> bool:
    """Say whether a letter of the scale stands like a stamp, and names no grade of a language or a grid."""
    start, end = letter.span()
    beside = max(start - _REACH, 0)
    before = text[beside:start] if beside else text[:start].lstrip()
    return (
        _BEFORE.search(before) is not None
        and _AFTER.match(text, end) is not None
        and not joins(text[end : end + _BESIDE].lstrip())
        and not _LANGUAGE.search(text, max(start - _BESIDE, 0), end + _BESIDE)
    )
