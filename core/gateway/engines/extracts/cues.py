"""What words announce: a question's kind, and a sentence that matters or that cannot stand alone."""

from __future__ import annotations

import re

from core.language.folding import fold
from core.language.months import ENGLISH_MONTHS, FRENCH_MONTHS
from core.language.pattern_file import PatternFile, toml_beside

_MONTHS = "|".join((*FRENCH_MONTHS, *ENGLISH_MONTHS))
_DAY = rf"\d{{1,2}}(er)?\s+({_MONTHS})|({_MONTHS})\s+\d|\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{2,4}}"
DAY = re.compile(rf"\b({_DAY})", re.IGNORECASE)
_PATTERNS = PatternFile(toml_beside(__file__))
DATE = _PATTERNS.pattern("date", day=_DAY)
AMOUNT = _PATTERNS.pattern("amount")
OBLIGATION = _PATTERNS.pattern("obligation")
_SUBJECT = r"(objet|sujet|subject)\s*:"
SUBJECT = re.compile(_SUBJECT, re.IGNORECASE)
STATES = _PATTERNS.pattern("states", subject=_SUBJECT)
NOTICE = _PATTERNS.pattern("notice")
_SUMMARY = _PATTERNS.pattern("summary")
_GREETING = _PATTERNS.pattern("greeting")
_BETWEEN = " !.?,;…-"
_WHEN = _PATTERNS.pattern("when")
_HOW_MUCH = _PATTERNS.pattern("how_much")
_WHO = re.compile(r"\b(qui|quelle? (personne|service|bureau|direction)|who|whom)\b")
NAME = _PATTERNS.pattern("name")
_IMPERSONAL = _PATTERNS.pattern("impersonal")
_LINK = _PATTERNS.pattern("link")


def asks_summary(question: str) -> bool:
    return _SUMMARY.search(fold(question)) is not None


def greets(question: str) -> bool:
    """Nothing but greetings, thanks or a call for help."""
    rest = fold(question)
    while rest and (found := _GREETING.match(rest)):
        rest = rest[found.end() :].lstrip(_BETWEEN)
    return not rest


def sought(question: str) -> tuple[re.Pattern[str], ...]:
    """What the answer to a question is likely to hold: a date, an amount, a name."""
    folded = fold(question)
    kinds = ((_WHEN, DATE), (_HOW_MUCH, AMOUNT), (_WHO, NAME))
    return tuple(held for asks, held in kinds if asks.search(folded))


def leans_back(sentence: str) -> bool:
    """Does it begin with a pronoun or a link whose meaning stands in the sentence before?"""
    return _LINK.match(sentence) is not None and _IMPERSONAL.match(sentence) is None
