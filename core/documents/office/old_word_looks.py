"""Which characters of a Word 97 to 2003 file people do not see, by the formats of their runs (MS-DOC 2.9.32,
2.6.1): hidden, tiny, or white where nothing has a ground. Formats of styles are not read."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator

from core.documents.visibility import LEAST_POINTS, WHITE, alike

_RUNS = 0xFA
"""Where the file says in which pages of 512 bytes the runs of characters are described (2.5.6)."""
_PAGE = 512
_VANISH, _SIZE, _COLOUR, _INDEX, _MARK = 0x083C, 0x4A43, 0x6870, 0x2A42, 0x2A0C
_SHADES, _GROUNDS = (0x4866, 0xCA71), (b"\x2d\x44", b"\x4d\xc6")
"""The numbers of grounds of letters, and those of paragraphs as they are written."""
_WHITE_INDEX, _AUTOMATIC = 8, 0xFF
_SIZES = (1, 1, 2, 4, 2, 2, 0, 3)
"""Bytes of a format by the highest bits of its number; 0 where the first byte says how many (2.2.5.1)."""
Formats = dict[int, bytes]
Run = tuple[int, int, Formats]
"""Where its characters begin and end in the file, and what is said of them."""


class HiddenRuns:
    """The places of a file whose characters are not seen, those that `hides` takes by their formats. `runs`
    are those of the file."""

    def __init__(self, runs: Iterable[Run], hides: Callable[[Formats], bool]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted((start, end) for start, end, formats in runs if hides(formats)):
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(end, self._ends[-1])
            else:
                self._starts.append(start)
                self._ends.append(end)

    def marks(self, start: int, count: int, width: int) -> bytearray:
        """For each of the characters from a place on, of as many bytes each, 1 where it is not seen."""
        marks = bytearray(count)
        end = start + count * width
        for index in range(max(0, bisect_right(self._starts, start) - 1), len(self._starts)):
            if self._starts[index] >= end:
                break
            first, last = (max(start, min(end, at)) for at in (self._starts[index], self._ends[index]))
            first, last = (first - start) // width, (last - start) // width
            marks[first:last] = b"\1" * (last - first)
        return marks


def has_grounds(data: bytes, table: bytes, text: str) -> bool:
    """Whether white letters may stand on something in a file: on a paragraph's ground, or in a cell."""
    return "\7" in text or any(mark in stream for mark in _GROUNDS for stream in (data, table))


def runs_of(data: bytes, table: bytes) -> Iterator[Run]:
    """The runs of a file. `table` is the stream of its tables. Raises struct.error where it has no such."""
    at, length = struct.unpack_from("<Ii", data, _RUNS)
    count = max(0, length - 4) // 8
    pages = struct.unpack_from(f"<{count}I", table, at + 4 * (count + 1)) if count else ()
    for page in dict.fromkeys(page & 0x3FFFFF for page in pages):  # each once, however often it is named
        block = data[page * _PAGE : (page + 1) * _PAGE]
        if len(block) < _PAGE:
            continue
        runs = min(block[-1], 101)
        places = struct.unpack_from(f"<{runs + 1}I", block)
        for run in range(runs):
            offset = 2 * block[4 * (runs + 1) + run]
            if offset:
                yield places[run], places[run + 1], _formats(block[offset + 1 : offset + 1 + block[offset]])


def _formats(data: bytes) -> Formats:
    found: Formats = {}
    at = 0
    while at + 3 <= len(data):
        number = int.from_bytes(data[at : at + 2], "little")
        size = _SIZES[number >> 13] or data[at + 2] + 1
        found[number] = data[at + 2 : at + 2 + size]
        at += 2 + size
    return found


def is_hidden(formats: Formats) -> bool:
    """Whether letters are hidden, or tiny."""
    size = int.from_bytes(formats.get(_SIZE, b"\xff"), "little") / 2
    return formats.get(_VANISH, b"\0")[0] & 1 == 1 or size < LEAST_POINTS


def is_white(formats: Formats) -> bool:
    """Whether letters are white on nothing."""
    if formats.get(_MARK, b"\0") != b"\0" or any(shade in formats for shade in _SHADES):
        return False
    colour = formats.get(_COLOUR, b"")
    if len(colour) == 4 and colour[3] != _AUTOMATIC:
        return alike((colour[0], colour[1], colour[2]), WHITE)
    return not colour and formats.get(_INDEX, b"\0")[0] == _WHITE_INDEX
