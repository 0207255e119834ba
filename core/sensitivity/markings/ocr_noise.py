"""Markings as OCR reads them: a few wrong letters in a long one."""

from __future__ import annotations

from itertools import pairwise

from core.sensitivity.markings.mark import Mark


class Fuzzy:
    """A long marking with up to one error in nine letters.

    With k errors at least one of k + 1 pieces is intact: only then is the distance computed.
    """

    def __init__(self, gate: str, mark: Mark) -> None:
        self.mark = mark
        self.text = gate
        self._errors = len(gate) // 9
        size = len(gate) // (self._errors + 1)
        cuts = [size * i for i in range(self._errors + 1)] + [len(gate)]
        self.pieces = [self.text[a:b] for a, b in pairwise(cuts)]
        self.lengths = range(len(self.text) - self._errors, len(self.text) + self._errors + 1)

    def resembles(self, gate: str) -> bool:
        return any(piece in gate for piece in self.pieces) and _within(gate, self.text, self._errors)


def _within(a: str, b: str, limit: int) -> bool:
    """Is the Levenshtein distance at most `limit`? Only the band that may stay below it is computed."""
    far = limit + 1
    row = [j if j <= limit else far for j in range(len(b) + 1)]
    for i, x in enumerate(a, 1):
        low, high = max(i - limit, 1), min(i + limit, len(b))
        diagonal, row[low - 1] = row[low - 1], i if low == 1 else far
        for j in range(low, high + 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (x != b[j - 1]))
        if high < len(b):
            row[high + 1] = far
        if min(row[low - 1 : high + 1]) > limit:
            return False
    return row[-1] <= limit
