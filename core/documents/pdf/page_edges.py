"""Headers, footers and page numbers of a PDF: found by what repeats, kept as places, left out of the text.

A row at a page's edge is one of these when its text (numbers apart) repeats at the same height; when it
bears a number that grows with the pages; or when small rows stand at one height, apart from the text, on
most pages: a running head whose words follow the chapters.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal

from core.documents.build import Builder
from core.documents.pdf.page_content import PdfPage, Word

Row = list[Word]
Kind = Literal["header", "footer"]
Spot = tuple[Kind, int]
"""At which edge, and at what height, in sixths of an inch."""

_ROWS = 3
_NUMBER = re.compile(r"\b(\d{1,4}|[ivxl]{1,7})\b")
_NUMBERED = re.compile(
    r"^\W*\b(?:\d+|[ivxl]+)\b\W+(?=\w{2})|\W+\b(?:\d+|[ivxl]+)(?:\W+(?:sur|of|/)?\W*\d+)?\W*$"
)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50}


class Edges:
    """What is known of the edges of all pages of a document."""

    def __init__(self, sheets: list[PdfPage], pages: list[list[Row]]) -> None:
        self._body = _usual_size(pages)
        self._most = max(2, 0.6 * len(sheets))
        self._texts = _repeated(sheets, pages)
        self._offsets = _running_numbers(sheets, pages)
        self._heads = _running_heads(sheets, pages, self._body)

    def inner_rows(self, index: int, sheet: PdfPage, rows: list[Row], builder: Builder) -> list[Row]:
        """The rows of page `index` (from 0) without its edges, which become places.

        From the edge inwards: what stands within the text is text, even when it repeats.
        """
        header = footer = 0
        while header < min(_ROWS, len(rows)) and self._is_edge(index, sheet, "header", rows, header):
            header += 1
        while footer < min(_ROWS, len(rows) - header) and self._is_edge(
            index, sheet, "footer", rows, len(rows) - 1 - footer
        ):
            footer += 1
        last = len(rows) - footer
        for kind, some in (("header", rows[:header]), ("footer", rows[last:])):
            for row in some:
                text = _NUMBERED.sub("", _text(row)).strip()
                if re.search(r"[^\W\d_]{2}", text) and not _NUMBER.fullmatch(text):
                    builder.place("header" if kind == "header" else "footer", text)
        return rows[header:last]

    def _is_edge(self, index: int, sheet: PdfPage, kind: Kind, rows: list[Row], at: int) -> bool:
        row = rows[at]
        spot = _spot(sheet, kind, row)
        if spot is None:
            return False
        near: list[Spot] = [(kind, spot[1] + shift) for shift in (-1, 0, 1)]
        apart = _is_apart(rows, at, kind)
        small = max(word.size for word in row) < 1.15 * self._body
        count = max(self._texts[place, _norm(row)] for place in near)
        if count >= self._most or (apart and small and count >= min(self._most, 5)):
            return True
        if any((place, number - index) in self._offsets for number in _numbers(row) for place in near):
            return True
        if not apart:
            return False
        if self._texts and kind == "footer" and re.fullmatch(r"\W*#\W*(?:#\W*)?", _norm(row)):
            return True
        return any(place in self._heads for place in near) and _is_plain(row, self._body)


def _spot(sheet: PdfPage, kind: Kind, row: Row) -> Spot | None:
    """None for a row that is not near that edge."""
    if kind == "header":
        return (kind, round(row[0].y0 / 12)) if row[0].y0 < 0.2 * sheet.height else None
    return (kind, round(row[0].y0 / 12)) if row[0].y1 > 0.8 * sheet.height else None


def _is_apart(rows: list[Row], at: int, kind: Kind) -> bool:
    """Whether more than the space between lines parts a row from those towards the text."""
    beside = at + 1 if kind == "header" else at - 1
    if not 0 <= beside < len(rows):
        return True
    row, other = rows[at][0], rows[beside][0]
    return max(other.y0 - row.y1, row.y0 - other.y1) > 0.5 * row.size


def _edge_rows(sheet: PdfPage, rows: list[Row]) -> Iterator[tuple[Spot, int]]:
    """The rows at the edges, by their index."""
    for at in range(min(_ROWS, len(rows))):
        if spot := _spot(sheet, "header", rows[at]):
            yield spot, at
    for at in range(max(0, len(rows) - _ROWS), len(rows)):
        if spot := _spot(sheet, "footer", rows[at]):
            yield spot, at


def _repeated(sheets: list[PdfPage], pages: list[list[Row]]) -> Counter[tuple[Spot, str]]:
    seen: Counter[tuple[Spot, str]] = Counter()
    for sheet, rows in zip(sheets, pages, strict=True):
        seen.update({(spot, _norm(rows[at])) for spot, at in _edge_rows(sheet, rows)})
    return Counter({key: count for key, count in seen.items() if count > 1})


def _running_numbers(sheets: list[PdfPage], pages: list[list[Row]]) -> set[tuple[Spot, int]]:
    seen: Counter[tuple[Spot, int]] = Counter()
    for index, (sheet, rows) in enumerate(zip(sheets, pages, strict=True)):
        seen.update(
            {(spot, number - index) for spot, at in _edge_rows(sheet, rows) for number in _numbers(rows[at])}
        )
    least = max(4, len(sheets) // 4)
    return {key for key, count in seen.items() if count >= least}


def _running_heads(sheets: list[PdfPage], pages: list[list[Row]], body: float) -> set[Spot]:
    seen: Counter[Spot] = Counter()
    for sheet, rows in zip(sheets, pages, strict=True):
        for spot, at in _edge_rows(sheet, rows):
            outermost = at == (0 if spot[0] == "header" else len(rows) - 1)
            if outermost and _is_apart(rows, at, spot[0]) and _is_plain(rows[at], body):
                seen[spot] += 1
    return {spot for spot, count in seen.items() if count >= max(4, 0.6 * len(sheets))}


def _is_plain(row: Row, body: float) -> bool:
    """Not larger than the text, not bold, one line of a head's length."""
    return all(word.size <= 1.05 * body and not word.bold for word in row) and len(row) <= 20


def _usual_size(pages: list[list[Row]]) -> float:
    sizes: Counter[float] = Counter()
    for rows in pages:
        for row in rows:
            for word in row:
                sizes[round(word.size, 1)] += len(word.text)
    return max(sizes, key=lambda size: sizes[size], default=10.0)


def _numbers(row: Row) -> list[int]:
    """The numbers at the ends of a row."""
    texts = {row[0].text, row[-1].text}
    return [value for text in texts if _NUMBER.fullmatch(text.strip("-–—()[]/.")) and (value := _value(text))]


def _value(text: str) -> int:
    text = text.strip("-–—()[]/.")
    if text.isdecimal():
        return int(text)
    total = 0
    for letter, following in zip(text, text[1:] + " ", strict=True):
        number = _ROMAN[letter]
        total += -number if _ROMAN.get(following, 0) > number else number
    return total


def _norm(row: Row) -> str:
    return _NUMBER.sub("#", _text(row))


def _text(row: Row) -> str:
    return " ".join(word.text for word in row)
