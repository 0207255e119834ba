"""Which of the two languages of relais somebody writes in, told by words of grammar (`grammar_words.toml`).

French and English share most learned words, and none of these. Only a text's first line counts, up to a colon
or a quotation: what follows may be there to be translated. What is not plain stays open: a few words, or both
languages at once.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Literal

from core.language.accents import fold
from core.language.learned import LearnedReader, features_of

_LETTERS = re.compile(r"[a-z]{3}")
Written = Literal["fr", "en"]
_OWN = re.compile(r"[^\n:«“\"]*")
"""What of a text is surely its author's own words."""
_ENOUGH = 2
"""Different words of grammar of one language, at least, where there is none of the other."""
_SURE: dict[Written, float] = {"fr": 0.75, "en": 0.9}
"""The probability from which words of no grammar are of a language: most people here write French."""
_LONGEST = 300
"""Characters that are looked at."""
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")


def written_in(text: str) -> Written | None:
    """The language of a text, where it is plain: `en` for “How do I send you a file?”."""
    own = _OWN.match(text.strip()[:_LONGEST])
    said = set(_WORD.findall(fold(own[0]))) if own else set[str]()
    french, english = (len(said & _grammar_of()[language]) for language in ("fr", "en"))
    if min(french, english) > 0 or max(french, english) < _ENOUGH:
        return None
    return "fr" if french else "en"


def mostly_in(text: str) -> Written | None:
    """The language of a few words that have no grammar, by what was learned of words: `en` for “help”; None
    for « stop » and « export Word », which may be either."""
    if _LETTERS.search(fold(text)) is None:
        return None
    chances = word_reader().among(features_of(text))
    likely: Written = "fr" if chances["fr"] > chances["en"] else "en"
    return likely if chances[likely] >= _SURE[likely] else None


@cache
def word_reader() -> LearnedReader:
    """Load what was learned of the words of both languages."""
    return LearnedReader.from_bytes(
        resources.files("core.language").joinpath("language_words.bin").read_bytes()
    )


@cache
def grammar() -> frozenset[str]:
    """The words of grammar of both languages, folded."""
    return frozenset[str]().union(*_grammar_of().values())


@cache
def _grammar_of() -> dict[Written, frozenset[str]]:
    lists = tomllib.loads(resources.files("core.language").joinpath("grammar_words.toml").read_text("utf-8"))
    return {"fr": frozenset(lists["fr"].split()), "en": frozenset(lists["en"].split())}
