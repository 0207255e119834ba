"""HTML: what a browser would show, as headings, paragraphs, lists and tables.

Built on libxml2's tolerant parser, without its own limit of depth, beyond which it drops text in silence:
the walk is bounded here. Scripts, styles and hidden elements are dropped; tables that only lay out a page
(in mails nearly all) are read as what they hold.
"""

from __future__ import annotations

import importlib
import re
from typing import Any

from core.documents.build import Builder, Unreadable
from core.documents.cleaning import clean
from core.documents.text.encoding import decode
from core.documents.zip_package import Element, children, find_all, tag

lxml_html: Any = importlib.import_module("lxml.html")  # without types
_MAX_DEPTH = 400
_DROPPED = {
    "script", "style", "template", "noscript", "head", "svg", "math", "iframe", "object", "embed", "canvas",
    "audio", "video", "select", "datalist", "map", "area", "noframes", "title", "meta", "link",
}  # fmt: skip
_BLOCKS = {
    "html", "body", "address", "article", "aside", "blockquote", "caption", "center", "dd", "details",
    "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2",
    "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "legend", "li", "main", "menu", "nav", "ol",
    "optgroup", "option", "p", "pre", "search", "section", "summary", "table", "tbody", "td", "tfoot",
    "th", "thead", "tr", "ul",
}  # fmt: skip
_HEADING = re.compile(r"h([1-6])")
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|font-size\s*:\s*0(?![.\d])", re.IGNORECASE
)
_CHARSET = re.compile(rb"""<meta[^>]{1,200}charset\s*=\s*["']?([\w-]+)|encoding\s*=\s*["']([\w-]+)""", re.I)


def read(data: bytes, builder: Builder, declared: str | None = None) -> None:
    """An HTML file. `declared` is the encoding that a mail gives."""
    builder.kind = "html"
    match = _CHARSET.search(data[:4096])
    found = declared or ((match[1] or match[2]).decode("ascii", "replace") if match else None)
    builder.page()
    read_text(decode(data, found)[0], builder)


def read_text(text: str, builder: Builder) -> None:
    """HTML that is decoded already, into the builder's page."""
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    if not text.strip():
        return
    try:
        parser = lxml_html.HTMLParser(remove_comments=True, remove_pis=True, huge_tree=True)
        root = lxml_html.document_fromstring(text, parser=parser)
    except (ValueError, SyntaxError) as error:
        raise Unreadable("damaged", type(error).__name__) from None
    title: Any = root.find(".//title")
    if title is not None and title.text:
        builder.title = builder.title or clean(title.text)
    for meta in find_all(root, "meta"):
        name = meta.get("name")
        if name and meta.get("content"):
            builder.property(name, meta.get("content"))
    _Walk(builder).blocks(root, 0)


class _Walk:
    """Gathers inline text until a block begins or ends."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._pieces: list[str] = []
        self._mark = ""
        self._depth = -1

    def blocks(self, element: Element, depth: int) -> None:
        """An element and what follows its start tag, up to its end."""
        if depth > _MAX_DEPTH:
            raise Unreadable("nested")
        self._text(element.text)
        for item in element:
            self._item(item, depth)
            self._text(item.tail)

    def _item(self, item: Element, depth: int) -> None:
        name = tag(item).lower()
        if name in _DROPPED or not name:
            return
        if _hides(item):
            if "".join(item.itertext()).strip():
                self._builder.warn("hidden_text")
                self._builder.place("hidden", " ".join("".join(item.itertext()).split())[:10_000])
            return
        if name == "br":
            self._pieces.append("\n")
        elif name == "img":
            self._text(item.get("alt"))
        elif name not in _BLOCKS:  # inline, as unknown elements are
            self.blocks(item, depth + 1)
        else:
            self.flush()
            self._block(name, item, depth)
            self.flush()

    def _block(self, name: str, item: Element, depth: int) -> None:
        if heading := _HEADING.fullmatch(name):
            self._builder.heading(int(heading[1]), _flat(item))
        elif name in ("ul", "ol", "menu", "dir"):
            self._list(item, depth, numbered=name == "ol")
        elif name == "table" and _is_data(item):
            self._builder.table(_grid(item))
        elif name == "pre":
            self._builder.raw("```\n" + "".join(item.itertext()).strip("\n") + "\n```")
        else:
            self.blocks(item, depth + 1)

    def _list(self, item: Element, depth: int, *, numbered: bool) -> None:
        start = item.get("start") or ""
        number = int(start) - 1 if start.isdecimal() else 0
        self._depth += 1
        for entry in item:
            if tag(entry).lower() == "li" and not _hides(entry):
                number += 1
                self._mark = f"{number}." if numbered else "-"
                self.blocks(entry, depth + 1)
                self.flush()
                self._mark = ""
            elif tag(entry).lower() in ("ul", "ol"):
                self._list(entry, depth + 1, numbered=tag(entry).lower() == "ol")
            self._text(entry.tail)
        self._depth -= 1

    def _text(self, text: str | None) -> None:
        if text:
            self._pieces.append(re.sub(r"[ \t\r\n\f]+", " ", text))

    def flush(self) -> None:
        """End a paragraph or an entry."""
        text = re.sub(r" *\n *", "\n", clean("".join(self._pieces)))
        self._pieces.clear()
        if not text:
            return
        if self._depth >= 0:
            self._builder.item(text, depth=self._depth, mark=self._mark or " ")
            self._mark = ""
        else:
            self._builder.paragraph(text)


def _hides(item: Element) -> bool:
    return item.get("hidden") is not None or bool(_HIDDEN.search(item.get("style") or ""))


def _flat(item: Element) -> str:
    pieces: list[str] = []
    for inner in item.iter():
        if tag(inner) == "br":
            pieces.append("\n")
        if tag(inner).lower() not in _DROPPED and not _hides(inner):
            pieces.append(re.sub(r"\s+", " ", inner.text or ""))
            if tag(inner).lower() in ("p", "div", "li"):
                pieces.insert(-1, "\n")
        if inner is not item:
            pieces.append(re.sub(r"\s+", " ", inner.tail or ""))
    return re.sub(r" *\n[ \n]*", "\n", clean("".join(pieces)))


def _rows(table: Element) -> list[Element]:
    rows: list[Element] = []
    for item in table:
        name = tag(item).lower()
        rows += (
            [item] if name == "tr" else children(item, "tr") if name in ("thead", "tbody", "tfoot") else []
        )
    return rows


def _is_data(table: Element) -> bool:
    """A table of data: rows of two cells or more, without tables, headings or long texts inside."""
    if next(find_all(table[0] if len(table) else None, "table"), None) is not None:
        return False
    if any(inner is not table for inner in find_all(table, "table", "h1", "h2", "h3")):
        return False
    widths = [len(children(row, "td")) + len(children(row, "th")) for row in _rows(table)]
    return len(widths) >= 2 and sum(width >= 2 for width in widths) * 2 > len(widths)


def _grid(table: Element) -> list[list[str]]:
    grid: list[list[str]] = []
    for row in _rows(table):
        line: list[str] = []
        for cell in row:
            if tag(cell).lower() in ("td", "th"):
                span = cell.get("colspan") or "1"
                line += [_flat(cell)] + [""] * (min(int(span), 50) - 1 if span.isdecimal() else 0)
        grid.append(line)
    return grid
