"""Which sessions go to the archives, when, and the proof that they did.

A mark is the tag of a session in an index, with when to look at it. Shortly before the session expires, or
is begun anew, what it holds is set apart: sealed, kept until the archives acknowledge it as a package, and
out of the session. The audit trail says each step: `archive_packed`, and `archive_deleted` with the digests
of the package and of what acknowledged it. What is above the archives' clearance is not packed (`decide`),
and expires as all else. Who is erased meanwhile is left out of what waits (`archive_withdrawn`).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from pydantic import TypeAdapter

from core.archives.handing import Hand
from core.archives.seda import Agencies, package
from core.connector import AudienceKind
from core.errors import Deferred, DeliveryError, Tampered, TooNew, UnknownKey
from core.inbox.codec import to_json
from core.policy.decision import Denied, decide, permitted
from core.policy.file import ARCHIVES, PolicyFile
from core.retry import retried
from core.sessions.erasure import erased_since
from core.sessions.model import SessionRecord
from core.sessions.repository import Sessions
from core.store.valkey import Store
from core.store.wire import Command
from core.telemetry import log
from core.vault import Vault

DAY = 86_400.0
LOOK_EVERY = 60.0
"""Seconds between two looks of a replica for what is due."""
PAUSE = 300.0
"""Seconds after which packages are handed again that were not taken."""
_ATTEMPTS = 3
_TURN = 600
"""Seconds that one replica has for its looks, before another may."""
_ACK = 1 << 16
"""Bytes of an acknowledgement that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRecord:
    """What waits for the archives. `since`: all of it was said before, in ms by the store's clock."""

    since: int
    record: SessionRecord


_WAITING = TypeAdapter(WaitingRecord)


