"""Texts without accents or case, so that people are understood however they type.

`core.sensitivity.folding` does more, for the rules of levels: it sees through look-alike letters.
"""

from __future__ import annotations

import unicodedata

_SIGNS = dict.fromkeys("’ʼ", "'") | dict.fromkeys("–—‑−", "-") | dict.fromkeys("\u00a0\u202f\u2009", " ")


class _WithoutMarks(dict[int, int | None]):
    """Each character for itself, and nothing for combining marks, worked out when it is first met."""

    def __missing__(self, code: int) -> int | None:
        self[code] = None if unicodedata.combining(chr(code)) else code
        return self[code]


_WITHOUT_MARKS = _WithoutMarks()


def fold(text: str) -> str:
    """Fold a text to lower case without accents; ligatures become two letters."""
    text = text.casefold()
    if text.isascii():
        return text
    text = text.replace("œ", "oe").replace("æ", "ae").replace("’", "'")
    return unicodedata.normalize("NFKD", text).translate(_WITHOUT_MARKS)


class _Table(dict[int, str]):
    """What each character becomes, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        form = "NFKD" if unicodedata.category(char) == "Lm" else "NFD"  # « 1ᵉʳ », but « m² » stays
        base = _SIGNS.get(char) or unicodedata.normalize(form, char)[0].lower()
        self[code] = base if len(base) == 1 else char
        return self[code]


_TABLE = _Table()


def unaccented(text: str) -> str:
    """Fold a text character by character, so that every place in it stays: `Été – 1ᵉʳ` is `ete - 1er`."""
    return text.translate(_TABLE)
