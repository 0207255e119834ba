"""What the words beside a marking make of it: a header, a title, or the rest of a phrase."""

from __future__ import annotations

import re

from core.sensitivity.data import pattern_of

_NUMBERING = pattern_of("phrasing.numbering")
_PIECES = re.compile(r"\n|\s[-|•/]+\s|[|•\t]|\s{2,}")
_WORD = re.compile(r"[a-z]{2,}")
_ENDS_JOINING = pattern_of("phrasing.ends_joining")
_JOINING = pattern_of("phrasing.joining")


def joins(text: str) -> bool:
    """Does `text` go on with the phrase before it (`à l'équipe`, `de l'instruction`)?"""
    return bool(_JOINING.match(text)) and not re.match(r"\w{1,4}\s?:", text)


def leads_on(text: str) -> bool:
    """Does `text` need what follows it (`sous la`, `niveau :`)?"""
    return bool(_ENDS_JOINING.search(text))


def is_header_material(rest: str) -> bool:
    """Other segments that look like those of a running header or of a stamp, not like prose."""
    pieces = [piece for text in _PIECES.split(rest) if (piece := text.strip(" -|•/*[]()"))]
    return all(len(_WORD.findall(p)) <= 8 and not p[0].islower() and p[-1] not in "?!" for p in pieces)


def is_numbering(rest: str) -> bool:
    """`Annexe 2 –`, `Article 5 –`, `II –` in front of a marking make it a title."""
    before = rest.split("\n")[0]
    return bool(before) and bool(_NUMBERING.match(before))
