"""Blocks of a PDF page of which the file does not say the order: lines that stand below each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from core.documents.pdf.insets import Inset, insets_of
from core.documents.pdf.line_pieces import Words, bottom_of, is_level, right_of, top_of
from core.documents.pdf.written_blocks import Band, WrittenBlock

_COLUMN = 3
"""Lines below each other that make a column."""


def guessed_blocks(bands: list[Band], insets: list[Inset]) -> list[WrittenBlock]:
    """Blocks of lines below each other, of bands of which the file does not say the order: each line has one
    piece above it and that one no other below."""
    pieces = [piece for band in bands for block in band for piece in block.pieces]
    pieces.sort(key=lambda piece: (top_of(piece) + bottom_of(piece), piece[0].x0))
    blocks: list[WrittenBlock] = []
    open_: list[WrittenBlock] = []
    for row in _level_rows(pieces):
        row.sort(key=lambda piece: piece[0].x0)
        above = [[block for block in open_ if _overlaps(block, piece)] for piece in row]
        row, above = _mended(row, above)
        taken = Counter(id(block) for some in above for block in some)
        for piece, some in zip(row, above, strict=True):
            if len(some) == 1 and taken[id(some[0])] == 1 and some[0].goes_on_with(piece):
                some[0].add(piece)
                continue
            bottom = max([bottom_of(piece), *(found.bottom for found in insets_of(piece, insets))])
            blocks.append(WrittenBlock(piece, bottom, guessed=True))
            gone = set(map(id, some))
            open_ = [*(block for block in open_ if id(block) not in gone), blocks[-1]]
    return blocks


def _mended(row: list[Words], above: list[Band]) -> tuple[list[Words], list[Band]]:
    """The pieces of a row and what stands above each, those under one block of several lines as one: a wide
    space between words parts them."""
    pieces: list[Words] = []
    blocks: list[Band] = []
    for piece, some in zip(row, above, strict=True):
        one = len(some) == 1 and bool(blocks) and blocks[-1] == some and len(some[0].pieces) >= _COLUMN
        if one:
            pieces[-1] = pieces[-1] + piece
        else:
            pieces.append(piece)
            blocks.append(some)
    return pieces, blocks


def _level_rows(pieces: list[Words]) -> Iterator[list[Words]]:
    """Pieces from the top, those on one line together."""
    row: list[Words] = []
    for piece in pieces:
        if row and not is_level(row[0][0], piece[0]):
            yield row
            row = []
        row.append(piece)
    if row:
        yield row


def _overlaps(block: WrittenBlock, piece: Words) -> bool:
    """Whether a piece stands below the last line of a block."""
    last = block.pieces[-1]
    return piece[0].x0 < right_of(last) and right_of(piece) > last[0].x0
