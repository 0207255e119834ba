"""A person's side of an encrypted chat, for the demo and the tests: a plain Matrix client, not the bot.

It uses matrix-nio almost as it comes: what the bot must survive does not matter here.
"""

from __future__ import annotations

import asyncio
import io
import mimetypes
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nio import (
    AsyncClient,
    AsyncClientConfig,
    Event,
    JoinResponse,
    KeysQueryError,
    KeysQueryResponse,
    LoginResponse,
    MatrixRoom,
    RoomCreateResponse,
    RoomMessage,
    RoomSendResponse,
    UploadResponse,
)

from connectors.tchap.contents import GROWING
from core.errors import Rejected

_JOINS_WITHIN = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message of the bot as it stands now: `id` stays the same while it grows."""

    id: str
    text: str = field(repr=False)
    growing: bool
    encrypted: bool


class PersonClient(AsyncClient):
    """matrix-nio's client, in which what is sent and what is listened to do not stumble over each other.

    nio 0.26 forgets the key of a room that it shares where a device appears or somebody leaves meanwhile, and
    then fails on its own (`KeyError`); here the next message gets a new key instead, which is as good. And it
    takes it for an error where both want to know devices, and the second finds that nothing is left to ask.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._outdated: set[str] = set()

    def invalidate_outbound_session(self, room_id: str) -> None:
        if room_id in self.sharing_session:
            self._outdated.add(room_id)
        else:
            super().invalidate_outbound_session(room_id)

    async def keys_query(self) -> KeysQueryResponse | KeysQueryError:
        return await super().keys_query() if self.should_query_keys else KeysQueryResponse({}, {})

    async def say(self, room: str, content: dict[str, Any]) -> str:
        """Send a message; its event's id. Raises Rejected when the homeserver does not take it."""
        sent = await self.room_send(room, "m.room.message", content, ignore_unverified_devices=True)
        if room in self._outdated:
            self._outdated.remove(room)
            self.invalidate_outbound_session(room)
        if not isinstance(sent, RoomSendResponse):
            raise Rejected(f"le serveur n’a pas pris le message ({sent})")
        return sent.event_id


