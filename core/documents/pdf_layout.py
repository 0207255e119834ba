"""From the words of all pages to headings, paragraphs, lists and tables. Pure.

What repeats at the edges of pages is taken out of the text and kept as places; sizes above the body's
make headings; line ends are joined, their hyphens mended by what the document itself spells elsewhere.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from core.documents.build import Builder
from core.documents.hyphens import join
from core.documents.pdf_columns import items_of, pitch_of
from core.documents.pdf_page import Line, Sheet, Table, Word, rows_of

Row = list[Word]
Edge = tuple[Literal["header", "footer"], int, str]
"""Where it stands, at what height, and its text with # for digits."""

_EDGE_ROWS = 3
_BULLET = re.compile(r"^([•▪◦‣∙●○■□➢➤✓✔❖·⁃§\uf000-\uf0ff*–—-]|o(?= ))\s*(?=\S)")
_NUMBER = re.compile(r"^(\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5})[.)°])\s+(?=\S)")
_LEADERS = re.compile(r"(?:\s?[._…·]){4,}\s*")
_ENDED = re.compile(r"[.!?:;…»\")]\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Style:
    """What is usual in the whole document. `sizes` of headings, greatest first."""

    body: float
    sizes: tuple[float, ...]
    bold: bool
    pitch: float
    words: Counter[str]


def write(sheets: list[Sheet], builder: Builder) -> None:
    """All pages into the builder."""
    pages = [rows_of(_upright(sheet, number, builder)) for number, sheet in enumerate(sheets, 1)]
    edges = _edges(sheets, pages)
    items = [
        items_of(sheet, _inner_rows(sheet, rows, edges, builder))
        for sheet, rows in zip(sheets, pages, strict=True)
    ]
    style = _style(items)
    for sheet, some in zip(sheets, items, strict=True):
        builder.page()
        _edge_places(sheet, some, builder)
        for block in _blocks(some, style):
            block.write(builder)


def _upright(sheet: Sheet, number: int, builder: Builder) -> list[Word]:
    """The words of a page without those that lie across it, which are a place."""
    odd = [word for word in sheet.words if not word.upright]
    if not odd or len(odd) > 0.7 * len(sheet.words):
        return sheet.words
    builder.place("watermark", " ".join(word.text for word in odd), page=number)
    return [word for word in sheet.words if word.upright]


def _edges(sheets: list[Sheet], pages: list[list[Row]]) -> set[Edge]:
    """What repeats at the same height of pages."""
    seen: Counter[Edge] = Counter()
    for sheet, rows in zip(sheets, pages, strict=True):
        seen.update({edge for edge, _ in _edge_rows(sheet, rows)})
    least = max(2, min(len(sheets) // 3, 5))
    return {edge for edge, count in seen.items() if count >= least}


def _edge_rows(sheet: Sheet, rows: list[Row]) -> Iterator[tuple[Edge, Row]]:
    for row in rows[:_EDGE_ROWS]:
        if row[0].y0 < 0.2 * sheet.height:
            yield _edge("header", row), row
    for row in rows[-_EDGE_ROWS:]:
        if row[0].y1 > 0.8 * sheet.height:
            yield _edge("footer", row), row


def _edge(kind: Literal["header", "footer"], row: Row) -> Edge:
    return kind, round(row[0].y0 / 6), re.sub(r"\d+", "#", " ".join(word.text for word in row))


def _inner_rows(sheet: Sheet, rows: list[Row], edges: set[Edge], builder: Builder) -> list[Row]:
    """The rows of a page without its header, footer and number."""
    taken: set[int] = set()
    for (kind, height, text), row in _edge_rows(sheet, rows):
        repeated = any((kind, height + shift, text) in edges for shift in (-1, 0, 1))
        numbered = bool(edges) and kind == "footer" and re.fullmatch(r"\W*#\W*(?:#\W*)?", text)
        if repeated or numbered:
            shown = " ".join(word.text for word in row)
            if not re.fullmatch(r"[\W\d]*", shown):
                builder.place(kind, re.sub(r"\s*\d+\s*(/|sur|of)\s*\d+\s*$|\s+\d+$", "", shown))
            taken.add(id(row))
    return [row for row in rows if id(row) not in taken]


def _edge_places(sheet: Sheet, items: list[Line | Table], builder: Builder) -> None:
    lines = [item for item in items if isinstance(item, Line) and len(item.text) <= 120]
    page = builder.page_number
    for line in lines:
        if line.y1 < 0.12 * sheet.height:
            builder.place("first_line", line.text, page=page)
        elif line.y0 > 0.88 * sheet.height:
            builder.place("last_line", line.text, page=page)


def _style(pages: list[list[Line | Table]]) -> _Style:
    lines = [item for items in pages for item in items if isinstance(item, Line)]
    weights: Counter[float] = Counter()
    bold = words = 0
    for line in lines:
        weights[round(line.size * 2) / 2] += len(line.text)
        bold += len(line.text) * line.bold
        words += len(line.text)
    body = max(weights, key=lambda size: weights[size], default=10.0)
    sizes: list[float] = []
    for size in sorted((size for size in weights if size >= 1.14 * body), reverse=True):
        if not sizes or size < 0.93 * sizes[-1]:
            sizes.append(size)
    vocabulary = Counter(
        word.strip(".,;:!?()«»\"'").lower() for line in lines for word in line.text.split(" ")[:-1]
    )
    return _Style(
        body=body, sizes=tuple(sizes), bold=bold > 0.5 * words, pitch=pitch_of(lines), words=vocabulary
    )


@dataclass(slots=True, kw_only=True)
class _Block:
    """Lines that make one heading, paragraph or list entry; or a table. `level` 0: no heading."""

    lines: list[Line]
    text: str
    level: int = 0
    mark: str = ""
    depth: int = 0
    table: Table | None = None

    def write(self, builder: Builder) -> None:
        if self.table:
            builder.table(self.table.rows)
        elif self.level:
            builder.heading(self.level, self.text)
        elif self.mark:
            builder.item(self.text, depth=self.depth, mark=self.mark)
        else:
            builder.paragraph(self.text)


def _blocks(items: list[Line | Table], style: _Style) -> Iterator[_Block]:
    block: _Block | None = None
    indents: list[float] = []
    for item in items:
        if isinstance(item, Table):
            if block:
                yield block
                block = None
            yield _Block(lines=[], text="", table=item)
            continue
        if block and _continues(block, item, style):
            block.lines.append(item)
            block.text = join(block.text, _shortened(item.text), style.words)
            continue
        if block:
            yield block
        block = _begin(item, style)
        indents = _nested(block, item, indents)
    if block:
        yield block


def _shortened(text: str) -> str:
    """A line without its rows of dots."""
    likely = "..." in text or "…" in text or ". . ." in text or "__" in text or "··" in text
    return _LEADERS.sub(" … ", text) if likely else text


def _nested(block: _Block, line: Line, indents: list[float]) -> list[float]:
    """The indents of the lists that are open; the block's depth is the number of those above it."""
    if not block.mark:
        return []
    kept = [indent for indent in indents if indent < line.x0 - 0.5 * line.size]
    block.depth = len(kept)
    return [*kept, line.x0]


def _begin(line: Line, style: _Style) -> _Block:
    level = _level(line, style)
    text = _shortened(line.text).removesuffix(" … ")
    if not level:
        for pattern, mark in ((_BULLET, "-"), (_NUMBER, "")):
            match = pattern.match(text)
            if match and len(text) > match.end():
                return _Block(lines=[line], text=text[match.end() :], mark=mark or match[1])
    return _Block(lines=[line], text=text, level=level)


def _level(line: Line, style: _Style) -> int:
    """The rank of a heading by its size; bold lines of the body's size come last; 0 for the body."""
    if len(line.text) > 200 or not re.search(r"\w{2}", line.text):
        return 0
    for level, size in enumerate(style.sizes, 1):
        if line.size >= 0.95 * size:
            return min(level, 6)
    bold = line.bold and not style.bold and line.size >= 0.95 * style.body
    if bold and len(line.text) <= 120 and not re.search(r"[.;,]$", line.text):
        return min(len(style.sizes) + 1, 6)
    return 0


def _continues(block: _Block, line: Line, style: _Style) -> bool:
    """Whether `line` belongs to the block above it."""
    above = block.lines[-1]
    if abs(above.size - line.size) > 0.12 * above.size or _level(line, style) != block.level:
        return False
    if line.y0 < above.y0:  # the next column
        return not block.level and not _ENDED.search(above.text) and line.text[:1].islower()
    step = (line.y1 - above.y1) / line.size
    if step > max(1.3 * style.pitch, style.pitch + 0.3):
        return False
    if block.level:
        return True
    if _BULLET.match(line.text) or (_NUMBER.match(line.text) and _breaks(above, line)):
        return False
    return not _breaks(above, line)


def _breaks(above: Line, line: Line) -> bool:
    """A line with room for the next word, or an indented one below, ends the paragraph."""
    if _shortened(above.text) != above.text:  # an entry of a table of contents
        return True
    if above.text.isupper() != line.text.isupper() and len(line.text) > 6:  # a stamp is no part of a sentence
        return True
    meant = above.takes(line)
    indented = line.x0 > above.x0 + 0.8 * line.size and above.x0 < line.left + 0.5 * line.size
    starts = not line.text[:1].islower()
    return (meant and (starts or bool(_ENDED.search(above.text)))) or (indented and starts)
