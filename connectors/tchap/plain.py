"""CommonMark → plain text: what a telephone notifies, and what clients show that know no HTML. Pure.

It works on the tokens that the HTML is made of, so that a text is parsed once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it.token import Token

_SCHEME = re.compile(r"^(?:https?://|mailto:)")
_QUOTED, _BULLET, _RULE, _CELLS = "│ ", "• ", "———", " | "


def plain_text(tokens: Sequence[Token]) -> str:
    """Write the text of parsed CommonMark without its signs; lists, quotations and tables stay recognisable."""
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
        match token.type:
            case "blockquote_open":
                self._begin.append(_QUOTED)
            case "blockquote_close":
                self._begin.pop()
            case "bullet_list_open":
                self._numbers.append(None)
            case "ordered_list_open":
                self._numbers.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                self._numbers.pop()
                self._gap = self._gap or not self._numbers
            case "list_item_open":
                self._open_item()
            case "list_item_close":
                self._begin.pop()
                self._mark = ""
            case "tr_open":
                self._row = []
            case "tr_close" if self._row is not None:
                row, self._row = self._row, None
                self._write(_CELLS.join(row))
            case "inline" if self._row is not None:
                self._row.append(_inline(token))
            case "inline":
                self._write(_inline(token))
            case "fence" | "code_block":
                self._write(token.content.rstrip("\n"))
                self._gap = True
            case "hr":
                self._write(_RULE)
                self._gap = True
            case "paragraph_close":
                self._gap = not token.hidden
            case "heading_close" | "table_close":
                self._gap = True
            case _:
                pass

    def _open_item(self) -> None:
        number = self._numbers[-1]
        self._mark = _BULLET if number is None else f"{number}. "
        if number is not None:
            self._numbers[-1] = number + 1
        self._begin.append(" " * len(self._mark))

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
