"""What a conversation has settled with a bot (who may ask, schedules): kept sealed, as long as it is used.

No content of messages is kept here. Jobs of two threads of one conversation are handled at once, so that what
is kept changes only in the place of what was read (`change`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from cachetools import FIFOCache

from core.connector import Address
from core.sessions.model import SHORT, could_read
from core.store.valkey import Store
from core.store.wire import Command
from core.vault import Vault

UNUSED = 400 * 86_400_000
"""Milliseconds after which the settlements of a conversation that is not heard of are forgotten."""


_TOLD = "people told"
"""Under this name, beside those of bots: who was here when the bot last said there what it is, by short tags
(`core.sessions.model`)."""
_TELLING = "people being told"
"""Under this name: the job that tells those who came, and of whom it knew then."""
TELLS_WITHIN = 3_600_000
"""Milliseconds in which that job is waited for: then another tells them."""
_REMEMBERED = 4096
"""Conversations of which a replica remembers that all who are here were told."""


Note = Callable[[], Awaitable[None]] | None


class Conversations:
    """What reads or writes raises StoreUnavailable."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault
        self._told: FIFOCache[tuple[str, str], int] = FIFOCache(_REMEMBERED)

    async def load(self, address: Address, bot: str) -> bytes | None:
        """What is kept now."""
        tag, place = self._place(address, bot)
        sealed, _ = await self._store.batch((("GET", place), ("PEXPIRE", place, UNUSED)))
        return self._vault.open(sealed, context=f"settled|{tag}") if sealed else None

    async def save(self, address: Address, bot: str, settled: bytes) -> None:
        """Keep this, whatever was kept."""
        tag, place = self._place(address, bot)
        sealed = self._vault.seal(settled, context=f"settled|{tag}")
        await self._store.run(("SET", place, sealed, "PX", UNUSED))

    async def change(self, address: Address, bot: str, change: Callable[[bytes | None], bytes]) -> None:
        """Keep what `change` makes of what is kept; it is asked again where another job was faster."""
        tag, place = self._place(address, bot)
        context, there, put = f"settled|{tag}", self._store.partition(tag), False
        while not put:
            sealed, _ = await self._store.batch((("GET", place), ("PEXPIRE", place, UNUSED)))
            made = change(self._vault.open(sealed, context=context) if sealed else None)
            after = self._vault.seal(made, context=context)
            new: Command = ("SET", place, after, "NX", "PX", UNUSED)
            changed = ("rewrap", there, f"settled:{tag}", "string", "", sealed, after)
            put = await self._store.run(self._store.script(*changed) if sealed else new)

    async def newcomers(self, address: Address, people: frozenset[str], job: str) -> tuple[bool, Note]:
        """Is this `job` to tell what the bot is, since one of these people (short tags) came after it was
        said last? Of several jobs at once one is, also when it is claimed anew. And what notes, once it is
        said, that all of them are told; None where there is nothing to note. The first time nobody is new:
        the bot said it when it came. A replica that saw the same people told before asks the store
        nothing."""
        where = (address.connector, address.conversation)
        if self._told.get(where) == hash(people):
            return False, None
        kept = await self.load(address, _TOLD)
        if kept == _joined(people):
            self._told[where] = hash(people)
            return False, None
        new = kept is not None and not could_read(people, kept.decode())
        if new and not await self._tells(address, people, job):
            return False, None

        def told(now: bytes | None) -> bytes:
            """These people, and who came and was told since."""
            return _joined(people | (_tags(now) - _tags(kept)))

        return new, partial(self.change, address, _TOLD, told)

    async def _tells(self, address: Address, people: frozenset[str], job: str) -> bool:
        """Is it this job that tells these people? Another does that knew of all of them."""
        tag, place = self._place(address, _TELLING)
        context, there = f"settled|{tag}", self._store.partition(tag)
        mine = self._vault.seal(b"%s %s" % (job.encode(), _joined(people)), context=context)
        while True:
            first: Command = ("SET", place, mine, "NX", "PX", TELLS_WITHIN)
            put, sealed = await self._store.batch((first, ("GET", place)))
            if put:
                return True
            if not sealed:  # its time was over just then
                continue
            whose, _, those = self._vault.open(sealed, context=context).decode().rpartition(" ")
            if whose == job or could_read(people, those):
                return whose == job
            changed = ("rewrap", there, f"settled:{tag}", "string", "", sealed, mine)
            if await self._store.run(self._store.script(*changed)):
                return True

    def _place(self, address: Address, bot: str) -> tuple[str, str]:
        tag = self._vault.tag("settled", address.connector, address.conversation, bot)
        return tag, self._store.place("settled", tag)


def _joined(people: frozenset[str]) -> bytes:
    return "".join(sorted(people)).encode()


def _tags(joined: bytes | None) -> frozenset[str]:
    """The short tags of people that were joined."""
    text = (joined or b"").decode()
    return frozenset(text[at : at + SHORT] for at in range(0, len(text), SHORT))
