"""Text of a document: without control characters, tables as Markdown, links as where they lead."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote, urlsplit

CONTROLS = bytes({*range(32), 127} - set(b"\t\n\x0b"))
_BLANKS = bytes.maketrans(b"\t\x0b", b" \n")
_OBEYED = dict.fromkeys({*range(32), *range(127, 160)} - set(b"\t\n"))
_OVERRIDDEN = re.compile("\u202e([^\u202a-\u202e\u2066-\u2069\n]*)\u202c?")
"""Letters shown from the last to the first (UAX 9, right-to-left override), up to what turns them again."""
_INVISIBLE = ("\u00ad", "\u200b", "\u2060", "\ufeff")


def clean(text: str) -> str:
    """A text on one or more lines without control characters, soft hyphens and runs of spaces.

    By way of bytes: several times as fast as a pattern over each character.
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
    """A text whose letters are in the order in which they are shown, where a sign turns them round."""
    return _OVERRIDDEN.sub(lambda match: match[1][::-1], text) if "\u202e" in text else text


def printable(text: str) -> str:
    """The same without what a terminal obeys: control signs other than tabs and ends of lines."""
    return text.translate(_OBEYED)


_RAISED = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
_LEVEL = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_FIGURES = re.compile("[\\s0-9,;+\u2212-]+")


def raised(text: str) -> str:
    """A raised text: figures as raised ones (« 10⁶ », « 2027¹ »), which on the line would be a part of the
    number before; others as they are (« 1er »)."""
    return text.translate(_RAISED) if _FIGURES.fullmatch(text) else text


def level(text: str) -> str:
    """A text with its raised figures on the line."""
    return text if text.isascii() else text.translate(_LEVEL)


def first_few(numbers: Sequence[int]) -> str:
    """Numbers for a sentence: « 1, 2, 5 », with « … » after the tenth."""
    return ", ".join(map(str, numbers[:10])) + ("…" if len(numbers) > 10 else "")


def one_line(text: str) -> str:
    return " ".join(clean(text).split("\n"))


def table_to_markdown(rows: Iterable[Sequence[str]]) -> str:
    """A table with its first row as head, without empty rows and columns; one column is plain lines."""
    cells = [[clean(cell).replace("|", "\\|").replace("\n", "<br>") for cell in row] for row in rows]
    cells = [row for row in cells if any(row)]
    if not cells:
        return ""
    width = max(len(row) for row in cells)
    cells = [row + [""] * (width - len(row)) for row in cells]
    used = [column for column in range(width) if any(row[column] for row in cells)]
    cells = [[row[column] for column in used] for row in cells]
    if len(used) == 1:
        return "\n\n".join(row[0].replace("<br>", "\n") for row in cells)
    lines = ["| " + " | ".join(row) + " |" for row in cells]
    lines.insert(1, "|" + " --- |" * len(used))
    return "\n".join(lines)


MASKED = {
    "sheet": "feuille masquée",
    "slide": "diapositive masquée",
    "row": "ligne masquée",
    "column": "colonne masquée",
}
"""What stands in the text beside what its author hid from people and did not delete."""


def is_among(number: int, spans: Sequence[range]) -> bool:
    """Does one of these spans, which are in their order, hold a number?"""
    at = bisect_right(spans, number, key=lambda span: span.start)
    return at > 0 and number in spans[at - 1]


def with_masks(rows: Iterable[tuple[list[str], bool]], columns: Sequence[range]) -> Iterator[list[str]]:
    """Rows of tables, which empty ones part, each with whether it is hidden: the first cell with text of
    each hidden row, and of each hidden column of a table, says that it is one. The columns are in order."""
    told: set[int] = set()
    for row, hidden in rows:
        filled = [column for column, text in enumerate(row) if text]
        if not filled:
            told.clear()
        elif hidden:
            row[filled[0]] += f" ({MASKED['row']})"
        for column in filled if columns else ():
            if column not in told and is_among(column, columns):
                told.add(column)
                row[column] += f" ({MASKED['column']})"
        yield row


def target_of(link: str) -> str:
    """Where a link leads: the host of a page (what follows it are numbers and tokens), all of another, as of
    what only looks like an address (`http://[votre-site]/x`)."""
    link = unquote(link)
    if link.startswith("#"):
        return ""
    try:
        return urlsplit(link).netloc if link.lower().startswith("http") else link
    except ValueError:
        return link
