"""The Tchap connector: one bot account on one device, from login to the last message; what it posts, edits,
deletes and finds again goes to exactly the audience that was judged.

`run` holds the data folder and listens. When the homeserver no longer knows the token, it enters again on the
same device; what only an operator can mend ends `run` with a ConfigurationError. While it is not connected,
everything that would need the homeserver is deferred.

Before each send the room is looked at again: when its kind changed, or somebody can read who was not judged,
the send is deferred, and the outbox judges anew. Keys go to the judged people only.

Idempotent twice over: the transaction id is made of the draft's key, which the homeserver dedupes for one
device; the key itself travels in clear, by which `find` lets a sibling adopt a message.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from typing import NoReturn

import aiohttp
import orjson

from connectors.tchap.api import NAME, Api, Patience, room_path
from connectors.tchap.config import TchapConfig
from connectors.tchap.device import Folder, unusable
from connectors.tchap.line import Line, Wiring, connected
from connectors.tchap.render import CLEAR, KEY, LIMIT, content_of, edit_of
from connectors.tchap.rooms import Room
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
from core.errors import Deferred, PlatformRefused, Unusable
from core.language.operators import Phrase
from core.telemetry import log
from core.tls import trusting
from core.untrusted_json import array_in, object_in, text_in

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
        self._patience = Patience(self.ready)
        self._line: Line | None = None
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
        line = self._line or _not_connected()
        room, at = await line.rooms.current(address.conversation)
        return Audience(
            kind=room.kind,
            members=room.readers,
            at=at,
            direct=room.direct,
            moderators=room.moderators,
            open=room.open,
            name=room.name,
        )

    async def send(self, address: Address, draft: Draft, audience: Audience) -> str:
        return await self._post(address, draft, audience, edits=None)

    async def edit(self, address: Address, id: str, draft: Draft, audience: Audience) -> None:
        await self._post(address, draft, audience, edits=id)

    async def _post(self, address: Address, draft: Draft, audience: Audience, *, edits: str | None) -> str:
        """Post a message, or the new state of the message `edits`; the id of what was posted."""
        line = self._line or _not_connected()
        room, file = await _judged(line, address, audience), None
        if draft.file is not None:
            file = await line.files.upload(draft.file, encrypt=room.encrypted)
            room = await _judged(line, address, audience)
        if edits is None:
            content = content_of(draft, thread=address.thread, file=file)
        else:
            content = edit_of(draft, edits, file=file)
        type = "m.room.message"
        if room.encrypted:
            sealed = await line.machine.encrypt(
                room, room.readers, type, content, any_device=draft.any_device
            )
            content = sealed | {name: content[name] for name in CLEAR if name in content}
            type = "m.room.encrypted"
            await _judged(line, address, audience)
        path = room_path(room.id, "send", type, _transaction(draft.key))
        id = text_in(await line.api.call("PUT", path, content, timeout=POST), "event_id")
        if edits is None:
            line.timeline.note_own(room.id, id, address.thread)
        return id

    async def delete(self, address: Address, id: str, key: str) -> None:
        line = self._line or _not_connected()
        path = room_path(address.conversation, "redact", id, _transaction(key))
        try:
            await line.api.call("PUT", path, {}, timeout=POST)
        except PlatformRefused as refused:
            if refused.code != "M_NOT_FOUND":
                raise

    async def find(self, address: Address, key: str, since: str | None) -> str | None:
        """Forward from the question; without one, backward from now. Deleted messages bear no key."""
        line = self._line or _not_connected()
        start = await _after(line.api, address.conversation, since) if since else ""
        wanted = {"senders": [line.me], "types": ["m.room.message", "m.room.encrypted"]}
        params = {"limit": str(PAGE), "filter": orjson.dumps(wanted).decode(), "dir": "f" if start else "b"}
        for _ in range(MOST_PAGES):
            page = await line.api.call(
                "GET",
                room_path(address.conversation, "messages"),
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
        return await (self._line or _not_connected()).files.fetch(attachment, limit)

    async def described(self, message: Message, root: str | None = None) -> Message:
        return await (self._line or _not_connected()).timeline.described(message, root)

    async def recall(self, address: Address, wanted: Wanted) -> Range:
        return await (self._line or _not_connected()).history.recall(address, wanted)

    async def chat(self, person: str, known: str | None, *, asks: bool = False) -> Address:
        return await (self._line or _not_connected()).private.chat(person, known)

    async def present(self, address: Address, person: str) -> bool:
        return await (self._line or _not_connected()).private.present(address, person)

    # -- its life -------------------------------------------------------------------------------------

    async def run(self, deliver: Deliver) -> None:
        with self._folder.held():
            async with aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=trusting(self._config.ca_file)),
                cookie_jar=aiohttp.DummyCookieJar(),
            ) as http:
                while True:
                    now = self._wiring.clock()
                    self._entries = [at for at in self._entries if at > now - 3600] + [now]
                    api = Api(http, self._config.homeserver)
                    try:
                        async with connected(
                            api, self._config, self._folder, self._wiring, self._patience
                        ) as line:
                            self._pace = replace(self._config.pace, scope=f"{NAME}:{line.me}")
                            self._line = self.activity = line
                            await line.listen(deliver)
                    except Unusable as error:
                        if (
                            self._config.access_token
                            or error.code not in ("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN")
                            or len(self._entries) > ENTRIES_PER_HOUR
                        ):
                            raise unusable(error, self._config) from error
                        log.warning("token_not_accepted", connector=NAME, error=error)
                    finally:
                        self.ready.clear()
                        self._line = self.activity = None


async def _judged(line: Line, address: Address, audience: Audience) -> Room:
    """The room, if those who would read now are those who were judged. Raises Deferred."""
    room, _ = await line.rooms.current(address.conversation)
    if room.kind != audience.kind or not room.readers <= audience.members:
        raise Deferred(Phrase("delivery.audience"))
    return room


async def _after(api: Api, room: str, event: str) -> str:
    """The position right after an event; empty when there is no such event."""
    if not event.startswith("$"):
        return ""
    try:
        answer = await api.call("GET", room_path(room, "context", event), params={"limit": "0"})
    except PlatformRefused:
        return ""
    return text_in(answer, "end")


def _transaction(key: str) -> str:
    return hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


def _not_connected() -> NoReturn:
    raise Deferred(Phrase("delivery.not_connected", connector=NAME), retry_after=1.0)
