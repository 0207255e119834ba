"""CommonMark → plain text: what a telephone notifies, and what clients show that know no HTML. Pure.

It works on the tokens that the HTML is made of, so that a text is parsed once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from markdown_it.token import Token

_SCHEME = re.compile(r"^(?:https?://|mailto:)")
_QUOTED, _BULLET, _RULE, _CELLS = "│ ", "• ", "———", " | "


def plain_text(tokens: Sequence[Token]) -> str:
    """Write the text of parsed CommonMark without its signs; lists, quotations and tables are still seen."""
    writer = _Writer()
    for token in tokens:
        writer.take(token)
    return "\n".join(writer.lines)


class _Writer:
    """The lines so far, and the quotations, lists and the row of a table that are open."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._begin: list[str] = []
        """What begins each line, by block that is open: `│ ` in a quotation, spaces in an item."""
        self._numbers: list[int | None] = []
        """Number of the next item of each list that is open; None: bullets."""
        self._mark = ""
        self._row: list[str] | None = None
        self._gap = False

    def take(self, token: Token) -> None:
        rule = _RULES.get(token.type)
        if rule is not None:
            rule(self, token)

    def open_quotation(self, _: Token) -> None:
        self._begin.append(_QUOTED)

    def close_quotation(self, _: Token) -> None:
        self._begin.pop()

    def open_list(self, token: Token) -> None:
        numbered = token.type == "ordered_list_open"
        self._numbers.append(int(token.attrs.get("start", 1)) if numbered else None)

    def close_list(self, _: Token) -> None:
        self._numbers.pop()
        self._gap = self._gap or not self._numbers

    def open_item(self, _: Token) -> None:
        number = self._numbers[-1]
        self._mark = _BULLET if number is None else f"{number}. "
        if number is not None:
            self._numbers[-1] = number + 1
        self._begin.append(" " * len(self._mark))

    def close_item(self, _: Token) -> None:
        self._begin.pop()
        self._mark = ""

    def open_row(self, _: Token) -> None:
        self._row = []

    def close_row(self, _: Token) -> None:
        row, self._row = self._row or [], None
        self._write(_CELLS.join(row))

    def line(self, token: Token) -> None:
        if self._row is not None:
            self._row.append(_inline(token))
        else:
            self._write(_inline(token))

    def code(self, token: Token) -> None:
        self._write(token.content.rstrip("\n"))
        self._gap = True

    def rule(self, _: Token) -> None:
        self._write(_RULE)
        self._gap = True

    def end(self, token: Token) -> None:
        self._gap = not token.hidden

    def _write(self, text: str) -> None:
        if self._gap and self.lines:
            self.lines.append("")
        self._gap = False
        for line in text.split("\n"):
            begin = "".join(self._begin)
            if self._mark:
                begin, self._mark = begin[: -len(self._mark)] + self._mark, ""
            self.lines.append(f"{begin}{line}".rstrip())


def _inline(token: Token) -> str:
    """The text of a line: a link is followed by its address, unless that is what it says."""
    parts: list[str] = []
    links: list[tuple[str, int]] = []
    for child in token.children or []:
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


_RULES: Mapping[str, Callable[[_Writer, Token], None]] = {
    "blockquote_open": _Writer.open_quotation,
    "blockquote_close": _Writer.close_quotation,
    "bullet_list_open": _Writer.open_list,
    "ordered_list_open": _Writer.open_list,
    "bullet_list_close": _Writer.close_list,
    "ordered_list_close": _Writer.close_list,
    "list_item_open": _Writer.open_item,
    "list_item_close": _Writer.close_item,
    "tr_open": _Writer.open_row,
    "tr_close": _Writer.close_row,
    "inline": _Writer.line,
    "fence": _Writer.code,
    "code_block": _Writer.code,
    "hr": _Writer.rule,
    "paragraph_close": _Writer.end,
    "heading_close": _Writer.end,
    "table_close": _Writer.end,
}
