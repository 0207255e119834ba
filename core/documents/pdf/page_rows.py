"""The words of a PDF page put together: rows from top to bottom, each row as a line of text, and words that
are broken at line ends as French (and English) spell them.

Words come as they stand, left to right. In a line that is mostly Arabic or Hebrew the first word stands at
the right; runs of the other direction within a line keep theirs (Unicode Standard Annex 9, by words).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import cycle, groupby, pairwise

from core.documents.cleaning import raised
from core.documents.pdf.page_content import Line, Word, round_words

_ENDS = frozenset(
    """
    il elle on ils elles ce ci là je tu nous vous moi toi lui leur même mêmes dire dessus dessous delà devant
    après joint jointe joints jointes
    """.split()  # noqa: SIM905
)
"""What follows a hyphen of its own: a-t-il, celui-ci, ci-dessus."""

_STARTS = frozenset(
    """
    sous vice non demi semi avant après peut vis contre rendez chef procès compte plus moins haut grand
    dix vingt trente quarante cinquante soixante quatre nord sud
    """.split()  # noqa: SIM905
)
"""What precedes one: sous-préfet, dix-sept. Not what many whole words begin with (mi-, ci-, ex-)."""

_LINKS = frozenset(("à", "de", "d", "en", "le", "la", "les", "et", "t", "sur", "l", "au"))
"""What stands between two: c’est-à-dire, Saint-Jean-de-Luz."""

_WHOLE = re.compile(r"sous(?:cri|tra|sig)|contre(?:ven|fa|di|mar)|plusieurs|hauteur|grandeur|avantag")
_NONE: Counter[str] = Counter()
_LEFTWARDS = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_CLOSED = re.compile(r"\s+\)(?=\w)")
_OTHER = re.compile("[^\\W\\d_]")


def join(above: str, below: str, words: Mapping[str, int] = _NONE) -> str:
    """Two lines as one text. `words` counts how the document itself spells: it decides, where it knows."""
    if not above.endswith(("-", "‐")):
        return f"{above} {below}"
    match = re.search(r"([^\W\d_][\w’'-]*)[-‐]$", above[-100:])
    first = re.match(r"[\w’']+", below)
    if not match or not first or not below[:1].islower():
        return f"{above}{'' if match else ' '}{below}"
    start, end = match[1].lower(), first[0].lower()
    whole, hyphened = words.get(start + end, 0), words.get(f"{start}-{end}", 0)
    known = hyphened - whole
    keeps = known > 0 or (known == 0 and _is_compound(start.rpartition("-")[2], end))
    return above + below if keeps else above[:-1] + below


def _is_compound(start: str, end: str) -> bool:
    linked = start in _LINKS or end.replace("’", "'").partition("'")[0] in _ENDS
    return linked or (start in _STARTS and not _WHOLE.match(start + end))


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
