"""What an HTML page says where none of its text nodes stands: in attributes, style sheets, frames, addresses
of data, comments that a program reads.

A browser shows it, or does so under the pointer, on paper, in Outlook, or reads it to who does not see.

The page is a tree as HTML5 builds it (lexbor), unless it is hostile.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterator
from html import escape
from typing import Any
from urllib.parse import unquote_to_bytes

from selectolax.lexbor import LexborHTMLParser

from core.documents.cleaning import target_of
from core.documents.document import PlaceKind
from core.documents.reading_errors import Unreadable
from core.documents.text.encoding import decode

_ALTERNATIVES = (
    "title", "aria-label", "aria-description", "aria-placeholder", "aria-valuetext", "aria-roledescription",
    "alt", "summary", "abbr", "label", "download",
)  # fmt: skip
_FIELDS = ("placeholder",)
_FALLBACKS = "noframes, canvas, video, audio, datalist, iframe, svg title"
_INNER = ("src", "data", "href")
_QUOTED = r"\"(?:[^\"\\\n]|\\.)*+(?:[\"\n\\]|\Z)|'(?:[^'\\\n]|\\.)*+(?:['\n\\]|\Z)"
"""A string of CSS; one that is not closed ends with its line (CSS Syntax, 4.3.5)."""
_WRITTEN = re.compile(
    rf"(?:content|list-style(?:-type)?|symbols|prefix|suffix|quotes|--[\w-]{{1,60}})\s*:((?:{_QUOTED}|[^;}}\"'])*)",
    re.IGNORECASE,
)
"""A declaration of CSS that writes a text (CSS Generated Content, Lists and Counter Styles, Variables)."""
_STRING = re.compile(_QUOTED)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
_TAKEN = re.compile(r"\battr\(\s*([\w-]+)")
_URL = re.compile(r"url\(\s*[\"']?(data:[^\"')]+)")
_TAG = re.compile(r"<[^<>]*>")
_BREAKING = "p, br, hr, div, li, dt, dd, tr, td, th, h1, h2, h3, h4, h5, h6, pre, option, blockquote, caption"
_REMARK = re.compile(r"<!--(?!\[|>|->)([^<>{}]{1,2000}?)-->")
"""A comment in words: one with markup or braces in it is for programs."""
_KEPT_DATA = re.compile(r"\sdata-[\w.-]{1,60}\s{0,3}=\s{0,3}(?:\"([^\"]*)\"|'([^']*)')")
_LITERAL = re.compile(rf"{_QUOTED}|`(?:[^`\\]|\\.)*+(?:`|\Z)", re.DOTALL)
"""A string of a script (ECMA-262, 12.9.4 and 12.9.6)."""
_IN_WORDS = re.compile(r"[^\W\d_]{2,40}[’',;:.!?]{0,2}\s{1,3}\(?[^\W\d_]{2,}")
_NUMBERED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))")
_FOR_PROGRAMS = 20_000
"""Letters of a page that only programs read: libraries and states of programs have more."""
_KEPT = 200
"""Letters of a value that a form keeps without showing it: the long ones are states of programs."""
_LARGEST = 2_000_000
_MOST = 200
"""Attributes that style sheets take from."""
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_NESTING = re.compile(
    r"<(/?)(?:div|span|table|font|b|i|u|em|strong|section|article|center|blockquote|ul|ol|a|template)\b", re.I
)
_OPENED = re.compile(r"(<([a-z]+)\b[^<>]*+>)([^<>]+)", re.I)
_TURNS = re.compile(r"\sdir\s*=\s*[\"']?rtl\b|\bdirection\s*:\s*rtl\b", re.I)
_UNCLOSED = 2_000
"""Elements that are open at one time, beyond which a page is hostile."""


def told(parser: Any, source: str) -> Iterator[tuple[PlaceKind, str]]:
    """(kind of place, text) of a page and its source."""
    for name in (*_ALTERNATIVES, *_FIELDS):
        for node in parser.css(f"[{name}]"):
            yield "field" if name in _FIELDS else "alternative", _value(node, name)
    for node in parser.css(_FALLBACKS):
        yield "alternative", node.text(separator=" ")
    for node in parser.css("template"):  # only the shadow of an element is shown
        yield "other" if "shadowrootmode" in node.attributes else "hidden", plain(node.html.partition(">")[2])
    for text in (*_frames(parser), *_styles(parser), *map(plain, _conditional(source))):
        yield "other", text
    for option in parser.css("datalist option[value]"):
        yield "choice", _value(option, "value")
    for link in parser.css("a[href], area[href]"):
        yield "alternative", data_text(address := _value(link, "href")) or target_of(address)
    yield from _unseen(parser, source)


def _unseen(parser: Any, source: str) -> Iterator[tuple[PlaceKind, str]]:
    """What forms keep without showing it, and comments."""
    for field in parser.css("input[type=hidden][value]"):
        yield "hidden", _value(field, "value")[:_KEPT]
    for remark in _REMARK.findall(source):
        yield "hidden", html.unescape(remark) if len(remark.split()) > 1 else ""


def for_programs(parser: Any, source: str) -> tuple[list[str], bool]:
    """What scripts of a page, and the attributes that it keeps for them, say in words, the short ones first;
    and whether some is left out, since there is much. Keys and states of programs are not what a page says:
    a page that is published is full of them."""
    strings = (found for script in parser.css("script") for found in _LITERAL.findall(script.text()))
    texts = [_NUMBERED.sub(_letter, found[1:-1]) for found in strings]
    texts += [html.unescape("".join(values)) for values in _KEPT_DATA.findall(source)]
    said = (_TAG.sub(" ", text).strip() for text in texts if _IN_WORDS.search(text))
    left = _FOR_PROGRAMS
    kept: list[str] = []
    for text in sorted(dict.fromkeys(filter(None, said)), key=len):
        left -= len(text)
        if left < 0:
            return kept, True
        kept.append(text)
    return kept, False


def _letter(match: re.Match[str]) -> str:
    """A letter that a program writes as a number; halves of letters are none."""
    number = int(match[1] or match[2], 16)
    return "" if 0xD800 <= number < 0xE000 else chr(number)


def _value(node: Any, name: str) -> str:
    """An attribute that a selector found: in drawings it stands in the namespace of XLink, too."""
    attributes = node.attributes
    return attributes.get(name) or attributes.get(f"xlink:{name}") or ""


def _conditional(source: str) -> Iterator[str]:
    """What comments hold that Outlook reads: `<!--[if mso]>…<![endif]-->`."""
    end = 0
    while (start := source.find("<!--[if", end)) >= 0:
        end = source.find("<![endif]-->", start)
        if end < 0:
            return
        yield source[start:end].partition("]>")[2]


def _frames(parser: Any) -> Iterator[str]:
    """Pages within frames and objects that stand in the page itself."""
    for frame in parser.css("iframe[srcdoc]"):
        yield plain(_value(frame, "srcdoc"))
    for name in _INNER:
        for node in parser.css(
            f"iframe[{name}], object[{name}], embed[{name}], track[{name}], img[{name}], image[{name}]"
        ):
            yield data_text(_value(node, name))


def _styles(parser: Any) -> Iterator[str]:
    """What style sheets write, by themselves or from an attribute."""
    sheets = [style.text() for style in parser.css("style")]
    sheets += [_data(_value(link, "href"), "text/css") for link in parser.css("link[href]")]
    sheets += [_data(url, "text/css") for sheet in sheets for url in _URL.findall(sheet)]
    taken: dict[str, None] = {}
    for css in (*sheets, *(_value(node, "style") for node in parser.css("[style]"))):
        for match in _WRITTEN.finditer(css):
            yield "".join(_spelt(string[1:-1]) for string in _STRING.findall(match[1]))
            taken |= dict.fromkeys(_TAKEN.findall(match[1]))
        yield from (data_text(url) for url in _URL.findall(css))
    for name in list(taken)[:_MOST]:
        yield " ".join(_value(node, name) for node in parser.css(f"[{name}]"))


def _spelt(text: str) -> str:
    """A string of CSS without its escapes (CSS Syntax, 4.3.7)."""

    def letter(match: re.Match[str]) -> str:
        number = int(match[1], 16) if match[1] else 0
        return match[2] or (chr(number) if 0 < number < 0xD800 or 0xDFFF < number < 0x110000 else "")

    return _ESCAPE.sub(letter, text)


def data_text(address: str) -> str:
    """The words that a `data:` address holds (RFC 2397): of a text, a page or a drawing; of others none."""
    return plain(_data(address, "text/html", "text/plain", "text/xml", "text/vtt", "image/svg+xml", ""))


def _data(address: str, *kinds: str) -> str:
    """What a `data:` address holds, if it is of one of the kinds."""
    head, _, body = address.partition(",")
    kind = head.lower().removeprefix("data:").partition(";")[0]
    if not head.lower().startswith("data:") or kind not in kinds:
        return ""
    data = unquote_to_bytes(body[:_LARGEST])
    try:
        data = base64.b64decode(data + b"==") if head.lower().endswith(";base64") else data
    except (binascii.Error, ValueError):
        return ""
    return decode(data)[0]


def plain(text: str) -> str:
    """All text of an HTML page, hidden or not, its blocks on lines of their own."""
    try:
        parser = tree(text)
    except Unreadable:  # nested without end
        return html.unescape(_TAG.sub("\n\n", text))
    if parser is None or parser.body is None:
        return html.unescape(text)
    for node in parser.css("style, script, xml"):
        node.decompose()
    for node in parser.css(_BREAKING):
        node.insert_before("\n")
        node.insert_after("\n")
    return re.sub(r"\s*\n\s*", "\n\n", parser.body.text()).strip()


def tree(text: str) -> Any:
    """The page as a tree; None for an empty one. Raises Unreadable for what is nested without end, on which
    any HTML5 parser spends the square of its length."""
    if declaration := _DECLARATION.match(text):
        text = text[declaration.end() :]
    text = _without_sections(text.replace("\0", ""))
    if "rtl" in text.lower():
        text = _OPENED.sub(_turned, text)
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
