"""CommonMark with tables as a flat list of blocks, which every writer turns into its own elements."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

Kind = Literal["heading", "paragraph", "item", "quote", "code", "table", "rule"]

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_FORBIDDEN = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Text of one look."""

    text: str = field(repr=False)
    bold: bool = False
    italic: bool = False
    code: bool = False


Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """`level` is a heading's 1 to 6, or an item's depth from 1. `number`: an ordered item's; `first`: it
    begins its list. `rows` are a table's, the first one its header."""

    kind: Kind
    runs: Runs = ()
    level: int = 0
    number: int | None = None
    first: bool = False
    rows: tuple[tuple[Runs, ...], ...] = ()


def blocks(text: str) -> list[Block]:
    """The blocks of a text, in order. What XML cannot hold is dropped."""
    tokens = _MARKDOWN.parse(_FORBIDDEN.sub("", text))
    return list(_blocks(tokens))


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:  # noqa: C901 - one case for each token
    lists: list[int | None] = []
    begins = quoted = False
    at = 0
    while at < len(tokens):
        token = tokens[at]
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                start = int(token.attrs.get("start") or 1) if token.type[0] == "o" else None
                lists.append(start)
                begins = True
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "blockquote_open" | "blockquote_close":
                quoted = token.type == "blockquote_open"
            case "table_open":
                end = next(i for i in range(at, len(tokens)) if tokens[i].type == "table_close")
                yield Block(kind="table", rows=tuple(_rows(tokens[at:end])))
                at = end
            case "inline":
                yield _inline(token, tokens[at - 1], lists, begins=begins, quoted=quoted)
                begins = False
                if lists and lists[-1] is not None:
                    lists[-1] += 1
            case "fence" | "code_block":
                yield Block(kind="code", runs=(Run(text=token.content.rstrip("\n"), code=True),))
            case "hr":
                yield Block(kind="rule")
            case _:
                pass
        at += 1


def _inline(token: Token, before: Token, lists: Sequence[int | None], *, begins: bool, quoted: bool) -> Block:
    runs = tuple(_runs(token.children or []))
    if before.type == "heading_open":
        return Block(kind="heading", runs=runs, level=int(before.tag[1]))
    if lists:
        return Block(kind="item", runs=runs, level=len(lists), number=lists[-1], first=begins)
    return Block(kind="quote" if quoted else "paragraph", runs=runs)


def _runs(children: Sequence[Token]) -> Iterator[Run]:  # noqa: C901 - one case for each token
    bold = italic = 0
    address = ""
    for child in children:
        match child.type:
            case "strong_open" | "strong_close":
                bold += child.nesting
            case "em_open" | "em_close":
                italic += child.nesting
            case "link_open":
                address = str(child.attrs.get("href") or "")
            case "link_close":
                if address:
                    yield Run(text=f" <{address}>", bold=bold > 0, italic=italic > 0)
            case "softbreak" | "hardbreak":
                yield Run(text=" " if child.type == "softbreak" else "\n")
            case _:
                if child.content:
                    if child.content == address:
                        address = ""
                    yield Run(
                        text=child.content,
                        bold=bold > 0,
                        italic=italic > 0,
                        code=child.type == "code_inline",
                    )


def _rows(tokens: Sequence[Token]) -> Iterator[tuple[Runs, ...]]:
    row: list[Runs] = []
    for token in tokens:
        if token.type == "inline":
            row.append(tuple(_runs(token.children or [])))
        elif token.type == "tr_close":
            yield tuple(row)
            row = []
