"""Strings as they are written in a PDF: where they end, and which text they stand for (ISO 32000-1,
7.3.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.documents.build import Builder
from core.documents.pdf.pdfium import text_string

_MARK = re.compile(rb"\\.|[()]", re.DOTALL)
_HEX = re.compile(rb"<(?!<)[0-9A-Fa-f\s]*>")
_SPACE = re.compile(rb"\s*")
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r?\n)|(.))", re.DOTALL)
_SIGNS = {b"n": b"\n", b"r": b"\n", b"t": b"\t", b"b": b"", b"f": b""}


def values_of(keys: re.Pattern[bytes], text: bytes, builder: Builder) -> Iterator[tuple[bytes, bytes]]:
    """Each key with each string of its value, which is one string or an array of them. A string that does not
    end is warned about. No key is found within a string."""
    match = keys.search(text)
    brackets = _brackets(text) if match else {}
    while match:
        at, depth = match.end(), 0
        while True:
            sign = text[at : at + 1]
            if sign in (b"[", b"]"):
                depth += 1 if sign == b"[" else -1
                end = at + 1
            elif sign == b"(":
                end = brackets.get(at, 0)
                if not end:
                    builder.warn("damaged_part", "()")
                    break
                yield match[1], text[at:end]
            elif found := _HEX.match(text, at):
                end = found.end()
                yield match[1], found[0]
            else:
                break
            space = _SPACE.match(text, end)
            at = space.end() if space else end
            if depth <= 0:
                break
        match = keys.search(text, at)


def outermost_strings(text: bytes) -> Iterator[tuple[int, int]]:
    """Where each literal string that stands in no other one begins and ends."""
    ends = _brackets(text)
    last = 0
    for start in sorted(ends):
        if start >= last:
            last = ends[start]
            yield start, last


def _brackets(text: bytes) -> dict[int, int]:
    """The end of each literal string in a text, by where it begins (7.3.4.2). Takes one pass."""
    opened: list[int] = []
    ends: dict[int, int] = {}
    for match in _MARK.finditer(text):
        if match[0] == b"(":
            opened.append(match.start())
        elif match[0] == b")" and opened:
            ends[opened.pop()] = match.end()
    return ends


def text_of_string(string: bytes) -> str:
    """The text that a literal or hexadecimal string stands for, without control signs."""
    inner = string[1:-1]
    return text_string(hex_bytes(inner) if string.startswith(b"<") else _ESCAPE.sub(_unescaped, inner))


def hex_bytes(digits: bytes) -> bytes:
    """The bytes that pairs of digits stand for. A last digit alone counts as if a 0 followed (7.3.4.3).
    Raises ValueError for what is no digit."""
    digits = re.sub(rb"\s", b"", digits)
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii", "replace"))


def _unescaped(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return bytes([int(match[1], 8) & 255])
    return b"" if match[2] else _SIGNS.get(match[3], match[3])
