"""Where a person and the bot spoke last, in a chat of two whose threads are apart: asked, answered, or told.

What is said at the top of such a chat about what was said last (`core.understanding.is_about_the_last`) is of
that thread. It is in the store: any replica may take it in.
"""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from core.connector import Address, Event, Joined, Message, Reacted, Tick, Whisper
from core.inbox.records import to_json
from core.store.valkey import Store
from core.store.wire import Command
from core.vault import Vault

KEPT = 86_400_000
"""Milliseconds for which the last thread is meant: what is said a day later is of no thread."""


class LastThreads:
    """All methods raise StoreUnavailable."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault

    async def of(self, person: str) -> tuple[Address, ...]:
        """The threads of a person's chat, each once, the last that was spoken in first; the chat as a whole,
        where it was spoken in outside any thread, maybe by its other name (a command's is its person's)."""
        who = self._vault.tag("person", person)
        kept = await self._store.run(("LRANGE", self._store.key(who, "threads", who), 0, -1))
        found = (self._vault.try_open(each, context=f"threads|{who}") for each in kept)
        return tuple(dict.fromkeys(Address(**orjson.loads(each)) for each in found if each))

    def speaking(self, event: Event, since: int) -> list[Command]:
        """What notes that it was spoken where this event belongs, if that is such a chat, as commands to
        travel with others; nothing is noted of whom was erased after `since` (ms)."""
        chat = isinstance(event, Whisper) or (
            isinstance(event, Message | Joined | Reacted | Tick) and event.direct
        )
        if not (chat and event.address.apart):
            return []
        who = self._vault.tag("person", event.sender.id)
        sealed = self._vault.seal(to_json(event.address), context=f"threads|{who}")
        return [self._store.script("person", who, "speak", since, KEPT, sealed)]

    async def spoken(self, events: Iterable[Event], since: int) -> None:
        """Note it of all these now."""
        if commands := [command for each in events for command in self.speaking(each, since)]:
            await self._store.batch(commands)
