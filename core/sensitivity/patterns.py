"""Patterns of many alternatives that fail fast, since nearly every place of a text is none of them.

`re` tries alternatives one after the other: grouped by their letters, most are skipped at the first.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable


def words(lines: str, ending: str = r"\b") -> re.Pattern[str]:
    """One pattern of all lines, sorted by their first letter so that most places fail at once."""
    by_letter: dict[str, list[str]] = defaultdict(list)
    for line in filter(None, map(str.strip, lines.splitlines())):
        pattern = re.sub(r"(?<!\\)\((?!\?)", "(?:", line.replace(" ", r"\s"))
        by_letter[pattern[0] if pattern[0].isalpha() else ""].append(pattern)
    groups = [
        letter + f"(?:{'|'.join(p[1:] for p in group)})" for letter, group in by_letter.items() if letter
    ]
    return re.compile(rf"\b(?:{'|'.join(groups + by_letter[''])}){ending}")


def literals(texts: Iterable[str]) -> str:
    """A pattern of plain texts, as a tree of their letters. Finds the shortest of those that begin alike."""
    branches: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        if not text:
            return ""
        branches[text[0]].append(text[1:])
    tree = [re.escape(letter) + literals(rest) for letter, rest in sorted(branches.items())]
    return tree[0] if len(tree) == 1 else f"(?:{'|'.join(tree)})"
