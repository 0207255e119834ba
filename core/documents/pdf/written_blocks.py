"""The blocks of a PDF page by the order in which the file writes its words.

Programs write a column, a cell or a box from its first line to its last. Words that follow each other in the
file and on the page are one block. Where blocks stand beside each other, no gap has to be guessed: they are
read block by block. A file that is written line by line across the page is numbered by its columns before
(`gutters`).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise
from operator import attrgetter

from core.documents.pdf.insets import Inset, insets_of, is_token
from core.documents.pdf.line_pieces import (
    Words,
    bottom_of,
    is_level,
    pieces_of_lines,
    right_of,
    top_of,
)
from core.documents.pdf.page_rows import runs_left

_DEPTH = 12
"""Bands of blocks within each other."""
_NEAR = 2.2
"""How far below a line, in its heights, the next one of its block begins at most."""
_LOOKED_BACK = 4
"""Blocks before one, in the file, to which it may belong."""
_SHORT = 3
"""Words of a piece of a formula."""
_INDENT = 4
"""How far before a line, in its heights, the next one of its block begins at most."""
_MOST = 60
"""Blocks of the columns of a page; more are a table."""
_FIRST, _LAST = attrgetter("first"), attrgetter("last")
_BOX_WORDS = 8
"""What a box counts for among words."""


class WrittenBlock:
    """Words that follow each other in the file and on the page, as pieces of lines. `first` and `last` are
    their places in the file."""

    def __init__(self, piece: Words, bottom: float) -> None:
        self.pieces: list[Words] = []
        self.x0, self.y0, self.x1, self.y1 = piece[0].x0, top_of(piece), piece[0].x1, bottom
        self.first = self.last = piece[0].place
        self.add(piece)

    @property
    def is_inset(self) -> bool:
        return is_token(self.pieces[0][0])

    @property
    def words(self) -> Words:
        return [word for piece in self.pieces for word in piece]

    def add(self, piece: Words) -> None:
        self.pieces.append(piece)
        self.x0, self.x1 = min(self.x0, piece[0].x0), max(self.x1, right_of(piece))
        self.y0, self.y1 = min(self.y0, top_of(piece)), max(self.y1, bottom_of(piece))
        self.first = min(self.first, *(word.place for word in piece))
        self.last = max(self.last, *(word.place for word in piece))

    def goes_on_with(self, piece: Words) -> bool:
        """True if a piece of a line stands below the block as its next line."""
        above, size = self.pieces[-1], piece[0].size
        if is_token(above[0]) or is_token(piece[0]):
            return False
        # How far the piece reaches beyond the block on each side.
        left, right = self.x0 - piece[0].x0, right_of(piece) - self.x1
        width = self.x1 - self.x0
        step = top_of(piece) - bottom_of(above)
        is_below = -0.5 * size < step < _NEAR * size and left > -width and right > -width
        if not is_below:
            return False
        outside = right if runs_left(piece) else left
        is_centred = abs(left - right) <= size
        if outside > _INDENT * size and not is_centred:
            return False
        if len(self.pieces) > 1:
            # A picture tells no order: there, a line that goes beyond its column stands below all columns.
            beyond = 0.25 if piece[0].place != self.last else 0.05
            return right < beyond * width
        is_title = above[0].size > 1.2 * size
        is_column = left + right <= -0.25 * width  # much narrower than the title above it
        return not (is_title and is_column)

    def touches(self, piece: Words) -> bool:
        """True if only a small space parts a piece of a line from the last line of the block."""
        line, word = self.pieces[-1], piece[0]
        if is_token(line[0]) or is_token(word) or not is_level(line[-1], word):
            return False
        space = max(word.x0 - right_of(line), line[0].x0 - right_of(piece))
        return space < 0.85 * max(word.size, line[-1].size)


Band = list[WrittenBlock]
"""Blocks beside each other."""


def words_of(bands: list[Band]) -> Words:
    return [word for band in bands for block in band for word in block.words]


def blocks_of(words: Words, insets: list[Inset]) -> list[WrittenBlock]:
    """The blocks of a page in the order of the file."""
    blocks: list[WrittenBlock] = []
    for piece in pieces_of_lines(words):
        if blocks and blocks[-1].goes_on_with(piece):
            blocks[-1].add(piece)
            continue
        if home := next((block for block in blocks[: -_LOOKED_BACK - 1 : -1] if block.touches(piece)), None):
            home.add(piece)
            continue
        bottom = max([bottom_of(piece), *(found.bottom for found in insets_of(piece, insets))])
        blocks.append(WrittenBlock(piece, bottom))
    return list(_merged(blocks))


def _merged(blocks: list[WrittenBlock]) -> Iterator[WrittenBlock]:
    """The blocks, with those that are parts of another block near them in the file added to that block."""
    merged: set[int] = set()
    for number, block in enumerate(blocks):
        near = range(max(0, number - _LOOKED_BACK), min(len(blocks), number + _LOOKED_BACK + 1))
        homes = (at for at in near if at != number and at not in merged)
        home = next((at for at in homes if _is_part(block, blocks[at], is_behind=at < number)), None)
        if home is not None:
            for piece in block.pieces:
                blocks[home].add(piece)
            merged.add(number)
    return (block for number, block in enumerate(blocks) if number not in merged)


def _is_part(block: WrittenBlock, home: WrittenBlock, *, is_behind: bool) -> bool:
    """True if a block is a part of another one. It is a sign or a word among the lines of the other, as in a
    formula or at the head of a chapter; or, where the file writes it behind, the rest of its last line."""
    if block.is_inset or home.is_inset:
        return False
    return _stands_in(block, home) or (is_behind and _ends(block, home))


def _stands_in(block: WrittenBlock, home: WrittenBlock) -> bool:
    """True if a block is a short piece of a line among the lines of another block."""
    if len(block.pieces) > 1 or len(home.pieces) < 2 or len(block.pieces[0]) > _SHORT:
        return False
    x, y = (block.x0 + block.x1) / 2, (block.y0 + block.y1) / 2
    return home.x0 < x < home.x1 and home.y0 < y < home.y1


def _ends(block: WrittenBlock, home: WrittenBlock) -> bool:
    """True if a block begins behind the last line of another one, on the same line, and goes on below it."""
    first, last = block.pieces[0], home.pieces[-1]
    is_behind = is_level(last[-1], first[0]) and first[0].x0 >= right_of(last)
    return is_behind and len(block.pieces) > 1 and block.x0 < home.x1 - 2 * first[0].size


def written_parts(blocks: list[WrittenBlock], insets: list[Inset], depth: int = 0) -> Iterator[list[Band]]:
    """Parts of a page in reading order, each of bands from the top. Where blocks still stand beside each
    other in a part, as in a table, the file does not say which is read first."""
    for is_text, group in groupby(_bands(blocks), key=lambda band: _is_text_beside_text(band, insets)):
        bands = list(group)
        if depth >= _DEPTH or not (is_text or _is_one_band_of_lines(bands)):
            yield bands
            continue
        for band in bands:
            yield from _parts_of_band(band, insets, depth)


def _is_one_band_of_lines(bands: list[Band]) -> bool:
    """True if only one of the bands has blocks beside each other, some of several lines."""
    beside = [band for band in bands if len(band) > 1]
    return len(beside) == 1 and any(len(block.pieces) > 1 for block in beside[0])


def _parts_of_band(band: Band, insets: list[Inset], depth: int) -> Iterator[list[Band]]:
    """The columns of a band one after the other, or else its blocks in the order of the file."""
    columns = _columns(band)
    if len(columns) == 1:
        yield from ([[block]] for block in sorted(band, key=_FIRST))
        return
    for column in columns:
        yield from written_parts(column, insets, depth + 1)


def rows_of_cells(bands: list[Band]) -> tuple[list[Band], list[list[Words]], list[Band]]:
    """Part bands into those above a table, the cells of its rows, and those below. Bands are a table if most
    of those with blocks beside each other have a block of several lines. Without a table, all bands are
    above."""
    beside = [number for number, band in enumerate(bands) if len(band) > 1]
    high = sum(any(len(block.pieces) > 1 for block in bands[number]) for number in beside)
    if len(beside) < 2 or 2 * high < len(beside):
        return bands, [], []
    first, last = beside[0], beside[-1] + 1
    if any(map(is_token, words_of(bands[first:last]))):
        return bands, [], []
    cells = [[block.words for block in sorted(band, key=_FIRST)] for band in bands[first:last]]
    return bands[:first], cells, bands[last:]


def _bands(blocks: list[WrittenBlock]) -> list[Band]:
    """Group blocks that stand beside each other, from the top. Groups that the file writes as columns are
    one."""
    joined: list[Band] = []
    for band in _beside(blocks):
        if joined and _are_columns(joined[-1], band):
            joined[-1] = joined[-1] + band
        else:
            joined.append(band)
    return joined


def _beside(blocks: list[WrittenBlock]) -> Iterator[Band]:
    """Blocks whose heights overlap, from the top."""
    band: Band = []
    reach = float("-inf")
    for block in sorted(blocks, key=lambda block: block.y0):
        if band and block.y0 >= reach - 0.3 * block.pieces[0][0].size:
            yield band
            band = []
            reach = block.y1
        band.append(block)
        reach = max(reach, block.y1)
    if band:
        yield band


def _are_columns(above: Band, below: Band) -> bool:
    """True if two bands are columns that a blank space crosses: the file goes on below in each column before
    it goes on beside."""
    if not 2 < len(above) + len(below) <= _MOST:
        return False
    if max(map(_LAST, above)) < min(map(_FIRST, below)):
        return False
    columns = _columns([*above, *below])
    written = [block for column in columns for block in sorted(column, key=lambda block: block.y0)]
    return len(columns) > 1 and all(one.last < other.first for one, other in pairwise(written))


def _columns(band: Band) -> list[list[WrittenBlock]]:
    """Part blocks into columns that no block crosses, in the direction of their writing."""
    columns: list[list[WrittenBlock]] = []
    reach = 0.0
    for block in sorted(band, key=lambda block: block.x0):
        if columns and block.x0 < reach - 0.5:
            columns[-1].append(block)
        else:
            columns.append([block])
            reach = block.x1
        reach = max(reach, block.x1)
    return columns[::-1] if runs_left([word for block in band for word in block.words]) else columns


def _is_text_beside_text(band: Band, insets: list[Inset]) -> bool:
    """True if blocks stand beside each other and most of their words are in boxes or in lines of prose."""
    if len(band) == 1:
        return False
    text = other = 0
    for block in band:
        boxes = sum(inset.box for piece in block.pieces for inset in insets_of(piece, insets))
        count = sum(map(len, block.pieces))
        lines = len(list(groupby(block.pieces, key=lambda piece: round(piece[0].y0))))
        if boxes or (lines > 1 and count >= 2.5 * lines):
            text += max(count, _BOX_WORDS * boxes)
        else:
            other += count
    return text > other
