"""From the words of all pages to headings, paragraphs, lists and tables. Pure.

Of a page, what is read by itself is taken out (`insets`), the rest read block by block (`written_blocks`);
blocks beside each other that are no prose are rows of a table. What repeats at the edges of pages is told
once and kept as a place; sizes above the body's make headings; line ends are joined, their hyphens mended by
what the document itself spells elsewhere.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, groupby, islice, pairwise

from core.documents.build import Builder
from core.documents.pdf.banded_tables import banded
from core.documents.pdf.gutters import numbered_as_read
from core.documents.pdf.insets import (
    SHORT,
    TOKEN,
    Inset,
    Parted,
    insets_of,
    parted,
    pieces_of,
    take_boxes,
    take_tables,
    take_tagged,
    text_of,
)
from core.documents.pdf.page_content import Line, PdfPage, PdfTable, Rule, Word
from core.documents.pdf.page_edges import Edges
from core.documents.pdf.page_rows import join, line_of, rows_of
from core.documents.pdf.page_tables import grids
from core.documents.pdf.unruled_tables import Alignment, table_of
from core.documents.pdf.written_blocks import Band, blocks_of, rows_of_cells, words_of, written_parts

Rows = list[list[Word]]


def items_of(sheet: PdfPage, rows: Rows) -> list[Line | PdfTable]:
    """Lines and tables in reading order."""
    words, insets = take_tagged([word for row in rows for word in row])
    flats = [rule for rule in sheet.rules if rule.flat]
    found, frames = grids(sheet.rules)
    found += banded(sheet.rules, words)
    if found:
        words, insets = take_tables(words, found, insets)
    if frames:
        words = take_boxes(words, frames, insets, lambda inner: _read(inner, flats, insets))
    return _read(rows_of(words) if insets else rows, flats, insets)


def _read(rows: Rows, flats: list[Rule], insets: list[Inset]) -> list[Line | PdfTable]:
    """What is read in rows: as the file writes it, and by gaps where the file does not say."""
    blocks = blocks_of(numbered_as_read([word for row in rows for word in row], flats), insets)
    return [item for part in written_parts(blocks, insets) for item in _items_of_part(part, insets)]


def _items_of_part(bands: list[Band], insets: list[Inset]) -> Iterator[Line | PdfTable]:
    above, cells, below = rows_of_cells(bands)
    table = table_of(cells)
    if table is None:
        above, below = bands, []
    yield from _items_of_column(above, insets)
    if table:
        yield table
    yield from _items_of_column(below, insets)


def _items_of_column(bands: list[Band], insets: list[Inset]) -> Iterator[Line | PdfTable]:
    """Lines, and rows of a table where blocks stand beside each other."""
    if not bands:
        return
    rows = rows_of(words_of(bands))
    tables = any(len(band) > 1 for band in bands)
    left = min(row[0].x0 for row in rows)
    right = max(word.x1 for row in rows for word in row)
    cut = [pieces_of(row) for row in rows] if tables else [[row] for row in rows]
    alignment = Alignment(rows, cut)
    index = 0
    while index < len(rows):
        row = rows[index]
        if found := alignment.table_at(index):
            index += found[0]
            yield found[1]
            continue
        for inset, some in groupby(row, lambda word: word.text.startswith(TOKEN)):
            if inset:
                yield from (item for found in insets_of(list(some), insets) for item in found.items)
            else:
                yield line_of(list(some), left, right)
        index += 1


def pitch_of(lines: list[Line]) -> float:
    """The usual distance between lines below each other, in their sizes."""
    pitches = sorted(
        (below.y1 - above.y1) / below.size
        for above, below in pairwise(lines)
        if 0 < below.y1 - above.y1 < 2.2 * below.size and abs(above.size - below.size) < 0.1 * below.size
    )
    return pitches[len(pitches) // 3] if pitches else 1.2


_CAPITAL = re.compile(r"[«“\"]?[A-ZÀ-ÖØ-Þ]['’]?")
_WHOLE = ("À", "Ô")
"""Capitals that are words."""
_LARGE = 1.8
"""Of the usual size of words."""
_NEAR = 0.5
"""Of a capital's size."""
_MOST = 50


