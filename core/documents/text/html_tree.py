"""The tree of an HTML page as HTML5 builds it (lexbor), unless the page is hostile."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from core.documents.build import Unreadable

_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_NESTING = re.compile(
    r"<(/?)(?:div|span|table|font|b|i|u|em|strong|section|article|center|blockquote|ul|ol|a|template)\b", re.I
)
_TAG = re.compile(r"(<([a-z]+)\b[^<>]*+>)([^<>]+)", re.I)
_TURNS = re.compile(r"\sdir\s*=\s*[\"']?rtl\b|\bdirection\s*:\s*rtl\b", re.I)
_UNCLOSED = 2_000
"""Elements that are open at one time, beyond which a page is hostile."""


def tree(text: str) -> Any:
    """The page as a tree; None for an empty one. Raises Unreadable for what is nested without end, on which
    any HTML5 parser spends the square of its length."""
    if declaration := _DECLARATION.match(text):
        text = text[declaration.end() :]
    text = _without_sections(text.replace("\0", ""))
    if "rtl" in text.lower():
        text = _TAG.sub(_turned, text)
    depth = 0
    for match in _NESTING.finditer(text):
        depth += -1 if match[1] and depth else 1
        if depth > _UNCLOSED:
            raise Unreadable("nested")
    return LexborHTMLParser(text) if text.strip() else None


def _turned(match: re.Match[str]) -> str:
    """A text that is shown from its last letter to its first, with the sign that says so (`as_shown`)."""
    tag, name, said = match.groups()
    overrides = name.lower() == "bdo" or "bidi-override" in tag.lower()
    return f"{tag}\u202e{said}\u202c" if overrides and _TURNS.search(tag) else match[0]


def _without_sections(text: str) -> str:
    """A page whose CDATA sections are text, as in XHTML."""
    kept: list[str] = []
    at = 0
    while (start := text.find("<![CDATA[", at)) >= 0:
        end = text.find("]]>", start)
        if end < 0:
            break
        kept += text[at:start], escape(text[start + 9 : end])
        at = end + 3
    return "".join(kept) + text[at:]
