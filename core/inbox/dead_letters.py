"""Dead letters: jobs that were given up, sealed, until an operator sends them again or drops them.

Beside them, what happened to a message, without content (`Incidents`), found by the reference that people
read in a failure. It is made of the job's key, so it is the same in every line of the log, on every replica,
in the audit trail and here. What went as it should leaves its line in the log and its decisions in the trail;
what did not is noted here besides, for a month.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from core.connector import Event
from core.errors import StoreError
from core.inbox.records import DeadLetter, SealedMailbox, load
from core.language.operators import tell
from core.store.valkey import Store
from core.vault import Vault

KEPT = 30 * 86_400
"""Seconds."""
MOST = 50
"""Notes of one message: one that fails all day long is told by its last ones."""


class DeadLetters:
    """All partitions' dead letters as one list. An id is `partition-fence`."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault

    async def list(self) -> list[DeadLetter]:
        """Oldest first; those too of which this replica can read little or nothing."""
        letters: list[DeadLetter] = []
        for partition in range(self._store.partitions):
            for id, *raw in await self._store.run(self._store.script("dead", partition, "list")):
                letters.append(self._letter(f"{partition}-{id.decode()}", *raw))
        return sorted(letters, key=lambda letter: letter.at)

    def _letter(
        self, id: str, name: bytes, at: bytes, attempts: bytes, why: bytes, held: list[bytes]
    ) -> DeadLetter:
        """The letter that `dead.lua` returned. What cannot be read of it is left out; its reason says so."""
        mailbox = SealedMailbox(self._vault, name.decode())
        reason, events = "", list[Event]()
        try:
            reason = mailbox.opened_reason(why)
            events = [load(self._vault.open(each, context=f"event|{mailbox.name}")) for each in held]
        except (StoreError, ValueError) as error:
            reason = "; ".join(filter(None, (reason, tell("inbox.unread_here", why=error))))
        return DeadLetter(
            id=id,
            place=mailbox.name,
            at=int(at) / 1000,
            attempts=int(attempts),
            reason=reason,
            events=tuple(events),
        )

    async def retry(self, id: str) -> bool:
        """Put the letter's events at the tail of their conversation. False: there is no such letter."""
        return await self._one("retry", id)

    async def drop(self, id: str) -> bool:
        """Forget the letter. False: there is no such letter."""
        return await self._one("drop", id)

    async def _one(self, what: str, id: str) -> bool:
        partition, _, number = id.partition("-")
        if not partition.isdecimal() or int(partition) >= self._store.partitions:
            return False
        return bool(await self._store.run(self._store.script("dead", int(partition), what, number)))


def normalised(written: str) -> str:
    """A reference as somebody wrote it down, in the form of `reference`."""
    signs = written.upper().replace("-", "").replace(" ", "").replace("O", "0")
    signs = signs.replace("I", "1").replace("L", "1")
    return f"{signs[:4]}-{signs[4:]}"


class Incidents:
    """Notes of jobs that did not go as they should. Raises StoreError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def note(self, ref: str, facts: Mapping[str, object]) -> None:
        """Note facts of the system: never what people wrote."""
        place = self._store.key(0, "incident", ref)
        noted = orjson.dumps(facts).decode()
        await self._store.batch(
            [("RPUSH", place, noted), ("LTRIM", place, -MOST, -1), ("EXPIRE", place, KEPT)]
        )

    async def find(self, ref: str) -> list[dict[str, Any]]:
        """The notes of a reference, oldest first."""
        found = await self._store.run(("LRANGE", self._store.key(0, "incident", ref), 0, -1))
        return [orjson.loads(each) for each in found]