def joined(sheet: PdfPage) -> PdfPage:
    """The page, each such letter a part of the word that it begins."""
    words = sheet.words
    usual = sorted(word.size for word in words)[len(words) // 2] if words else 0.0
    large = (word for word in words if word.size >= _LARGE * usual and _CAPITAL.fullmatch(word.text))
    for capital in islice(large, _MOST):
        if (first := _begun(capital, words)) is not None:
            text = capital.text + " " * (capital.text in _WHOLE) + first.text
            whole = first._replace(text=text, x0=capital.x0)
            words = [whole if word is first else word for word in words if word is not capital]
    return sheet if words is sheet.words else replace(sheet, words=words)


def _begun(capital: Word, words: list[Word]) -> Word | None:
    """The word that goes on behind a capital: the first of two lines at least that stand close beside it."""
    near = capital.x1 + _NEAR * capital.size
    beside = [
        word
        for word in words
        if capital.y0 < (word.y0 + word.y1) / 2 < capital.y1
        and capital.x1 - 1 < word.x0 < near
        and capital.size >= _LARGE * word.size
        and capital.angle == word.angle
    ]
    left = min((word.x0 for word in beside), default=0.0)
    starts = sorted((word for word in beside if word.x0 < left + 2), key=lambda word: word.y0)
    goes_on = len(starts) > 1 and (starts[0].text[0].islower() or starts[0].text[:2].isupper())
    return starts[0] if goes_on else None


Items = list[Line | PdfTable]
_MANY = 4
_BULLET = re.compile(r"^(?:[•▪◦‣∙●○■□➢➤✓✔❖·⁃§\uf000-\uf0ff]\s*|[*–—o-]\s+)(?=\S)")
_NUMBER = re.compile(r"^(\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5})[.)°])\s+(?=\S)")
_SECTION = re.compile(
    r"(?:\d{1,3}(?:\.\d{1,3})*[.)]|[A-Z][.)]|[IVX]{1,6}[.)]|\d{1,2}(?:\.\d{1,2})+|\d{1,2} [–—-])\s"
    r"|(?:article|chapitre|section|annexe|titre|partie) (?:premi|\d|[IVX]+\b)",
    re.IGNORECASE,
)
_LEADERS = re.compile(r"(?:\s?[._…·]){4,}\s*")
_LETTER = re.compile(r"\W*\w?\W*")
_DIGIT = re.compile(r"\d")
_CONTENTS = re.compile(r"… ?\S{1,6}$|\.{4}")
_ENDED = re.compile(r"[.!?:;…»\")]\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Style:
    """What is usual in the whole document. `sizes` of headings, greatest first."""

    body: float
    sizes: tuple[float, ...]
    bold: bool
    pitch: float
    words: Counter[str]
    top: int = 0
    """The highest rank that tags give to headings no larger than the body; 0 without tagged headings."""


def write(sheets: list[PdfPage], builder: Builder) -> None:
    """All pages into the builder."""
    parts = [parted(joined(sheet)) for sheet in _typed_alike(sheets)]
    pages = [rows_of(part.upright) for part in parts]
    edges = Edges(sheets, pages)
    items: list[list[Items]] = []
    labels: list[str] = []
    for index, (sheet, rows) in enumerate(zip(sheets, pages, strict=True)):
        label, inner = edges.inner_rows(index, sheet, rows, builder)
        labels.append(label)
        items.append([items_of(sheet, side) for side in _sides(sheet, inner)])
    _head_again(items)
    for some, turned in zip(items, _turned(parts), strict=True):
        some += turned
    _places(parts, builder)
    style = _style(items)
    for label, groups in zip(labels, items, strict=True):
        builder.page(label)
        for block in chain.from_iterable(_blocks(group, style) for group in groups):
            block.write(builder)


def _typed_alike(sheets: list[PdfPage]) -> list[PdfPage]:
    """The pages; where all is typed in a font for code, none of it is code."""
    letters = sum(len(word.text) for sheet in sheets for word in sheet.words)
    typed = sum(len(word.text) for sheet in sheets for word in sheet.words if word.fixed) > 0.5 * letters
    if not typed:
        return sheets
    plain = ([word._replace(fixed=False) for word in sheet.words] for sheet in sheets)
    return [replace(sheet, words=words) for sheet, words in zip(sheets, plain, strict=True)]


def _sides(sheet: PdfPage, rows: list[list[Word]]) -> list[list[list[Word]]]:
    """The rows of a page, or of each of two that are one picture."""
    if not sheet.fold:
        return [rows]
    words = [word for row in rows for word in row]
    return [rows_of([word for word in words if (word.x0 < sheet.fold) == first]) for first in (True, False)]


def _turned(parts: list[Parted]) -> Iterator[list[Items]]:
    """The turned text of each page, each direction by itself; what many pages bear is told on the first."""
    texts = [[text_of(words) for words in part.turned] for part in parts]
    bearing = Counter(text for some in texts for text in set(some))
    told: set[str] = set()
    for part, some in zip(parts, texts, strict=True):
        said = {text for text in some if bearing[text] >= _MANY and text in told}
        told.update(some)
        yield [
            items_of(PdfPage(width=0, height=0, words=words), rows_of(words))
            for words, text in zip(part.turned, some, strict=True)
            if text not in said
        ]


def _head_again(pages: list[list[Items]]) -> None:
    """Give the rows of a table that goes on over a page the head of its columns, where they have none: as
    read, the first of them would pass for it."""
    head: list[str] = []
    for items in (items for groups in pages for items in groups):
        first = items[0] if items else None
        if isinstance(first, PdfTable) and _goes_on_below(head, first.rows[0]):
            items[0] = PdfTable(rows=[head, *first.rows])
        last = items[-1] if items else None
        head = last.rows[0] if isinstance(last, PdfTable) and len(last.rows) > 1 else []


def _goes_on_below(head: list[str], row: list[str]) -> bool:
    """Whether a row may belong to a head: as many cells, and figures where the head has words."""
    if len(head) != len(row) or any(map(_DIGIT.search, head)):
        return False
    return any(map(_DIGIT.search, row))


def _places(parts: list[Parted], builder: Builder) -> None:
    """Watermarks, and short turned texts, which may be stamps."""
    for number, part in enumerate(parts, 1):
        for text in part.watermarks:
            builder.place("watermark", text, page=number)
        for words in part.turned:
            if len(words) <= SHORT:
                builder.place("textbox", text_of(words), page=number)


def _style(pages: list[list[Items]]) -> _Style:
    lines = [item for groups in pages for items in groups for item in items if isinstance(item, Line)]
    weights: Counter[float] = Counter()
    bold = words = 0
    for line in lines:
        if not _LETTER.fullmatch(line.text):  # at the head of a chapter, or a sign of a formula
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
    ranks = [(line.size >= 1.14 * body, line.tag.level) for line in lines if line.tag and line.tag.level]
    return _Style(
        body=body,
        sizes=tuple(sizes),
        bold=bold > 0.5 * words,
        pitch=pitch_of(lines),
        words=vocabulary,
        top=min(ranks)[1] if ranks else 0,
    )


@dataclass(slots=True, kw_only=True)
class _Block:
    """Lines that make one heading, paragraph or list entry; or a table. `level` 0: no heading."""

    lines: list[Line]
    text: str
    level: int = 0
    mark: str = ""
    depth: int = 0
    code: bool = False
    table: PdfTable | None = None

    def add(self, line: Line, style: _Style) -> None:
        self.lines.append(line)
        if self.code:
            self.text += f"\n{_indented(line)}"
        else:
            self.text = join(self.text, _shortened(line.text), style.words)

    def write(self, builder: Builder) -> None:
        if self.table:
            builder.table(self.table.rows)
        elif self.code:
            builder.raw(f"```\n{self.text}\n```")
        elif self.level:
            builder.heading(self.level, self.text)
        elif self.mark:
            builder.item(self.text, depth=self.depth, mark=self.mark)
        else:
            builder.paragraph(self.text)


def _blocks(items: list[Line | PdfTable], style: _Style) -> list[_Block]:
    blocks: list[_Block] = []
    indents: list[float] = []
    for item in items:
        if isinstance(item, PdfTable):
            blocks.append(_Block(lines=[], text="", table=item))
        elif blocks and not blocks[-1].table and _continues(blocks[-1], item, style):
            blocks[-1].add(item, style)
        else:
            blocks.append(_begin(item, style))
            indents = _nested(blocks[-1], item, indents)
    return blocks


def _shortened(text: str) -> str:
    """A line without its rows of dots."""
    likely = "..." in text or "…" in text or ". . ." in text or "__" in text or "··" in text
    return _LEADERS.sub(" … ", text) if likely else text


def _nested(block: _Block, line: Line, indents: list[float]) -> list[float]:
    """The indents of the lists that are open; the block's depth is the number of those above it."""
    if not block.mark:
        return []
    kept = [indent for indent in indents if indent < line.start - 0.5 * line.size]
    block.depth = len(kept)
    return [*kept, line.start]


def _indented(line: Line) -> str:
    """A line of code, as far from its column's left as it stands."""
    return " " * min(round((line.x0 - line.left) / (0.51 * line.size)), 60) + line.text


def _begin(line: Line, style: _Style) -> _Block:
    if line.fixed:
        return _Block(lines=[line], text=_indented(line), code=True)
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
    if len(line.text) > 200 or not re.search(r"\w{2}", line.text) or _CONTENTS.search(line.text):
        return 0
    for level, size in enumerate(style.sizes, 1):
        if line.size >= 0.95 * size:
            return min(level, 6)
    if line.tag and line.tag.level:
        return min(len(style.sizes) + line.tag.level - style.top + 1, 6)
    if line.tag and style.top:  # the file says which lines are headings
        return 0
    bold = line.bold and not style.bold and line.size >= 0.95 * style.body
    if bold and len(line.text) <= 120 and not re.search(r"[.;,]$", line.text):
        return min(len(style.sizes) + 1, 6)
    return 0


def _continues(block: _Block, line: Line, style: _Style) -> bool:
    """Whether `line` belongs to the block above it."""
    above = block.lines[-1]
    if block.code:
        return line.fixed and 0 < line.y1 - above.y1 < 2.2 * line.size
    if line.fixed and above.takes(line):
        return False
    if _level(line, style) != block.level or _parted(above, line, style):
        return False
    if line.y0 < above.y0:  # the next column
        return not block.level and not _ENDED.search(above.text) and line.text[:1].islower()
    step = (line.y1 - above.y1) / line.size
    if step > max(1.3 * style.pitch, style.pitch + 0.3):
        return False
    if block.level:
        return not _SECTION.match(line.text) and (not above.takes(line) or _goes_on(above, line))
    if _BULLET.match(line.text) or (_NUMBER.match(line.text) and _breaks(above, line)):
        return False
    return not _breaks(above, line)


def _parted(above: Line, line: Line, style: _Style) -> bool:
    """Two sizes, or two paragraphs by the file's own word, unless that cuts a sentence: tags may be wrong."""
    if abs(above.size - line.size) > 0.12 * above.size:
        return True
    if not above.tag or not line.tag or above.tag.element == line.tag.element:
        return False
    return bool(_level(line, style) or _ENDED.search(above.text)) or not line.text[:1].islower()


def _goes_on(above: Line, line: Line) -> bool:
    """Whether a heading's line goes on below though it had room: in the middle of a sentence, or centred."""
    centred = abs(above.x0 + above.x1 - line.x0 - line.x1) < line.size and abs(above.x0 - line.x0) > 1
    return line.text[:1].islower() or centred


def _breaks(above: Line, line: Line) -> bool:
    """A line with room for the next word, or an indented one below, ends the paragraph."""
    if _CONTENTS.search(above.text):  # an entry of a table of contents
        return True
    shouted = above.text.isupper() != line.text.isupper() and not line.leftwards
    if shouted and len(line.text) > 6:  # a stamp is no part of a sentence
        return True
    meant = above.takes(line)
    indented = line.start > above.start + 0.8 * line.size and above.start < 0.5 * line.size
    starts = not line.text[:1].islower()
    return (meant and (starts or bool(_ENDED.search(above.text)))) or (indented and starts)
