"""Mails that a webhook posted, until they are answered: sealed in the store, in order, up to a cap.

They have no folders: what is filed is gone from here, and stays in the mailbox of the platform that posted
it. Whoever posts is told only when the mail is durable, and any replica may then take it.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import orjson
from pydantic import TypeAdapter

from connectors.mail.source import Head, Listing
from core.connector import Notebook, Shelf, Shelved
from core.documents.mail.headers import CAP
from core.errors import MailboxFull
from core.language.operators import Phrase

INBOX = "webhook"
MOST_BYTES = 512 * 1024 * 1024
MOST = 5_000
"""Mails that wait at most; beyond either the platform is asked to post again later."""
SEEN = 3 * 86_400.0
"""Seconds that a delivery is remembered, so that posting it again changes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    size: int
    at: float


_ENTRY: TypeAdapter[_Entry] = TypeAdapter(_Entry)


class Pile:
    """A `Source`. `book` holds what waits, `shelf` the mails themselves; both are shared by all replicas."""

    inbox = INBOX

    def __init__(self, book: Notebook, shelf: Shelf, *, clock: Callable[[], float] = time.time) -> None:
        self._book = book
        self._shelf = shelf
        self._clock = clock
        self._news = asyncio.Event()

    async def add(self, raw: bytes, *, keys: tuple[str, ...]) -> None:
        """Store a mail, once for all of `keys`, which name this delivery and this mail. Raises MailboxFull,
        StoreError."""
        if [key for key in keys if await self._book.get(f"seen|{key}") is not None]:
            return
        waiting = await self._waiting()
        if len(waiting) >= MOST or sum(each.size for each in waiting.values()) + len(raw) > MOST_BYTES:
            raise MailboxFull(Phrase("delivery.mailbox_full"))
        now = self._clock()
        uid = int(now * 1_000_000) * 1_000 + random.randrange(1_000)  # noqa: S311 - only to be unlike others
        while uid in waiting:
            uid += 1
        await self._shelf.put(str(uid), [Shelved(name="raw", variant="", value=raw)])
        await self._book.set(f"mail|{uid}", orjson.dumps(_Entry(size=len(raw), at=now)))
        for key in keys:
            await self._book.set(f"seen|{key}", orjson.dumps(now))
        self._news.set()

    async def _waiting(self) -> dict[int, _Entry]:
        found = await self._book.items("mail|")
        return {int(name.partition("|")[2]): _ENTRY.validate_json(raw) for name, raw in found.items()}

    async def listing(self) -> Listing:
        await self._forget()
        return Listing(validity=1, next=0, uids=tuple(sorted(await self._waiting())))

    async def _forget(self) -> None:
        for name, at in (await self._book.items("seen|")).items():
            if self._clock() - float(orjson.loads(at)) > SEEN:
                await self._book.delete(name)

    async def heads(self, uids: tuple[int, ...]) -> dict[int, Head]:
        waiting = await self._waiting()
        found: dict[int, Head] = {}
        for uid in uids:
            raw = await self.whole(INBOX, 1, uid)
            if raw is not None and uid in waiting:
                found[uid] = Head(size=len(raw), at=waiting[uid].at, headers=raw[: CAP + 1])
        return found

    async def whole(self, folder: str, validity: int, uid: int) -> bytes | None:
        return next(iter(await self._shelf.get(str(uid), "raw")), None)

    async def with_id(self, folders: tuple[str, ...], id: str) -> tuple[str, int, int] | None:
        return None

    async def file(self, validity: int, uid: int, folder: str) -> None:
        await self._book.delete(f"mail|{uid}")
        await self._shelf.clear(str(uid))

    async def news(self, listed: Listing, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return
        finally:
            self._news.clear()

    def close(self) -> None:
        """It holds nothing open."""
