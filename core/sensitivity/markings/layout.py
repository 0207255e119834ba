"""Where a line stands: its page, whether it is at the page's edge, and what surrounds it.

Pages end at form feeds. The *edge* of a page is its first two and last two lines that are not blank:
where a text file shows what a document had in its headers and footers. A text of one page has an edge
too, its first and its last line, but nothing tells it from the body for sure: rules treat it apart.
"""

from __future__ import annotations

import re
from bisect import bisect_right

_QUOTE = re.compile(r"(?:[ \t]*>)+[ \t]?")
_EDGE = 2
_NEAR = 3
"""How many blank lines may lie between a line and its neighbour."""

_SEEN = 200
"""How many characters of a neighbour's beginning and end are looked at."""


class TextLayout:
    """The lines of a folded text. `raws[i]` is line i without its end, `starts[i]` its folded offset."""

    def __init__(self, text: str) -> None:
        self.raws = text.replace("\f", "\n").split("\n")
        self.starts: list[int] = []
        offset = 0
        for raw in self.raws:
            self.starts.append(offset)
            offset += len(raw) + 1
        first = [0, *(bisect_right(self.starts, end.start()) for end in re.finditer("\f", text))]
        ends = [*first[1:], len(self.raws)]
        written = [a for a, b in zip(first, ends, strict=True) if any(map(_written, self.raws[a:b]))]
        self._pages = written or [0]
        """The number of the first line of each page. Pages without text are none."""
        self._edges: dict[int, tuple[list[int], list[int]]] = {}

    @property
    def page_count(self) -> int:
        return len(self._pages)

    def page(self, line: int) -> int:
        return max(bisect_right(self._pages, line) - 1, 0)

    def at_edge(self, line: int) -> bool:
        """Among the first or last lines of its page; of a text of one page, the very first or last."""
        first, last = self._edge(line)
        depth = _EDGE if self.page_count > 1 else 1
        return line in first[:depth] or line in last[:depth]

    def begins_page(self, line: int) -> bool:
        return line in self._edge(line)[0][:1]

    def bounds(self, line: int) -> tuple[int, int]:
        """The folded offsets of what is written on a line."""
        raw = self.raws[line]
        start = self.starts[line] + len(raw) - len(raw.lstrip())
        return start, self.starts[line] + len(raw.rstrip())

    def before(self, line: int) -> str | None:
        """The line just above, None when blank or there is none."""
        return self._stripped(line - 1)

    def after(self, line: int) -> str | None:
        return self._stripped(line + 1)

    def above(self, line: int) -> str | None:
        """The nearest line above on the same page that is not blank, a few blank lines away at most."""
        near = range(line - 1, max(line - 2 - _NEAR, self._pages[self.page(line)] - 1), -1)
        return next((text for n in near if (text := self._stripped(n))), None)

    def below(self, line: int) -> str | None:
        """The nearest line below on the same page that is not blank, a few blank lines away at most."""
        page = self.page(line)
        near = (n for n in range(line + 1, line + 2 + _NEAR) if n < len(self.raws) and self.page(n) == page)
        return next((text for n in near if (text := self._stripped(n))), None)

    def around(self, line: int, reach: int) -> list[str]:
        """The lines, blank ones left out, up to `reach` lines above and below."""
        near = range(max(line - reach, 0), min(line + reach + 1, len(self.raws)))
        return [text for n in near if n != line and (text := self._stripped(n))]

    def written_between(self, first: int, last: int) -> int:
        """How many written lines lie between two lines; counts to 3."""
        count = 0
        for n in range(first + 1, last):
            count += _written(self.raws[n])
            if count == 3:
                break
        return count

    def _stripped(self, line: int) -> str | None:
        if not 0 <= line < len(self.raws):
            return None
        text = unquoted(self.raws[line]).strip()
        return (text if len(text) <= 2 * _SEEN else text[:_SEEN] + text[-_SEEN:]) or None

    def _edge(self, line: int) -> tuple[list[int], list[int]]:
        page = self.page(line)
        if page not in self._edges:
            start = self._pages[page]
            end = self._pages[page + 1] if page + 1 < len(self._pages) else len(self.raws)
            self._edges[page] = (
                _some(range(start, end), self.raws),
                _some(range(end - 1, start - 1, -1), self.raws),
            )
        return self._edges[page]


def unquoted(raw: str) -> str:
    """A line without the `>` of a quoted mail: what is quoted counts like any other text."""
    return raw[match.end() :] if (match := _QUOTE.match(raw)) else raw


def _written(raw: str) -> bool:
    return bool(raw) and not raw.isspace()


def _some(lines: range, raws: list[str]) -> list[int]:
    written = (n for n in lines if _written(raws[n]))
    return [n for n, _ in zip(written, range(_EDGE), strict=False)]
