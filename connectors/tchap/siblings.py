# pyright: reportUnknownMemberType=false
"""Keys of rooms, shared by all replicas of an account: each shelves what it receives, finds what it lacks.

A device that is new, or was restored, never got the keys of earlier messages; one that hung got them late.
Its siblings did: before a message counts as undecryptable, their keys are tried. The shelf is sealed and
authenticated in the store, and what comes from it is checked like any key: its id is its public key, a
second key cannot take the place of the first, and a message is read only if the key belongs to a device of
its sender.
"""

from __future__ import annotations

from collections.abc import Iterable

import orjson
from nio.crypto import InboundGroupSession

from connectors.tchap.api import NAME
from connectors.tchap.olm import HardenedOlm
from core.connector import Shelf, Shelved
from core.connector.untrusted_json import Json
from core.errors import StoreError, StoreUnavailable
from core.telemetry import log


class Siblings:
    """The keys that the replicas of one account share, as one of them sees it."""

    def __init__(self, olm: HardenedOlm, shelf: Shelf) -> None:
        self._olm = olm
        self._shelf = shelf

    async def share(self, arrived: Iterable[tuple[str, str]]) -> None:
        """Shelve these (room, session), which this device has received. Raises StoreError."""
        rooms: dict[str, list[Shelved]] = {}
        for room, session in arrived:
            if (key := self._olm.megolm.find(room, session)) is not None:
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
        helpful = [self._olm.keep(room, session_of(value, room), session) for value in found]
        return any(helpful)

    async def forget(self, room: str) -> None:
        """Delete what is shelved of a room. Raises StoreError."""
        await self._shelf.clear(room)


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
