"""The blocks of a PDF page by the order in which the file writes its words: what stands beside each other is
read block by block.

Programs write a column, a cell or a box from its first line to its last. Words that follow each other in the
file and on the page are one block; where blocks stand beside each other, no gap has to be guessed. A file that
writes line by line across the page says nothing, and is left to the gaps (`columns`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from core.documents.pdf.insets import TOKEN, Inset, insets_of
from core.documents.pdf.page_content import Word
from core.documents.pdf.page_tables import fragments_of
from core.documents.pdf.writing_order import runs_left

Words = list[Word]
_DEPTH = 12
_NEAR = 2.2
"""How far below a line, in its heights, the next one of its block begins at most."""
_LOOKED_BACK = 4
_INDENT = 4
"""How far before a line, in its heights, the next one of its block begins at most."""
_BOX_WORDS = 8
"""What a box counts for among words."""


@dataclass(slots=True, kw_only=True)
class Block:
    """Words that follow each other in the file and on the page, as pieces of lines."""

    pieces: list[Words] = field(repr=False)
    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def words(self) -> Words:
        return [word for piece in self.pieces for word in piece]

    @property
    def first(self) -> int:
        return min(word.place for piece in self.pieces for word in piece)

    @property
    def last(self) -> int:
        return max(word.place for piece in self.pieces for word in piece)

    def add(self, piece: Words) -> None:
        self.pieces.append(piece)
        self.x0, self.x1 = min(self.x0, piece[0].x0), max(self.x1, _right(piece))
        self.y0, self.y1 = min(self.y0, _top(piece)), max(self.y1, _bottom(piece))

    def goes_on_with(self, piece: Words) -> bool:
        """Whether a piece of a line stands below the block as its next line."""
        above, size = self.pieces[-1], piece[0].size
        if TOKEN in (above[0].text[:1], piece[0].text[:1]):
            return False
        left, right = self.x0 - piece[0].x0, _right(piece) - self.x1
        width = self.x1 - self.x0
        step = _top(piece) - _bottom(above)
        if not -0.5 * size < step < _NEAR * size or left <= -width or right <= -width:
            return False
        outside = right if runs_left(piece) else left
        if outside > _INDENT * size and abs(left - right) > size:  # it begins before them, and is not centred
            return False
        if len(self.pieces) == 1 and above[0].size > 1.2 * size:  # a title above columns
            return left + right > -0.25 * width
        return len(self.pieces) == 1 or right < 0.25 * width

    def touches(self, piece: Words) -> bool:
        """Whether a piece of a line belongs to the last line of the block: only a small space parts them."""
        line, word = self.pieces[-1], piece[0]
        if TOKEN in (line[0].text[:1], word.text[:1]) or not _is_level(line[-1], word):
            return False
        return max(word.x0 - _right(line), line[0].x0 - _right(piece)) < 0.85 * max(word.size, line[-1].size)


Band = list[Block]
"""Blocks beside each other."""


def words_of(bands: list[Band]) -> Words:
    return [word for band in bands for block in band for word in block.words]


def _right(piece: Words) -> float:
    return max(word.x1 for word in piece)


def _top(piece: Words) -> float:
    return min(word.y0 for word in piece)


def _bottom(piece: Words) -> float:
    return max(word.y1 for word in piece)


def _is_level(one: Word, other: Word) -> bool:
    """Whether two words stand on one line."""
    shared = min(one.y1, other.y1) - max(one.y0, other.y0)
    return shared > 0.4 * min(one.size, other.size)


def blocks_of(words: Words, insets: list[Inset]) -> list[Block]:
    """The blocks of a page in the order of the file."""
    blocks: list[Block] = []
    for piece in _pieces(words):
        if blocks and blocks[-1].goes_on_with(piece):
            blocks[-1].add(piece)
            continue
        if home := next((block for block in blocks[: -_LOOKED_BACK - 1 : -1] if block.touches(piece)), None):
            home.add(piece)
            continue
        bottom = max([_bottom(piece), *(found.bottom for found in insets_of(piece, insets))])
        blocks.append(Block(pieces=[piece], x0=piece[0].x0, y0=_top(piece), x1=_right(piece), y1=bottom))
    return blocks


def _pieces(words: Words) -> Iterator[Words]:
    """Lines as the file writes them, cut at the wide gaps that go on in the line above or below, or that
    neither closes."""
    lines: list[Words] = []
    for word in sorted(words, key=lambda word: word.place):
        if lines and _is_level(lines[-1][-1], word) and TOKEN not in (word.text[:1], lines[-1][-1].text[:1]):
            lines[-1].append(word)
        else:
            lines.append([word])
    lines = [sorted(line, key=lambda word: word.x0) for line in lines]
    for index, line in enumerate(lines):
        near = [*lines[max(0, index - 1) : index], *lines[index + 1 : index + 2]]
        beside = [other for other in near if abs(other[0].y0 - line[0].y0) < 2.5 * line[0].size]
        piece: Words = []
        for fragment in [line] if _is_justified(line, beside) else fragments_of(line):
            if piece and _is_gap(_right(piece), fragment[0].x0, beside):
                yield piece
                piece = []
            piece = piece + fragment
        yield piece


def _is_justified(line: Words, beside: list[Words]) -> bool:
    """Whether a line is spaced out to end where the one above or below ends: all its spaces are alike."""
    spaces = [after.x0 - before.x1 for before, after in pairwise(line)]
    return (
        len(spaces) > 1
        and max(spaces) - min(spaces) < 0.15 * line[0].size
        and any(abs(other[0].x0 - line[0].x0) + abs(_right(other) - _right(line)) < 2 for other in beside)
    )


def _is_gap(left: float, right: float, beside: list[Words]) -> bool:
    """Whether a gap in a line parts columns, by the lines above and below it."""
    free = [(line, _free(line, left, right) / line[0].size) for line in beside]
    return all(space > 0.5 for _, space in free) or any(
        space > 0.85 and line[0].x0 < left and _right(line) > right for line, space in free
    )


def _free(line: Words, left: float, right: float) -> float:
    """The widest space that a line leaves between two places."""
    edges = [left]
    for word in line:
        if left < word.x1 and word.x0 < right:
            edges += [word.x0, word.x1]
    edges.append(right)
    return max(end - start for start, end in zip(edges[::2], edges[1::2], strict=True))


def written_parts(blocks: list[Block], insets: list[Inset], depth: int = 0) -> Iterator[list[Band]]:
    """Parts of a page in reading order, each of bands from the top. Where blocks still stand beside each
    other, as in a table, the file does not say which is read first."""
    for text, bands in groupby(_bands(blocks), key=lambda band: len(band) > 1 and _is_text(band, insets)):
        some = list(bands)
        beside = [band for band in some if len(band) > 1]
        alone = not text and len(beside) == 1 and any(len(block.pieces) > 1 for block in beside[0])
        if not (text or alone) or depth >= _DEPTH:
            yield some
            continue
        for band in some:
            parts = _parts(band) if len(band) > 1 else [band]
            for part in parts:
                if len(part) == 1 or len(parts) == 1:
                    yield [part]
                else:
                    yield from written_parts(part, insets, depth + 1)


def rows_of_cells(bands: list[Band]) -> tuple[list[Band], list[list[Words]], list[Band]]:
    """Bands of which most have a block of several lines beside another as rows of cells, and the bands above
    and below; no rows for others."""
    beside = [number for number, band in enumerate(bands) if len(band) > 1]
    high = sum(any(len(block.pieces) > 1 for block in bands[number]) for number in beside)
    if len(beside) < 2 or 2 * high < len(beside):
        return bands, [], []
    first, last = beside[0], beside[-1] + 1
    cells = [[block.words for block in sorted(band, key=_first)] for band in bands[first:last]]
    if any(word.text.startswith(TOKEN) for row in cells for cell in row for word in cell):
        return bands, [], []
    return bands[:first], cells, bands[last:]


def _bands(blocks: list[Block]) -> list[Band]:
    """Blocks in groups from the top, each beside another of its group; groups that the file writes as columns
    are one."""
    bands: list[Band] = []
    reach = 0.0
    for block in sorted(blocks, key=lambda block: block.y0):
        if bands and block.y0 < reach - 0.3 * block.pieces[0][0].size:
            bands[-1].append(block)
        else:
            bands.append([block])
            reach = block.y1
        reach = max(reach, block.y1)
    joined: list[Band] = []
    for band in bands:
        if joined and _are_columns(joined[-1], band):
            joined[-1] = joined[-1] + band
        else:
            joined.append(band)
    return joined


def _are_columns(above: Band, below: Band) -> bool:
    """Whether the file goes on below before it goes on beside: with columns that a space crosses."""
    if len(above) + len(below) < 3 or max(map(_last, above)) < min(map(_first, below)):
        return False
    columns = _columns([*above, *below])
    written = [block for column in columns for block in sorted(column, key=lambda block: block.y0)]
    return len(columns) > 1 and all(one.last < other.first for one, other in pairwise(written))


def _first(block: Block) -> int:
    return block.first


def _last(block: Block) -> int:
    return block.last


def _parts(band: Band) -> list[list[Block]]:
    """What is read one after the other in a band of blocks beside each other."""
    columns = _columns(band)
    return columns if len(columns) > 1 else [[block] for block in sorted(band, key=_first)]


def _columns(band: Band) -> list[list[Block]]:
    """The blocks parted where none stands across, in the direction of their writing."""
    columns: list[list[Block]] = []
    reach = 0.0
    for block in sorted(band, key=lambda block: block.x0):
        if columns and block.x0 < reach - 0.5:
            columns[-1].append(block)
        else:
            columns.append([block])
            reach = block.x1
        reach = max(reach, block.x1)
    return columns[::-1] if runs_left([word for block in band for word in block.words]) else columns


def _is_text(band: Band, insets: list[Inset]) -> bool:
    """Whether most of a band is lines of prose, or boxes."""
    text = other = 0
    for block in band:
        boxes = sum(found.box for piece in block.pieces for found in insets_of(piece, insets))
        count = sum(map(len, block.pieces))
        lines = len(list(groupby(block.pieces, key=lambda piece: round(piece[0].y0))))
        if boxes or (lines > 1 and count >= 2.5 * lines):
            text += max(count, _BOX_WORDS * boxes)
        else:
            other += count
    return text > other
