"""Words of French and English: which carry meaning, and what forms of one word share."""

from __future__ import annotations

import re
from functools import lru_cache

from core.language.folding import fold
from core.language.pattern_file import toml_beside

_LISTS: dict[str, str] = toml_beside(__file__)
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+")
_ROOT = 5
_THOUSANDS = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(?!\d))")
_SUFFIXES = (
    "issement", "atrice", "ateur", "ation", "ition", "ement", "ment", "euse", "eur", "ite", "ive", "if",
    "able", "ible", "ance", "ence", "ante", "ant", "aient", "ait", "eront", "era", "ees", "ee", "er", "ez",
    "ent", "ing", "ed", "ly", "es", "e",
)  # fmt: skip


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """What forms of one word share: plurals, genders and endings of verbs go. The input is folded."""
    if word[0].isdigit() or len(word) < 4:
        return word
    if word.endswith("aux") and len(word) > 5:
        word = word[:-3] + "al"
    elif word[-1] in "sx" and not word.endswith("ss"):
        word = word[:-1]
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 4:
            word = word[: -len(suffix)]
            break
    if word[-1] == "s" or word[-1] == word[-2]:
        word = word[:-1]
    return word


_FOLDED_STOP = frozenset(fold(word) for word in _LISTS["stop"].split())
_GENERIC_STEMS = frozenset(stem(fold(word)) for word in _LISTS["generic"].split())


def terms(text: str) -> list[str]:
    """The stems of the words that carry meaning, in order; numbers whole, however they are grouped."""
    tokens = _TOKEN.findall(fold(_THOUSANDS.sub("", text)))
    return [stem(t) for t in tokens if t not in _FOLDED_STOP and (len(t) > 1 or t.isdigit())]


def query(question: str) -> tuple[str, ...]:
    """The terms that a question looks for, without the words that speak of documents in general."""
    return tuple(term for term in dict.fromkeys(terms(question)) if term not in _GENERIC_STEMS)


_GROUPS = [{stem(fold(word)) for word in line.split()} for line in _LISTS["synonyms"].strip().split("\n")]
_ALIKE = {term: group - {term} for group in _GROUPS for term in group}


def alike(term: str) -> frozenset[str]:
    """Terms that mean much the same in an office."""
    return frozenset(_ALIKE.get(term, ()))


def akin(one: str, other: str) -> bool:
    """Are two terms forms of one word that the stemmer did not bring together (« plafond », « plafonné »)?"""
    shared = max(_ROOT, max(len(one), len(other)) - 2)
    return one != other and one[:shared] == other[:shared] and min(len(one), len(other)) >= shared
