"""On which line of a TOML source a key stands: tomllib does not tell, and a good message does.

A scan of lines that knows headers, keys, strings and brackets. It is only for sources that tomllib has
accepted; what it cannot place (the inside of an inline table) has the line of what is around it.
"""

from __future__ import annotations

import re

Path = tuple[str | int, ...]
"""From the root: names of tables and keys, and the index within an array of tables."""

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(
    r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_TOKEN = re.compile(r"""("{3}|'{3})|"(?:[^"\\]|\\.)*"|'[^']*'|(\#.*)|([\[{])|([\]}])""")


def key_lines(source: str) -> dict[Path, int]:
    """The line (from 1) of each table, array entry and key."""
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    state = _State()
    for number, line in enumerate(source.split("\n"), 1):
        inside = state.inside
        state.feed(line)
        if inside:
            continue
        if header := _HEADER.match(line):
            table = _open(_split(header[2]), counts, array=header[1] == "[[")
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            path = table + _split(key[1])
            for length in range(len(table) + 1, len(path) + 1):
                lines.setdefault(path[:length], number)
    return lines


def line_of(lines: dict[Path, int], path: Path) -> int:
    """The line of the path, or of the nearest thing around it."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def _open(names: Path, counts: dict[Path, int], *, array: bool) -> Path:
    """The path of a header's table; below an array of tables it belongs to its last entry."""
    path: Path = ()
    for position, name in enumerate(names):
        path += (name,)
        last = position == len(names) - 1
        if last and array:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path += (counts[path],)
    return path


def _split(dotted: str) -> Path:
    parts = re.findall(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""", dotted)
    return tuple(part.strip("\"'") for part in parts)


class _State:
    """Whether the next line begins inside a bracket or a string of several lines."""

    def __init__(self) -> None:
        self._quote: str | None = None
        self._depth = 0

    @property
    def inside(self) -> bool:
        return self._quote is not None or self._depth > 0

    def feed(self, line: str) -> None:
        if not self.inside and _HEADER.match(line):
            return
        at = 0
        while at < len(line):
            if self._quote is not None:
                end = line.find(self._quote, at)
                if end < 0:
                    return
                at, self._quote = end + 3, None
                continue
            token = _TOKEN.search(line, at)
            if token is None:
                return
            self._quote = token[1]
            self._depth += bool(token[3]) - bool(token[4])
            at = token.end()
