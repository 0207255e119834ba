"""Which patterns may take `re` time without measure, as `(a+)+b` does for a text that nearly matches.

A backtracking matcher tries each way of reading a text. Their number doubles with each turn of a loop that
the same letters lead through on two ways: exponential ambiguity (Weber and Seidl, 1991). The ways are those
of the pattern's position automaton (Glushkov): a position is a place where one sign is read, and from one to
the next there may be several.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from itertools import product
from typing import Any, TypeVar

_SAMPLES = "aZ0 _-é\n.€"
_MANY = 10
"""Turns from which a limited repeat counts as one without a limit."""
_POSITIONS, _PAIRS = 200, 5_000
"""What of a pattern is looked at."""
_CATEGORIES = {
    "DIGIT": r"\d",
    "SPACE": r"\s",
    "WORD": r"\w",
    "NOT_DIGIT": r"\D",
    "NOT_SPACE": r"\S",
    "NOT_WORD": r"\W",
}
Signs = frozenset[str]
T = TypeVar("T", bound=Hashable)


def explodes(pattern: str) -> bool:
    """May `re` take time without measure for a text that nearly matches?

    Python documents no way to read a pattern's syntax tree: what is not understood, or is too large, is taken
    for harmless.
    """
    try:
        tree = import_module("re._parser").parse(pattern)
        ways = _Ways(alphabet=frozenset(pattern.lower() + pattern.upper() + _SAMPLES))
        ways.sequence(tree)
    except (ImportError, AttributeError, TypeError, ValueError, RecursionError, re.error):
        return False
    return ways.doubled()


@dataclass(frozen=True, slots=True)
class _Part:
    """Of a part of the pattern: where it may begin and end, and in how many ways it may be empty."""

    first: Counter[int]
    last: Counter[int]
    empty: int


_NOTHING = _Part(Counter(), Counter(), 1)


@dataclass(slots=True)
class _Ways:
    """Positions, each with the signs of the alphabet that it reads, and in how many ways one follows one."""

    alphabet: Signs
    reads: list[Signs] = field(default_factory=list[Signs])
    next: defaultdict[int, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))

    def sequence(self, tree: Iterable[Any]) -> _Part:
        whole = _NOTHING
        for operation, value in tree:
            whole = self._joined(whole, self._step(str(operation), value))
        return whole

    def _joined(self, one: _Part, other: _Part) -> _Part:
        self._link(one.last, other.first)
        return _Part(
            one.first + _times(other.first, one.empty),
            other.last + _times(one.last, other.empty),
            min(2, one.empty * other.empty),
        )

    def _step(self, name: str, value: Any) -> _Part:
        if name.endswith("_REPEAT"):
            return self._repeat(*value)
        if name == "SUBPATTERN":
            return self.sequence(value[-1])
        if name == "BRANCH":
            parts = [self.sequence(each) for each in value[1]]
            firsts, lasts = (_sum(each.first for each in parts), _sum(each.last for each in parts))
            return _Part(firsts, lasts, min(2, sum(each.empty for each in parts)))
        if (signs := self._signs(name, value)) is None:
            return _NOTHING
        self.reads.append(signs)
        if len(self.reads) > _POSITIONS:
            raise ValueError("too many positions to be looked at")
        at = Counter({len(self.reads) - 1: 1})
        return _Part(at, at, 0)

    def _repeat(self, least: int, most: Any, tree: Any) -> _Part:
        part = self.sequence(tree)
        if str(most) == "MAXREPEAT" or most >= _MANY:
            self._link(part.last, part.first)
        elif most > 1:
            part = self._joined(part, self._repeat(least - 1, most - 1, tree))
        return part if least > 0 else _Part(part.first, part.last, 1)

    def _link(self, ends: Counter[int], begins: Counter[int]) -> None:
        for (one, ways), (other, more) in product(ends.items(), begins.items()):
            self.next[one][other] += ways * more

    def _signs(self, name: str, value: Any) -> Signs | None:
        """What one step reads; None where it reads nothing."""
        match name:
            case "LITERAL":
                return frozenset({chr(value).lower(), chr(value).upper()})
            case "NOT_LITERAL":
                return self.alphabet - {chr(value)}
            case "ANY":
                return self.alphabet - {"\n"}
            case "RANGE":
                return frozenset(each for each in self.alphabet if value[0] <= ord(each) <= value[1])
            case "CATEGORY":
                of = re.compile(_CATEGORIES[str(value).removeprefix("CATEGORY_")])
                return frozenset(filter(of.match, self.alphabet))
            case "IN":
                parts = [self._signs(str(each), inner) for each, inner in value]
                within = frozenset[str]().union(*filter(None, parts))
                return self.alphabet - within if str(value[0][0]) == "NEGATE" else within
            case _:
                return None

    def doubled(self) -> bool:
        """Is there a loop that the same signs lead through on two ways?"""
        return any(self._doubled(at) for at in range(len(self.reads)))

    def _doubled(self, at: int) -> bool:
        loop = {each for each in _reached(at, self.next) if at in _reached(each, self.next)}
        if any(self.next[one][other] > 1 for one, other in product(loop, loop)):
            return True
        back = self._backwards(at, loop)
        return any(one != other for one, other in _reached((at, at), back))

    def _backwards(self, at: int, loop: set[int]) -> dict[tuple[int, int], set[tuple[int, int]]]:
        """From `at` taken twice, the pairs in its loop that the same signs lead to, each with those before;
        only the first of very many."""
        before: defaultdict[tuple[int, int], set[tuple[int, int]]] = defaultdict(set)
        waiting = [(at, at)]
        while waiting and len(before) < _PAIRS:
            pair = waiting.pop()
            for one, other in product(self.next[pair[0]].keys() & loop, self.next[pair[1]].keys() & loop):
                if self.reads[one] & self.reads[other]:
                    if (one, other) not in before:
                        waiting.append((one, other))
                    before[one, other].add(pair)
        return before


def _reached(start: T, following: Mapping[T, Collection[T]]) -> set[T]:
    """What is reached from there, in one step or more."""
    found: set[T] = set()
    waiting = [start]
    while waiting:
        new = set(following.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return found


def _sum(counted: Iterable[Counter[int]]) -> Counter[int]:
    return sum(counted, Counter[int]())


def _times(counted: Counter[int], factor: int) -> Counter[int]:
    return Counter({each: ways * factor for each, ways in counted.items() if factor})
