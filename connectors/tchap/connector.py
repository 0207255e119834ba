"""The Tchap connector: one bot account on one device, from login to the last message. What the bot hears is
made durable before it is acknowledged. What it posts, edits, deletes and finds again goes to exactly the
audience that was judged.

`run` holds the data folder and listens (`connection`). When the homeserver no longer knows the token, the bot
enters again on the same device. A fault that only an operator can mend ends `run` with a ConfigurationError.
While the bot is not connected, everything that would need the homeserver is deferred.

Before each send the room is looked at again. If its kind changed, or if somebody can read who was not judged,
the send is deferred, and the outbox judges anew. Keys go to the judged people only.

Sending is idempotent twice over. The transaction id is made of the draft's key, and the homeserver
deduplicates it for one device. The key itself travels in clear, and `find` lets a sibling adopt a message by
it.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import NoReturn

import aiohttp
import orjson

from connectors.tchap.api import NAME, Api
from connectors.tchap.config import TchapConfig, Wiring
from connectors.tchap.connection import Connection
from connectors.tchap.contents import CLEAR, KEY, LIMIT, content_of, edit_of
from connectors.tchap.device import Folder, entered, unusable
from connectors.tchap.room_events import RoomEvent
from core.connector import (
    Address,
    Attachment,
    Audience,
    Deliver,
    Draft,
    Grows,
    Message,
    NoCapabilities,
    Pace,
    Range,
    Sending,
    Wanted,
)
from core.connector.untrusted_json import array_in, object_in, text_in
from core.errors import (
    Deferred,
    PlatformRefused,
    Unusable,
)
from core.language.operators import Phrase
from core.telemetry import log
from core.tls import trusting

ENTRIES_PER_HOUR = 5
"""More logins than that are no accident."""
POST = 4.0
"""Seconds for a visible post (see leases)."""
PAGE = 100
MOST_PAGES = 50


class TchapConnector(NoCapabilities):
    """`core.connector.Connector` for Tchap and any Matrix homeserver."""

    name = NAME
    limit = LIMIT

    def __init__(self, config: TchapConfig, wiring: Wiring) -> None:
        self._config = config
        self._wiring = wiring
        self._folder = Folder(wiring.folder)
        self.ready = asyncio.Event()
        self.descriptions = self
        self.editing = self
        self.files = self
        self.history = self
        self.private = self
        self.activity = None
        """Nobody sees signs of work while it is not connected."""
        self._connection: Connection | None = None
        self._pace = config.pace
        self._entries: list[float] = []
        """When it logged in within the last hour; `run` may be called again."""

    # -- what it posts --------------------------------------------------------------------------------

    def pace(self, address: Address, sending: Sending) -> Pace:
        """Synapse limits an account, and edits are messages."""
        return self._pace

    def grows(self, address: Address) -> Grows:
        return "sparingly"

    async def audience(self, address: Address, *, asked: bool = False) -> Audience:
        connection = self._connection or _not_connected()
        room, at = await connection.rooms.current(address.conversation)
        return Audience(
            kind=room.kind,
            members=room.readers,
            at=at,
            direct=room.direct,
            moderators=room.moderators,
            open=room.open,
            name=room.name,
        )

    async def edit(self, address: Address, id: str, draft: Draft, audience: Audience) -> None:
        await self._post(address, draft, audience, edits=id)

    async def send(self, address: Address, draft: Draft, audience: Audience) -> str:
        return await self._post(address, draft, audience, edits=None)

    async def _post(self, address: Address, draft: Draft, audience: Audience, *, edits: str | None) -> str:
        """Post a message, or the new state of the message `edits`; the id of what was posted."""
        connection = self._connection or _not_connected()
        room, _ = await connection.rooms.current(address.conversation, audience)
        file = None
        if draft.file is not None:
            file = await connection.files.upload(draft.file, encrypt=room.encrypted)
            room, _ = await connection.rooms.current(address.conversation, audience)
        if edits is None:
            content = content_of(draft, thread=address.thread, file=file)
        else:
            content = edit_of(draft, edits, file=file)
        type = "m.room.message"
        if room.encrypted:
            sealed = await connection.machine.encrypt(
                room, room.readers, type, content, any_device=draft.any_device
            )
            content = sealed | {name: content[name] for name in CLEAR if name in content}
            type = "m.room.encrypted"
            await connection.rooms.current(address.conversation, audience)
        path = ("rooms", room.id, "send", type)
        posted = await connection.api.call("PUT", path, content, key=draft.key.encode(), timeout=POST)
        id = text_in(posted, "event_id")
        if edits is None:  # known at once: /sync may leave it out
            await connection.timeline.hear(
                RoomEvent(
                    room=room.id,
                    id=id,
                    type=type,
                    sender=connection.me,
                    at=self._wiring.clock(),
                    content=content,
                    unsigned={"transaction_id": ""},
                    raw={},
                    thread=address.thread,
                )
            )
        return id

    async def delete(self, address: Address, id: str, key: str) -> None:
        connection = self._connection or _not_connected()
        path = ("rooms", address.conversation, "redact", id)
        try:
            await connection.api.call("PUT", path, {}, key=key.encode(), timeout=POST)
        except PlatformRefused as refused:
            if refused.code != "M_NOT_FOUND":
                raise

    async def find(self, address: Address, key: str, since: str | None) -> str | None:
        """Forward from the question; without one, backward from now. Deleted messages bear no key."""
        connection = self._connection or _not_connected()
        start = await _after(connection.api, address.conversation, since) if since else ""
        wanted = {"senders": [connection.me], "types": ["m.room.message", "m.room.encrypted"]}
        params = {"limit": str(PAGE), "filter": orjson.dumps(wanted).decode(), "dir": "f" if start else "b"}
        for _ in range(MOST_PAGES):
            page = await connection.api.call(
                "GET",
                ("rooms", address.conversation, "messages"),
                params=params | ({"from": start} if start else {}),
            )
            for event in array_in(page, "chunk"):
                content = object_in(event, "content")
                if content.get(KEY) == key and text_in(content, "m.relates_to", "rel_type") != "m.replace":
                    return text_in(event["event_id"])
            if not (start := text_in(page, "end")):
                return None
        raise Deferred(Phrase("delivery.history"), retry_after=60.0)

    # -- what it reads --------------------------------------------------------------------------------

    async def fetch(self, address: Address, attachment: Attachment, limit: int) -> bytes:
        return await (self._connection or _not_connected()).files.fetch(attachment, limit)

    async def described(self, message: Message, root: str | None = None) -> Message:
        return await (self._connection or _not_connected()).quotations.described(message, root)

    async def recall(self, address: Address, wanted: Wanted) -> Range:
        return await (self._connection or _not_connected()).history.recall(address, wanted)

    async def chat(self, person: str, known: str | None, *, asks: bool = False) -> Address:
        return await (self._connection or _not_connected()).private.chat(person, known)

    async def present(self, address: Address, person: str) -> bool:
        return await (self._connection or _not_connected()).private.present(address, person)

    # -- its life -------------------------------------------------------------------------------------

    async def run(self, deliver: Deliver) -> None:
        with self._folder.held():
            async with aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=trusting(self._config.ca_file)),
                cookie_jar=aiohttp.DummyCookieJar(),
            ) as http:
                api = Api(http, self._config.homeserver, ready=self.ready)
                while True:
                    now = self._wiring.clock()
                    self._entries = [at for at in self._entries if at > now - 3600] + [now]
                    try:
                        await self._connect(api, deliver)
                    except Unusable as error:
                        if not self._may_enter_again(error):
                            raise unusable(error, self._config) from error
                        log.warning("token_not_accepted", connector=NAME, error=error)

    async def _connect(self, api: Api, deliver: Deliver) -> None:
        """Log in if need be, and listen until cancelled. Raises Unusable when the account or its token is no
        longer accepted."""
        try:
            async with entered(api, self._config, self._folder, self._wiring) as (device, keys):
                connection = Connection(api, keys, device, self._config, self._wiring)
                self._pace = replace(self._config.pace, scope=f"{NAME}:{connection.me}")
                self._connection, self.activity = connection, connection.activity
                await connection.listen(deliver)
        finally:
            self.ready.clear()
            self._connection = self.activity = None

    def _may_enter_again(self, error: Unusable) -> bool:
        """True if a new login may help: the token is not known, and it is not the operator's own."""
        if self._config.access_token or len(self._entries) > ENTRIES_PER_HOUR:
            return False
        return error.code in ("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN")


async def _after(api: Api, room: str, event: str) -> str:
    """The position right after an event; empty when there is no such event."""
    if not event.startswith("$"):
        return ""
    try:
        answer = await api.call("GET", ("rooms", room, "context", event), params={"limit": "0"})
    except PlatformRefused:
        return ""
    return text_in(answer, "end")


def _not_connected() -> NoReturn:
    raise Deferred(Phrase("delivery.not_connected", connector=NAME), retry_after=1.0)
