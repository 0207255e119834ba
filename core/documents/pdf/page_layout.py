"""From the pages of a PDF to the text of the document. Pure.

`page_items` gives the lines and tables of each page, `text_blocks` the headings, paragraphs and lists. This
module does what concerns several pages: headers and footers are told once and kept as places, tables go on
over a page, and text that does not stand upright comes behind the page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from core.documents.build import Builder
from core.documents.pdf.initials import with_initials_joined
from core.documents.pdf.insets import SHORT, Parted, Rows, parted, text_of
from core.documents.pdf.page_content import Line, PdfPage, PdfTable
from core.documents.pdf.page_edges import Edges
from core.documents.pdf.page_items import Items, items_of
from core.documents.pdf.page_rows import rows_of
from core.documents.pdf.text_blocks import DocumentStyle, write_items

_MANY = 4
"""Pages from which on a turned text counts as one that repeats."""
_DIGIT = re.compile(r"\d")


def write(pages: list[PdfPage], builder: Builder) -> None:
    """Write all pages into the builder."""
    parts = [parted(with_initials_joined(page)) for page in _typed_alike(pages)]
    rows_of_pages = [rows_of(part.upright) for part in parts]
    edges = Edges(pages, rows_of_pages)
    items: list[list[Items]] = []
    labels: list[str] = []
    for index, (page, rows) in enumerate(zip(pages, rows_of_pages, strict=True)):
        label, inner = edges.inner_rows(index, page, rows, builder)
        labels.append(label)
        items.append([items_of(page, side) for side in _sides(page, inner)])
    _repeat_heads(items)
    for groups, turned in zip(items, _items_of_turned(parts), strict=True):
        groups += turned
    _places(parts, builder)
    lines = [item for groups in items for group in groups for item in group if isinstance(item, Line)]
    style = DocumentStyle.of(lines)
    for label, groups in zip(labels, items, strict=True):
        builder.page(label)
        for group in groups:
            write_items(group, style, builder)


def _typed_alike(pages: list[PdfPage]) -> list[PdfPage]:
    """Return the pages. Where most of a document is typed in a font for code, none of it counts as code."""
    words = [word for page in pages for word in page.words]
    letters = sum(len(word.text) for word in words)
    if sum(len(word.text) for word in words if word.fixed) <= 0.5 * letters:
        return pages
    return [replace(page, words=[word._replace(fixed=False) for word in page.words]) for page in pages]


def _sides(page: PdfPage, rows: Rows) -> list[Rows]:
    """Part the rows of two pages that are one picture (`fold`)."""
    if not page.fold:
        return [rows]
    words = [word for row in rows for word in row]
    return [rows_of([word for word in words if (word.x0 < page.fold) == first]) for first in (True, False)]


def _items_of_turned(parts: list[Parted]) -> Iterator[list[Items]]:
    """The turned text of each page, each direction by itself. Text that stands on many pages is given for the
    first of them only."""
    texts = [[text_of(words) for words in part.turned] for part in parts]
    page_counts = Counter(text for some in texts for text in set(some))
    known: set[str] = set()
    for part, some in zip(parts, texts, strict=True):
        repeated = {text for text in some if page_counts[text] >= _MANY and text in known}
        known.update(some)
        yield [
            items_of(PdfPage(width=0, height=0, words=words), rows_of(words))
            for words, text in zip(part.turned, some, strict=True)
            if text not in repeated
        ]


def _repeat_heads(pages: list[list[Items]]) -> None:
    """Give a table that goes on over a page the head of its columns. Without it, the first row on the page
    would pass for the head."""
    head: list[str] = []
    for items in (items for groups in pages for items in groups):
        first = items[0] if items else None
        if isinstance(first, PdfTable) and _may_be_below(head, first.rows[0]):
            items[0] = PdfTable(rows=[head, *first.rows])
        last = items[-1] if items else None
        head = last.rows[0] if isinstance(last, PdfTable) and len(last.rows) > 1 else []


def _may_be_below(head: list[str], row: list[str]) -> bool:
    """True if a row may belong to a head: it has as many cells, and figures where the head has words only."""
    if len(head) != len(row) or any(map(_DIGIT.search, head)):
        return False
    return any(map(_DIGIT.search, row))


def _places(parts: list[Parted], builder: Builder) -> None:
    """Keep watermarks and short turned texts, which may be stamps, as places."""
    for number, part in enumerate(parts, 1):
        for text in part.watermarks:
            builder.place("watermark", text, page=number)
        for words in part.turned:
            if len(words) <= SHORT:
                builder.place("textbox", text_of(words), page=number)