class Visitor:
    """A logged-in person in one encrypted direct chat with the bot; made by `visit`."""

    def __init__(self, client: PersonClient, room: str, bot: str) -> None:
        self._client = client
        self.room = room
        self._bot = bot
        self._heard: asyncio.Queue[Heard] = asyncio.Queue()
        client.add_event_callback(self._hear, RoomMessage)

    async def _hear(self, room: MatrixRoom, event: Event) -> None:
        if event.sender != self._bot or room.room_id != self.room:
            return
        content: dict[str, Any] = event.source["content"]
        relation: dict[str, Any] = content.get("m.relates_to") or {}
        replaced = relation.get("rel_type") == "m.replace"
        new: dict[str, Any] = content.get("m.new_content", content) if replaced else content
        self._heard.put_nowait(
            Heard(
                id=relation["event_id"] if replaced else event.event_id,
                text=(text := str(new.get("body", ""))),
                growing=bool(new.get(GROWING)) or text.endswith(" …"),  # a beginning, and more comes
                encrypted=event.decrypted,
            )
        )

    async def hear(self) -> Heard:
        """The next thing that the bot shows: a new message or the new state of one."""
        return await self._heard.get()

    async def answer(self, show: Callable[[Heard], None]) -> Heard:
        """The next finished message; `show` is called with each state on the way."""
        while True:
            heard = await self.hear()
            show(heard)
            if not heard.growing:
                return heard

    async def say(self, text: str, *, mention: bool = False, answers: str = "") -> None:
        """Say something; `mention` the bot, or in answer to a message."""
        content: dict[str, Any] = {"msgtype": "m.text", "body": text}
        content["m.mentions"] = {"user_ids": [self._bot]} if mention else {}
        if answers:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": answers}}
        await self._client.say(self.room, content)

    async def open_room(self, name: str, people: Sequence[str]) -> Visitor:
        """Make an encrypted room with the bot and `people`; this side of it once the bot came."""
        encryption = {"type": "m.room.encryption", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
        created = _expect(
            await self._client.room_create(
                name=name, invite=[self._bot, *people], initial_state=[encryption]
            ),
            RoomCreateResponse,
        )
        visitor = Visitor(self._client, created.room_id, self._bot)  # it hears from now on
        await visitor.joined_by([self._bot])
        return visitor

    async def joined_by(self, people: Sequence[str]) -> None:
        """Wait until these people are in the room."""
        rooms = self._client.rooms
        try:
            async with asyncio.timeout(_JOINS_WITHIN):
                while self.room not in rooms or not rooms[self.room].users.keys() >= set(people):
                    await self._client.synced.wait()  # the listening task syncs
        except TimeoutError:
            raise Rejected(f"tous ne sont pas entrés dans le salon : {', '.join(people)}") from None

    async def open_to_guests(self, opened: bool) -> None:
        """Say by Tchap's rule of access whether guests from outside may come."""
        rule = {"rule": "unrestricted" if opened else "restricted"}
        await self._client.room_put_state(self.room, "im.vector.room.access_rules", rule)

    async def send_file(self, path: Path, caption: str = "") -> None:
        """Encrypt, upload and send a file, with words to it (Matrix v1.10, media captions).

        Raises Rejected when the homeserver does not take it."""
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        data = await asyncio.to_thread(path.read_bytes)
        uploaded, keys = await self._client.upload(
            io.BytesIO(data), content_type=media_type, filename=path.name, encrypt=True, filesize=len(data)
        )
        if not isinstance(uploaded, UploadResponse) or keys is None:
            raise Rejected(f"le serveur n’a pas pris {path.name} ({uploaded})")
        info = {"size": len(data), "mimetype": media_type}
        file = {"url": uploaded.content_uri, **keys}
        content = {"msgtype": "m.file", "body": caption or path.name, "filename": path.name}
        await self._client.say(self.room, content | {"info": info, "file": file})


@asynccontextmanager
async def visit(base_url: str, user: str, password: str, bot: str, folder: Path) -> AsyncGenerator[Visitor]:
    """Log in, open an encrypted direct chat with the bot and wait until it is there.

    Each visit is a new device and a new chat, so that nothing of an earlier one is needed. `folder`, where
    its keys are, must exist.
    """
    async with _logged_in(base_url, user, password, folder) as client:
        encryption = {"type": "m.room.encryption", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
        created = _expect(
            await client.room_create(is_direct=True, invite=[bot], initial_state=[encryption]),
            RoomCreateResponse,
        )
        await client.sync(timeout=0, full_state=True)
        visitor = Visitor(client, created.room_id, bot)
        await _until(client, lambda: bot in client.rooms[created.room_id].users)
        async with _listening(client):
            yield visitor


@asynccontextmanager
async def joins(
    base_url: str, user: str, password: str, room: str, bot: str, folder: Path
) -> AsyncGenerator[Visitor]:
    """Log in, join a room that one is invited to, and listen; `folder`, where the keys are, must exist."""
    async with _logged_in(base_url, user, password, folder) as client:
        _expect(await client.join(room), JoinResponse)
        await client.sync(timeout=0, full_state=True)
        async with _listening(client):
            yield Visitor(client, room, bot)


@asynccontextmanager
async def _logged_in(base_url: str, user: str, password: str, folder: Path) -> AsyncGenerator[PersonClient]:
    config = AsyncClientConfig(encryption_enabled=True, store_sync_tokens=False)
    client = PersonClient(base_url, user, store_path=str(folder), config=config)
    try:
        _expect(await client.login(password, device_name="relais demo"), LoginResponse)
        yield client
    finally:
        await client.close()
        if client.store is not None:
            client.store.database.close()  # nio leaves it open


@asynccontextmanager
async def _listening(client: PersonClient) -> AsyncGenerator[None]:
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(client.sync_forever(timeout=30_000, loop_sleep_time=0))
        yield
        listening.cancel()


async def _until(client: AsyncClient, condition: Callable[[], bool], patience: float = 20.0) -> None:
    try:
        async with asyncio.timeout(patience):
            while not condition():
                await client.sync(timeout=1_000)
    except TimeoutError:
        raise Rejected("l’assistant n’est pas entré dans la conversation") from None


def _expect(response: object, wanted: type[Any]) -> Any:
    if not isinstance(response, wanted):
        raise Rejected(f"le serveur refuse ({response})")
    return response
