"""Headers, footers and page numbers of a PDF: found by what repeats, told once, never lost.

A row at a page's edge is a running one when the same words stand at the same height on four pages at least,
apart from the text. Its first occurrence stays in the text, the others are left out; it is a place as well.
Numbers count as words, unless they move with the pages: those are the pages' own labels. A page is never
emptied.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from core.documents.build import Builder
from core.documents.pdf.page_content import PdfPage, Word

Row = list[Word]
Kind = Literal["header", "footer"]
Spot = tuple[Kind, int]
"""At which edge, and at what height, in sixths of an inch."""

_ROWS = 3
_LEAST_PAGES = 4
_WIDE = 1.5
"""Of a word's size: the gap that parts a page number from the words of its row."""
_LABEL = re.compile(
    r"\W*(?:page|pages|p\.?|pg\.?|folio|feuillet|seite)?\W*(\d{1,4}|[ivxlc]{1,7})"
    r"(?:\s*(?:sur|of|de|von|/|\|)\s*\d{1,4})?\W*",
    re.IGNORECASE,
)
_LABELLED = re.compile(r"(.*\S)\s*[|–—•·]\s*(\S.{0,20})|(.*\S)\s+((?:page|p\.)\s?\d.{0,12})", re.IGNORECASE)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


@dataclass(frozen=True, slots=True, kw_only=True)
class _EdgeRow:
    """A row near an edge: its words without a page label, and the labels in it with their numbers."""

    spot: Spot
    text: str = field(repr=False)
    labels: tuple[tuple[str, int], ...] = ()

    @property
    def near(self) -> tuple[Spot, ...]:
        """Its own spot and those next to it: pages are not printed alike to the point."""
        kind, height = self.spot
        return (kind, height), (kind, height - 1), (kind, height + 1)


class Edges:
    """What is known of the edges of all pages of a document."""

    def __init__(self, sheets: list[PdfPage], pages: list[list[Row]]) -> None:
        self._texts: Counter[tuple[Spot, str]] = Counter()
        self._offsets: Counter[tuple[Spot, int]] = Counter()
        self._told: set[str] = set()
        self._numbered = max(_LEAST_PAGES, len(sheets) // 4)
        for index, (sheet, rows) in enumerate(zip(sheets, pages, strict=True)):
            found = list(_edge_rows(sheet, rows))
            self._texts.update({(row.spot, row.text) for row in found if row.text})
            self._offsets.update({(row.spot, number - index) for row in found for _, number in row.labels})

    def inner_rows(
        self, index: int, sheet: PdfPage, rows: list[Row], builder: Builder
    ) -> tuple[str, list[Row]]:
        """The label of page `index` (from 0), and its rows without the label and what was told on pages
        before."""
        header = self._block(index, sheet, "header", rows)
        footer = self._block(index, sheet, "footer", rows)
        if len(header) + len(footer) >= len(rows):
            header, footer = [], []
        for row in _edge_rows(sheet, rows):  # what repeats is a place, whether it stays in the text or not
            if self._repeats(row) > 1 and re.search(r"[^\W\d_]{2}", row.text):
                builder.place(row.spot[0], row.text, page=index + 1)
        above, below = len(header), len(rows) - len(footer)
        kept = self._untold(header, rows), self._untold(footer, rows[below:])
        labels = dict.fromkeys(label for row in (*header, *footer) for label, _ in row.labels)
        return " ".join(labels), [*kept[0], *rows[above:below], *kept[1]]

    def _untold(self, block: list[_EdgeRow], rows: list[Row]) -> list[Row]:
        """The rows of a block whose words stood on no page before."""
        kept: list[Row] = []
        for row, words in zip(block, rows, strict=False):
            if row.text and row.text not in self._told:
                self._told.add(row.text)
                kept.append(words)
        return kept

    def _block(self, index: int, sheet: PdfPage, kind: Kind, rows: list[Row]) -> list[_EdgeRow]:
        """The running rows at one edge, from the top down: as many as there are up to a gap towards the
        text."""
        block: list[_EdgeRow] = []
        taken = 0
        for count in range(1, min(_ROWS, len(rows)) + 1):
            at = count - 1 if kind == "header" else len(rows) - count
            row = _edge_row(sheet, kind, rows[at])
            if row is None or not self._runs(index, row):
                break
            block.append(row)
            if _is_apart(rows, at, kind):
                taken = count
        block = block[:taken]
        return block if kind == "header" else block[::-1]

    def _runs(self, index: int, row: _EdgeRow) -> bool:
        """Whether a row says on this page what it says on others, or only which page it is."""
        for _, number in row.labels:
            if not any(self._offsets[spot, number - index] >= self._numbered for spot in row.near):
                return False
        return not row.text or self._repeats(row) >= _LEAST_PAGES

    def _repeats(self, row: _EdgeRow) -> int:
        return sum(self._texts[spot, row.text] for spot in row.near)


def _edge_rows(sheet: PdfPage, rows: list[Row]) -> Iterator[_EdgeRow]:
    """The rows at the edges of a page, each once."""
    yield from filter(None, (_edge_row(sheet, "header", row) for row in rows[:_ROWS]))
    yield from filter(None, (_edge_row(sheet, "footer", row) for row in rows[-_ROWS:]))


def _edge_row(sheet: PdfPage, kind: Kind, row: Row) -> _EdgeRow | None:
    """None for a row that is not near that edge."""
    if not (row[0].y0 < 0.2 * sheet.height if kind == "header" else row[0].y1 > 0.8 * sheet.height):
        return None
    texts: list[str] = []
    labels: list[tuple[str, int]] = []
    for segment in _segments(row):
        label = _LABEL.fullmatch(segment)
        if label and (number := _value(label[1])):
            labels.append((segment, number))
        else:
            texts.append(segment)
    return _EdgeRow(spot=(kind, round(row[0].y0 / 12)), text=" ".join(texts), labels=tuple(labels))


def _segments(row: Row) -> Iterator[str]:
    """The pieces of a row between wide gaps; a page label behind a dash or bar is a piece of its own."""
    pieces: list[list[str]] = []
    right = float("-inf")
    for word in row:
        if not pieces or word.x0 - right > _WIDE * word.size:
            pieces.append([])
        pieces[-1].append(word.text)
        right = word.x1
    for piece in pieces:
        text = " ".join(piece)
        match = _LABELLED.fullmatch(text) if len(text) < 300 else None
        ends = [part for part in match.groups() if part] if match else []
        yield from ends if ends and _LABEL.fullmatch(ends[-1]) else [text]


def _is_apart(rows: list[Row], at: int, kind: Kind) -> bool:
    """Whether more than the space between lines parts a row from those towards the text."""
    beside = at + 1 if kind == "header" else at - 1
    if not 0 <= beside < len(rows):
        return True
    row, other = rows[at][0], rows[beside][0]
    return max(other.y0 - row.y1, row.y0 - other.y1) > 0.5 * row.size


def _value(text: str) -> int:
    """The number that digits or Roman letters say; 0 for neither."""
    text = text.lower()
    if text.isdecimal():
        return int(text)
    total = 0
    for letter, following in zip(text, text[1:] + " ", strict=True):
        number = _ROMAN[letter]
        total += -number if _ROMAN.get(following, 0) > number else number
    return total
