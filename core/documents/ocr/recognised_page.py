"""Tesseract's words with boxes → a document, by the same layout as a PDF's. A task of the fork server."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

from core.documents.build import Builder
from core.documents.document import Document, Limits, unread_document
from core.documents.nesting import Nesting, UnpackBudget
from core.documents.pdf import page_layout
from core.documents.pdf.page_content import PdfPage, Word
from core.documents.pdf.page_rows import rows_of

_LEAST_CONFIDENCE = 30.0
_WIDE, _APART = 1.2, 0.05
"""How much wider than high two pages are, and how far apart their lines at least, in widths of both."""
_LINES, _PROSE = 4, 2.5
"""Lines on each of them, and words of a line, on average."""


def layout_task(file: BinaryIO, arguments: dict[str, Any], limits: Limits) -> Document:
    """The tables of all pages, one after the other, `sizes` bytes each."""
    nesting = Nesting(read=_no_reader, budget=UnpackBudget(limits))
    builder = Builder(str(arguments["name"]), "image", limits, nesting)
    builder.unit = "page"
    sheets: list[PdfPage] = []
    for size in arguments["sizes"]:
        text = file.read(int(size)).decode("utf-8", "replace")
        sheets += _sheets(text, 72 / int(arguments["dpi"])) or [PdfPage(width=1, height=1, words=[])]
    page_layout.write(sheets, builder)
    return builder.document()


def _no_reader(data: bytes, name: str, limits: Limits, nesting: Nesting) -> Document:
    return unread_document(name, "unknown", "nested")


def _sheets(table: str, scale: float) -> list[PdfPage]:
    """The pages of one table. Level 1 is a page, 4 a line, 5 a word (tesseract(1), TSV)."""
    sheets: list[PdfPage] = []
    top = bottom = 0.0
    for level, left, upper, width, height, confidence, text in _rows(table):
        if level == 1:
            sheets.append(PdfPage(width=width * scale, height=height * scale, words=[]))
        elif level == 4:
            top, bottom = upper * scale, (upper + height) * scale
        elif level == 5 and sheets and text.strip():
            if confidence < _LEAST_CONFIDENCE and not any(map(str.isalnum, text)):
                continue  # specks and lines come as doubtful signs; doubtful letters are still letters
            word = Word(text.strip(), left * scale, top, (left + width) * scale, bottom, bottom - top)
            sheets[-1].words.append(word)
    sheets = [_even(sheet) for sheet in sheets]
    return [replace(sheet, fold=_fold(sheet)) for sheet in sheets]


def _rows(table: str) -> Iterator[tuple[int, float, float, float, float, float, str]]:
    for line in table.split("\n")[1:]:
        cells = line.split("\t")
        if len(cells) >= 11:
            try:
                numbers = [float(cell) for cell in (cells[0], *cells[6:11])]
            except ValueError:
                continue
            yield int(numbers[0]), *numbers[1:], cells[11] if len(cells) > 11 else ""  # type: ignore[misc]


def _fold(sheet: PdfPage) -> float:
    """Where two pages meet that were laid side by side on the glass: in the middle of a wide picture, between
    lines of prose on both sides; 0 for a single page."""
    half = sheet.width / 2
    said = [word for word in sheet.words if any(map(str.isalnum, word.text))]
    sides = [[word for word in said if (word.x0 + word.x1 < 2 * half) == first] for first in (True, False)]
    if sheet.width < _WIDE * sheet.height or not all(sides):
        return 0.0
    end, start = max(word.x1 for word in sides[0]), min(word.x0 for word in sides[1])
    lines = [len(rows_of(words)) for words in sides]
    prose = all(_PROSE * count <= len(words) for count, words in zip(lines, sides, strict=True))
    apart = start - end > _APART * sheet.width and min(lines) >= _LINES
    return (start + end) / 2 if apart and prose else 0.0


def _even(sheet: PdfPage) -> PdfPage:
    """Boxes are as high as the letters in them: near the usual height, a line has the usual size."""
    if sheet.words:
        usual = statistics.median(word.size for word in sheet.words)
        sheet.words = [
            word._replace(size=usual) if 0.6 * usual < word.size < 1.5 * usual else word
            for word in sheet.words
        ]
    return sheet
