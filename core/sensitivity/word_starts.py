"""Tries a pattern only at the words that may begin one of its matches.

`re` tries a pattern that begins with `\\b` at every character of a text: some thirty milliseconds a megabyte
for each of more than fifty patterns. Here the beginnings of all words are noted once, by their first three
letters; which letters a pattern's matches begin with is read from its syntax tree. The matches are those of
`pattern.finditer`, for any pattern: one that does not begin at a word is searched for as `re` does it.
"""

from __future__ import annotations

import re
import string
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import chain, repeat
from typing import Any

_WORD = re.compile(r"([a-z0-9]{1,3})[a-z0-9]*")
_ALPHABET = frozenset(string.ascii_lowercase + string.digits)
_SIZE = 3
"""How many letters of a word are its key; a shorter word is its own."""
BEFORE = 14
"""How many characters before a match are looked at."""
_MANY = 5_000
"""Keys of one pattern: of more, nearly every word would be tried."""


class WordStarts:
    """Where the words of a text of small letters begin, runs of ASCII letters and figures."""

    def __init__(self, text: str) -> None:
        starts: defaultdict[str, list[int]] = defaultdict(list)
        for word in _WORD.finditer(text):
            starts[word[1]].append(word.start())
        self._starts = starts
        self._keys = frozenset(starts)

    def finditer(
        self, pattern: re.Pattern[str], text: str, after: re.Pattern[str] | None = None
    ) -> Iterator[re.Match[str]]:
        """`pattern.finditer(text)`. `text` is the text that was noted, or one with words at the same places.

        `after`: only matches before which it is found, in the few characters (`BEFORE`) that stand there; it
        ends with `\\Z`. Raises ValueError for a pattern that need not begin at a word.
        """
        keys = first_letters(pattern)
        if keys is None:
            if after is not None:
                raise ValueError("no word begins what should stand after something")
            yield from pattern.finditer(text)
            return
        if keys.isdisjoint(self._keys):  # of most patterns: no word of the text can begin a match
            return
        starts = sorted(chain.from_iterable(self._starts[key] for key in keys & self._keys))
        if after is not None:
            starts = [at for at in starts if after.search(text, max(at - BEFORE, 0), at)]
        yield from matches_at(starts, pattern, text)


