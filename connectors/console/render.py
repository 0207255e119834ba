"""CommonMark → lines of a terminal. Pure.

Bold, italics, underline and indentation carry the structure, and what has no other sign keeps its own
(`code`, ~~struck~~): nothing is said by colour. Without styles headings keep their `#`. Control characters of
the text are shown as �: an answer may quote a hostile document, and a terminal obeys escape sequences.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from wcwidth import wcswidth

_STYLE = re.compile(r"\x1b\[[0-9;]*m")


_PARSER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Controls but tab and line feed, directions that could turn a text round, lone surrogates."""
_BRACKETS = 500
"""More than any answer needs; each one that is never closed makes the parser look ahead."""
_DEEP = re.compile(r"^(?:[ \t]*(?:[>*+-]|\d+[.)])){10}", re.MULTILINE)
"""Deeper than any answer is nested; the parser leaves out what is nested deeper than 20."""
_NARROWEST = 20
_BOLD, _ITALIC, _UNDERLINE = "1", "3", "4"


@dataclass(frozen=True, slots=True)
class _Run:
    """A piece of text without white space, in one style."""

    text: str
    style: frozenset[str] = frozenset()


_Word = list[_Run]
_BREAK: _Word = []
"""Between words: a new line."""


def clean(text: str) -> str:
    """The text without anything that a terminal would obey."""
    return _CONTROL.sub("�", text.replace("\r\n", "\n")).expandtabs(4)


def render(text: str, *, width: int, styled: bool) -> list[str]:
    """The lines, each at most `width` columns wide unless one word is wider."""
    text = clean(text)
    if text.count("[") > _BRACKETS or _DEEP.search(text):
        return text.split("\n")
    root = SyntaxTreeNode(_PARSER.parse(text))
    return _Renderer(styled).blocks(root.children, max(width, _NARROWEST))


