"""The crowd: people on matrix-nio clients in encrypted direct chats, who keep all that they were shown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nio import (
    AsyncClientConfig,
    Event,
    MatrixRoom,
    MegolmEvent,
    RedactionEvent,
    RoomCreateResponse,
    RoomMessage,
)

from connectors.tchap.contents import GROWING
from tests.rig.homeserver import Homeserver
from tests.rig.readable import Readable
from tests.rig.visitor import PersonClient

ENCRYPTED = {"type": "m.room.encryption", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}


@dataclass(frozen=True)
class State:
    """What one event says of a message: the message itself, or an edit."""

    id: str
    text: str
    growing: bool


@dataclass
class Shown:
    """One message of the bot: its states that are not deleted, the last of which people see."""

    states: list[State]

    @property
    def id(self) -> str:
        return self.states[0].id

    @property
    def text(self) -> str:
        return self.states[-1].text

    @property
    def growing(self) -> bool:
        return self.states[-1].growing

    deleted: bool = False


class Person:
    """One person with one encrypted direct chat with the bot."""

    def __init__(self, client: PersonClient, name: str) -> None:
        self.name = name
        self.room = ""
        self.shown: dict[str, Shown] = {}
        """Messages of the bot, in the order of the room."""
        self.unreadable: list[str] = []
        self.deleted: list[str] = []
        self._client = client
        self._news = asyncio.Event()
        client.add_event_callback(self._heard, (RoomMessage, MegolmEvent, RedactionEvent))

    async def meet(self, bot: str) -> None:
        """Open the chat and wait for the greeting."""
        created = await self._client.room_create(is_direct=True, invite=[bot], initial_state=[ENCRYPTED])
        assert isinstance(created, RoomCreateResponse), created
        self.room = created.room_id
        await self.until(lambda: bool(self.standing), "the greeting", 60.0)

    async def say(self, text: str) -> str:
        return await self._client.say(self.room, {"msgtype": "m.text", "body": text})

    @property
    def standing(self) -> list[Shown]:
        """The bot's messages that are not deleted."""
        return [message for message in self.shown.values() if not message.deleted]

    def answers(self, question: str) -> list[Shown]:
        """Messages that answer this question."""
        return [message for message in self.standing if question in message.text]

    def answered(self, question: str) -> bool:
        return any(not message.growing for message in self.answers(question))

    async def ask(self, question: str, patience: float = 60.0) -> None:
        """Ask and wait for the whole answer."""
        await self.say(question)
        await self.until(lambda: self.answered(question), f"the answer to {question}", patience)

    async def until(self, condition: Callable[[], bool], what: str, patience: float) -> None:
        try:
            async with asyncio.timeout(patience):
                while not condition():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"{self.name} waited in vain for {what}; shown: {self.standing}") from None

    async def _heard(self, room: MatrixRoom, event: Event) -> None:
        if room.room_id != self.room and self.room:
            return
        content: dict[str, Any] = event.source["content"]
        if isinstance(event, RedactionEvent):
            self._deleted(event.redacts)
        elif event.sender != self._client.user_id:
            self._said(event, content)
        self._news.set()

    def _said(self, event: Event, content: dict[str, Any]) -> None:
        relation = content.get("m.relates_to") or {}
        edited = relation.get("event_id") if relation.get("rel_type") == "m.replace" else None
        if isinstance(event, MegolmEvent):
            self.unreadable.append(event.event_id)
            return
        new = content.get("m.new_content", content)
        state = State(event.event_id, Readable(new.get("body", "")), bool(new.get(GROWING)))
        if edited is None:
            self.shown[event.event_id] = Shown([state])
        elif (message := self.shown.get(edited)) is not None:
            message.states.append(state)

    def _deleted(self, id: str) -> None:
        self.deleted.append(id)
        if id in self.shown:
            self.shown[id].deleted = True
        for message in self.shown.values():
            message.states[1:] = [state for state in message.states[1:] if state.id != id]


@asynccontextmanager
async def crowd(server: Homeserver, folder: Path, count: int, label: str) -> AsyncGenerator[list[Person]]:
    """This many people, logged in and listening."""
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240
    config = AsyncClientConfig(encryption_enabled=True, store_sync_tokens=False)
    clients: list[PersonClient] = []
    async with asyncio.TaskGroup() as group:
        listening: list[asyncio.Task[None]] = []
        try:
            for number in range(count):
                user = await server.register(f"{label}-{number}", "mot de passe")
                clients.append(PersonClient(server.base_url, user, store_path=str(folder), config=config))
                await clients[-1].login("mot de passe")
                await clients[-1].sync(timeout=0)
            people = [Person(client, f"{label}-{number}") for number, client in enumerate(clients)]
            listening += [group.create_task(client.sync_forever(timeout=30_000)) for client in clients]
            yield people
        finally:
            await leave(clients, listening)


async def leave(clients: Sequence[PersonClient], listening: Sequence[asyncio.Task[None]]) -> None:
    """Stop listening, and close what nio leaves open: its database, which a late sync would open anew."""
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    for client in clients:
        await client.close()
        if client.store is not None:
            client.store.database.autoconnect = False
            client.store.database.close()
