"""The typography of what models write: spaces that do not break, « », apostrophes. Pure, and said twice it
changes nothing more.

Code, links, addresses and what is quoted stay as they are; of a quotation in straight signs only the signs
change. French rules hold for texts in French; apostrophes are curved in both languages.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_NBSP, _THIN = "\u00a0", "\u202f"
_SPACE = f"[ {_NBSP}{_THIN}]"
_KEPT = re.compile(
    r"^ {0,3}(?P<fence>`{3,}|~{3,})[^\n]*(?:\n(?!\s*(?P=fence))[^\n]*)*(?:\n\s*(?P=fence)[`~]*|\Z)"
    r"|(?<!`)(?P<ticks>`++)[^`\n]{1,2000}(?<!`)(?P=ticks)(?!`)|^ {0,3}>[^\n]*$|^(?: {4}|\t)[^\n]*$"
    r"|\]\([^()\s]{0,2000}(?:\([^()\s]{0,500}\)[^()\s]{0,500})?\)|<[^<>\s]{1,2000}>|&#?\w{1,31};"
    r"|(?:https?://|mailto:|www\.)[^\s<>]+"
    r"|(?P<cited>«[^«»\n]{0,2000}»|“[^“”\n]{0,2000}”|(?<![\w\"])\"(?=\S)[^\"\n]{1,2000}(?<=\S)\"(?![\w\"]))",
    re.MULTILINE,
)
"""What stays as it is; of what is `cited` the signs change."""
_HIGH = re.compile(r"[;!?](?<![;!?].)[;!?]*+(?=[\s)\]»*_]|$)", re.MULTILINE)
_COLON = re.compile(r":(?=[\s*_]|$)", re.MULTILINE)
_GROUPS = re.compile(rf"\d(?<![\w.,].)(?<!\d{_SPACE}.)\d{{0,2}}(?:{_SPACE}\d{{3}})+(?!{_SPACE}?\d)")
_UNIT = re.compile(rf"{_SPACE}(?<=\d.)(?=[%€‰°])")
_SHORT = re.compile(rf"((?<![\w.])(?:pp?\.|§|n[°º]|art\.|al\.|MM?\.|Mmes?)){_SPACE}(?=[\dA-ZÀ-Þ])")
_APOSTROPHE = re.compile(r"'(?<=[^\W\d_].)(?=[^\W\d_])")
_WORD = re.compile(r"[^\W\d_]+")
_FRENCH_WORDS = "le la les des une un est et vous pour dans que qui en au sur à il je ne pas"
_FRENCH = frozenset(_FRENCH_WORDS.split())
_ENGLISH_WORDS = "the of and to is in that for with you are this it be as at by not on"
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
_BEFORE = "\ue000"
"""Stands for what was kept before a piece of text."""


def typeset(text: str, *, language: str = "fr") -> str:
    """A model's text (CommonMark) as it is printed in French, or in English where it is in English."""
    words = _WORD.findall(text[:2000].lower())
    english = sum(map(_ENGLISH.__contains__, words)) > sum(map(_FRENCH.__contains__, words))
    french = language == "fr" and not english
    parts: list[str] = []
    at = 0
    for kept in _KEPT.finditer(text):
        parts.append(_words(text[at : kept.start()], french=french, first=not at))
        parts.append(_cited(kept["cited"]) if french and kept["cited"] else kept[0])
        at = kept.end()
    parts.append(_words(text[at:], french=french, first=not at))
    return "".join(parts)


def _words(text: str, *, french: bool, first: bool) -> str:
    text = _APOSTROPHE.sub("’", text)
    if not french or not text:
        return text
    text = text if first else _BEFORE + text
    text = _spaced(text, _HIGH, _THIN, _takes_high)
    text = _spaced(text, _COLON, _NBSP, _takes_colon)
    text = _GROUPS.sub(lambda found: re.sub(_SPACE, _THIN, found[0]), text)
    text = _UNIT.sub(_NBSP, text)
    text = _SHORT.sub(rf"\1{_NBSP}", text)
    return text if first else text.removeprefix(_BEFORE)


def _spaced(text: str, signs: re.Pattern[str], space: str, takes: Callable[[str, int, int], bool]) -> str:
    """Put `space` before each of these signs, in place of one that stands there, where what ends before it
    `takes` one (text, end, sign). Signs are rare, and quicker found than the places before them."""
    parts: list[str] = []
    at = 0
    for sign in signs.finditer(text):
        start = sign.start()
        end = start - (text[max(start - 1, 0) : start] in (" ", _NBSP, _THIN))
        if end > 0 and takes(text, end, start):
            parts += (text[at:end], space)
            at = start
    return "".join((*parts, text[at:]))


def _takes_high(text: str, end: int, _: int) -> bool:
    """Does the text up to `end` take a space before « ; », « ! » or « ? »?"""
    return not text[end - 1].isspace() and text[end - 1] not in "([«:;!?.…"


def _takes_colon(text: str, end: int, sign: int) -> bool:
    """Does the text up to `end` take a space before the colon at `sign`? Where none was written, only a word
    does."""
    before = text[end - 1]
    if end < sign:
        return not before.isspace() and before not in ":|-"
    return before.isalnum() and not before.isdecimal() and text[sign + 1 : sign + 2] in ("", *" \n*_")


def _cited(text: str) -> str:
    """A quotation between French signs: its words stay."""
    if text[0] == "“":
        return text
    return f"«{_NBSP}{text[1:-1].strip(f' {_NBSP}{_THIN}')}{_NBSP}»"
