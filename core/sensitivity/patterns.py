"""Patterns of many alternatives that fail fast, since nearly every place of a text is none of them.

`re` tries alternatives one after the other: in a tree of their letters, nearly all are skipped at the first.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

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


def literals(texts: Iterable[str]) -> str:
    """A pattern of plain texts, as a tree of their letters. Finds the shortest of those that begin alike."""
    branches: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        if not text:
            return ""
        branches[text[0]].append(text[1:])
    begun = [re.escape(letter) + literals(rest) for letter, rest in sorted(branches.items())]
    return begun[0] if len(begun) == 1 else f"(?:{'|'.join(begun)})"
