"""CommonMark → plain text: what a telephone notifies, and what clients show that know no HTML. Pure.

It works on the tokens that the HTML is made of, so that a text is parsed once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from markdown_it.token import Token

_SCHEME = re.compile(r"^(?:https?://|mailto:)")
_QUOTED, _BULLET, _RULE, _CELLS = "│ ", "• ", "———", " | "
_Lines = tuple[Sequence[str | None], bool]
"""Lines, None for an empty one between two blocks, and whether one is to stand before what follows."""


def plain_text(tokens: Sequence[Token]) -> str:
    """Write the text of parsed CommonMark without its signs; lists, quotations and tables are still seen."""
    lines, _ = _stacked(_blocks(iter(tokens), within=False))
    return "\n".join((line or "").rstrip() for line in lines)


def _opened(tokens: Iterator[Token]) -> Iterator[Token]:
    """The tokens up to the end of what is open."""
    return takewhile(lambda token: token.nesting >= 0, tokens)


def _blocks(tokens: Iterator[Token], *, within: bool) -> Iterator[_Lines]:
    """The blocks of what is open; `within` a list."""
    for token in _opened(tokens):
        match token.type:
            case "paragraph_open" | "heading_open":
                yield _inline(next(tokens)).split("\n"), not token.hidden
                next(tokens)
            case "blockquote_open":
                yield _begun(_QUOTED, _QUOTED, _stacked(_blocks(tokens, within=within)))
            case "bullet_list_open" | "ordered_list_open":
                lines, gap = _stacked(_items(token, tokens))
                yield lines, gap or not within
            case "table_open":
                yield _rows(tokens), True
            case "fence" | "code_block":
                yield token.content.rstrip("\n").split("\n"), True
            case _:
                yield [_RULE], True


def _items(opening: Token, tokens: Iterator[Token]) -> Iterator[_Lines]:
    for number, _ in enumerate(_opened(tokens), int(opening.attrs.get("start", 1))):
        mark = _BULLET if opening.type == "bullet_list_open" else f"{number}. "
        yield _begun(mark, " " * len(mark), _stacked(_blocks(tokens, within=True)))


def _rows(tokens: Iterator[Token]) -> list[str]:
    rows: list[list[str]] = []
    for token in takewhile(lambda token: token.type != "table_close", tokens):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(_inline(token))
    return [_CELLS.join(row) for row in rows]


def _begun(first: str, further: str, block: _Lines) -> _Lines:
    """A block whose lines begin so."""
    lines, gap = block
    begins = [first] + [further] * len(lines)
    return [None if line is None else begin + line for begin, line in zip(begins, lines, strict=False)], gap


def _stacked(blocks: Iterable[_Lines]) -> _Lines:
    """Blocks below each other."""
    lines: list[str | None] = []
    gap = False
    for more, after in blocks:
        if more:
            lines += [None, *more] if gap and lines else more
            gap = after
    return lines, gap


def _inline(line: Token) -> str:
    """The text of a line or a cell: a link is followed by its address, unless that is what it says."""
    parts: list[str] = []
    links: list[tuple[str, int]] = []
    for child in line.children or ():
        match child.type:
            case "softbreak" | "hardbreak":
                parts.append("\n")
            case "link_open":
                links.append((str(child.attrs.get("href", "")), len(parts)))
            case "link_close":
                address, at = links.pop()
                said = "".join(parts[at:])
                if _SCHEME.sub("", said) != _SCHEME.sub("", address):
                    parts.append(f" ({address})")
            case _:
                parts.append(child.content)
    return "".join(parts)
