"""Keys of rooms, shared by all replicas of an account: each shelves what it receives, finds what it lacks.

A device that is new, or was restored, never got the keys of earlier messages; one that hung got them late.
Its siblings did: before a message counts as undecryptable, their keys are tried. The shelf is sealed and
authenticated in the store, and what comes from it is checked like any key: its id is its public key, a
second key cannot take the place of the first, and a message is read only if the key belongs to a device of
its sender.
"""

from __future__ import annotations

from collections.abc import Iterable

from connectors.tchap.crypto import Machine, Undecipherable
from connectors.tchap.events import NAME
from connectors.tchap.raw import Json
from connectors.tchap.roomkey import session_of, shelved
from core.connector import Shelf, Shelved
from core.errors import StoreError, StoreUnavailable
from core.telemetry import log


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
