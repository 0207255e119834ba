# pyright: reportUnknownMemberType=false
"""Keys of rooms, shared by all replicas of an account: each shelves what it receives, finds what it lacks.

A device that is new, or was restored, never got the keys of earlier messages; one that hung got them late.
Its siblings did: before a message counts as undecryptable, their keys are tried. The shelf is sealed and
authenticated in the store, and what comes from it is checked like any key: its id is its public key, a
second key cannot take the place of the first, and a message is read only if the key belongs to a device of
its sender.

Every replica hears everything, so that a death loses nothing; but to decrypt, parse and store each message
once is enough: each room is one replica's to read first (`Sharing`). What changes a room, and what is not
stored as it stands (edits, deletions), is read by all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

import orjson
from nio.crypto import InboundGroupSession

from connectors.tchap import events
from connectors.tchap.crypto import Machine, Undecipherable
from connectors.tchap.events import NAME, valid
from core.connector import Address, First, Shelf, Shelved, Stored
from core.errors import StoreError, StoreUnavailable
from core.telemetry import log
from core.untrusted_json import Json, array_in, object_in


class Siblings:
    """Opens encrypted events, with the keys of this device or of any sibling."""

    def __init__(self, machine: Machine, shelf: Shelf) -> None:
        self._machine = machine
        self._shelf = shelf

    async def share(self, arrived: Iterable[tuple[str, str]]) -> None:
        """Shelve these (room, session), which this device has received. Raises StoreError."""
        rooms: dict[str, list[Shelved]] = {}
        for room, session in arrived:
            if (key := self._machine.olm.megolm.find(room, session)) is not None:
                rooms.setdefault(room, []).append(shelved(key))
        for room, values in rooms.items():
            await self._shelf.put(room, values)

    async def find(self, room: str, session: str) -> bool:
        """Take a session's key from the siblings. True when one helps. Raises StoreUnavailable."""
        if not session:
            return False
        try:
            found = await self._shelf.get(room, session)
        except StoreUnavailable:
            raise
        except StoreError as error:  # sealed under a master key that this replica does not have
            log.warning("shelf_not_read", connector=NAME, error=error)
            return False
        helpful = [self._machine.olm.keep(room, session_of(value, room), session) for value in found]
        return any(helpful)

    async def open(self, room: str, event: Json) -> Json:
        """The event as if it had never been encrypted. Raises Undecipherable, Deferred,
        StoreUnavailable."""
        try:
            return self._machine.decrypt(room, event)
        except Undecipherable as closed:
            if closed.doubt is None and not await self.find(room, closed.session):
                raise
        return await self._doubted(room, event)

    async def _doubted(self, room: str, event: Json) -> Json:
        """A sender whose device is not known yet, or not signed, is looked up once."""
        try:
            return self._machine.decrypt(room, event)
        except Undecipherable as closed:
            if closed.doubt is None:
                raise
        await self._machine.learn_afresh(event["sender"])
        return self._machine.decrypt(room, event)

    async def forget(self, room: str) -> None:
        """The bot is no longer in this room."""
        self._machine.forget_room(room)
        await self._shelf.clear(room)


TALK = ("m.room.message", "m.room.encrypted")


def only_talk(data: Json) -> bool:
    """Is there nothing in a room's part of a sync but whole talk: no state, no gap?"""
    timeline = object_in(data, "timeline")
    told = [*array_in(data, "state", "events"), *array_in(timeline, "events")]
    return timeline.get("limited") is not True and not any("state_key" in object_in(event) for event in told)


class Sharing:
    """Who reads what first, as the account `me` sees it on one device."""

    def __init__(self, me: str, is_first: First, stored: Stored | None) -> None:
        self._me = me
        self._stored = stored
        self.is_first = is_first

    async def not_stored(self, rooms: Mapping[str, Json]) -> list[str]:
        """Those of the rooms in which something is not stored, by whichever replica. Raises StoreError."""
        found = await asyncio.gather(*(self._all_stored(room, data) for room, data in rooms.items()))
        return [room for room, stored in zip(rooms, found, strict=True) if not stored]

    async def _all_stored(self, room: str, data: Json) -> bool:
        told = [object_in(event) for event in array_in(data, "timeline", "events")]
        others = [event for event in told if not valid(event) or event["sender"] != self._me]
        if not others:
            return True
        if self._stored is None or any(not valid(one) or one.get("type") not in TALK for one in others):
            return False
        keys = [events.key_of(room, event["event_id"]) for event in others]
        address = Address(connector=events.NAME, conversation=room)
        return await self._stored(address, keys) >= set(keys)


def shelved(session: InboundGroupSession) -> Shelved:
    """The session from the first message that it opens: Matrix's exported session key, beside what tells
    whose it is. One session may be known from different messages on, and (by somebody who passes it on) for
    different owners: these are variants."""
    first = session.first_known_index
    record: Json = {
        "key": session.export_session(first),
        "ed25519": session.ed25519,
        "curve25519": session.sender_key,
        "chain": session.forwarding_chain,
    }
    variant = f"{session.sender_key}|{session.ed25519}|{first}"
    return Shelved(name=session.id, variant=variant, value=orjson.dumps(record))


def session_of(value: bytes, room: str) -> InboundGroupSession:
    """The session again, of this room."""
    record: Json = orjson.loads(value)
    return InboundGroupSession.import_session(
        record["key"], record["ed25519"], record["curve25519"], room, record["chain"]
    )
