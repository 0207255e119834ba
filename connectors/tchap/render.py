"""CommonMark → the subset of HTML that Matrix allows ("m.room.message msgtypes"), and plain text. Pure.

Raw HTML in the text is shown as text, and only http, https and mailto links become links. The plain text is
what a telephone notifies, and what clients show that know no HTML; it is made of the tokens that the HTML is
made of, so that a text is parsed once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

BRACKETS = 500
"""More than any answer needs; each one that is never closed makes the parser look ahead."""

_LANGUAGE = re.compile(r"[\w+#.-]{1,32}")
_SAFE_SCHEMES = frozenset({"http", "https", "mailto"})
_SCHEME = re.compile(r"^(?:https?://|mailto:)")
_QUOTED, _BULLET, _RULE, _CELLS = "│ ", "• ", "———", " | "
_Lines = tuple[Sequence[str | None], bool]
"""Lines, None for an empty one between two blocks, and whether one is to stand before what follows."""


def plain_and_html(source: str) -> tuple[str, str | None]:
    """The plain text of a CommonMark text, and its safe HTML; the text as it stands and None where the HTML
    would cost much."""
    if source.count("[") > BRACKETS:
        return source, None
    env: dict[str, object] = {}
    tokens = _PARSER.parse(source, env)
    return plain_text(tokens), str(_PARSER.renderer.render(tokens, _PARSER.options, env)).strip()


# -- HTML ----------------------------------------------------------------------------------------------------


def _link_is_safe(url: str) -> bool:
    try:
        return urlsplit(url).scheme.lower() in _SAFE_SCHEMES
    except ValueError:
        return False


def _fence(self: Any, tokens: list[Token], index: int, options: object, env: object) -> str:
    token = tokens[index]
    words = token.info.split(maxsplit=1)
    language = words[0] if words and _LANGUAGE.fullmatch(words[0]) else ""
    opening = f'<code class="language-{_escape(language)}">' if language else "<code>"
    return f"<pre>{opening}{_escape(token.content)}</code></pre>\n"


def _image(self: Any, tokens: list[Token], index: int, options: object, env: object) -> str:
    """Clients load no image from elsewhere: a link by its description."""
    token = tokens[index]
    source = str(token.attrs.get("src", ""))
    label = _escape(token.content or source)
    return f'<a href="{_escape(source)}">{label}</a>' if _link_is_safe(source) else label


def _tag(html: str) -> Callable[..., str]:
    """Always this tag: table cells without `style`, and `del` for `s`, as Matrix allows."""

    def rule(self: Any, tokens: list[Token], index: int, options: object, env: object) -> str:
        return html

    return rule


def _escape(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 40})
    parser.enable(["table", "strikethrough"])
    parser.validateLink = _link_is_safe  # pyright: ignore[reportAttributeAccessIssue]
    for name, rule in {
        "fence": _fence,
        "image": _image,
        "th_open": _tag("<th>"),
        "td_open": _tag("<td>"),
        "s_open": _tag("<del>"),
        "s_close": _tag("</del>"),
    }.items():
        parser.add_render_rule(name, rule)
    return parser


_PARSER = _parser()


# -- plain text ----------------------------------------------------------------------------------------------


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
