"""Which patterns may take `re` time without measure, as `(a+)+b` does for a text that nearly matches.

A backtracking matcher tries each way of reading a text. Their number doubles with each turn of a loop that
the same letters lead through on two ways: exponential ambiguity (Weber and Seidl, 1991). The ways are those
of the pattern's position automaton (Glushkov): a position is a place where one sign is read, and from one to
the next there may be several. Where a group never gives back what it took (`(?>a+)`, `a++`), it is one
position that reads what nothing else does, or the one sign that it is long; inside it are loops of their own,
as inside of what looks ahead.

Not found: chains of repeats without such a loop, as `(?:a?){22}a{22}c`; what refers back to a group; and
longer groups that give nothing back beside the same signs, as `(?:(?>ab)|ab)+c`.
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
_POSITIONS = 500
"""What of a pattern is looked at: the loops that end before so many positions are read."""
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

    Python documents no way to read a pattern's syntax tree: what is not understood is taken for harmless.
    """
    ways = _Ways(alphabet=frozenset(pattern.lower() + pattern.upper() + _SAMPLES))
    try:
        ways.sequence(import_module("re._parser").parse(pattern))
    except OverflowError:
        pass  # what was read before is judged
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
    """Positions, each with the signs of the alphabet that it reads, and in how many ways one follows one;
    `loops`: one position of each repeat without a limit."""

    alphabet: Signs
    reads: list[Signs] = field(default_factory=list[Signs])
    next: defaultdict[int, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    loops: list[int] = field(default_factory=list[int])

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
        match name:
            case "MAX_REPEAT" | "MIN_REPEAT":
                return self._repeat(*value)
            case "POSSESSIVE_REPEAT":
                return self._kept(value[2], may_be_empty=value[0] == 0)
            case "ATOMIC_GROUP":
                return self._kept(value, is_one_sign=value.getwidth() == (1, 1))
            case "SUBPATTERN":
                return self.sequence(value[-1])
            case "BRANCH":
                return self._branch(value[1])
            case "GROUPREF_EXISTS":
                return self._branch([each or () for each in value[1:]])
            case "ASSERT" | "ASSERT_NOT":
                self.sequence(value[1])
                return _NOTHING
            case _:
                signs = self._signs(name, value)
                return _NOTHING if signs is None else self._position(signs)

    def _position(self, signs: Signs, empty: int = 0) -> _Part:
        if len(self.reads) == _POSITIONS:
            raise OverflowError("no more positions are looked at")
        self.reads.append(signs)
        at = Counter({len(self.reads) - 1: 1})
        return _Part(at, at, empty)

    def _branch(self, trees: Iterable[Any]) -> _Part:
        parts = [self.sequence(each) for each in trees]
        firsts, lasts = (_sum(each.first for each in parts), _sum(each.last for each in parts))
        return _Part(firsts, lasts, min(2, sum(each.empty for each in parts)))

    def _kept(self, tree: Any, *, may_be_empty: bool = False, is_one_sign: bool = False) -> _Part:
        """What gives nothing back: there is one way through it."""
        part = self.sequence(tree)
        if not part.first:
            return _NOTHING
        own = Signs({f"position {len(self.reads)}"})
        signs = Signs().union(*(self.reads[at] for at in part.first)) if is_one_sign else own
        return self._position(signs, 1 if may_be_empty else min(1, part.empty))

    def _repeat(self, least: int, most: Any, tree: Any) -> _Part:
        part = self.sequence(tree)
        if part.first and (str(most) == "MAXREPEAT" or most >= _MANY):
            self._link(part.last, part.first)
            self.loops += list(part.first)[:1]
        elif part.first and most > 1:
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
        before: defaultdict[int, set[int]] = defaultdict(set)
        for one, following in self.next.items():
            for other in following:
                before[other].add(one)
        seen: set[int] = set()
        for at in self.loops:
            if at not in seen:
                loop = _reached(at, self.next) & _reached(at, before)
                if self._doubled(at, loop):
                    return True
                seen |= loop
        return False

    def _doubled(self, at: int, loop: set[int]) -> bool:
        """Do two ways that the same signs lead on part within the loop, and meet? They part and meet at `at`
        then too: any position of a loop leads to any other."""
        if any(ways > 1 for one in loop for other, ways in self.next[one].items() if other in loop):
            return True
        after = {each: self.next[each].keys() & loop for each in loop}
        alike = {each: {more for more in loop if self.reads[each] & self.reads[more]} for each in loop}
        seen, waiting = {(at, at)}, [(at, at)]
        while waiting:
            one, other = waiting.pop()
            for pair in ((left, right) for left in after[one] for right in after[other] & alike[left]):
                if one != other and pair[0] == pair[1]:
                    return True
                if pair not in seen:
                    seen.add(pair)
                    waiting.append(pair)
        return False


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
