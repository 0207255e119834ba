"""The words of a PDF page put together: rows from top to bottom, and each row as a line of text."""

from __future__ import annotations

from itertools import pairwise

from core.documents.cleaning import raised
from core.documents.pdf.page_content import Line, Word, round_words
from core.documents.pdf.writing_order import bracketed, in_order, runs_left

_LED = 2.5
"""Heights between an entry of a table of contents and its page, where no dots lead to it."""


def rows_of(words: list[Word]) -> list[list[Word]]:
    """Words → rows, top to bottom, each left to right. Raised and lowered words stay in their line."""
    if not words:
        return []
    usual = sorted(word.size for word in words)[len(words) // 2]
    rows = _clustered([word for word in words if word.size >= 0.8 * usual])
    small = [word for word in words if word.size < 0.8 * usual]
    apart = [word for word in small if not _attached(word, rows)]
    rows += _clustered(apart)
    rows.sort(key=lambda row: min(word.y0 for word in row) + max(word.y1 for word in row))
    return [led(sorted(row, key=lambda word: word.x0)) for row in rows]


def led(row: list[Word]) -> list[Word]:
    """A row whose lines of dots, spaced or not, are one word: « … »."""
    if sum(not word.text.strip("._…·") for word in row) == 0 and not any("...." in w.text for w in row):
        return row
    out: list[Word] = []
    dots: list[Word] = []
    for word in row:
        if not word.text.strip("._…·"):
            dots.append(word)
            continue
        out += _dotted(dots)
        dots = []
        out.append(word)
    return out + _dotted(dots)


def _dotted(dots: list[Word]) -> list[Word]:
    if sum(len(word.text) for word in dots) < 4:
        return dots
    return [dots[0]._replace(text="…", x1=dots[-1].x1)]


def _clustered(words: list[Word]) -> list[list[Word]]:
    rows: list[list[Word]] = []
    bases: list[Word] = []
    for word in sorted(words, key=lambda word: (word.y0 + word.y1, word.x0)):
        middle = (word.y0 + word.y1) / 2
        for index in range(len(rows) - 1, max(-1, len(rows) - 4), -1):
            base = bases[index]
            if base.y0 + 0.15 * base.size < middle < base.y1 - 0.15 * base.size:
                rows[index].append(word)
                bases[index] = max(base, word, key=lambda other: other.size)
                break
        else:
            rows.append([word])
            bases.append(word)
    return rows


def _attached(word: Word, rows: list[list[Word]]) -> bool:
    """Put a small word to the line beside whose words it stands, if there is one."""
    middle = (word.y0 + word.y1) / 2
    for row in rows:
        base = row[0]
        if not base.y0 < middle < base.y1:
            continue
        bullet = len(word.text) == 1 and not word.text.isalnum()
        leads = bullet and 0 < min(other.x0 for other in row) - word.x1 < 4 * base.size
        if leads or any(-0.5 * base.size < word.x0 - other.x1 < 0.5 * base.size for other in row):
            row.append(word)
            return True
    return False


def line_of(words: list[Word], left: float, right: float) -> Line:
    """Words of one row, left to right, as a line."""
    words = in_order(words)
    text = words[0].text
    for before, word in pairwise(words):
        small = min(word.size, before.size) < 0.85 * max(word.size, before.size)
        gap = max(word.x0 - before.x1, before.x0 - word.x1) / max(word.size, before.size, 1.0)
        close = gap < 0.08 if small else gap < 0.15 and not word.text.strip(".,)")
        numbered = gap > _LED and word is words[-1] and word.text.isdecimal()  # the page of an entry
        text += (" … " if numbered else "" if close else " ") + _raised(before, word, close=close)
    leftwards = runs_left(words)
    letters = sum(len(word.text) for word in words)
    longest = max(words, key=lambda word: len(word.text))
    x0, y0, x1, y1 = round_words(words)
    return Line(
        text=bracketed(text) if leftwards else text,
        x0=x0,
        y0=y0,
        x1=x1,
        y1=y1,
        size=longest.size,
        bold=sum(len(word.text) for word in words if word.bold) > 0.6 * letters,
        left=left,
        right=right,
        first=words[0].x1 - words[0].x0,
        fixed=all(word.fixed for word in words),
        tag=longest.tag,
        leftwards=leftwards,
    )


def _raised(before: Word, word: Word, *, close: bool) -> str:
    """Digits set high after a word as such: m², not m2. « 1er » needs nothing."""
    high = close and word.size < 0.85 * before.size and word.y1 < before.y1 - 0.1 * before.size
    return raised(word.text) if high and any(map(str.isdecimal, word.text)) else word.text
