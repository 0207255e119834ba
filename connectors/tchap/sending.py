"""Messages of ours: posted, edited, deleted and found again, to exactly the audience that was judged; and
signs that the bot has read and is at work.

Before each send the room is looked at again: when its kind changed, or somebody can read who was not judged,
the send is deferred, and the outbox judges anew. Keys go to the judged people only.

Idempotent twice over: the transaction id is made of the draft's key, which the homeserver dedupes for one
device; the key itself travels in clear, by which `find` lets a sibling adopt a message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

import orjson

from connectors.tchap.api import Api, room_path, segment
from connectors.tchap.crypto import Machine
from connectors.tchap.lookup import Lookup
from connectors.tchap.media import TchapFiles
from connectors.tchap.render import CLEAR, KEY, content_of, edit_of
from connectors.tchap.rooms import Room, Rooms
from core.connector import Address, Audience, Draft, Signs
from core.errors import Deferred, PlatformRefused, RelaisError
from core.language.operators import Phrase
from core.untrusted_json import array_in, object_in, text_in

POST = 4.0
"""Seconds for a visible post (see leases)."""
PAGE = 100
MOST_PAGES = 50
SHOWN_FOR, REFRESH = 30.0, 20.0
"""Seconds for which the bot is shown to be at work, and after which that is said again."""
MOST_REFRESHES = 30
"""Ten minutes."""


@dataclass(eq=False)
class Sender:
    """Writes as the account `me`. `spawn` runs a coroutine beside."""

    api: Api
    machine: Machine
    rooms: Rooms
    lookup: Lookup
    files: TchapFiles
    _: KW_ONLY
    me: str
    spawn: Callable[[Coroutine[Any, Any, None]], None]
    _signs: Signs[str] = field(init=False)

    def __post_init__(self) -> None:
        self._signs = Signs(self._type, self.spawn, every=REFRESH, most=MOST_REFRESHES)

    async def post(
        self, address: Address, draft: Draft, audience: Audience, *, edits: str | None = None
    ) -> str:
        """Post a message, or the new state of the message `edits`; the id of what was posted."""
        room, file = await self._judged(address, audience), None
        if draft.file is not None:
            file = await self.files.upload(draft.file, encrypt=room.encrypted)
            room = await self._judged(address, audience)
        if edits is None:
            content = content_of(draft, thread=address.thread, file=file)
        else:
            content = edit_of(draft, edits, file=file)
        type = "m.room.message"
        if room.encrypted:
            sealed = await self.machine.encrypt(
                room, room.readers, type, content, any_device=draft.any_device
            )
            clear = {name: content[name] for name in CLEAR if name in content}
            content, type = sealed | clear, "m.room.encrypted"
            await self._judged(address, audience)
        path = room_path(room.id, "send", type, _transaction(draft.key))
        id = text_in(await self.api.call("PUT", path, content, timeout=POST), "event_id")
        if edits is None:
            self.lookup.note_own(room.id, id, address.thread)
        return id

    async def _judged(self, address: Address, audience: Audience) -> Room:
        """The room, if those who would read now are those who were judged. Raises Deferred."""
        room, _ = await self.rooms.current(address.conversation)
        if room.kind != audience.kind or not room.readers <= audience.members:
            raise Deferred(Phrase("delivery.audience"))
        return room

    async def delete(self, address: Address, id: str, key: str) -> None:
        path = room_path(address.conversation, "redact", id, _transaction(key))
        try:
            await self.api.call("PUT", path, {}, timeout=POST)
        except PlatformRefused as refused:
            if refused.code != "M_NOT_FOUND":
                raise

    async def find(self, address: Address, key: str, since: str | None) -> str | None:
        """Forward from the question; without one, backward from now. Deleted messages bear no key."""
        start = await self._after(address.conversation, since) if since else ""
        direction = "f" if start else "b"
        wanted = {"senders": [self.me], "types": ["m.room.message", "m.room.encrypted"]}
        params = {"dir": direction, "limit": str(PAGE), "filter": orjson.dumps(wanted).decode()}
        for _ in range(MOST_PAGES):
            page = await self.api.call(
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

    async def _after(self, room: str, event: str) -> str:
        """The position right after an event; empty when there is no such event."""
        if not event.startswith("$"):
            return ""
        try:
            answer = await self.api.call("GET", room_path(room, "context", event), params={"limit": "0"})
        except PlatformRefused:
            return ""
        return text_in(answer, "end")

    # -- signs of life ---------------------------------------------------------------------------------

    async def read(self, address: Address, id: str) -> None:
        if id.startswith("$"):
            path = room_path(address.conversation, "receipt", "m.read", id)
            self.spawn(self._quietly("POST", path, {"thread_id": address.thread} if address.thread else {}))

    async def working(self, address: Address, on: bool) -> None:
        self._signs.turn(address.conversation, on)

    async def _type(self, room: str, on: bool) -> None:
        shown = {"timeout": int(SHOWN_FOR * 1000)} if on else {}
        await self._quietly("PUT", self._path(room), {"typing": on, **shown})

    def _path(self, room: str) -> str:
        return f"{room_path(room, 'typing')}/{segment(self.me)}"

    async def _quietly(self, method: str, path: str, body: object) -> None:
        try:
            await self.api.call(method, path, body)
        except RelaisError:
            return


def _transaction(key: str) -> str:
    return hashlib.blake2b(key.encode(), digest_size=16).hexdigest()
