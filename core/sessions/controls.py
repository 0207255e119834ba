"""What operators say and decide while replicas run: an announcement, maintenance, who is blocked.

It lies in the store, so one command holds for every replica; each looks every few seconds (`look`), and
what a turn asks is answered from memory. People and rooms are keyed hashes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from core.connector import Address
from core.store.valkey import Store
from core.vault import Vault

_CONTEXT = "announcement"
DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What operators tell everybody until a time (seconds since 1970; 0: until it is taken back). `closed`:
    the service keeps questions meanwhile, and answers them then."""

    text: str = field(repr=False)
    until: float = 0.0
    closed: bool = False


class Controls:
    """All methods but the tests of memory raise StoreError. `clock` gives seconds since 1970."""

    def __init__(self, store: Store, vault: Vault, clock: Callable[[], float]) -> None:
        self._store = store
        self._vault = vault
        self._clock = clock
        self._said: Announcement | None = None
        self._blocked: frozenset[str] = frozenset()
        self.active = False
        """Is anything announced, or anybody blocked? Mostly not, and then nothing else is to be asked."""

    async def look(self) -> None:
        """Learn what holds now."""
        raw, blocked = await self._store.batch((("GET", self._place), ("SMEMBERS", self._list)))
        opened = self._vault.try_open(raw, context=_CONTEXT) if raw else None
        self._said = Announcement(**orjson.loads(opened)) if opened else None
        self._blocked = frozenset(tag.decode() for tag in blocked)
        self.active = self._said is not None or bool(self._blocked)

    @property
    def announcement(self) -> Announcement | None:
        """What is told now."""
        said = self._said
        return None if said is None or 0 < said.until <= self._clock() else said

    @property
    def closed_for(self) -> float:
        """Seconds for which questions are kept; 0.0: they are answered."""
        said = self.announcement
        return max(0.0, said.until - self._clock()) if said is not None and said.closed else 0.0

    def blocks(self, person: str, address: Address) -> bool:
        """Has an operator blocked this person, or this conversation?"""
        tags = {self._person(person), self._room(address.connector, address.conversation)}
        return not self._blocked.isdisjoint(tags)

    async def first_today(self, person: str) -> bool:
        """Is this the first time today that the person is told the announcement? Notes that they are."""
        said = self.announcement
        if said is None:
            return False
        day = str(int(self._clock() // DAY))
        place = self._store.key(0, "told", self._vault.tag("told", person, day, said.text))
        return bool(await self._store.run(("SET", place, 1, "NX", "EX", DAY)))

    async def announce(self, said: Announcement | None) -> None:
        """Tell this from now on, or nothing any more."""
        if said is None:
            await self._store.run(("DEL", self._place))
            return
        facts = orjson.dumps({"text": said.text, "until": said.until, "closed": said.closed})
        await self._store.run(("SET", self._place, self._vault.seal(facts, context=_CONTEXT)))

    async def block(self, *, person: str = "", room: str = "", blocked: bool = True) -> bool:
        """Block a person, or a room (`connector:conversation`), or let them come again. False: so it was."""
        connector, _, conversation = room.partition(":")
        tag = self._person(person) if person else self._room(connector, conversation)
        return bool(await self._store.run(("SADD" if blocked else "SREM", self._list, tag)))

    def _person(self, id: str) -> str:
        return f"p:{self._vault.tag('person', id)}"

    def _room(self, connector: str, conversation: str) -> str:
        return f"r:{self._vault.tag('conversation', connector, conversation)}"

    @property
    def _place(self) -> str:
        return self._store.key(0, "announcement")

    @property
    def _list(self) -> str:
        return self._store.key(0, "blocked")
