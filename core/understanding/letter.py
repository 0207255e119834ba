"""Which sentences of a letter ask for something: the others are what it says, and a letter says much.

A sentence that asks for a synthesis, a file or a language is understood as any request; one that is about
what the synthesis is to hold (« concentre-toi sur le budget ») is told by its verb.
"""

from __future__ import annotations

import re

from core.language.folding import fold
from core.language.mail_segments import CLAUSE
from core.language.pattern_file import PatternFile, toml_beside
from core.understanding.arguments import without_language
from core.understanding.commands import spelled
from core.understanding.understand import understand

_ENDS = re.compile(r"(?<=[.!?…])\s+|\n+")
_PATTERNS = PatternFile(toml_beside(__file__))
_WISHES = _PATTERNS.pattern("wishes")
_QUESTION = _PATTERNS.pattern("question")
_ASKS = _PATTERNS.pattern("asks")
_TO_US = _PATTERNS.pattern("to_us")
_MOST = 6
"""Sentences that are taken for what is asked."""
_LONGEST = 400
"""Characters of a sentence that asks."""
_READ = 4_000
"""Characters of a letter that are read for what it asks."""
_FEW = 4
"""Words of a sentence that says nothing but a form: « plus détaillé »."""


def wanted_in(title: str, words: str) -> tuple[list[str], list[str]]:
    """The sentences of a letter that want something done, and those that are questions. Its title (empty:
    none that counts) is one of them where it surely asks for a synthesis, a file or a language, and no words
    below it ask a question: « Point ateliers » is then what they are about."""
    said = [each.strip() for each in _ENDS.split(words[:_READ]) if each.strip()]
    wanting = [each for each in said if _wants(each)]
    asking = [each for each in said if is_question(each) and each not in wanting]
    if title and not asking and _is_order(title, few=0):
        return [title, *wanting][:_MOST], asking
    return wanting[:_MOST], [title, *asking] if title and is_question(title) else asking


def wanted_below(signed: str) -> list[str]:
    """The lines among those that sign a letter that surely want a file or a language (« En anglais svp »,
    below the name), or by a verb a synthesis. An office may be one of syntheses, and what is always there
    asks whoever reads it: « Besoin d'aide ? », « Merci de ne pas imprimer ce message »."""
    lines = [each.strip() for each in signed[:_READ].split("\n")]
    return [each for each in lines if each and _wants(each) and _is_sure(each)]


def _is_sure(line: str) -> bool:
    intent = understand(line, place="mail", document=True)
    condenses = intent.kind == "summarise" and _WISHES.search(fold(line)) is not None
    return intent.sure and (condenses or intent.kind in ("export", "language"))


def wants_nothing(words: str) -> bool:
    """Does a letter neither ask nor order anything: « Oui, je serai là. »?"""
    orders = len(words) > _READ or spelled(words) is not None or _TO_US.search(fold(words)) is not None
    return not orders and not any(wanted_in("", words))


def is_question(sentence: str) -> bool:
    """Say whether a sentence asks: « Qui paie ? »."""
    return _QUESTION.search(fold(sentence).strip()) is not None


def _wants(sentence: str) -> bool:
    said = fold(sentence)
    if len(sentence) > _LONGEST or _ASKS.fullmatch(said) or CLAUSE.search(said):
        return False
    return _is_order(sentence, few=_FEW) or _WISHES.search(said) is not None


def _is_order(sentence: str, *, few: int) -> bool:
    """Is a synthesis, a file or a language surely wanted, or probably in a `few` words?"""
    said = without_language(fold(sentence)).strip(" .!")
    intent = understand(said, place="mail", document=True)
    wanted = intent.kind in ("summarise", "export", "again") and (intent.sure or len(said.split()) < few)
    return wanted or not said
