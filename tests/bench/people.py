"""People who ask the bots and time what comes back: matrix-nio clients in encrypted direct chats."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nio import (
    AsyncClientConfig,
    EphemeralEvent,
    Event,
    MatrixRoom,
    ReceiptEvent,
    RoomCreateResponse,
    RoomMemberEvent,
    RoomMessage,
    TypingNoticeEvent,
)

from connectors.tchap.contents import GROWING
from tests.chaos.crowd import leave
from tests.rig.homeserver import Homeserver
from tests.rig.visitor import PersonClient

PATIENCE = 60.0
ENCRYPTED = {"type": "m.room.encryption", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}


@dataclass(slots=True, kw_only=True)
class Asked:
    """One question and what came of it; times are monotonic. `sign`: receipt, typing or message."""

    text: str
    sent: float
    sign: float | None = None
    answered: float | None = None
    messages: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)


class Person:
    """A logged-in person with one encrypted direct chat with each bot."""

    def __init__(self, client: PersonClient, name: str) -> None:
        self._client = client
        self.name = name
        self._rooms: dict[str, str] = {}
        self._joined: dict[str, asyncio.Event] = {}
        self._asked: dict[str, Asked] = {}
        client.add_event_callback(self._met, RoomMemberEvent)
        client.add_event_callback(self._heard, RoomMessage)
        client.add_ephemeral_callback(self._noticed, (TypingNoticeEvent, ReceiptEvent))

    async def meet(self, bot: str) -> None:
        """Open the chat and wait until the bot is in it."""
        joined = self._joined[bot] = asyncio.Event()
        created = await self._client.room_create(is_direct=True, invite=[bot], initial_state=[ENCRYPTED])
        assert isinstance(created, RoomCreateResponse), created
        self._rooms[bot] = created.room_id
        async with asyncio.timeout(PATIENCE):
            await joined.wait()

    async def _met(self, _room: MatrixRoom, event: RoomMemberEvent) -> None:
        if event.membership == "join" and event.sender in self._joined:
            self._joined[event.sender].set()

    async def ask(self, bot: str, text: str) -> Asked:
        """Send a question and wait for the whole answer."""
        room = self._rooms[bot]
        asked = self._asked[room] = Asked(text=text, sent=time.monotonic())
        await self._client.say(room, {"msgtype": "m.text", "body": text})
        async with asyncio.timeout(PATIENCE):
            await asked.done.wait()
        return asked

    async def _heard(self, room: MatrixRoom, event: Event) -> None:
        asked = self._asked.get(room.room_id)
        if asked is None or event.sender == self._client.user_id:
            return
        asked.sign = asked.sign or time.monotonic()
        asked.messages += 1
        content: dict[str, Any] = event.source["content"]
        if not content.get("m.new_content", content).get(GROWING):
            asked.answered = time.monotonic()
            asked.done.set()

    async def _noticed(self, room: MatrixRoom, event: EphemeralEvent) -> None:
        asked = self._asked.get(room.room_id)
        if asked is not None and asked.sign is None and self._from_another(event):
            asked.sign = time.monotonic()

    def _from_another(self, event: EphemeralEvent) -> bool:
        if isinstance(event, ReceiptEvent):
            return any(receipt.user_id != self._client.user_id for receipt in event.receipts)
        return isinstance(event, TypingNoticeEvent) and bool(set(event.users) - {self._client.user_id})


@asynccontextmanager
async def people(server: Homeserver, folder: Path, count: int) -> AsyncGenerator[list[Person]]:
    """`count` people, logged in and listening."""
    logging.getLogger("nio").setLevel(logging.ERROR)  # it warns of each device that it meets
    config = AsyncClientConfig(encryption_enabled=True, store_sync_tokens=False)
    clients: list[PersonClient] = []
    async with asyncio.TaskGroup() as group:
        listening: list[asyncio.Task[None]] = []
        try:
            for number in range(count):
                user = await server.register(f"person-{number}", "mot de passe")
                clients.append(PersonClient(server.base_url, user, store_path=str(folder), config=config))
                await clients[-1].login("mot de passe")
                await clients[-1].sync(timeout=0)
            listening += [group.create_task(client.sync_forever(timeout=30_000)) for client in clients]
            yield [Person(client, f"person-{number}") for number, client in enumerate(clients)]
        finally:
            await leave(clients, listening)


async def ask_all(some: Sequence[Person], bot: str, label: str, each: int) -> list[Asked]:
    """Every person asks `each` questions, one after another; all people at once."""

    async def one(person: Person) -> list[Asked]:
        return [await person.ask(bot, f"{label} {person.name} n° {i} : où en est-on ?") for i in range(each)]

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(person)) for person in some]
    return [asked for task in tasks for asked in task.result()]
