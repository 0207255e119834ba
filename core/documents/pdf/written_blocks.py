"""The blocks of a PDF page by the order in which the file writes its words: what stands beside each other is
read block by block.

Programs write a column, a cell or a box from its first line to its last. Words that follow each other in the
file and on the page are one block; where blocks stand beside each other, no gap has to be guessed. What files
write line by line across the page is numbered by its columns before (`gutters`).

Lines are taken in the order of the file, and cut into pieces at the gaps that part columns.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from itertools import groupby, pairwise
from operator import attrgetter

from core.documents.pdf.insets import TOKEN, Inset, insets_of
from core.documents.pdf.page_content import Word
from core.documents.pdf.page_rows import led, runs_left
from core.documents.pdf.page_tables import Span, fragments_of

_DEPTH = 12
_NEAR = 2.2
"""How far below a line, in its heights, the next one of its block begins at most."""
_LOOKED_BACK = 4
_SHORT = 3
"""Words of a piece of a formula."""
_INDENT = 4
"""How far before a line, in its heights, the next one of its block begins at most."""
_MOST = 60
"""Blocks of the columns of a page; more are a table."""
_FIRST, _LAST = attrgetter("first"), attrgetter("last")
_BOX_WORDS = 8
"""What a box counts for among words."""
Words = list[Word]


class WrittenBlock:
    """Words that follow each other in the file and on the page, as pieces of lines. `first` and `last` are
    their places in the file."""

    def __init__(self, piece: Words, bottom: float) -> None:
        self.pieces: list[Words] = []
        self.x0, self.y0, self.x1, self.y1 = piece[0].x0, top_of(piece), piece[0].x1, bottom
        self.first = self.last = piece[0].place
        self.add(piece)

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
        """Whether a piece of a line stands below the block as its next line."""
        above, size = self.pieces[-1], piece[0].size
        if TOKEN in (above[0].text[:1], piece[0].text[:1]):
            return False
        left, right = self.x0 - piece[0].x0, right_of(piece) - self.x1
        width = self.x1 - self.x0
        step = top_of(piece) - bottom_of(above)
        if not -0.5 * size < step < _NEAR * size or left <= -width or right <= -width:
            return False
        outside = right if runs_left(piece) else left
        if outside > _INDENT * size and abs(left - right) > size:  # it begins before them, and is not centred
            return False
        if len(self.pieces) == 1 and above[0].size > 1.2 * size:  # a title above columns
            return left + right > -0.25 * width
        # A picture tells no order: there, a line that goes beyond its column stands below all columns.
        beyond = 0.25 if piece[0].place != self.last else 0.05
        return len(self.pieces) == 1 or right < beyond * width

    def touches(self, piece: Words) -> bool:
        """Whether a piece of a line belongs to the last line of the block: only a small space parts them."""
        line, word = self.pieces[-1], piece[0]
        if TOKEN in (line[0].text[:1], word.text[:1]) or not is_level(line[-1], word):
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
    return list(_whole(blocks))


def _whole(blocks: list[WrittenBlock]) -> Iterator[WrittenBlock]:
    """The blocks, those aside that are parts of another one near it in the file: a sign or a word that stands
    among its lines, as in a formula or at the head of a chapter, and the rest of its last line."""
    gone: set[int] = set()
    for number, block in enumerate(blocks):
        near = range(max(0, number - _LOOKED_BACK), min(len(blocks), number + _LOOKED_BACK + 1))
        for other in near:
            home = blocks[other]
            token = TOKEN in (block.pieces[0][0].text[:1], home.pieces[0][0].text[:1])
            if other == number or other in gone or token:
                continue
            if _stands_in(block, home) or (other < number and _ends(block, home)):
                for piece in block.pieces:
                    home.add(piece)
                gone.add(number)
                break
    return (block for number, block in enumerate(blocks) if number not in gone)


def _stands_in(block: WrittenBlock, home: WrittenBlock) -> bool:
    """Whether a short piece of a line stands among the lines of another block."""
    if len(block.pieces) > 1 or len(home.pieces) < 2 or len(block.pieces[0]) > _SHORT:
        return False
    x, y = (block.x0 + block.x1) / 2, (block.y0 + block.y1) / 2
    return home.x0 < x < home.x1 and home.y0 < y < home.y1


def _ends(block: WrittenBlock, home: WrittenBlock) -> bool:
    """Whether a block begins on the last line of another one and goes on below it."""
    first, last = block.pieces[0], home.pieces[-1]
    return (
        is_level(last[-1], first[0])
        and first[0].x0 >= right_of(last)
        and block.x0 < home.x1 - 2 * first[0].size
        and len(block.pieces) > 1
    )


def written_parts(blocks: list[WrittenBlock], insets: list[Inset], depth: int = 0) -> Iterator[list[Band]]:
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
    cells = [[block.words for block in sorted(band, key=_FIRST)] for band in bands[first:last]]
    if any(word.text.startswith(TOKEN) for row in cells for cell in row for word in cell):
        return bands, [], []
    return bands[:first], cells, bands[last:]


def _bands(blocks: list[WrittenBlock]) -> list[Band]:
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
    if not 2 < len(above) + len(below) <= _MOST or max(map(_LAST, above)) < min(map(_FIRST, below)):
        return False
    columns = _columns([*above, *below])
    written = [block for column in columns for block in sorted(column, key=lambda block: block.y0)]
    return len(columns) > 1 and all(one.last < other.first for one, other in pairwise(written))


def _parts(band: Band) -> list[list[WrittenBlock]]:
    """What is read one after the other in a band of blocks beside each other."""
    columns = _columns(band)
    if len(columns) > 1:
        return columns
    return [[block] for block in sorted(band, key=_FIRST)]


def _columns(band: Band) -> list[list[WrittenBlock]]:
    """The blocks parted where none stands across, in the direction of their writing."""
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


def right_of(piece: Words) -> float:
    return max(word.x1 for word in piece)


def top_of(piece: Words) -> float:
    return min(word.y0 for word in piece)


def bottom_of(piece: Words) -> float:
    return max(word.y1 for word in piece)


def is_level(one: Word, other: Word) -> bool:
    """Whether two words stand on one line."""
    shared = min(one.y1, other.y1) - max(one.y0, other.y0)
    return shared > 0.4 * min(one.size, other.size)


def pieces_of_lines(words: Words) -> Iterator[Words]:
    """Lines as the file writes them, cut at the wide gaps that go on in the line above or below, or that
    neither closes."""
    lines: list[Words] = []
    for word in sorted(words, key=lambda word: word.place):
        if lines and is_level(lines[-1][-1], word) and TOKEN not in (word.text[:1], lines[-1][-1].text[:1]):
            lines[-1].append(word)
        else:
            lines.append([word])
    lines = [led(sorted(line, key=lambda word: word.x0)) for line in lines]
    taken = list(map(LineSpans, lines))
    for index, line in enumerate(lines):
        near = (at for at in (index - 1, index + 1) if 0 <= at < len(lines))
        beside = [taken[at] for at in near if abs(lines[at][0].y0 - line[0].y0) < 2.5 * line[0].size]
        piece: Words = []
        entry = any(word.text == "…" for word in line)
        for fragment in [line] if entry or _is_justified(line, beside) else fragments_of(line):
            if piece and _is_gap(right_of(piece), fragment[0].x0, beside):
                yield piece
                piece = []
            piece += fragment
        yield piece


def _is_justified(line: Words, beside: list[LineSpans]) -> bool:
    """Whether a line is spaced out to end where the one above or below ends: all its spaces are alike."""
    spaces = [after.x0 - before.x1 for before, after in pairwise(line)]
    if len(spaces) < 2 or max(spaces) - min(spaces) >= 0.15 * line[0].size:
        return False
    left, right = line[0].x0, right_of(line)
    return any(abs(other.spans[0][0] - left) + abs(other.spans[-1][1] - right) < 2 for other in beside)


def _is_gap(left: float, right: float, beside: list[LineSpans]) -> bool:
    """Whether a gap in a line parts columns, by the lines above and below it."""
    free = [(line, line.free(left, right) / line.size) for line in beside]
    return all(space > 0.5 for _, space in free) or any(
        space > 0.85 and line.spans[0][0] < left and line.spans[-1][1] > right for line, space in free
    )


class LineSpans:
    """Where a line has words: `spans` from the left."""

    def __init__(self, line: Words) -> None:
        self.size = line[0].size
        self.spans: list[Span] = []
        for word in line:
            if self.spans and word.x0 <= self.spans[-1][1]:
                self.spans[-1] = (self.spans[-1][0], max(self.spans[-1][1], word.x1))
            else:
                self.spans.append((word.x0, word.x1))

    def free(self, left: float, right: float) -> float:
        """The widest space between two places."""
        at = bisect(self.spans, left, key=lambda span: span[1])
        widest, edge = 0.0, left
        while at < len(self.spans) and self.spans[at][0] < right:
            widest, edge = max(widest, self.spans[at][0] - edge), self.spans[at][1]
            at += 1
        return max(widest, right - edge)
