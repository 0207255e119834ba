"""The terminal as a platform: one conversation, one person, messages that are redrawn as they grow.

What a person types is delivered at once, so that `!stop` reaches a running answer, and Ctrl-D ends. What
comes through a pipe waits, line by line, until the one before is answered, urgent ones excepted, and the end
of the input is the end once the last question is answered.

Nothing outlives the process: another run has another conversation, and what an earlier run still owed has
nobody left to be shown to.
"""

from __future__ import annotations

import asyncio
import math
import secrets
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path

from connectors.console import events
from connectors.console.terminal import Surface
from connectors.console.words import Words
from core.connector import (
    Address,
    Attachment,
    Audience,
    Deliver,
    Draft,
    File,
    Grows,
    Message,
    NoCapabilities,
    Pace,
    Person,
    Sending,
)
from core.errors import Rejected, TooLarge
from core.language.operators import Phrase, os_reason

NAME = "console"


class ConsoleConnector(NoCapabilities):
    """See `core.connector.Connector`. `run` returns when the person ends; what is still being settled then,
    such as a file that follows an answer, the worker finishes as it drains."""

    name = NAME
    limit = 1_000_000_000

    def __init__(
        self,
        *,
        surface: Surface,
        person: Person,
        language: str = "fr",
        folder: Path | None = None,
        urgent: Callable[[Message], bool] = lambda _: False,
        clock: Callable[[], float] = time.time,
        token: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        """`folder` receives files that the bot sends (the working directory). `urgent` tells the messages
        that must not wait: orders to stop the answer."""
        self._surface = surface
        self._person = person
        self._words = Words(language)
        self._folder = folder or Path()
        self._urgent = urgent
        self._clock = clock
        self._run = token()
        self._count = 0
        self._sent: dict[str, str] = {}
        self._answered = asyncio.Event()
        self._answered.set()
        self._gone = False
        self.ready = asyncio.Event()
        self._pace = Pace(per_second=math.inf, burst=1, scope=NAME)
        self.editing = self
        self.files = self
        self.address = Address(connector=NAME, conversation=f"terminal-{self._run}")

    # listening

    async def run(self, deliver: Deliver) -> None:
        """Until the person ends. Cancel it to end earlier."""
        self.ready.set()
        if self._surface.live:
            await self._surface.say(self._words.welcome())
        try:
            async with asyncio.TaskGroup() as group, aclosing(self._typed()) as typed:
                waiting: asyncio.Queue[Message | None] = asyncio.Queue()
                group.create_task(self._one_by_one(waiting, deliver))
                async for message in typed:
                    if self._surface.live or self._urgent(message):
                        await deliver([message])
                    else:
                        waiting.put_nowait(message)
                waiting.put_nowait(None)
        finally:
            self.ready.clear()

    async def _one_by_one(self, waiting: asyncio.Queue[Message | None], deliver: Deliver) -> None:
        while (message := await waiting.get()) is not None and not self._gone:
            self._answered.clear()
            await deliver([message])
            await self._answered.wait()

    async def _typed(self) -> AsyncGenerator[Message]:
        """The messages that lines ask for; what cannot be is told at once."""
        async with aclosing(self._surface.lines()) as lines:
            async for line in lines:
                match events.parse(line):
                    case "leave":
                        return
                    case events.Say() as said if (size := await self._size(said)) is not None:
                        yield self._message(said, size)
                    case "unclear":
                        await self._surface.say(self._words.which_file())
                    case _:
                        pass
                if self._gone:
                    return

    async def _size(self, said: events.Say) -> int | None:
        """The size of the file of what was said, 0 without one; None when it cannot be read."""
        if said.path is None:
            return 0
        try:
            return await asyncio.to_thread(_readable_size, said.path)
        except OSError as error:
            await self._surface.say(self._words.no_file(said.path, str(os_reason(error))))
            return None

    def _message(self, said: events.Say, size: int) -> Message:
        self._count += 1
        id = f"{self._run}-{self._count}"
        at = self._clock()
        return events.message(said, address=self.address, id=id, at=at, sender=self._person, size=size)

    # sending

    def pace(self, address: Address, sending: Sending) -> Pace:
        return self._pace

    async def audience(self, address: Address, *, asked: bool = False) -> Audience:
        self._ours(address)
        members = frozenset({self._person.id})
        return Audience(kind="console", members=members, at=self._clock(), direct=True)

    async def send(self, address: Address, draft: Draft, audience: Audience) -> str:
        self._ours(address)
        if draft.key not in self._sent:
            id = self._sent[draft.key] = f"{self._run}-answer-{len(self._sent) + 1}"
            await self._show(id, draft)
        return self._sent[draft.key]

    def grows(self, address: Address) -> Grows:
        return "freely"

    async def edit(self, address: Address, id: str, draft: Draft, audience: Audience) -> None:
        self._ours(address)
        await self._show(id, draft)

    async def delete(self, address: Address, id: str, key: str) -> None:
        self._ours(address)
        self._sent = {known: sent for known, sent in self._sent.items() if sent != id}
        if self._surface.live:
            await self._surface.show(id, self._words.deleted())

    async def find(self, address: Address, key: str, since: str | None) -> str | None:
        self._ours(address)
        return self._sent.get(key)

    def _ours(self, address: Address) -> None:
        if self._gone or address.conversation != self.address.conversation:
            raise Rejected(Phrase("delivery.closed"))

    async def _show(self, id: str, draft: Draft) -> None:
        try:
            if draft.file is not None:
                path = await asyncio.to_thread(_save, self._folder, draft.file)
                await self._surface.say(self._words.saved(str(path)))
            else:
                await self._surface.show(id, draft.text, growing=draft.growing)
            if not draft.growing:
                self._answered.set()
        except BrokenPipeError:
            self._gone = True
            self._answered.set()
            raise Rejected(Phrase("delivery.closed")) from None

    # files

    async def fetch(self, address: Address, attachment: Attachment, limit: int) -> bytes:
        self._ours(address)
        try:
            data = await asyncio.to_thread(_load, Path(attachment.reference["path"]), limit)
        except OSError as error:
            raise Rejected(Phrase("files.unread", why=os_reason(error))) from None
        if len(data) > limit:
            raise TooLarge(Phrase("files.too_large", limit=limit))
        return data


def _readable_size(path: str) -> int:
    with Path(path).expanduser().open("rb") as file:
        return file.seek(0, 2)


def _load(path: Path, limit: int) -> bytes:
    with path.open("rb") as file:
        return file.read(limit + 1)


def _save(folder: Path, file: File) -> Path:
    """Keep a file beside those that are there, readable by its owner only."""
    name = Path(file.name.replace("\\", "/")).name.lstrip(".") or "fichier"
    stem, suffix = Path(name).stem, Path(name).suffix
    for number in range(1, 1000):
        path = folder / (name if number == 1 else f"{stem}-{number}{suffix}")
        try:
            path.touch(mode=0o600, exist_ok=False)
        except FileExistsError:
            continue
        path.write_bytes(file.data)
        return path
    raise Rejected(Phrase("files.thousand"))
