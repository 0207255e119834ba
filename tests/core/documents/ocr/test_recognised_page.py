"""How recognised words are laid out: without Tesseract, from tables of words as it writes them."""

from __future__ import annotations

import io

from core.documents.document import Limits
from core.documents.ocr.recognised_page import layout_task

Spot = tuple[int, int, str]
"""From the left and the top, and a line of words, twenty pixels for a letter."""


def laid_out(width: int, height: int, lines: list[Spot]) -> str:
    rows = ["level\tpage\tblock\tpar\tline\tword\tleft\ttop\twidth\theight\tconf\ttext"]
    rows.append(f"1\t1\t0\t0\t0\t0\t0\t0\t{width}\t{height}\t-1\t")
    for number, (left, top, text) in enumerate(lines, 1):
        rows.append(f"4\t1\t1\t1\t{number}\t0\t{left}\t{top}\t{20 * len(text)}\t40\t-1\t")
        at = left
        for word in text.split():
            rows.append(f"5\t1\t1\t1\t{number}\t1\t{at}\t{top}\t{20 * len(word)}\t40\t96\t{word}")
            at += 20 * (len(word) + 1)
    table = "\n".join(rows).encode()
    made = layout_task(io.BytesIO(table), {"name": "x", "sizes": [len(table)], "dpi": 200}, Limits())
    return " ".join(made.to_markdown().split())


LEFT = ["Folio 12", "Entrées du 3 février : 87", "Sorties du 4 février : 12", "Visa du capitaine de port."]
RIGHT = ["Folio 13", "Entrées du 9 février : 104", "Sorties du 9 mars : 31", "Fin du mois de mars."]


def beside(left: list[str], right: list[str], at: int) -> list[Spot]:
    return [
        (x, 200 + 70 * row, text) for x, lines in ((150, left), (at, right)) for row, text in enumerate(lines)
    ]


def test_two_pages_on_one_picture_are_read_one_after_the_other() -> None:
    """A register laid open on the glass."""
    assert laid_out(2400, 1700, beside(LEFT, RIGHT, 1350)) == " ".join((*LEFT, *RIGHT))


def test_a_wide_picture_of_a_table_is_one_page() -> None:
    """Its rows go across the middle."""
    left, right = ["Port", "Agen", "Auch", "Albi"], ["Tonnes", "104", "87", "31"]
    assert "Agen | 104" in laid_out(2400, 1700, beside(left, right, 1350))
