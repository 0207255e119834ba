"""Whether the records of the audit trail follow each other as they were written."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import aclosing
from itertools import islice

from core.turn.audit_packs import Entry, Packs

RECENT = 100_000
"""Links that `verify` holds in memory; those of older records are read again where a record names one."""


class TrailWalk:
    """Looks at all records in order, and says what is wrong. `wanted`: numbers whose links are kept."""

    def __init__(self, packs: Packs, *, wanted: Collection[int]) -> None:
        self.count = 0
        self.links: dict[int, str] = {}
        """Of the records `wanted` that there are."""
        self._packs = packs
        self._wanted = wanted
        self._recent: dict[int, str] = {}
        self._first: Entry | None = None
        self._last: Entry | None = None
        self._expired: set[tuple[int, str]] = set()
        self._faults: list[str] = []

    async def see(self, entry: Entry) -> None:
        n, last = entry["n"], self._last
        wrong = list(self._packs.wrong(entry))
        self._faults += wrong
        if last is not None and (n, entry["before"]) != (last["n"] + 1, last["link"]):
            self._faults.append(f"records are missing or moved between {last['n']} and {n}")
        seen, link = entry["seen"]
        if self._first is not None and seen >= self._first["n"] and await self._link(seen) != link:
            self._faults.append(f"record {n} saw another record {seen} than there is")
        if entry["what"] == "expired" and not wrong:
            self._expired.add((entry["through"], entry["through_link"]))
        self._note(n, entry["link"])
        self._first, self._last = self._first or entry, entry

    def _note(self, n: int, link: str) -> None:
        self.count += 1
        self._recent[n] = link
        if n in self._wanted:
            self.links[n] = link
        if len(self._recent) > 2 * RECENT:
            self._recent = dict(islice(self._recent.items(), RECENT, None))

    async def _link(self, n: int) -> str | None:
        """The link of an earlier record."""
        if n in self._recent:
            return self._recent[n]
        async with aclosing(self._packs.entries(since=n - 1)) as following:
            async for entry in following:
                return entry["link"] if entry["n"] == n else None
        return None

    def faults(self, n: int, link: str) -> Iterator[str]:
        """What is wrong, where the store's head says that record `n` with this link is the last."""
        yield from self._faults
        first, last = self._first, self._last
        if first is not None and first["n"] > 1 and (first["n"] - 1, first["before"]) not in self._expired:
            yield f"records before {first['n']} are missing, and did not expire"
        if (n, link) != ((last["n"], last["link"]) if last else (0, "")):
            yield f"the trail ends at {last['n'] if last else 0}, its head says {n}"