def matches_at(starts: Iterable[int], pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """The matches of a pattern that begin at some places of a text, these in order; none overlaps another."""
    end = 0
    for match in filter(None, map(pattern.match, repeat(text), starts)):
        if match.start() >= end:
            yield match
            end = match.end()


_KNOWN: dict[int, tuple[re.Pattern[str], frozenset[str] | None]] = {}
"""Patterns of rules by their identity, with `first_letters`: to hash a pattern takes as long as it is."""


def first_letters(pattern: re.Pattern[str]) -> frozenset[str] | None:
    """`read_first_letters`, once for each pattern."""
    if id(pattern) not in _KNOWN:
        _KNOWN[id(pattern)] = pattern, read_first_letters(pattern)
    return _KNOWN[id(pattern)][1]


def read_first_letters(pattern: re.Pattern[str]) -> frozenset[str] | None:
    """The keys of the words that a match of `pattern` may begin with; None where it need not begin at a word.

    Python documents no way to read a pattern's syntax tree: what is not understood is taken for anything.
    """
    try:
        tree = import_module("re._parser").parse(pattern.pattern, pattern.flags)
        beginnings = _Beginnings()
        beginnings.end(beginnings.follow(tree, frozenset((None,))))
    except (ImportError, AttributeError, TypeError, ValueError, KeyError):
        return None
    return frozenset(beginnings.keys) if len(beginnings.keys) <= _MANY else None


_ANYWHERE = "a match may begin elsewhere than at a word"
_Texts = frozenset[str | None]
"""What a match may have begun with so far; None: nothing, and no word need begin here."""


class _Beginnings:
    """Follows a syntax tree until all that a match may begin with is known, or more than is so."""

    def __init__(self) -> None:
        self.keys: set[str] = set()

    def follow(self, tree: Iterable[Any], texts: _Texts) -> _Texts:
        for operation, value in tree:
            if not texts:
                break
            texts = self._one(str(operation), value, texts)
        return texts

    def end(self, texts: _Texts) -> None:
        """Whatever may follow."""
        for text in texts:
            if not text:
                raise ValueError(_ANYWHERE)
            longer = [text]
            while len(longer[0]) < _SIZE:
                self.keys.update(longer)
                longer = [each + letter for each in longer for letter in _ALPHABET]
            self.keys.update(longer)

    def _one(self, operation: str, value: Any, texts: _Texts) -> _Texts:
        match operation:
            case "LITERAL":
                return self._letter(*_members([(operation, value)]), texts)
            case "IN":
                return self._letter(*_members(value), texts)
            case "SUBPATTERN":
                return self.follow(value[3], texts)
            case "BRANCH":
                return frozenset(text for each in value[1] for text in self.follow(each, texts))
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                return self._repeated(value, texts)
            case "AT":
                return self._at(str(value), texts)
            case "ASSERT" | "ASSERT_NOT":
                return self._looked(operation, value, texts)
            case _:
                self.end(texts)
                return frozenset()

    def _letter(self, letters: Iterable[str], others: bool, texts: _Texts) -> _Texts:
        """One of some letters follows, or also something that ends a word."""
        if None in texts or (others and "" in texts):
            raise ValueError(_ANYWHERE)
        begun = [text for text in texts if text is not None]
        if others:
            self.keys.update(begun)
        longer = {text + letter for text in begun for letter in letters}
        done = {text for text in longer if len(text) == _SIZE}
        self.keys |= done
        return frozenset(longer - done)

    def _repeated(self, value: Any, texts: _Texts) -> _Texts:
        (least, most, tree), found = value, frozenset[str | None]()
        for times in range(min(int(most), _SIZE) + 1):
            if times >= min(least, _SIZE):
                found |= texts
            texts = self.follow(tree, texts)
        return found | texts

    def _at(self, where: str, texts: _Texts) -> _Texts:
        if where == "AT_BOUNDARY":
            self.keys.update(text for text in texts if text)
            return frozenset("" for text in texts if not text)
        if where in ("AT_BEGINNING", "AT_BEGINNING_LINE", "AT_BEGINNING_STRING"):
            return frozenset(text or "" for text in texts)
        return texts

    def _looked(self, operation: str, value: Any, texts: _Texts) -> _Texts:
        """No letter and no figure stands before: a word begins, if one stands here."""
        direction, tree = value
        inner = list(tree)
        if operation == "ASSERT_NOT" and direction < 0 and len(inner) == 1 and str(inner[0][0]) == "IN":
            letters, _ = _members(inner[0][1], sure=True)
            if letters >= _ALPHABET:
                return frozenset(text or "" for text in texts)
        return texts


def _members(items: Iterable[Any], *, sure: bool = False) -> tuple[frozenset[str], bool]:
    """The letters and figures of a character class, small, and whether it has anything else. `sure`: only
    those of which capital and small letter are in it."""
    inside = {chr(code) for code in range(128)} & set().union(*(_codes(*item) for item in items))
    if any(str(operation) == "NEGATE" for operation, _ in items):
        inside = {chr(code) for code in range(128)} - inside
    small = {c.lower() for c in inside} & _ALPHABET
    if sure:
        small = {c for c in small if c in inside and c.upper() in inside}
    plain = all(str(operation) in ("LITERAL", "RANGE") for operation, _ in items)
    beyond = not plain or any(_last(value) > 127 for _, value in items)
    return frozenset(small), beyond or any(c.lower() not in _ALPHABET for c in inside)


def _last(value: int | tuple[int, int]) -> int:
    """The code of the last character of a literal or a range."""
    return value[1] if isinstance(value, tuple) else value


def _codes(operation: Any, value: Any) -> set[str]:
    """The ASCII characters of one item of a character class, at least."""
    match str(operation):
        case "LITERAL":
            return {chr(value)}
        case "RANGE":
            return {chr(code) for code in range(value[0], min(value[1], 127) + 1)}
        case "CATEGORY" if str(value) in _CATEGORIES:
            return {chr(code) for code in range(128) if re.match(_CATEGORIES[str(value)], chr(code))}
        case "NEGATE":
            return set()
        case _:
            raise ValueError(_ANYWHERE)


_CATEGORIES = {
    "CATEGORY_DIGIT": r"\d", "CATEGORY_NOT_DIGIT": r"\D", "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S", "CATEGORY_WORD": r"\w", "CATEGORY_NOT_WORD": r"\W",
}  # fmt: skip
