"""The order in which the words of a line are read, where some are written from right to left.

Words come as they stand, left to right. In a line that is mostly Arabic or Hebrew the first word stands at
the right; runs of the other direction within a line keep theirs (Unicode Standard Annex 9, by words).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import cycle, groupby

from core.documents.pdf.page_content import Word

_LEFTWARDS = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_CLOSED = re.compile(r"\s+\)(?=\w)")
_OTHER = re.compile("[^\\W\\d_]")


def runs_left(words: Sequence[Word]) -> bool:
    """Whether most letters of a line are written from right to left."""
    text = "".join(word.text for word in words)
    leftwards = len(_LEFTWARDS.findall(text))
    return leftwards > 0 and 2 * leftwards > len(_OTHER.findall(text))


def in_order(words: list[Word]) -> list[Word]:
    """The words of one line in the order in which they are read."""
    if not _LEFTWARDS.search("".join(word.text for word in words)):
        return words
    left = runs_left(words)
    ordered: list[Word] = []
    for foreign, run in groupby(words[::-1] if left else words, lambda word: _is_foreign(word, left=left)):
        some = list(run)
        ordered += some[::-1] if foreign else some
    return ordered


def _is_foreign(word: Word, *, left: bool) -> bool:
    """Whether a word runs against its line. Digits run to the right everywhere."""
    leftwards = bool(_LEFTWARDS.search(word.text))
    return not leftwards and any(map(str.isalnum, word.text)) if left else leftwards


def bracketed(text: str) -> str:
    """A line written from right to left with its brackets as they are read: in files they may stand either
    way. Where they come in pairs, the first of each opens."""
    if not text.count("(") + text.count(")") or (text.count("(") + text.count(")")) % 2:
        return text
    pieces = re.split(r"[()]", text)
    read = "".join(piece + bracket for piece, bracket in zip(pieces, cycle("()"), strict=False))
    return _CLOSED.sub(") ", read[: len(text)])
