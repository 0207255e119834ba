"""The words of a PDF page as PDFium reads its text, each with its box on the page as shown.

PDFium gives characters. `Glyphs` says where they stand. Here they are cut into words, and spelled as people
spell them: without ligatures, with accents on their letters, and with Arabic letters in their order.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from core.documents.pdf.glyphs import Glyphs
from core.documents.pdf.page_content import PageFrame, Word
from core.documents.pdf.pdfium import raw, text_of, text_page
from core.documents.pdf.structure import Tag, Tags

_LIGATURES = dict(enumerate(("ff", "fi", "fl", "ffi", "ffl", "st", "st"), 0xFB00))
_ACCENTS = dict(
    zip("´`ˆ^¨˜~¸ˇ˚", "\u0301\u0300\u0302\u0302\u0308\u0303\u0303\u0327\u030c\u030a", strict=True)
)
"""Each accent, and what composes it with the letter before."""
_ACCENTED = re.compile("([´`ˆ^¨˜~¸ˇ˚])([A-Za-zıȷ])")
_DOTLESS = {"ı": "i", "ȷ": "j"}
_LEFT_OUT = "\x01"
_HYPHEN = {0x02: "-", 0xFFFE: "-"}
"""PDFium's signs for the hyphen of a word that is broken over two lines."""
_WORD = re.compile(r"[^\s\x02\ufffe]*[\x02\ufffe]|[^\s\x02\ufffe]+")
_DIGITS = "0123456789"
_SAMPLE = 200
"""Characters of a page whose map is looked at."""
_UNKNOWN = 0.3
_ARABIC = re.compile("[\u0600-\u06ff](?=[\u0600-\u06ff])")
_PRESENTED = re.compile("[\ufb1d-\ufdff\ufe70-\ufefc]")
"""Letters of Arabic and Hebrew as they look in their place in a word."""
_TRANSLATION = _LIGATURES | _HYPHEN | {ord(_LEFT_OUT): ""}
_LAST = _TRANSLATION | {0xAD: "-"}
_MOSTLY, _HARDLY = 0.7, 0.3
"""Of the words of a page: how many lie on their side where the page is turned to be read, and how many still
do when it was turned the right way."""


def upright_words(page: Any) -> tuple[PageFrame, list[Word]]:
    """Return the words of a page in the order of the file, and the frame that their boxes are in.

    A page of which nearly all text lies on its side is turned until the text stands upright.
    """
    tags = Tags(page).by_content
    width, height = page.get_size()
    frame = PageFrame(width=width, height=height, rotation=page.get_rotation())
    words = list(_words(page, frame, tags))
    if _count_lying(words) <= _MOSTLY * len(words):
        return frame, words
    for quarter in (90, 270, 180):
        turned_frame = frame.turned_by(quarter)
        again = list(_words(page, turned_frame, tags))
        if _count_lying(again) < _HARDLY * len(words):
            return turned_frame, again
    return frame, words


def _count_lying(words: list[Word]) -> int:
    return sum(bool(word.angle) for word in words)


def lacks_map(page: Any) -> bool:
    """True if the fonts of a page do not say which letters theirs are: its text is then not what is seen."""
    with text_page(page) as textpage:
        count = raw.FPDFText_CountChars(textpage) if textpage else 0
        sample = range(0, count, max(1, count // _SAMPLE))
        unknown = sum(raw.FPDFText_HasUnicodeMapError(textpage, index) == 1 for index in sample)
        return unknown > _UNKNOWN * len(sample)


def _words(page: Any, frame: PageFrame, tags: Mapping[int, Tag]) -> Iterator[Word]:
    with text_page(page) as textpage:
        if textpage is None:
            return
        glyphs = Glyphs(textpage, frame.turn, tags)
        text = _with_ligatures_in_order(_with_accents_composed(text_of(textpage), glyphs), glyphs)
        for match in _WORD.finditer(text):
            start, end = match.span()
            digits = end - start - len(match[0].rstrip(_DIGITS))
            if 0 < digits < end - start and glyphs.is_raised(start, end - 1):  # the number of a note
                end -= digits
                yield glyphs.word(_spell(text[start:end]), start, end - 1)
                start, end = end, match.end()
            for first, last in glyphs.parts(start, end - 1):
                yield glyphs.word(_spell(text[first : last + 1]), first, last)


def _with_accents_composed(text: str, glyphs: Glyphs) -> str:
    """Compose the accents that are drawn over the letter behind them, as TeX's older fonts do.

    Indexes hold: of the two characters the second becomes a sign that `_spell` leaves out.
    """
    if not _ACCENTED.search(text):
        return text
    letters = list(text)
    for match in _ACCENTED.finditer(text):
        at = match.start()
        letter = _DOTLESS.get(match[2], match[2])
        composed = unicodedata.normalize("NFC", letter + _ACCENTS[match[1]])
        if len(composed) == 1 and glyphs.is_over(at, at + 1):
            letters[at : at + 2] = composed, _LEFT_OUT
    return "".join(letters)


def _with_ligatures_in_order(text: str, glyphs: Glyphs) -> str:
    """Swap two Arabic letters that are one glyph. PDFium gives the left letter of a line first, but it does
    not turn round the letters within a glyph."""
    if not _ARABIC.search(text):
        return text
    letters = list(text)
    for match in _ARABIC.finditer(text):
        at = match.start()
        if glyphs.is_one(at, at + 1):
            letters[at : at + 2] = letters[at + 1], letters[at]
    return "".join(letters)


def _spell(text: str) -> str:
    """Spell a word without ligatures and soft hyphens. A soft hyphen at its end becomes a hyphen."""
    text = text[:-1].replace("\xad", "").translate(_TRANSLATION) + text[-1].translate(_LAST)
    return unicodedata.normalize("NFKC", text) if _PRESENTED.search(text) else text
