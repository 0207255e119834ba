"""Lines of a PDF page in the order of the file, cut into pieces at the gaps that part columns."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from itertools import pairwise

from core.documents.pdf.insets import TOKEN
from core.documents.pdf.page_content import Word, led
from core.documents.pdf.page_tables import Span, fragments_of

Words = list[Word]


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
    return (
        len(spaces) > 1
        and max(spaces) - min(spaces) < 0.15 * line[0].size
        and any(
            abs(other.spans[0][0] - line[0].x0) + abs(other.spans[-1][1] - right_of(line)) < 2
            for other in beside
        )
    )


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
