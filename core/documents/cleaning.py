"""Cleans the text of documents: drops control characters, writes tables as Markdown and links as their
host."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from urllib.parse import unquote, urlsplit

CONTROLS = bytes({*range(32), 127} - set(b"\t\n\x0b"))
_BLANKS = bytes.maketrans(b"\t\x0b", b" \n")
_OBEYED = dict.fromkeys({*range(32), *range(127, 160)} - set(b"\t\n"))
_OVERRIDDEN = re.compile("\u202e([^\u202a-\u202e\u2066-\u2069\n]*)\u202c?")
"""Letters that are shown from the last to the first (UAX 9, right-to-left override)."""
_INVISIBLE = ("\u00ad", "\u200b", "\u2060", "\ufeff")


def clean(text: str) -> str:
    """Return a text without control characters, soft hyphens and runs of spaces. Its lines stay.

    Translating bytes is several times as fast as a pattern over each character.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.encode("utf-8", "ignore").translate(_BLANKS, CONTROLS).decode("utf-8")
    text = as_shown(text)
    for sign in _INVISIBLE:
        if sign in text:
            text = text.replace(sign, "")
    while "  " in text:
        text = text.replace("  ", " ")
    return text.strip()


def as_shown(text: str) -> str:
    """Return a text with its letters in the order in which they are shown, if a sign reverses them."""
    return _OVERRIDDEN.sub(lambda match: match[1][::-1], text) if "\u202e" in text else text


def printable(text: str) -> str:
    """Return a text without the control characters that a terminal obeys. Tabs and line ends stay."""
    return text.translate(_OBEYED)


_RAISED = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
_LEVEL = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_FIGURES = re.compile("[\\s0-9,;+\u2212-]+")


def raised(text: str) -> str:
    """Return the text of a superscript. Figures are raised (« 10⁶ », « 2027¹ »): on the line they would be a
    part of the number before them. Other text stays (« 1er »)."""
    return text.translate(_RAISED) if _FIGURES.fullmatch(text) else text


def level(text: str) -> str:
    """Return a text with its raised figures on the line."""
    return text if text.isascii() else text.translate(_LEVEL)


def first_few(numbers: Sequence[int]) -> str:
    """Return numbers for a sentence: « 1, 2, 5 », with « … » after the tenth."""
    return ", ".join(map(str, numbers[:10])) + ("…" if len(numbers) > 10 else "")


def one_line(text: str) -> str:
    return " ".join(clean(text).split("\n"))


def table_to_markdown(rows: Iterable[Sequence[str]]) -> str:
    """Return a table with its first row as head, without empty rows and columns.

    A table of one column becomes plain lines.
    """
    cells = _without_empty([clean(cell) for cell in row] for row in rows)
    if not cells:
        return ""
    if len(cells[0]) == 1:
        return "\n\n".join(cell.replace("|", "\\|") for (cell,) in cells)
    lines = ["| " + " | ".join(map(_in_table, row)) + " |" for row in cells]
    lines.insert(1, "|" + " --- |" * len(cells[0]))
    return "\n".join(lines)


def _in_table(cell: str) -> str:
    return cell.replace("|", "\\|").replace("\n", "<br>")


def _without_empty(rows: Iterable[Sequence[str]]) -> Sequence[Sequence[str]]:
    """Return the rows and columns of a table that are not empty, all rows equally long."""
    filled = filter(any, rows)
    columns = filter(any, zip_longest(*filled, fillvalue=""))
    return list(zip(*columns, strict=True))


MASKED = {
    "sheet": "feuille masquée",
    "slide": "diapositive masquée",
    "row": "ligne masquée",
    "column": "colonne masquée",
}
"""Words that stand in the text beside a part that its author hid and did not delete."""


def is_among(number: int, spans: Sequence[range]) -> bool:
    """True if one of these spans, which are in ascending order, holds a number."""
    at = bisect_right(spans, number, key=lambda span: span.start)
    return at > 0 and number in spans[at - 1]


def with_masks(rows: Iterable[tuple[list[str], bool]], columns: Sequence[range]) -> Iterator[list[str]]:
    """Yield the rows of tables, which empty rows separate, with a mark on hidden rows and columns.

    Each row comes with True if it is hidden. `columns` are the hidden ones in ascending order. The mark
    stands in the first cell with text of each hidden row, and of each hidden column of a table.
    """
    marked: set[int] = set()
    for row, hidden in rows:
        filled = [column for column, text in enumerate(row) if text]
        if not filled:
            marked.clear()
        elif hidden:
            row[filled[0]] += f" ({MASKED['row']})"
        for column in filled if columns else ():
            if column not in marked and is_among(column, columns):
                marked.add(column)
                row[column] += f" ({MASKED['column']})"
        yield row


def target_of(link: str) -> str:
    """Return where a link leads: the host of a web page, since numbers and tokens follow it, and all of any
    other link. A text that only looks like an address stays whole (`http://[votre-site]/x`)."""
    link = unquote(link)
    if link.startswith("#"):
        return ""
    try:
        return urlsplit(link).netloc if link.lower().startswith("http") else link
    except ValueError:
        return link
