"""The texts that formulas of Excel in binary form write or compare with: `=IF(A1="Tulipe","gagné","")`.

A formula is a row of tokens, each a number and operands of a known length (MS-XLS 2.5.198, MS-XLSB 2.5.97);
what stands behind a token that is not known is not read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_UNKNOWN = "a token that is not known, or is cut"
_STRING, _ATTRIBUTES, _ARRAY = 0x17, 0x19, 0x20
_CHOOSE = 0x04
_OPERANDS = {
    **dict.fromkeys(range(0x03, 0x17), 0), 0x01: 4, 0x02: 4, 0x18: 5, 0x19: 3, 0x1C: 1, 0x1D: 1, 0x1E: 2,
    0x1F: 8, 0x20: 7, 0x21: 2, 0x22: 3, 0x23: 4, 0x24: 4, 0x25: 8, 0x26: 6, 0x27: 6, 0x28: 6, 0x29: 2,
    0x2A: 4, 0x2B: 8, 0x2C: 4, 0x2D: 8, 0x39: 6, 0x3A: 6, 0x3B: 10, 0x3C: 6, 0x3D: 10,
}  # fmt: skip
"""Bytes behind each token of an xls."""
_WIDER = {
    0x20: 14, 0x24: 6, 0x25: 12, 0x2A: 6, 0x2B: 12, 0x2C: 6, 0x2D: 12, 0x3A: 8, 0x3B: 14, 0x3C: 8, 0x3D: 14,
    0x18: 13,
}  # fmt: skip
"""The same of an xlsb, whose rows take four bytes."""


def of_record(kind: int, data: bytes) -> Iterator[str]:
    """The texts of the formula in a record of an xls (FORMULA, ARRAY, SHRFMLA, Lbl); none in others. Raises
    ValueError."""
    match kind:
        case 0x06:
            yield from _behind(data, 20)
        case 0x221:
            yield from _behind(data, 12)
        case 0x4BC:
            yield from _behind(data, 8)
        case 0x18 if len(data) > 15 and not data[0] & 0x20:  # names that Excel has itself aside
            name = 15 + data[3] * (1 + (data[14] & 1))
            yield from _texts(data[name : name + int.from_bytes(data[4:6], "little")], b"", wide=False)
        case _:
            return


def of_binary_record(kind: int, data: bytes) -> Iterator[str]:
    """The same of a cell of an xlsb (BrtFmlaString, -Num, -Bool, -Error)."""
    if kind not in (8, 9, 10, 11):
        return
    value = {8: 4 + 2 * int.from_bytes(data[8:12], "little"), 9: 8}.get(kind, 1)
    at = 8 + value + 2
    size = int.from_bytes(data[at : at + 4], "little")
    yield from _texts(data[at + 4 : at + 4 + size], b"", wide=True)


def _behind(data: bytes, at: int) -> Iterator[str]:
    size = int.from_bytes(data[at : at + 2], "little")
    return _texts(data[at + 2 : at + 2 + size], data[at + 2 + size :], wide=False)


def _texts(tokens: bytes, more: bytes, *, wide: bool) -> Iterator[str]:
    """The texts among the tokens, and among the lists that stand behind all of them."""
    at, lists = 0, 0
    while at < len(tokens):
        token = tokens[at]
        base = token if token < 0x20 else 0x20 | token & 0x1F
        at += 1
        if base == _STRING:
            text, at = _string(tokens, at, wide=wide)
            yield text
            continue
        size = _WIDER.get(base) if wide else None
        size = _OPERANDS.get(base) if size is None else size
        if size is None:
            raise ValueError(_UNKNOWN)
        if base == _ATTRIBUTES and tokens[at : at + 1] and tokens[at] & _CHOOSE:
            size += 2 * (1 + int.from_bytes(tokens[at + 1 : at + 3], "little"))
        lists += base == _ARRAY
        at += size
    if lists and wide:
        raise ValueError(_UNKNOWN)
    yield from _of_lists(more, lists)


def _string(data: bytes, at: int, *, wide: bool) -> tuple[str, int]:
    """A text and where it ends. Raises ValueError for one that is cut."""
    if at + 2 > len(data):
        raise ValueError(_UNKNOWN)
    count = int.from_bytes(data[at : at + 1 + wide], "little")
    letters = 2 if wide else 1 + (data[at + 1] & 1)
    end = at + 2 + count * letters
    if end > len(data):
        raise ValueError(_UNKNOWN)
    return data[at + 2 : end].decode("utf-16-le" if letters == 2 else "latin-1", "replace"), end


def _of_lists(data: bytes, count: int) -> Iterator[str]:
    """The texts of so many lists, `{"a";"b"}` (MS-XLS 2.5.198.8)."""
    at = 0
    for _ in range(count):
        try:
            columns, rows = struct.unpack_from("<BH", data, at)
            at += 3
            for _ in range((columns + 1) * (rows + 1)):
                if data[at] == 2:
                    size, flags = struct.unpack_from("<HB", data, at + 1)
                    end = at + 4 + size * (1 + (flags & 1))
                    yield data[at + 4 : end].decode("utf-16-le" if flags & 1 else "latin-1", "replace")
                    at = end
                else:
                    at += 9
        except (struct.error, IndexError):
            raise ValueError(_UNKNOWN) from None
