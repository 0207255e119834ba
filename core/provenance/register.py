"""The register recognises an answer that was copied, shortened or edited, and keeps none of its words.

Of each answer some groups of three words are hashed under a key that the store does not hold. A hash names
a cell of a table, and in the cell stands a number for the answer; no more is kept. A text is looked up by all
its groups: where many cells hold one and the same number, the text was taken from that answer. Chance does
not do that: groups that people share by habit lead to many numbers, each a few times.

A table has `CELLS` cells of four bytes and takes `ANSWERS` answers, so that few cells are written twice. A
day has as many tables as it needs; they go when the retention is over (`[retention] register_days`). Eight
more cells of an answer, by the digest of all its words, tell that a text is whole.

    23 bits  the answer: a hash of its turn
    1 bit    did a model write in it?
    6 bits   how many groups stand for it, by four
    2 bits   of how many neighbouring groups each was chosen: 1, 2, 4 or 8
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from core.provenance.record import digest_of, words_of
from core.store.valkey import Store
from core.store.wire import Command
from core.vault import Vault

T = TypeVar("T")

CELLS = 1 << 17
ANSWERS = 350
"""Of one table: a fifth of its cells is then in use."""
LEAST_WORDS = 12
"""A shorter text says what anybody says."""
MOST_WORDS = 20_000
"""Of a text that is looked up."""
LEAST_SHARE, LEAST_HITS = 0.19, 8
"""Of the groups that a text taken from an answer would have (`python -m tests.bench provenance`)."""
_GROUP = 3
_STEPS = ((96, 0), (192, 1), (384, 2))
"""Up to how many words each second, fourth … group is kept (as a power of two)."""
_WHOLE = 8
_DAY = 86_400
_LINK = re.compile(r"\]\([^()\s]*\)")
"""An address behind words: people do not see it, and its words do not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """A text is one of ours. `day`: of the answer, in days since 1970. `share`: from 0 to 1, how much of what
    a text taken from the answer would share with it this one does. `whole`: all words are the answer's."""

    day: int
    share: float
    whole: bool
    generated: bool


