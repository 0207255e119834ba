# pyright: reportUnknownMemberType=false
"""End-to-end encryption of one device: keys in, keys out, reading and writing of room messages.

Who gets a room's key is decided for each message: the devices of exactly the people whom the caller names.
When one that holds the key is no longer among them the key is renewed; one that is new gets it from
here on. So a message can be read by nobody but those whom the outbox judged.

A message is read only if the key that it was written with belongs to a device of its sender: otherwise any
homeserver could put words into anybody's mouth. In both directions a device counts only if it is its owner's
(see `known_devices`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Literal, cast
from weakref import WeakValueDictionary

import orjson
from cachetools import FIFOCache
from nio.crypto import InboundGroupSession, OutboundGroupSession

from connectors.tchap.api import NAME, Api
from connectors.tchap.identities import Pins, Trust
from connectors.tchap.keystore import KEPT, KeyStore
from connectors.tchap.known_devices import DeviceId, KnownDevices, batches
from connectors.tchap.olm import MEGOLM, Arrival, HardenedOlm
from connectors.tchap.pending import LONGEST_SESSION
from connectors.tchap.room import Room
from connectors.tchap.room_events import RoomEvent
from connectors.tchap.siblings import Siblings
from core.connector import Shelf
from core.connector.untrusted_json import Json, array_in, integer_in, object_in, text_in
from core.errors import Deferred, Rejected, RelaisError, Unusable
from core.telemetry import log

TOP_UP_BELOW = 25
"""One-time keys left on the server (of 50) at which new ones are made."""
DEAF_FOR = 600.0
"""Seconds for which a device that has no one-time key left is not asked again."""
OPENED = 10_000
MESSAGES_PER_REQUEST = 50


Doubt = Literal["stranger", "unsigned"]
"""Why a message is not read though its key is there: the key is not known to be a device's of the sender; it
is, and the sender has not signed the device."""


class Undecipherable(RelaisError):
    """An encrypted event that cannot be read (yet). `session` is empty when even that is unreadable."""

    def __init__(self, session: str, *, doubt: Doubt | None = None) -> None:
        super().__init__("the event cannot be read")
        self.session = session
        self.doubt: Doubt | None = doubt


class Machine:
    """Encryption for the device whose keys are in `store`, which the machine closes in the end. `pins` and
    `shelf` are shared by all replicas. `clock` is in seconds."""

    def __init__(
        self,
        api: Api,
        store: KeyStore,
        *,
        pins: Pins,
        shelf: Shelf,
        trust: Trust,
        clock: Callable[[], float],
    ) -> None:
        self._api = api
        self._store = store
        self._clock = clock
        self._own: DeviceId = store.user_id, store.device_id
        try:
            self.olm = HardenedOlm(store.user_id, store.device_id, store, clock)
            store.forget_unused()
        except BaseException:
            store.close()
            raise
        self.siblings = Siblings(self.olm, shelf)
        self.known_devices = KnownDevices(api, self.olm, store, pins=pins, trust=trust, clock=clock)
        self._deaf: FIFOCache[DeviceId, float] = FIFOCache(KEPT)
        """The devices without a one-time key left, and when each may be asked again."""
        self._rooms: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """Held while a message is encrypted for a room."""
        self._one_time_keys: int | None = None
        """Our one-time keys that are left on the server, as far as it told."""
        self._fallback = False
        """True if the server has an unused fallback key of ours."""
        self._opened_as: FIFOCache[tuple[str, int], str] = FIFOCache(OPENED)
        """The event of each ciphertext opened lately. The store knows those that were taken in, on any
        replica."""

    def close(self) -> None:
        self._store.close()

    # -- what /sync brings ----------------------------------------------------------------------------

    def receive(self, events: Iterable[Json]) -> list[Arrival]:
        """Take in to-device events. Returns the keys that came."""
        self.olm.arrived.clear()
        with self._store.batch():
            for event in events:
                self.olm.receive(event)
        return list(self.olm.arrived)

    def note_sync(self, answer: Json) -> None:
        """Note what /sync tells of keys: what is left of ours on the server (none left is a count too), and
        whose devices are no longer known for sure."""
        if (one_time_keys := answer.get("device_one_time_keys_count")) is not None:
            self._one_time_keys = integer_in(one_time_keys, "signed_curve25519") or 0
        if (unused_fallback := answer.get("device_unused_fallback_key_types")) is not None:
            self._fallback = "signed_curve25519" in array_in(unused_fallback)
        devices = object_in(answer, "device_lists")
        for user in (*array_in(devices, "changed"), *array_in(devices, "left")):
            self.known_devices.outdate(text_in(user))

    async def maintain(self) -> bool:
        """Upload keys that run low, mend broken Olm sessions with the messages that nio queued for it. What
        fails is tried again in the next round. Returns whether people's devices can still open an encrypted
        session with this one, as far as the server told. Raises Unusable."""
        left = self._one_time_keys
        runs_low = left is not None and (left < TOP_UP_BELOW or not self._fallback)
        try:
            if runs_low:
                await self.upload_keys()
            if self.olm.wedged_devices:
                await self._claim([(device.user_id, device.id) for device in self.olm.wedged_devices])
                self.olm.wedged_devices.clear()
            for message in list(self.olm.outgoing_to_device_messages):
                await self._send_to_devices(message.type, cast(Json, message.as_dict()))
                self.olm.outgoing_to_device_messages.remove(message)
        except Unusable:
            raise
        except (Deferred, Rejected) as error:
            log.warning("keys_not_maintained", connector=NAME, error=error)
        return self._one_time_keys != 0 or self._fallback

    async def upload_keys(self, signed: Callable[[Json], Json] | None = None) -> None:
        """Upload device keys the first time, `signed` by the bot's identity, one-time keys up to their
        number, a fallback key where there is none. Raises Deferred, Rejected."""
        body = self.olm.keys_to_upload(self._one_time_keys or 0, fallback=not self._fallback)
        if signed and "device_keys" in body:
            body["device_keys"] = signed(object_in(body["device_keys"]))
        answer = await self._api.call("POST", "/keys/upload", body)
        self.olm.keys_uploaded()
        counts = object_in(answer, "one_time_key_counts")
        self._one_time_keys = integer_in(counts, "signed_curve25519") or 0
        self._fallback = True

    # -- reading --------------------------------------------------------------------------------------

    async def open(self, event: RoomEvent) -> RoomEvent:
        """The event as if it had never been encrypted. A key that is not here is taken from a sibling; a
        sender whose device is not known yet, or not signed, is looked up once. Raises Undecipherable,
        Deferred, StoreUnavailable."""
        try:
            return self._decrypted(event)
        except Undecipherable as closed:
            if closed.doubt is None and not await self.siblings.find(event.room, closed.session):
                raise
        try:
            return self._decrypted(event)
        except Undecipherable as closed:
            if closed.doubt is None:
                raise
        await self.known_devices.learn_afresh(event.sender)
        return self._decrypted(event)

    def _decrypted(self, event: RoomEvent) -> RoomEvent:
        """The event in clear. Raises Undecipherable."""
        session, id = self._session_of(event), text_in(event.content, "session_id")
        try:
            plaintext, index = session.decrypt(text_in(event.content, "ciphertext"))
            opened = object_in(orjson.loads(plaintext))
        except Exception as error:  # the library's errors and those of JSON and UTF-8
            raise Undecipherable(id) from error
        origin = id, index
        if self._opened_as.get(origin, event.id) != event.id:
            self.olm.dropped["replay"] += 1
            raise Undecipherable(id)
        self._opened_as[origin] = event.id
        if opened.get("room_id") != event.room or not isinstance(opened.get("type"), str):
            raise Undecipherable(id)
        inner = object_in(opened, "content")
        if relates := object_in(event.content, "m.relates_to"):
            inner["m.relates_to"] = relates
        event = replace(event, type=opened["type"], content=inner, origin=origin)
        return event.related() if inner.get("m.relates_to") else event

    def _session_of(self, event: RoomEvent) -> InboundGroupSession:
        """The megolm session that an event was written with, which belongs to a trusted device of its sender.
        Raises Undecipherable."""
        id = text_in(event.content, "session_id")
        is_megolm = event.content.get("algorithm") == MEGOLM and len(id) <= LONGEST_SESSION
        session = self.olm.megolm.by_id[id] if is_megolm else None
        if session is None or session.room_id != event.room or not text_in(event.content, "ciphertext"):
            raise Undecipherable(id)
        trusted = self.known_devices.trusted[event.sender].get((session.sender_key, session.ed25519))
        if trusted is None:
            raise Undecipherable(id, doubt="stranger")
        if not trusted:
            raise Undecipherable(id, doubt="unsigned")
        return session

    def room_key(self, room: str, session: str) -> InboundGroupSession | None:
        """The key that this device has of the room's megolm session."""
        return self.olm.megolm.find(room, session) if session else None

    # -- asking for keys ------------------------------------------------------------------------------

    async def ask_for_key(self, room: str, session: str, sender: str) -> None:
        """Ask the sender's devices for a key again. Best effort: most answer only if it was meant for us."""
        self.olm.requested[room, session] = sender
        content = {
            "action": "request",
            "body": {"algorithm": MEGOLM, "room_id": room, "session_id": session},
            "request_id": session,
            "requesting_device_id": self._own[1],
        }
        await self._send_to_devices("m.room_key_request", {"messages": {sender: {"*": content}}})

    # -- writing --------------------------------------------------------------------------------------

    async def encrypt(
        self, room: Room, readers: Collection[str], type: str, content: Json, *, any_device: bool = False
    ) -> Json:
        """The content of an `m.room.encrypted` event, which the trusted devices of `readers` can read, and
        nobody else. With `any_device`, their other devices can read this one message too. Raises Deferred
        when keys cannot be exchanged now."""
        async with self._rooms.setdefault(room.id, asyncio.Lock()):
            await self.known_devices.learn(readers)
            wanted, distrusted = self.known_devices.of(readers, own=self._own, any_device=any_device)
            session = self.olm.outbound_group_sessions.get(room.id)
            if session is None or session.expired or not session.users_shared_with <= wanted:
                session = self._new_session(room)
            if missing := wanted - session.users_shared_with:
                await self._share(room.id, session, sorted(missing))
            if refused := distrusted - session.users_ignored:
                await self._refuse(room.id, session, sorted(refused))
            plaintext = orjson.dumps({"type": type, "content": content, "room_id": room.id}).decode()
            return {
                "algorithm": MEGOLM,
                "sender_key": self.olm.curve_key,
                "ciphertext": session.encrypt(plaintext),
                "session_id": session.id,
                "device_id": self._own[1],
            }

    async def forget_room(self, room: str) -> None:
        """The bot is no longer in this room. Raises StoreError."""
        self.olm.outbound_group_sessions.pop(room, None)
        self.olm.megolm.forget_room(room)
        await self.siblings.forget(room)

    async def _refuse(self, room: str, session: OutboundGroupSession, devices: Sequence[DeviceId]) -> None:
        """Say to devices that are not trusted that they get no key, and why: their clients show it (Matrix
        1.1, `m.room_key.withheld`). Best effort, once for a session."""
        content = {
            "algorithm": MEGOLM,
            "room_id": room,
            "session_id": session.id,
            "sender_key": self.olm.curve_key,
            "code": "m.unverified",
            "reason": "The device is not verified by its owner",
        }
        session.users_ignored.update(devices)
        for some in batches(devices, MESSAGES_PER_REQUEST):
            messages: dict[str, Json] = {}
            for user, device in some:
                messages.setdefault(user, {})[device] = content
            with suppress(Rejected, Deferred):
                await self._send_to_devices("m.room_key.withheld", {"messages": messages})

    def _new_session(self, room: Room) -> OutboundGroupSession:
        self.olm.create_outbound_group_session(room.id)
        session = self.olm.outbound_group_sessions[room.id]
        session.max_messages = room.rotation.rotate_messages
        session.max_age = timedelta(milliseconds=room.rotation.rotate_ms)
        session.mark_as_shared()
        return session

    async def _share(self, room: str, session: OutboundGroupSession, devices: Sequence[DeviceId]) -> None:
        now = self._clock()
        closed = [
            (user, id)
            for user, id in devices
            if self._deaf.get((user, id), 0.0) <= now
            and not self.olm.has_session(self.olm.devices.by_user[user][id].curve25519)
        ]
        if closed:
            await self._claim(closed)
        for some in batches(devices, MESSAGES_PER_REQUEST):
            messages: dict[str, Json] = {}
            with self._store.batch():
                for user, device in some:
                    if key := self.olm.room_key_for(user, device, room, session):
                        messages.setdefault(user, {})[device] = key
            if messages:
                await self._send_to_devices("m.room.encrypted", {"messages": messages})
            session.users_shared_with.update((user, id) for user, of in messages.items() for id in of)

    async def _claim(self, devices: Sequence[DeviceId]) -> None:
        """Start Olm sessions. Devices without a key left are not asked again for a while."""
        asked: dict[str, Json] = {}
        for user, device in devices:
            asked.setdefault(user, {})[device] = "signed_curve25519"
        answer = await self._api.call("POST", "/keys/claim", {"one_time_keys": asked, "timeout": 3_000})
        given = object_in(answer, "one_time_keys")
        with self._store.batch():
            for user, device in devices:
                keys = object_in(given, user, device)
                if not (keys and self.olm.learn_one_time_key(user, device, keys)):
                    self._deaf[user, device] = self._clock() + DEAF_FOR

    async def _send_to_devices(self, type: str, body: Json) -> None:
        """The same sent twice arrives once."""
        await self._api.call("PUT", ("sendToDevice", type), body, key=orjson.dumps(body))
