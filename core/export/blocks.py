"""CommonMark with tables as a tree of blocks, which every writer turns into its own elements.

Headings are an outline, whatever their writer counted from: the first one is of level 1, none is more than
one level below the one before, and none is empty (ISO 14289-1, 7.4.2: a PDF is accessible only so).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Literal
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

Kind = Literal["heading", "paragraph", "list", "quote", "code", "table", "rule"]

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_FORBIDDEN = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BREAKS = re.compile(r"[\t\n\r\u2028\u2029]+")
_LINKED = frozenset(("http", "https", "mailto"))
_ADDRESS = re.compile(r"https?://[\w.-]++(?!\[)(?::\d{1,5})?(?:[/?#][^\s<>\"«»]{0,2000})?")
"""An address that stands as such; none is `host[.]example`, which nobody gave
(`core.models.output_filter`)."""
_AFTER = ".,;:!?'’*_~…|"
"""What ends a sentence, not an address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Text of one look; `link` is where it leads."""

    text: str = field(repr=False)
    bold: bool = False
    italic: bool = False
    code: bool = False
    link: str = field(default="", repr=False)


Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """`level` is a heading's 1 to 6. A list's `items` are blocks each; `start`: the number of its first one,
    None for bullets. `blocks` are a quotation's. `rows` are a table's, the first one its header, all of one
    length."""

    kind: Kind
    runs: Runs = ()
    level: int = 0
    start: int | None = None
    items: tuple[tuple[Block, ...], ...] = ()
    blocks: tuple[Block, ...] = ()
    rows: tuple[tuple[Runs, ...], ...] = ()


def blocks(text: str) -> tuple[Block, ...]:
    """The blocks of a text, in order. What XML cannot hold is dropped."""
    return tuple(_blocks(SyntaxTreeNode(_MARKDOWN.parse(_FORBIDDEN.sub("", text))).children, []))


def plain_line(text: str, *, most: int = 200) -> str:
    """A text as one line of at most so many characters, without what XML cannot hold: names of files and
    rooms are of any length."""
    line = _BREAKS.sub(" ", _FORBIDDEN.sub("", text)).strip()
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def words_in(blocks: Sequence[Block]) -> Iterator[str]:
    """The texts of all blocks with the numbers of lists, in order of reading."""
    for each in blocks:
        yield "".join(run.text for run in each.runs)
        yield from ("".join(run.text for run in cell) for row in each.rows for cell in row)
        for number, item in enumerate(each.items, each.start or 0):
            yield "" if each.start is None else f"{number}."
            yield from words_in(item)
        yield from words_in(each.blocks)


def _blocks(nodes: Sequence[SyntaxTreeNode], outline: list[int]) -> Iterator[Block]:
    """`outline`: the headings above, as their writer counts them, to which each one is added."""
    for node in nodes:
        match node.type:
            case "heading":
                yield from _heading(_inline(node), int(node.tag[1]), outline)
            case "paragraph":
                yield Block(kind="paragraph", runs=_inline(node))
            case "bullet_list" | "ordered_list":
                start = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
                items = tuple(tuple(_blocks(item.children, outline)) for item in node.children)
                yield Block(kind="list", start=start, items=items)
            case "blockquote":
                yield Block(kind="quote", blocks=tuple(_blocks(node.children, outline)))
            case "fence" | "code_block":
                yield Block(kind="code", runs=(Run(text=node.content.rstrip("\n"), code=True),))
            case "table":
                yield Block(kind="table", rows=_rows(node))
            case _:
                yield Block(kind="rule")


def _heading(runs: Runs, level: int, outline: list[int]) -> Iterator[Block]:
    if any(run.text.strip() for run in runs):
        outline[:] = [*takewhile(lambda above: above < level, outline), level]
        yield Block(kind="heading", runs=runs, level=len(outline))


def _rows(table: SyntaxTreeNode) -> tuple[tuple[Runs, ...], ...]:
    rows = [tuple(map(_inline, row.children)) for part in table.children for row in part.children]
    width = max(map(len, rows), default=0)
    return tuple((*row, *((),) * (width - len(row))) for row in rows)


def _inline(node: SyntaxTreeNode) -> Runs:
    return tuple(run for inline in node.children for run in _runs(inline.children, Run(text="")) if run.text)


def _runs(nodes: Sequence[SyntaxTreeNode], look: Run) -> Iterator[Run]:
    for node in nodes:
        match node.type:
            case "strong" | "em" as weight:
                name = "bold" if weight == "strong" else "italic"
                yield from _runs(node.children, replace(look, **{name: True}))
            case "link":
                yield from _linked(node, look)
            case "softbreak" | "hardbreak":
                yield replace(look, text=" " if node.type == "softbreak" else "\n")
            case "image":
                yield replace(look, text=node.content or str(node.attrs.get("src", "")))
            case "text":
                yield from _with_addresses(replace(look, text=node.content))
            case _:
                if node.content:
                    yield replace(look, text=node.content, code=node.type == "code_inline")


def _with_addresses(run: Run) -> Iterator[Run]:
    """A text whose addresses lead where they say; that of a link leads elsewhere already."""
    at = 0
    for found in () if run.link else _ADDRESS.finditer(run.text):
        address = found[0].rstrip(_AFTER)
        while address.endswith(")") and address.count(")") > address.count("("):
            address = address[:-1].rstrip(_AFTER)
        if _leads(address):
            yield replace(run, text=run.text[at : found.start()])
            yield replace(run, text=address, link=address)
            at = found.start() + len(address)
    yield replace(run, text=run.text[at:])


def _linked(node: SyntaxTreeNode, look: Run) -> Iterator[Run]:
    """A link's text, which leads there; where that cannot be, the address behind it."""
    address = str(node.attrs.get("href") or "")
    if _leads(address):
        yield from _runs(node.children, replace(look, link=address))
        return
    yield from _runs(node.children, look)
    if address:
        yield replace(look, text=f" <{address}>")


def _leads(address: str) -> bool:
    try:
        return urlsplit(address).scheme.lower() in _LINKED
    except ValueError:
        return False
