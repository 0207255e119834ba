"""Patterns of many alternatives that fail fast, since nearly every place of a text is none of them.

`re` tries alternatives one after the other: in a tree of their letters, nearly all are skipped at the first.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from importlib import import_module
from typing import Any

_CHOICE = re.compile(r"\(([^()?][^()]*)\)(?![?*+{])(.*)", re.S)
_LETTER = re.compile(r"([A-Za-z0-9])(?![?*+{])(.*)", re.S)


def words(lines: str, ending: str = r"\b") -> re.Pattern[str]:
    """One pattern of all lines, at the beginning of a word.

    In a line a space is any white space, and `(…)` does not capture.
    """
    patterns = [
        re.sub(r"(?<!\\)\((?!\?)", "(?:", expanded).replace(" ", r"\s")
        for line in filter(None, map(str.strip, lines.splitlines()))
        for expanded in _expanded(line)
    ]
    return re.compile(rf"\b{tree(patterns)}{ending}")


def _expanded(line: str) -> list[str]:
    """`(a|b) c` → `a c`, `b c`, so that both find their place in the tree."""
    choice = _CHOICE.fullmatch(line)
    return [first + choice[2] for first in choice[1].split("|")] if choice else [line]


def tree(patterns: Iterable[str]) -> str:
    """One pattern of all, of which the longest of those that begin alike is found."""
    branches: dict[str, list[str]] = defaultdict(list)
    others: list[str] = []
    for pattern in patterns:
        if letter := _LETTER.fullmatch(pattern):
            branches[letter[1]].append(letter[2])
        else:
            others.append(pattern)
    begun = [letter + (tree(rest) if len(rest) > 1 else rest[0]) for letter, rest in sorted(branches.items())]
    return f"(?:{'|'.join(begun + others)})"


def explodes(pattern: str) -> bool:
    """May `re` take time without measure for a text that nearly matches, as for `(a+)+b`?

    So it is where what is repeated without limit is itself made of nothing but such repeats.

    Python documents no way to read a pattern's syntax tree: what is not understood is taken for harmless.
    """
    try:
        return _explodes(import_module("re._parser").parse(pattern))
    except (ImportError, AttributeError, TypeError, ValueError, re.error):
        return False


def _explodes(tree: Any) -> bool:
    for operation, value in tree:
        name = str(operation)
        if name in _REPEATS and str(value[1]) == "MAXREPEAT" and _only_repeats(value[2]):
            return True
        if any(_explodes(each) for each in _inner(name, value)):
            return True
    return False


_REPEATS = ("MAX_REPEAT", "MIN_REPEAT")


def _only_repeats(tree: Any) -> bool:
    """Is all that must stand there a repeat without limit?"""
    needed = [(str(each), value) for each, value in tree if str(each) not in _REPEATS or value[0]]
    if len(needed) == 1 and needed[0][0] == "SUBPATTERN":
        return _only_repeats(needed[0][1][-1])
    return bool(needed) and all(name in _REPEATS and str(value[1]) == "MAXREPEAT" for name, value in needed)


def _inner(name: str, value: Any) -> list[Any]:
    """The parts of one step of a pattern."""
    if name in _REPEATS:
        return [value[2]]
    if name == "SUBPATTERN":
        return [value[-1]]
    return list(value[1]) if name == "BRANCH" else []


def literals(texts: Iterable[str]) -> str:
    """A pattern of plain texts, as a tree of their letters. Finds the shortest of those that begin alike."""
    branches: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        if not text:
            return ""
        branches[text[0]].append(text[1:])
    begun = [re.escape(letter) + literals(rest) for letter, rest in sorted(branches.items())]
    return begun[0] if len(begun) == 1 else f"(?:{'|'.join(begun)})"
