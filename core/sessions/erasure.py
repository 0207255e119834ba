"""Erasure: what is kept about a person goes, and comes back neither from late writers nor from a backup.

First a tombstone is left in every partition, with the time of the erasure. Whatever came in up to then may
still be answered, but nothing of it is kept any more: each script that keeps something asks for the tombstone
(`erased` in prelude.lua), and names when what it keeps came in. So the answers that are being written, the
questions that wait, and a dead letter that is made of one of them, defeat no erasure. Packages that wait for
the archives hold copies: they ask for who was erased since, and which exchanges were taken back one by one
(`core.archives`).

A backup that is restored brings erased data back. So each replica keeps a journal in its data folder of who
was erased when (keyed hashes), and repeats at start what the store does not know of.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from core.errors import ConfigurationError
from core.store.valkey import Store
from core.store.wire import Command

DAY = 86_400_000
TOMBSTONE = 30 * DAY
"""Milliseconds: longer than anything waits."""
KEPT = 400 * DAY
"""Milliseconds that erasures are known in the journal: longer than backups are kept."""


async def erase(store: Store, who: str, at: int = 0) -> None:
    """Erase what came of the person (a tag) up to `at`, in ms by the store's clock; 0: up to now.

    May be repeated after a failure, and must be until it returns. Raises StoreUnavailable."""
    at = await _leave_tombstones(store, who, at)
    codes: list[bytes] = await store.run(("SMEMBERS", store.key(who, "codes", who)))
    await store.spread([("DEL", store.key(code.decode(), "handover", code.decode())) for code in codes])
    sessions: list[bytes] = await store.run(store.script("person", who, "erase"))
    for tag in sessions:
        session = tag.decode()
        await store.run(store.script("prune", session, "person", who))
    await store.run(store.script("person", who, "erased"))
    await store.spread([store.script("dead", p, "forget", who) for p in range(store.partitions)])
    await store.run(store.script("erase", 0, who, at, TOMBSTONE, KEPT))
    await store.rewrite_later()


async def erased_since(store: Store, people: Collection[str], since: int) -> frozenset[str]:
    """Which of these people (tags) were erased at `since` or later, in ms by the store's clock."""
    return await _since(store, _place(store), people, since)


async def note_removal(store: Store, turn: str) -> None:
    """Note that an exchange was taken back, for what holds copies of it. Raises StoreUnavailable."""
    now = await store.now()
    past: Command = ("ZREMRANGEBYSCORE", _removals(store), "-inf", now - TOMBSTONE)
    await store.batch([("ZADD", _removals(store), now, turn), past])


async def removed_since(store: Store, turns: Collection[str], since: int) -> frozenset[str]:
    """Which of these exchanges (keys) were taken back at `since` or later, in ms by the store's clock."""
    return await _since(store, _removals(store), turns, since)


async def anything_since(store: Store, since: int) -> bool:
    """Was anybody erased, or an exchange taken back, at `since` or later?"""
    places = (_place(store), _removals(store))
    return any(await store.batch([("ZCOUNT", place, since, "+inf") for place in places]))


async def _since(store: Store, place: str, names: Collection[str], since: int) -> frozenset[str]:
    if not names:
        return frozenset()
    known = list(names)
    found: list[bytes | None] = await store.run(("ZMSCORE", place, *known))
    return frozenset(
        name for name, at in zip(known, found, strict=True) if at is not None and float(at) >= since
    )


async def _leave_tombstones(store: Store, who: str, at: int) -> int:
    """The same time everywhere: the latest of the clocks of a Cluster's nodes."""
    times: list[int] = []
    while len(set(times)) != 1:
        at = max([at, *times])
        places = range(store.partitions)
        times = await store.spread([store.script("erase", p, who, at, TOMBSTONE) for p in places])
    return times[0]


def _place(store: Store) -> str:
    return store.key(0, "erasures")


def _removals(store: Store) -> str:
    return store.key(0, "removals")


class Journal:
    """The erasures that this replica knows of: a line `time tag` each, in `erasures` of the data folder. The
    file is written whole or not at all: neither a full disk nor a crash takes any of them away."""

    def __init__(self, store: Store, data_dir: Path) -> None:
        self._store = store
        self._path = data_dir / "erasures"
        self._known: dict[str, int] = {}

    async def replay(self) -> int:
        """At start: erase again what the store does not know of, and learn what it does; what is older than
        the store keeps it is forgotten. Returns how many were erased again.

        Raises ConfigurationError when the journal cannot be read, StoreUnavailable."""
        theirs, oldest = await self._erasures(0), await self._store.now() - KEPT
        lost = {who: at for who, at in self._read().items() if theirs.get(who, oldest) < at}
        for who, at in lost.items():
            await erase(self._store, who, at)
        self._keep(theirs | lost)
        return len(lost)

    async def mirror(self) -> None:
        """Write down what was erased meanwhile, by whichever replica or command. Raises StoreError."""
        since = max(self._known.values(), default=DAY) - DAY  # one is noted when it is done, by when it began
        new = {who: at for who, at in (await self._erasures(since)).items() if self._known.get(who) != at}
        if new:
            self._keep(self._known | new)

    async def _erasures(self, since: int) -> dict[str, int]:
        place = _place(self._store)
        found = await self._store.run(("ZRANGEBYSCORE", place, since, "+inf", "WITHSCORES"))
        return {who.decode(): round(at) for who, at in found}

    def _read(self) -> dict[str, int]:
        try:
            # A last line that a crash left half-written was of an earlier version.
            lines = self._path.read_text().rpartition("\n")[0].splitlines() if self._path.exists() else []
            found: dict[str, int] = {}
            for at, who in map(str.split, lines):
                found[who] = max(found.get(who, 0), int(at))
        except (OSError, ValueError):
            raise ConfigurationError(str(self._path), "erasures.unread") from None
        return found

    def _keep(self, erasures: dict[str, int]) -> None:
        """Know these erasures, once they are written. Raises OSError."""
        draft = self._path.with_name(f"erasures.{os.getpid()}")  # a command keeps it beside a replica
        with draft.open("w") as file:
            file.writelines(f"{at} {who}\n" for who, at in erasures.items())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        self._known = erasures