class _Renderer:
    def __init__(self, styled: bool) -> None:
        self._styled = styled

    def blocks(self, nodes: Sequence[SyntaxTreeNode], width: int, *, tight: bool = False) -> list[str]:
        """Blocks one below the other, with an empty line between them unless tight."""
        lines: list[str] = []
        for node in nodes:
            block = self._block(node, width)
            if lines and block and not tight:
                lines.append("")
            lines += block
        return lines

    def _block(self, node: SyntaxTreeNode, width: int) -> list[str]:
        match node.type:
            case "paragraph":
                return self._wrap(self._inline(node, frozenset()), width)
            case "heading":
                mark = [] if self._styled else [[_Run("#" * int(node.tag[1]))]]
                return self._wrap([*mark, *self._inline(node, frozenset({_BOLD}))], width)
            case "bullet_list" | "ordered_list":
                return self._list(node, width)
            case "blockquote":
                return [f"│ {line}".rstrip() for line in self.blocks(node.children, width - 2)]
            case "fence" | "code_block":
                return ["    " + line for line in node.content.rstrip("\n").split("\n")]
            case "hr":
                return ["─" * min(width, 40)]
            case "table":
                return self._table(node, width)
            case _:
                return node.content.rstrip("\n").split("\n")

    def _list(self, node: SyntaxTreeNode, width: int) -> list[str]:
        lines: list[str] = []
        number = int(node.attrs.get("start", 1))
        tight = all(child.hidden for item in node.children for child in item.children[:1])
        for item in node.children:
            mark = "• " if node.type == "bullet_list" else f"{number}. "
            number += 1
            inner = self.blocks(item.children, width - len(mark), tight=tight) or [""]
            if lines and not tight:
                lines.append("")
            lines.append((mark + inner[0]).rstrip())
            lines += [(" " * len(mark) + line).rstrip() for line in inner[1:]]
        return lines

    def _table(self, node: SyntaxTreeNode, width: int) -> list[str]:
        """Columns side by side where they fit, else one cell a line."""
        rows = [
            [self._cell(cell) for cell in row.children] for part in node.children for row in part.children
        ]
        widths = [max(columns(cell) for cell in column) for column in zip(*rows, strict=False)]
        if sum(widths) + 3 * len(widths) > width:
            head, *body = rows
            return [f"{name} : {cell}" for row in body for name, cell in zip(head, row, strict=False)]
        lines = [
            " │ ".join(cell + " " * (size - columns(cell)) for cell, size in zip(row, widths, strict=False))
            for row in rows
        ]
        rule = "─┼─".join("─" * size for size in widths)
        return [line.rstrip() for line in (lines[0], rule, *lines[1:])]

    def _cell(self, cell: SyntaxTreeNode) -> str:
        return " ".join("".join(run.text for run in word) for word in self._inline(cell, frozenset()) if word)

    def _inline(self, node: SyntaxTreeNode, style: frozenset[str]) -> list[_Word]:
        return list(_words(run for child in node.children for run in self._runs(child, style)))

    def _runs(self, node: SyntaxTreeNode, style: frozenset[str]) -> Iterator[_Run]:
        """Pieces of text with their white space; a line feed is a hard break."""
        match node.type:
            case "softbreak" | "hardbreak":
                yield _Run(" " if node.type == "softbreak" else "\n")
            case "code_inline":
                yield _Run(f"`{node.content}`", style)
            case "strong" | "em":
                yield from self._children(node, style | {_BOLD if node.type == "strong" else _ITALIC})
            case "s":
                yield from (_Run("~~", style), *self._children(node, style), _Run("~~", style))
            case "link":
                yield from self._link(node, style)
            case "image":
                yield _Run(f"[{node.content or 'image'}] ({node.attrs.get('src', '')})", style)
            case _:
                yield from self._children(node, style) if node.children else [_Run(node.content, style)]

    def _children(self, node: SyntaxTreeNode, style: frozenset[str]) -> Iterator[_Run]:
        for child in node.children:
            yield from self._runs(child, style)

    def _link(self, node: SyntaxTreeNode, style: frozenset[str]) -> Iterator[_Run]:
        runs = list(self._children(node, style | {_UNDERLINE}))
        yield from runs
        target = str(node.attrs.get("href", ""))
        if target.removeprefix("mailto:") != "".join(run.text for run in runs):
            yield _Run(f" ({target})", style)

    def _wrap(self, words: Iterable[_Word], width: int) -> list[str]:
        lines: list[list[_Word]] = [[]]
        used = 0
        for word in words:
            size = sum(columns(run.text) for run in word)
            if not word:
                lines.append([])
                used = 0
                continue
            if lines[-1] and used + 1 + size > width:
                lines.append([])
                used = 0
            used += size + bool(lines[-1])
            lines[-1].append(word)
        return [self._line(line) for line in lines]

    def _line(self, words: Sequence[_Word]) -> str:
        runs: list[_Run] = []
        for position, word in enumerate(words):
            if position:  # a space between two words of one style has it too
                style = word[0].style & runs[-1].style
                runs.append(_Run(" ", style))
            runs += word
        return "".join(self._styled_text(text, style) for text, style in _merged(runs))

    def _styled_text(self, text: str, style: frozenset[str]) -> str:
        if not self._styled or not style:
            return text
        return f"\x1b[{';'.join(sorted(style))}m{text}\x1b[0m"


def _words(runs: Iterable[_Run]) -> Iterator[_Word]:
    """Cut at spaces only: a no-break space, as French punctuation has it, holds its words together."""
    word: _Word = []
    for run in runs:
        for piece in re.split(r"([ \n]+)", run.text):
            if not piece:
                continue
            if piece[0] not in " \n":
                word.append(_Run(piece, run.style))
                continue
            if word:
                yield word
                word = []
            if "\n" in piece:
                yield _BREAK
    if word:
        yield word


def _merged(runs: Iterable[_Run]) -> Iterator[tuple[str, frozenset[str]]]:
    text, style = "", frozenset[str]()
    for run in runs:
        if run.style != style and text:
            yield text, style
            text = ""
        style = run.style
        text += run.text
    if text:
        yield text, style


def columns(text: str) -> int:
    """How many columns of a terminal a text takes, without styles."""
    if text.isascii() and "\x1b" not in text:
        return len(text)
    return max(0, wcswidth(_STYLE.sub("", text)))
