"""Large initials of a PDF page, each joined with the word that it begins.

A chapter may begin with a capital two or three lines high. The file writes that letter by itself.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice

from core.documents.pdf.page_content import PdfPage, Word

_CAPITAL = re.compile(r"[«“\"]?[A-ZÀ-ÖØ-Þ]['’]?")
_WHOLE_WORDS = ("À", "Ô")
"""Capitals that are words themselves."""
_LARGE = 1.8
"""Of the usual size of words."""
_NEAR = 0.5
"""Of a capital's size: how far from it the word begins."""
_MOST = 50
"""Initials of a page."""


def with_initials_joined(page: PdfPage) -> PdfPage:
    """Return the page with each large initial joined to its word."""
    words = page.words
    usual = sorted(word.size for word in words)[len(words) // 2] if words else 0.0
    large = (word for word in words if word.size >= _LARGE * usual and _CAPITAL.fullmatch(word.text))
    for capital in islice(large, _MOST):
        if (first := _word_begun_by(capital, words)) is not None:
            space = " " if capital.text in _WHOLE_WORDS else ""
            whole = first._replace(text=capital.text + space + first.text, x0=capital.x0)
            words = [whole if word is first else word for word in words if word is not capital]
    return page if words is page.words else replace(page, words=words)


def _word_begun_by(capital: Word, words: list[Word]) -> Word | None:
    """Return the word that goes on behind a capital, if two lines at least stand close beside it. The word is
    the first of the upper line."""
    beside = [word for word in words if _is_beside(word, capital)]
    left = min((word.x0 for word in beside), default=0.0)
    starts = sorted((word for word in beside if word.x0 < left + 2), key=lambda word: word.y0)
    if len(starts) < 2:
        return None
    text = starts[0].text
    return starts[0] if text[0].islower() or text[:2].isupper() else None


def _is_beside(word: Word, capital: Word) -> bool:
    """True if a word of usual size stands close behind a capital, within its height."""
    is_level = capital.y0 < word.middle[1] < capital.y1 and capital.angle == word.angle
    is_near = capital.x1 - 1 < word.x0 < capital.x1 + _NEAR * capital.size
    return is_level and is_near and capital.size >= _LARGE * word.size
