"""HTML: what a browser would show, as headings, paragraphs, lists and tables.

Pages are parsed as HTML5 says (lexbor): text after `</html>`, pages without `<body>` and unclosed tables
stand where a browser has them. Text that CSS hides (`html_hiding`) and texts in templates and scripts are
places. Tables that only lay out a page (nearly all in mails) are read as their contents.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

from core.documents.build import Builder
from core.documents.cleaning import clean, raised
from core.documents.formulas import SHAPED, shaped
from core.documents.reading_errors import Unreadable
from core.documents.text import html_said
from core.documents.text.encoding import decode
from core.documents.text.html_hiding import Hiding, Look
from core.documents.text.html_said import tree

_MAX_DEPTH = 280
_DROPPED = {
    "script", "style", "template", "head", "iframe", "embed", "canvas", "audio", "video", "datalist", "map",
    "area", "noframes", "title", "meta", "link", "-comment", "!doctype", "base", "param", "source", "track",
}  # fmt: skip
_BLOCKS = {
    "html", "body", "address", "article", "aside", "blockquote", "caption", "center", "dd", "details",
    "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2",
    "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "legend", "li", "main", "menu", "nav", "ol",
    "optgroup", "option", "p", "pre", "search", "section", "summary", "table", "tbody", "td", "tfoot",
    "th", "thead", "tr", "ul", "noscript", "svg", "text", "select", "textarea",
}  # fmt: skip
_HEADING = re.compile(r"h([1-6])")
_HEAVY = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.IGNORECASE)
_HIGH = re.compile(r"vertical-align\s*:\s*super", re.IGNORECASE)
_TITLE = re.compile(r"(?=[^\n]*\w{2})[^\n]{1,119}[^\n.;,:!?]")
"""A line that is a heading if all of it is bold: mails and letters have no other headings."""
_BOLD_LEVEL = 4
"""The level of such a heading."""
_CHARSET = re.compile(rb"""<meta[^>]{1,200}charset\s*=\s*["']?([\w-]+)|encoding\s*=\s*["']([\w-]+)""", re.I)
_UNSEEN_INPUTS = {"hidden", "password", "checkbox", "radio", "image", "file", "range", "color"}


def read(data: bytes, builder: Builder) -> None:
    """Read an HTML file."""
    builder.kind = "html"
    declared = _CHARSET.search(data[:4096])
    charset = (declared[1] or declared[2]).decode("ascii", "replace") if declared else None
    builder.page()
    read_text(decode(data, charset)[0], builder)


def read_text(text: str, builder: Builder) -> None:
    """Read HTML that is decoded already into the builder's page."""
    parser = tree(text)
    if parser is None:
        return
    title = parser.css_first("title")
    if title is not None:
        builder.title = builder.title or clean(title.text())
        builder.property("title", title.text())  # a browser shows it above the page
    for meta in parser.css("meta[content]"):
        name = meta.attributes.get("name") or meta.attributes.get("property") or ""
        builder.property(name or "meta", meta.attributes.get("content") or "" if name else "")
    _Walk(builder, Hiding(parser)).blocks(parser.root, Look(), 0)
    programs, left_out = html_said.for_programs(parser, text)
    builder.rest((*html_said.told(parser, text), *(("hidden", said) for said in programs)))
    if left_out:
        builder.warn("part_unread", "script")


def _children(node: Any) -> Iterator[Any]:
    child = node.child
    while child is not None:
        yield child
        child = child.next


class _Walk:
    """Gathers inline text until a block begins or ends."""

    def __init__(self, builder: Builder, hiding: Hiding) -> None:
        self._builder = builder
        self._hiding = hiding
        self._pieces: list[str] = []
        self._mark = ""
        self._depth = -1
        self._heavy = 0
        self._raised = 0
        self._light = False
        """True if a letter of the paragraph is not bold."""
        self._flat = False
        """True if blocks are lines of one text, as in a cell."""

    def blocks(self, node: Any, look: Look, depth: int) -> None:
        """Read all that stands within a node."""
        for item in self._within(node, depth):
            self._item(item, look, depth)

    def _within(self, node: Any, depth: int) -> list[Any]:
        """Return the children of a node as they are shown. Raises Unreadable if they are nested too deep."""
        if depth > _MAX_DEPTH:
            raise Unreadable("nested")
        return self._hiding.shown_order(node, list(_children(node)))

    def _item(self, item: Any, above: Look, depth: int) -> None:
        name = item.tag
        if name == "-text":
            self._text(item.text_content, above)
            return
        if not name or name in _DROPPED:
            return
        heavy = name in ("b", "strong") or bool(_HEAVY.search(item.attributes.get("style") or ""))
        self._heavy += heavy
        self._shown(name, item, self._hiding.look(item, above), depth)
        self._heavy -= heavy

    def _shown(self, name: str, item: Any, look: Look, depth: int) -> None:
        if look.gone:
            self._hide(item.text(separator=" "))
        elif name == "br":
            self._pieces.append("\n")
        elif name in ("img", "input", "button"):
            self._control(name, item, look, depth)
        elif name in SHAPED:
            self._formula(name, item, look, depth)
        elif self._flat or name not in _BLOCKS:  # inline, as unknown elements are
            high = item.tag == "sup" or bool(_HIGH.search(item.attributes.get("style") or ""))
            end = ["\n"] if name in _BLOCKS else []
            self._raised += high
            self._pieces += end
            self.blocks(item, look, depth + 1)
            self._pieces += end
            self._raised -= high
        else:
            self.flush()
            self._block(name, item, look, depth)
            self.flush()

    def _formula(self, name: str, item: Any, look: Look, depth: int) -> None:
        """Read a part of a formula (MathML) on the line."""
        outer, parts = self._pieces, list[str]()
        for each in self._within(item, depth):
            self._pieces = []
            self._item(each, look, depth + 1)
            parts.append("".join(self._pieces))
        outer.append(shaped(name, [part for part in parts if part.strip()]))
        self._pieces = outer

    def _hide(self, text: str) -> None:
        self._builder.hide(" ".join(text.split()))

    def _control(self, name: str, item: Any, look: Look, depth: int) -> None:
        """Read the alternative text of a picture, or the text that a field shows."""
        given = item.attributes
        if name == "img":
            self._text(given.get("alt"), look)
            self._picture(given.get("src") or "")
        elif name == "input" and (given.get("type") or "").lower() not in _UNSEEN_INPUTS:
            self._text(f" {given.get('value') or given.get('placeholder') or ''} ", look)
        elif name == "button":
            self.blocks(item, look, depth + 1)

    def _picture(self, source: str) -> None:
        """Read a picture that stands in the page itself (RFC 2397)."""
        if match := re.match(r"data:image/[\w.+-]+;base64,", source, re.IGNORECASE):
            try:
                data = base64.b64decode(source[match.end() :] + "==")
            except ValueError:
                return
            self._builder.picture_file(f"data {len(data)} {binascii.crc32(data)}", data)

    def _block(self, name: str, item: Any, look: Look, depth: int) -> None:
        if heading := _HEADING.fullmatch(name):
            self._builder.heading(int(heading[1]), self.flat(item, look, depth))
        elif name in ("ul", "ol", "menu", "dir"):
            self._list(item, look, depth, numbered=name == "ol")
        elif name == "table" and _is_data(item):
            for caption in (each for each in _children(item) if each.tag == "caption"):
                self._builder.paragraph(self.flat(caption, self._hiding.look(caption, look), depth))
            self._builder.table(self._grid(item, look, depth))
        elif name == "optgroup":
            self._text(item.attributes.get("label"), look)
            self.flush()
            self.blocks(item, look, depth + 1)
        elif name == "pre" and not look.hides:
            self._builder.raw("```\n" + item.text().strip("\n") + "\n```")
        else:
            self.blocks(item, look, depth + 1)

    def _list(self, item: Any, look: Look, depth: int, *, numbered: bool) -> None:
        number = _whole_number(item, "start", default=1) - 1
        self._depth += 1
        for entry in _children(item):
            inner = look if entry.tag == "-text" else self._hiding.look(entry, look)
            if entry.tag == "li" and not inner.gone:
                number = _whole_number(entry, "value", default=number + 1)
                self._mark = f"{number}." if numbered else "-"
                self.blocks(entry, inner, depth + 1)
                self.flush()
                self._mark = ""
            elif entry.tag in ("ul", "ol") and not inner.gone:
                self._list(entry, inner, depth + 1, numbered=entry.tag == "ol")
            else:
                self._item(entry, look, depth + 1)
        self._depth -= 1

    def _grid(self, table: Any, look: Look, depth: int) -> list[list[str]]:
        grid: list[list[str]] = []
        below: dict[int, int] = {}
        """For each column that a cell above reaches into, how many rows it still takes."""
        for row in _rows(table):
            line: list[str] = []
            inner = self._hiding.look(row, look)
            for cell in _cells(row):
                while len(line) in below:  # the place of a cell above stays empty
                    line.append("")
                wide = _span(cell, "colspan", max(_WIDEST - len(line), 1))
                high = _span(cell, "rowspan", 1_000) if len(line) < _WIDEST else 1
                below.update({len(line) + at: high for at in range(wide) if high > 1})
                line += [self.flat(cell, self._hiding.look(cell, inner), depth)] + [""] * (wide - 1)
            below = {column: left - 1 for column, left in below.items() if left > 1}
            grid.append(line)
        return grid

    def flat(self, node: Any, look: Look, depth: int) -> str:
        """Return the text that a node shows, in lines, for cells and headings."""
        outer, self._pieces, self._flat = self._pieces, [], True
        if look.gone:
            self._hide(node.text(separator=" "))
        else:
            self.blocks(node, look, depth)
        text = re.sub(r" *\n[ \n]*", "\n", clean("".join(self._pieces)))
        self._pieces, self._flat = outer, False
        return text

    def _text(self, text: str | None, look: Look) -> None:
        if not text:
            return
        if look.hides:
            self._hide(text)
        else:
            self._light |= not self._heavy and not text.isspace()
            text = re.sub(r"[ \t\r\n\f]+", " ", text)
            self._pieces.append(raised(text) if self._raised else text)

    def flush(self) -> None:
        """End a paragraph or an entry of a list."""
        text = re.sub(r" *\n *", "\n", clean("".join(self._pieces)))
        self._pieces.clear()
        light, self._light = self._light, False
        if not text:
            return
        if self._depth >= 0:
            self._builder.item(text, depth=self._depth, mark=self._mark or " ")
            self._mark = ""
        elif not light and _TITLE.fullmatch(text):
            self._builder.heading(_BOLD_LEVEL, text)
        else:
            self._builder.paragraph(text)


_WIDEST = 100
"""Columns of a table. A cell beyond them takes one column only."""


def _whole_number(item: Any, name: str, *, default: int) -> int:
    """Return the whole number in an attribute, or the default."""
    value = item.attributes.get(name) or ""
    return int(value) if value.isdecimal() and len(value) < 10 else default


def _span(cell: Any, name: str, most: int) -> int:
    """Return how many columns or rows a cell takes."""
    span = cell.attributes.get(name) or "1"
    return min(max(int(span), 1), most) if span.isdecimal() and len(span) < 5 else 1


def _rows(table: Any) -> list[Any]:
    rows: list[Any] = []
    for item in _children(table):
        if item.tag == "tr":
            rows.append(item)
        elif item.tag in ("thead", "tbody", "tfoot"):
            rows += [row for row in _children(item) if row.tag == "tr"]
    return rows


def _cells(row: Any) -> list[Any]:
    return [cell for cell in _children(row) if cell.tag in ("td", "th")]


def holds_table(text: str) -> bool:
    """True if a page holds a table of data with two rows of two filled cells."""
    try:
        parser = tree(text) if "<table" in text.lower() else None
    except Unreadable:
        return False
    return parser is not None and any(
        _is_data(table)
        and sum(sum(bool(cell.text().strip()) for cell in _cells(row)) >= 2 for row in _rows(table)) >= 2
        for table in _innermost(parser)
    )


def _innermost(parser: Any) -> list[Any]:
    """Return the tables that hold no other. Each element above one is visited once: tables may be nested
    deep."""
    tables = parser.css("table")
    above: set[int] = set()
    for table in tables:
        outer = table.parent
        while outer is not None and outer.mem_id not in above:
            above.add(outer.mem_id)
            outer = outer.parent
    return [table for table in tables if table.mem_id not in above]


def _is_data(table: Any) -> bool:
    """True for a table of data: it has rows of two cells or more, and no tables or headings inside."""
    if any(inner.mem_id != table.mem_id for inner in table.css("table, h1, h2, h3")):
        return False
    widths = [len(_cells(row)) for row in _rows(table)]
    return len(widths) >= 2 and sum(width >= 2 for width in widths) * 2 > len(widths)