class Register:
    """Adds answers and recognises texts, for `days` days; 0: nothing is kept. `clock`: seconds since 1970."""

    def __init__(self, store: Store, vault: Vault, *, days: int, clock: Callable[[], float]) -> None:
        self._store = store
        self._days = days
        self._clock = clock
        self._keyed = hashlib.blake2b(key=bytes.fromhex(vault.tag("provenance", "register")), digest_size=8)
        self._day = 0
        self._count = 0
        """Answers of today, as the store knew at the last look, and ours since."""

    async def look(self) -> None:
        """Learn how many answers all replicas have added today. Raises StoreError."""
        self._day = self._today()
        self._count = int(await self._store.run(("GET", self._counter(self._day))) or 0)

    def adding(self, text: str, *, name: str, generated: bool) -> list[Command]:
        """What adds an answer, as commands to travel with others; `name` is the same on every retry."""
        words = words_of(_LINK.sub("]", text))
        if len(words) < LEAST_WORDS or not self._days:
            return []
        if (today := self._today()) != self._day:
            self._day, self._count = today, 0
        table = self._table(today, self._count // ANSWERS)
        self._count += 1
        place: list[str | int] = []
        for cell, value in self._cells(words, name, generated):
            place += ("SET", "u32", f"#{cell}", value)
        keep = (self._days + 1) * _DAY
        counter = self._counter(today)
        return [
            ("BITFIELD", table, *place),
            ("EXPIRE", table, keep),
            ("INCR", counter),
            ("EXPIRE", counter, keep),
        ]

    async def find(self, text: str) -> Recognised | None:
        """Recognise a text; None: it is no answer that is still registered. Raises StoreError."""
        words, cells, marks = await asyncio.to_thread(self._sought, text)
        if words < LEAST_WORDS or not self._days:
            return None
        asked: list[str | int] = []
        for cell in (*cells, *(cell for cell, _ in marks)):
            asked += ("GET", "u32", f"#{cell}")
        days = range(self._today(), self._today() - self._days - 1, -1)
        counts = await self._store.spread([("GET", self._counter(day)) for day in days])
        found: list[Recognised] = []
        for day, count in zip(days, counts, strict=True):
            for number in range(int(count) // ANSWERS + 1 if count else 0):
                values = await self._store.run(("BITFIELD_RO", self._table(day, number), *asked))
                found += _judged(day, values[: len(cells)], words, _same(values[len(cells) :], marks))
            if any(each.whole for each in found):
                break
        return max(found, key=lambda each: (each.whole, each.share), default=None)

    def _sought(self, text: str) -> tuple[int, list[int], list[tuple[int, int]]]:
        """How many words of a text are looked up, the cells of their groups, and the marks of the whole. A
        long text takes a twentieth of a second: not on the event loop."""
        words = words_of(_LINK.sub("]", text))[:MOST_WORDS]
        groups = dict.fromkeys(_groups(words))
        return len(words), [self._hash(" ".join(group)) % CELLS for group in groups], self._marks(words)

    def _cells(self, words: Sequence[str], name: str, generated: bool) -> Iterator[tuple[int, int]]:
        """The cells that stand for an answer, and what each holds."""
        power = next((power for most, power in _STEPS if len(words) < most), 3)
        chosen = list(dict.fromkeys(_chosen(words, 1 << power)))
        number = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest()) >> 9
        value = number << 9 | generated << 8 | min(-(-len(chosen) // 4), 63) << 2 | power
        yield from self._marks(words, generated)
        for group in chosen:
            yield self._hash(" ".join(group)) % CELLS, value

    def _marks(self, words: Sequence[str], generated: bool = False) -> list[tuple[int, int]]:
        """The cells that say that a text is whole: what they hold depends on all words, and on `generated` in
        their last bit."""
        digest = digest_of(" ".join(words))
        value = self._hash(f"whole {digest}") & 0xFFFFFFFE | generated
        return [(self._hash(f"{n} {digest}") % CELLS, value) for n in range(_WHOLE)]

    def _hash(self, text: str) -> int:
        hash = self._keyed.copy()
        hash.update(text.encode())
        return int.from_bytes(hash.digest())

    def _today(self) -> int:
        return int(self._clock()) // _DAY

    def _counter(self, day: int) -> str:
        return self._store.key(0, "register", str(day))

    def _table(self, day: int, number: int) -> str:
        return self._store.key(number % self._store.partitions, "register", str(day), str(number))


def _judged(day: int, values: Sequence[int], words: int, whole: int | None) -> Iterator[Recognised]:
    """What the cells of one table tell of a text of so many words."""
    if whole is not None:
        yield Recognised(day=day, share=1.0, whole=True, generated=bool(whole & 1))
        return
    for value, hits in Counter(value for value in values if value).items():
        kept, step = 4 * (value >> 2 & 63), 1 << (value & 3)
        share = min(1.0, hits / max(1.0, min(kept, (words - _GROUP + 1) / step)))
        if hits >= LEAST_HITS and share >= LEAST_SHARE:
            yield Recognised(day=day, share=share, whole=False, generated=bool(value >> 8 & 1))


def _same(values: Sequence[int], marks: Sequence[tuple[int, int]]) -> int | None:
    """What the cells of a whole text hold, when two of them at least agree."""
    held = [value for value, (_, wanted) in zip(values, marks, strict=True) if value | 1 == wanted | 1]
    return held[0] if len(held) >= 2 else None


def _groups(words: Sequence[T]) -> Iterator[tuple[T, ...]]:
    return zip(*(words[n:] for n in range(_GROUP)), strict=False)


def _chosen(words: Sequence[str], step: int) -> Iterator[tuple[str, ...]]:
    """Of each `step` neighbouring groups the one with most letters: it says most."""
    groups = list(_groups(words))
    letters = [sum(each) for each in _groups([len(word) for word in words])]
    for at in range(0, len(groups), step):
        yield groups[letters.index(max(letters[at : at + step]), at)]
