"""Large letters that reach down beside the first lines of a paragraph, and begin its first word."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice

from core.documents.pdf.page_content import PdfPage, Word

_CAPITAL = re.compile(r"[«“\"]?[A-ZÀ-ÖØ-Þ]['’]?")
_WHOLE = ("À", "Ô")
"""Capitals that are words."""
_LARGE = 1.8
"""Of the usual size of words."""
_NEAR = 0.5
"""Of a capital's size."""
_MOST = 50


def joined(sheet: PdfPage) -> PdfPage:
    """The page, each such letter a part of the word that it begins."""
    words = sheet.words
    usual = sorted(word.size for word in words)[len(words) // 2] if words else 0.0
    large = (word for word in words if word.size >= _LARGE * usual and _CAPITAL.fullmatch(word.text))
    for capital in islice(large, _MOST):
        if (first := _begun(capital, words)) is not None:
            text = capital.text + " " * (capital.text in _WHOLE) + first.text
            whole = first._replace(text=text, x0=capital.x0)
            words = [whole if word is first else word for word in words if word is not capital]
    return sheet if words is sheet.words else replace(sheet, words=words)


def _begun(capital: Word, words: list[Word]) -> Word | None:
    """The word that goes on behind a capital: the first of two lines at least that stand close beside it."""
    near = capital.x1 + _NEAR * capital.size
    beside = [
        word
        for word in words
        if capital.y0 < (word.y0 + word.y1) / 2 < capital.y1
        and capital.x1 - 1 < word.x0 < near
        and capital.size >= _LARGE * word.size
        and capital.angle == word.angle
    ]
    left = min((word.x0 for word in beside), default=0.0)
    starts = sorted((word for word in beside if word.x0 < left + 2), key=lambda word: word.y0)
    goes_on = len(starts) > 1 and (starts[0].text[0].islower() or starts[0].text[:2].isupper())
    return starts[0] if goes_on else None
