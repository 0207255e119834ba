# pyright: reportUnknownMemberType=false
"""End-to-end encryption of one device: keys in, keys out, reading and writing of room messages.

Who gets a room's key is decided for each message: the devices of exactly the people whom the caller names.
When one that holds the key is no longer among them the key is renewed; one that is new gets it from
here on. So a message can be read by nobody but those whom the outbox judged.

A message is read only if the key that it was written with belongs to a device of its sender: otherwise any
homeserver could put words into anybody's mouth. In both directions a device counts only if it is its owner's
(MSC4153): where a person has an identity, if they have signed it (see `identities`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Literal, TypeVar, cast
from weakref import WeakValueDictionary

import orjson
from cachetools import FIFOCache
from nio.crypto import InboundGroupSession, OutboundGroupSession

from connectors.tchap.api import NAME, Api
from connectors.tchap.identities import Pins, PublishedIdentity, Trust, published, renewed
from connectors.tchap.keystore import KEPT, KeyStore, Loaded
from connectors.tchap.olm import MEGOLM, Arrival, HardenedOlm
from connectors.tchap.pending import LONGEST_SESSION
from connectors.tchap.room import Room, server_of
from connectors.tchap.room_events import RoomEvent
from connectors.tchap.siblings import Siblings
from core.connector import Shelf
from core.connector.untrusted_json import Json, array_in, integer_in, object_in, text_in
from core.errors import Deferred, Rejected, RelaisError, Unusable
from core.telemetry import log, metrics

T = TypeVar("T")
Device = tuple[str, str]
"""User id and device id."""

TOP_UP_BELOW = 25
"""One-time keys left on the server (of 50) at which new ones are made."""
DEAF_FOR = 600.0
"""Seconds for which a device that has no one-time key left is not asked again."""
OPENED = 10_000
AFRESH_EVERY = 10.0
"""Seconds in which a person's devices are asked for once because of a doubt."""
PEOPLE_PER_QUERY = 250
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
    """Encryption for `user` on `device`, with its keys in `path`. `clock` is in seconds."""

    def __init__(
        self,
        api: Api,
        *,
        user: str,
        device: str,
        path: Path,
        pickle_key: str,
        pins: Pins,
        shelf: Shelf,
        trust: Trust,
        tag: Callable[[str], str],
        clock: Callable[[], float],
    ) -> None:
        """`pins` and `shelf` are shared by all replicas; `tag` names a person in logs."""
        self._api = api
        self._user = user
        self._device = device
        self._store = KeyStore(user, device, path, pickle_key)
        try:
            self.olm = HardenedOlm(user, device, self._store, clock)
            self._store.forget_unused()
        except BaseException:
            self._store.close()
            raise
        self.siblings = Siblings(self.olm, shelf)
        self.pins = pins
        self._trust: Trust = trust
        self._tag = tag
        self._clock = clock
        self.identities: Loaded[str, PublishedIdentity | None] = Loaded(self._stored_identity)
        """What is known of each person's identity."""
        self.trusted: Loaded[str, dict[tuple[str, str], bool]] = Loaded(self._trusted_of)
        """Whether each key of a person is one of a device of theirs: worked out anew once /keys/query told of
        them."""
        self._afresh: FIFOCache[str, float] = FIFOCache(KEPT)
        """When each person's devices were asked for because of a doubt."""
        self._current: set[str] = set()
        self._deaf: FIFOCache[Device, float] = FIFOCache(KEPT)
        self._asking = asyncio.Lock()
        self._rooms: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._one_time_keys: int | None = None
        self._fallback = False
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
            self._current.discard(text_in(user))

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
        await self.learn_afresh(event.sender)
        return self._decrypted(event)

    def _decrypted(self, event: RoomEvent) -> RoomEvent:
        content = event.content
        session_id, ciphertext = text_in(content, "session_id"), text_in(content, "ciphertext")
        named = content.get("algorithm") == MEGOLM and len(session_id) <= LONGEST_SESSION
        session = self.olm.megolm.by_id[session_id] if named else None
        if session is None or session.room_id != event.room or not ciphertext:
            raise Undecipherable(session_id)
        trusted = self.trusted[event.sender].get((session.sender_key, session.ed25519))
        if not trusted:
            raise Undecipherable(session_id, doubt="stranger" if trusted is None else "unsigned")
        try:
            plaintext, index = session.decrypt(ciphertext)
            opened = object_in(orjson.loads(plaintext))
        except Exception as error:  # the library's errors and those of JSON and UTF-8
            raise Undecipherable(session_id) from error
        origin = session_id, index
        if self._opened_as.get(origin, event.id) != event.id:
            self.olm.dropped["replay"] += 1
            raise Undecipherable(session_id)
        self._opened_as[origin] = event.id
        if opened.get("room_id") != event.room or not isinstance(opened.get("type"), str):
            raise Undecipherable(session_id)
        inner = object_in(opened, "content")
        if relates := object_in(content, "m.relates_to"):
            inner["m.relates_to"] = relates
        event = replace(event, type=opened["type"], content=inner, origin=origin)
        return event.related() if inner.get("m.relates_to") else event

    def room_key(self, room: str, session: str) -> InboundGroupSession | None:
        """The key that this device has of the room's megolm session."""
        return self.olm.megolm.find(room, session) if session else None

    # -- whose devices are trusted --------------------------------------------------------------------

    def _trusted_of(self, user: str) -> dict[tuple[str, str], bool]:
        """The keys, curve25519 and ed25519, of the person's devices of now or of the past: is the device
        theirs, by the rule of the settings?"""
        identity = self.identities[user]
        all_are = self._trust == "any" or (self._trust == "identity" and identity is None)
        signed = identity.signed if identity is not None else dict[str, str]()
        return {
            (device.curve25519, device.ed25519): all_are or signed.get(device.id) == device.ed25519
            for device in reversed(self.olm.devices.by_user[user].values())
        }

    def _stored_identity(self, user: str) -> PublishedIdentity | None:
        stored = self._store.identity_of(user)
        return None if stored is None else PublishedIdentity.load(stored)

    def _keep_identity(self, user: str, identity: PublishedIdentity) -> None:
        if identity != self.identities[user]:
            self.identities[user] = identity
            self._store.save_identity(user, identity.dump())

    async def _pinned(self, user: str, answer: Json, devices: Json) -> PublishedIdentity | None:
        """The person's identity from now on. One that is not the pinned one is told to operators."""
        known, found = self.identities[user], published(answer, user)
        identity = renewed(known, found, devices, user)
        if identity is None or (known is not None and known.master == identity.master):
            return identity
        changed = await self.pins.changed(user, identity.master)
        if changed:
            log.warning("identity_changed", connector=NAME, person=self._tag(user), server=server_of(user))
            metrics.identities.labels(NAME).inc()
        return replace(identity, changed=changed)

    async def ask_for_key(self, room: str, session: str, sender: str) -> None:
        """Ask the sender's devices for a key again. Best effort: most answer only if it was meant for us."""
        self.olm.requested[room, session] = sender
        content = {
            "action": "request",
            "body": {"algorithm": MEGOLM, "room_id": room, "session_id": session},
            "request_id": session,
            "requesting_device_id": self._device,
        }
        await self._send_to_devices("m.room_key_request", {"messages": {sender: {"*": content}}})

    # -- writing --------------------------------------------------------------------------------------

    async def encrypt(
        self, room: Room, readers: Collection[str], type: str, content: Json, *, any_device: bool = False
    ) -> Json:
        """The content of an `m.room.encrypted` event that the trusted devices of `readers` can read, nobody
        else; with `any_device` those that are not trusted too, of this one message.

        Raises Deferred when keys cannot be exchanged now."""
        async with self._rooms.setdefault(room.id, asyncio.Lock()):
            if self._asking.locked() or not self._current.issuperset(readers):
                await self.learn(readers)
            wanted: set[Device] = set()
            distrusted: set[Device] = set()
            for user in readers:
                for device in self.olm.devices.by_user[user].values():
                    if not device.deleted and (user, device.id) != (self._user, self._device):
                        keys = device.curve25519, device.ed25519
                        trusted = any_device or self.trusted[user].get(keys, False)
                        (wanted if trusted else distrusted).add((user, device.id))
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
                "device_id": self._device,
            }

    async def forget_room(self, room: str) -> None:
        """The bot is no longer in this room. Raises StoreError."""
        self.olm.outbound_group_sessions.pop(room, None)
        self.olm.megolm.forget_room(room)
        await self.siblings.forget(room)

    async def _refuse(self, room: str, session: OutboundGroupSession, devices: Sequence[Device]) -> None:
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
        for some in _batches(devices, MESSAGES_PER_REQUEST):
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

    async def _share(self, room: str, session: OutboundGroupSession, devices: Sequence[Device]) -> None:
        now = self._clock()
        closed = [
            (user, id)
            for user, id in devices
            if self._deaf.get((user, id), 0.0) <= now
            and not self.olm.has_session(self.olm.devices.by_user[user][id].curve25519)
        ]
        if closed:
            await self._claim(closed)
        for some in _batches(devices, MESSAGES_PER_REQUEST):
            messages: dict[str, Json] = {}
            with self._store.batch():
                for user, device in some:
                    if key := self.olm.room_key_for(user, device, room, session):
                        messages.setdefault(user, {})[device] = key
            if messages:
                await self._send_to_devices("m.room.encrypted", {"messages": messages})
            session.users_shared_with.update((user, id) for user, of in messages.items() for id in of)

    async def _claim(self, devices: Sequence[Device]) -> None:
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

    async def learn(self, people: Collection[str]) -> None:
        """Make sure that these people's devices are known as they are now. Raises Deferred."""
        async with self._asking:
            if unknown := sorted(user for user in people if user not in self._current):
                for some in _batches(unknown, PEOPLE_PER_QUERY):
                    await self._query(some)

    async def learn_afresh(self, user: str) -> None:
        """Ask for a person's devices whatever is known, now and then. Raises Deferred."""
        asked = self._afresh.get(user)
        if asked is None or self._clock() - asked >= AFRESH_EVERY:
            self._afresh[user] = self._clock()
            self._current.discard(user)
        await self.learn([user])

    async def _query(self, people: Sequence[str]) -> None:
        # Marked before asking, so that a change that /sync tells meanwhile is not lost.
        self._current.update(people)
        try:
            body: Json = {"device_keys": {user: [] for user in people}, "timeout": 3_000}
            answer = await self._api.call("POST", "/keys/query", body)
            given = object_in(answer, "device_keys")
            identities = {
                user: await self._pinned(user, answer, object_in(given[user]))
                for user in people
                if user in given
            }
        except RelaisError:
            self._current.difference_update(people)
            raise
        self._current.difference_update(user for user in people if user not in given)
        with self._store.batch():
            for user, identity in identities.items():
                self.trusted.pop(user, None)
                if identity is not None:
                    self._keep_identity(user, identity)
                first = () if identity is None else identity.signed
                self.olm.learn_devices(user, object_in(given[user]), first=first)
                self.olm.devices.forget_gone(user)

    async def _send_to_devices(self, type: str, body: Json) -> None:
        """The same sent twice arrives once."""
        await self._api.call("PUT", ("sendToDevice", type), body, key=orjson.dumps(body))


def _batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))