class Archives:
    """Methods raise StoreError. `acted` makes a record of the audit trail; `clock`: seconds since 1970."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        *,
        sessions: Sessions,
        policy: PolicyFile,
        agencies: Agencies,
        hand: Hand,
        acted: Callable[..., Command],
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._vault = vault
        self._sessions = sessions
        self._policy = policy
        self._agencies = agencies
        self._hand = hand
        self._acted = acted
        self._clock = clock
        self._next = 0.0

    def takes(self, kind: AudienceKind) -> bool:
        """Does the policy have all conversations of this kind handed over?"""
        return kind in self._policy.archive.channels

    def marking(self, key: str) -> Command:
        """What marks a session, as a command to travel with others."""
        return ("ZADD", self._index, "NX", int(self._clock()), self._sessions.tag_of(key))

    async def mark(self, key: str, *, on: bool = True) -> None:
        """Mark a session, or take its mark back."""
        taken_back: Command = ("ZREM", self._index, self._sessions.tag_of(key))
        await self._store.run(self.marking(key) if on else taken_back)

    async def leave(self, key: str) -> None:
        """Make a package now of a session that is marked: it is to be begun anew."""
        tag = self._sessions.tag_of(key)
        if await self._store.run(("ZSCORE", self._index, tag)) is not None:
            await self._pack(tag)

    async def look(self) -> None:
        """Make packages of what is due, and hand over those that wait; one replica at a time."""
        now = self._clock()
        if now < self._next:
            return
        self._next = now + LOOK_EVERY
        turn = self._store.key(0, "archive-turn")
        if not await self._store.run(("SET", turn, 1, "NX", "EX", _TURN)):
            return
        try:
            for tag in await self._store.run(("ZRANGE", self._index, "-inf", int(now), "BYSCORE")):
                await _readable(partial(self._when_due, tag.decode()))
            for id in sorted(await self._store.run(("HKEYS", self._waiting))):
                if await _readable(partial(self._deliver, id.decode())) is False:
                    break  # nor for the others, and the turn must not outlast its time
        finally:
            await self._store.run(("DEL", turn))

    async def acknowledgement(self, id: str) -> bytes | None:
        """What acknowledged a package, for as long as the trail is kept."""
        sealed = await self._store.run(("GET", self._acknowledged(id)))
        return self._vault.try_open(sealed, context=f"acknowledged|{id}") if sealed else None

    async def _when_due(self, tag: str) -> None:
        """Make a package, unless the session lives on: then look again in time."""
        left = await self._sessions.expires_in(tag)
        lead = min(DAY, self._policy.retention.session_days * DAY / 2)
        if left > lead:
            again = int(self._clock() + left - lead)
            await self._store.run(("ZADD", self._index, "XX", again, tag))
        else:
            await self._pack(tag)

    async def _pack(self, tag: str) -> None:
        """Set apart what the session holds, say so in the trail, and take it out of the session."""
        seconds, micros = await self._store.run(("TIME",))
        record = await self._sessions.record(tag)
        if record is None:
            await self._store.run(("ZREM", self._index, tag))
            return
        try:
            permitted(decide(self._policy, level=record.level, audience=ARCHIVES, task="send"))
        except Denied as error:
            log.warning("archive_refused", error=error)
            said = self._acted("archive_refused", by="relais", about=str(record.level))
            await self._store.batch([("ZREM", self._index, tag), said])
            return
        id = self._id(tag, record)
        waits = WaitingRecord(since=int(seconds) * 1000 + int(micros) // 1000, record=record)
        sealed = await asyncio.to_thread(self._seal, id, waits)
        said = self._acted(
            "archive_packed", by="relais", about=f"{id} {_digest(await self._package(id, record))}"
        )
        await self._store.batch([("HSET", self._waiting, id, sealed), said])
        await self._sessions.take_out(tag, record.turns)
        if await self._sessions.record(tag) is None:  # else something was said meanwhile, which is marked too
            await self._store.run(("ZREM", self._index, tag))

    def _id(self, tag: str, record: SessionRecord) -> str:
        """The same for the same turns: a replica that died half-way made no second package."""
        return "relais-" + self._vault.tag("archive", tag, *(turn.key for turn in record.turns))[:32]

    def _seal(self, id: str, waits: WaitingRecord) -> bytes:
        return self._vault.seal_packed(to_json(waits), context=f"archive|{id}")

    async def _package(self, id: str, record: SessionRecord) -> bytes:
        """The same bytes for the same turns."""
        at = max(turn.at for turn in record.turns)
        return await asyncio.to_thread(package, id, record, self._agencies, at=at)

    async def _deliver(self, id: str) -> bool:
        """Hand a package over until it is acknowledged; then forget it, which the trail proves. False: the
        archives do not answer now. A package that they refuse waits, and holds up no other."""
        record = await self._unerased(id)
        if record is None:
            return True
        data = await self._package(id, record)
        try:
            ack = await retried(lambda: self._hand(id, data), on=Deferred, most=_ATTEMPTS)
        except DeliveryError as error:
            log.error("archive_not_taken", error=error)
            self._next = self._clock() + PAUSE
            return not isinstance(error, Deferred)
        kept = self._vault.seal(ack[:_ACK], context=f"acknowledged|{id}")
        about = f"{id} {_digest(data)} acknowledged {_digest(ack)}"
        await self._store.batch(
            [
                ("SET", self._acknowledged(id), kept, "EX", int(self._policy.retention.audit_days * DAY)),
                ("HDEL", self._waiting, id),
                self._acted("archive_deleted", by="relais", about=about),
            ]
        )
        return True

    async def _unerased(self, id: str) -> SessionRecord | None:
        """What waits under this id, of those who were not erased since; the rest is kept no longer."""
        sealed = await self._store.run(("HGET", self._waiting, id))
        if sealed is None:
            return None
        opened = await asyncio.to_thread(self._vault.open, sealed, context=f"archive|{id}")
        waits = _WAITING.validate_json(opened)
        gone = await erased_since(self._store, {*waits.record.authors, *waits.record.givers}, waits.since)
        if not gone:
            return waits.record
        left = waits.record.without(gone)
        keep: Command = ("HDEL", self._waiting, id)
        if left.turns:
            sealed = await asyncio.to_thread(self._seal, id, WaitingRecord(since=waits.since, record=left))
            keep = ("HSET", self._waiting, id, sealed)
        await self._store.batch([keep, self._acted("archive_withdrawn", by="relais", about=id)])
        return left if left.turns else None

    @property
    def _index(self) -> str:
        return self._store.key(0, "archive-marks")

    @property
    def _waiting(self) -> str:
        return self._store.key(0, "archive-packages")

    def _acknowledged(self, id: str) -> str:
        return self._store.key(0, "archive-ack", id)


async def _readable(step: Callable[[], Awaitable[bool | None]]) -> bool | None:
    """Take a step, unless what it is about cannot be read here: that holds up nothing else."""
    try:
        return await step()
    except (Tampered, TooNew, UnknownKey) as error:
        log.error("archive_not_readable", error=error)
        return None


def _digest(data: bytes) -> str:
    return f"sha512:{hashlib.sha512(data).hexdigest()}"
