"""The lines of a PDF page as the file writes them, cut into pieces at the gaps that part columns.

A wide gap in a line may be a column's edge, or only space in a justified line. The lines above and below tell
which: a gap that parts columns goes on there, or neither of them closes it.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from itertools import pairwise

from core.documents.pdf.insets import is_token
from core.documents.pdf.page_content import Word
from core.documents.pdf.page_rows import led
from core.documents.pdf.page_tables import Span, fragments_of

Words = list[Word]


def right_of(piece: Words) -> float:
    return max(word.x1 for word in piece)


def top_of(piece: Words) -> float:
    return min(word.y0 for word in piece)


def bottom_of(piece: Words) -> float:
    return max(word.y1 for word in piece)


def is_level(one: Word, other: Word) -> bool:
    """True if two words stand on one line."""
    shared = min(one.y1, other.y1) - max(one.y0, other.y0)
    return shared > 0.4 * min(one.size, other.size)


def pieces_of_lines(words: Words) -> Iterator[Words]:
    """The pieces of all lines, in the order of the file."""
    lines = [led(sorted(line, key=lambda word: word.x0)) for line in _written_lines(words)]
    spans = list(map(_LineSpans, lines))
    for index, line in enumerate(lines):
        near = (at for at in (index - 1, index + 1) if 0 <= at < len(lines))
        beside = [spans[at] for at in near if abs(lines[at][0].y0 - line[0].y0) < 2.5 * line[0].size]
        yield from _pieces(line, beside)


def _written_lines(words: Words) -> list[Words]:
    """Words that follow each other in the file and stand level. An inset stands in a line of its own."""
    lines: list[Words] = []
    for word in sorted(words, key=lambda word: word.place):
        before = lines[-1][-1] if lines else None
        if before and is_level(before, word) and not is_token(before) and not is_token(word):
            lines[-1].append(word)
        else:
            lines.append([word])
    return lines


def _pieces(line: Words, beside: list[_LineSpans]) -> Iterator[Words]:
    """Cut one line at the gaps that part columns. `beside` are the lines above and below."""
    is_entry = any(word.text == "…" for word in line)  # of a table of contents
    if is_entry or _is_justified(line, beside):
        yield line
        return
    piece: Words = []
    for fragment in fragments_of(line):
        if piece and _is_gap(right_of(piece), fragment[0].x0, beside):
            yield piece
            piece = []
        piece += fragment
    yield piece


def _is_justified(line: Words, beside: list[_LineSpans]) -> bool:
    """True if all spaces of a line are alike, and it ends where the line above or below ends."""
    spaces = [after.x0 - before.x1 for before, after in pairwise(line)]
    if len(spaces) < 2 or max(spaces) - min(spaces) >= 0.15 * line[0].size:
        return False
    left, right = line[0].x0, right_of(line)
    return any(abs(other.left - left) + abs(other.right - right) < 2 for other in beside)


def _is_gap(left: float, right: float, beside: list[_LineSpans]) -> bool:
    """True if a gap in a line parts columns: one of the lines beside has the same gap between words, or all
    of them leave it open."""
    spaces = [(line, line.widest_space(left, right) / line.size) for line in beside]
    if all(space > 0.5 for _, space in spaces):
        return True
    return any(space > 0.85 and line.left < left and line.right > right for line, space in spaces)


class _LineSpans:
    """Where a line has words: `spans` from the left, without overlaps."""

    def __init__(self, line: Words) -> None:
        self.size = line[0].size
        self.spans: list[Span] = []
        for word in line:
            if self.spans and word.x0 <= self.spans[-1][1]:
                self.spans[-1] = (self.spans[-1][0], max(self.spans[-1][1], word.x1))
            else:
                self.spans.append((word.x0, word.x1))

    @property
    def left(self) -> float:
        return self.spans[0][0]

    @property
    def right(self) -> float:
        return self.spans[-1][1]

    def widest_space(self, left: float, right: float) -> float:
        """The widest space without words between two places."""
        at = bisect(self.spans, left, key=lambda span: span[1])
        widest, edge = 0.0, left
        while at < len(self.spans) and self.spans[at][0] < right:
            widest, edge = max(widest, self.spans[at][0] - edge), self.spans[at][1]
            at += 1
        return max(widest, right - edge)
