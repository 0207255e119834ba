"""What a tagged PDF says of its own structure: which text is a heading, a cell of a table, one paragraph.

ISO 32000-1, 14.7 and 14.8. Text belongs to an element by the number of its marked content. Whoever made the
file may have tagged it badly, so this only adds to what the layout shows (`page_layout`).
"""

from __future__ import annotations

import ctypes
from typing import Any, NamedTuple

from core.documents.pdf.pdfium import raw

_DEPTH = 60
_MOST = 20_000
_SPANS = 50
_HEADINGS = {"H": 1, "Title": 1, **{f"H{number}": number for number in range(1, 7)}}
_INLINE = {
    "Span", "Link", "Quote", "Reference", "BibEntry", "Code", "Em", "Strong", "Sub", "Annot", "NonStruct",
    "Ruby", "Warichu", "RB", "RT", "RP", "WT", "WP", "Private",
}  # fmt: skip
_NAME = 64


class Tag(NamedTuple):
    """Of some text: its element (a number of the page), its rank as a heading (0: none), and its cell."""

    element: int
    level: int = 0
    cell: tuple[int, int, int] | None = None
    """Table, row, column."""


class Tags:
    """The tags of one page, by the number of the marked content; empty where there are none."""

    def __init__(self, page: Any) -> None:
        self.by_content: dict[int, Tag] = {}
        self._elements = 0
        self._tables = 0
        self._buffer = ctypes.create_string_buffer(_NAME)
        tree = raw.FPDF_StructTree_GetForPage(page.raw)
        if not tree:
            return
        try:
            for index in range(min(raw.FPDF_StructTree_CountChildren(tree), _MOST)):
                self._walk(raw.FPDF_StructTree_GetChildAtIndex(tree, index), Tag(0), [0, 0], 0)
        finally:
            raw.FPDF_StructTree_Close(tree)

    def _walk(self, element: Any, above: Tag, place: list[int], depth: int) -> None:
        """One element and all below it. `place` counts the rows of its table, and the columns of its row."""
        if not element or depth > _DEPTH or self._elements > _MOST:
            return
        kind = self._kind(element)
        tag = above
        if kind not in _INLINE:
            self._elements += 1
            tag = Tag(self._elements, _HEADINGS.get(kind, 0), above.cell)
        outer = above.cell is None
        if kind == "Table" and outer:
            self._tables += 1
            place = [-1, 0]
        elif kind == "TR" and outer:
            place[0] += 1
            place[1] = 0
        elif kind in ("TD", "TH") and outer:
            tag = tag._replace(cell=(self._tables, place[0], place[1]))
            place[1] += self._span(element)
        for index in range(min(raw.FPDF_StructElement_CountChildren(element), _MOST)):
            content = raw.FPDF_StructElement_GetChildMarkedContentID(element, index)
            if content >= 0:
                self.by_content[content] = tag
            else:
                self._walk(raw.FPDF_StructElement_GetChildAtIndex(element, index), tag, place, depth + 1)

    def _kind(self, element: Any) -> str:
        length = raw.FPDF_StructElement_GetType(element, self._buffer, _NAME)
        return self._buffer.raw[: max(0, min(length, _NAME) - 2)].decode("utf-16-le", "replace")

    @staticmethod
    def _span(element: Any) -> int:
        """How many columns a cell takes."""
        number = ctypes.c_float(1.0)
        for index in range(raw.FPDF_StructElement_GetAttributeCount(element)):
            attribute = raw.FPDF_StructElement_GetAttributeAtIndex(element, index)
            value = raw.FPDF_StructElement_Attr_GetValue(attribute, b"ColSpan") if attribute else None
            if value and raw.FPDF_StructElement_Attr_GetNumberValue(value, number):
                return max(1, min(int(number.value), _SPANS))
        return 1
