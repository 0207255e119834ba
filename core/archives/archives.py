"""Which sessions go to the archives, when, and the proof that they did.

A mark is the tag of a session in an index, with when to look at it. Shortly before the session expires, or
is begun anew, what it holds is set apart: sealed, kept until the archives acknowledge it as a package, and
out of the session. The audit trail says each step: `archive_packed`, and `archive_deleted` with the digests
of the package and of what acknowledged it. What is above the archives' clearance is not packed (`decide`),
and expires as all else. Who is erased meanwhile is left out of what waits, and a question that is deleted
too (`archive_withdrawn`), whether or not the archives answer.

Packages go to a folder that the archives empty, or an endpoint that takes them by HTTP.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from core.archives.packages import Packages, WaitingRecord
from core.archives.seda import Agencies, package
from core.connector import AudienceKind
from core.errors import Deferred, DeliveryError, Rejected, Tampered, TooNew, UnknownKey
from core.gateway.one_shot import NoReply, ask
from core.language.operators import Phrase, os_reason
from core.policy.decision import Denied, decide
from core.policy.file import ARCHIVES, PolicyFile
from core.retry import retried
from core.sessions.erasure import anything_since, erased_since, removed_since
from core.sessions.model import SessionRecord
from core.sessions.repository import Sessions
from core.store.valkey import Store
from core.store.wire import Command
from core.telemetry import log, metrics
from core.vault import Vault

DAY = 86_400.0
LOOK_EVERY = 60.0
"""Seconds between two looks of a replica for what is due."""
PAUSE = 300.0
"""Seconds after which packages are handed again that were not taken."""
_ATTEMPTS = 3
_TURN = 600
"""Seconds that one replica has for its looks, before another may."""
Hand = Callable[[str, bytes], Awaitable[bytes]]
"""Hands over the package `id`; what acknowledges it. Raises Deferred, Rejected."""
WITHIN = 60.0
_LATER = (408, 425, 429)


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
        self._index = store.key(0, "archive-marks")
        self.packages = Packages(store, vault)

    def takes(self, kind: AudienceKind) -> bool:
        """Does the policy have all conversations of this kind handed over?"""
        return kind in self._policy.archive.channels

    def marking(self, key: str) -> Command:
        """What marks a session, as a command to travel with others."""
        return ("ZADD", self._index, "NX", int(self._clock()), self._vault.tag("session", key))

    async def mark(self, key: str, *, on: bool = True) -> None:
        """Mark a session, or take its mark back."""
        taken_back: Command = ("ZREM", self._index, self._vault.tag("session", key))
        await self._store.run(self.marking(key) if on else taken_back)

    async def leave(self, key: str) -> None:
        """Make a package now of a session that is marked: it is to be begun anew."""
        tag = self._vault.tag("session", key)
        if await self._store.run(("ZSCORE", self._index, tag)) is not None:
            await self._pack(tag)

    async def look(self) -> None:
        """Make packages of what is due, and hand over those that wait; one replica at a time."""
        now = self._clock()
        if now < self._next:
            return
        self._next = now + LOOK_EVERY
        async with self._turn() as mine:
            if mine:
                for tag in await self._store.run(("ZRANGE", self._index, "-inf", int(now), "BYSCORE")):
                    await _readable(partial(self._when_due, tag.decode()))
                await self._leave_out()
                await self._hand_over(list(await self.packages.waiting()))
        waiting = await self.packages.waiting()
        oldest = now - min(waiting.values(), default=now)
        metrics.archives(waiting=len(waiting), oldest=max(0.0, oldest))

    async def retry(self, *ids: str) -> Sequence[str] | None:
        """Hand over now these packages, or all that wait; which still wait. None: a replica is at it."""
        async with self._turn() as mine:
            if not mine:
                return None
            asked = ids or list(await self.packages.waiting())
            await self._hand_over(asked)
        waiting = await self.packages.waiting()
        return [id for id in asked if id in waiting]

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[bool]:
        """Be the only one who packs and hands over. False: another is."""
        turn = self._store.key(0, "archive-turn")
        mine = bool(await self._store.run(("SET", turn, 1, "NX", "EX", _TURN)))
        try:
            yield mine
        finally:
            if mine:
                await self._store.run(("DEL", turn))

    async def _hand_over(self, ids: Sequence[str]) -> None:
        for id in ids:
            if await _readable(partial(self._deliver, id)) is False:
                break  # nor would the others be taken, and the turn must not outlast its time

    async def _leave_out(self) -> None:
        """Leave out of all that waits who was erased, and what was deleted, since this was last done."""
        looked, now = self._store.key(0, "archive-looked"), await self._store.now()
        since = int(await self._store.run(("GET", looked)) or 0)
        if await anything_since(self._store, since):
            for id in await self.packages.waiting():
                await _readable(partial(self._left, id))
        # What another replica was just packing comes with the next look.
        await self._store.run(("SET", looked, now - 1000 * _TURN))

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
        since = await self._store.now()
        record = await self._sessions.record(tag)
        if record is None:
            await self._store.run(("ZREM", self._index, tag))
            return
        try:
            decide(self._policy, level=record.level, audience=ARCHIVES, task="send")
        except Denied as error:
            log.warning("archive_refused", error=error)
            said = self._acted("archive_refused", by="relais", about=str(record.level))
            await self._store.batch([("ZREM", self._index, tag), said])
            return
        id = self._id(tag, record)
        waits = WaitingRecord(since=since, record=record)
        about = f"{id} {_digest(await self._package(id, record))}"
        said = self._acted("archive_packed", by="relais", about=about)
        await self._store.batch([*await self.packages.keeping(id, waits, at=self._clock()), said])
        await self._sessions.take_out(tag, record.turns)
        if await self._sessions.record(tag) is None:  # else something was said meanwhile, which is marked too
            await self._store.run(("ZREM", self._index, tag))

    def _id(self, tag: str, record: SessionRecord) -> str:
        """The same for the same turns: a replica that died half-way made no second package."""
        return "relais-" + self._vault.tag("archive", tag, *(turn.key for turn in record.turns))[:32]

    async def _package(self, id: str, record: SessionRecord) -> bytes:
        """The same bytes for the same turns."""
        at = max(turn.at for turn in record.turns)
        return await asyncio.to_thread(package, id, record, self._agencies, at=at)

    async def _deliver(self, id: str) -> bool:
        """Hand a package over until it is acknowledged; then forget it, which the trail proves. False: the
        archives do not answer now. A package that they refuse waits, and holds up no other."""
        data = await self.packages.ready(id)
        if data is None:
            record = await self._left(id)
            if record is None:
                return True
            data = await self._package(id, record)
        try:
            ack = await retried(lambda: self._hand(id, data), on=Deferred, most=_ATTEMPTS)
        except DeliveryError as error:
            log.error("archive_not_taken", error=error)
            await self._store.run(self.packages.failing(id, str(error)))
            self._next = self._clock() + PAUSE
            return not isinstance(error, Deferred)
        about = f"{id} {_digest(data)} acknowledged {_digest(ack)}"
        keep = self._policy.retention.audit_days * DAY
        await self._store.batch(
            [
                *self.packages.acknowledging(id, ack, at=self._clock(), keep=keep),
                *self.packages.dropping(id),
                self._acted("archive_deleted", by="relais", about=about),
            ]
        )
        return True

    async def _left(self, id: str) -> SessionRecord | None:
        """What waits under this id, without who was erased since and what was deleted; the rest goes."""
        waits = await self.packages.waits(id)
        if waits is None:
            return None
        record, since = waits.record, waits.since
        people = await erased_since(self._store, {*record.authors, *record.givers}, since)
        turns = await removed_since(self._store, {turn.key for turn in record.turns}, since)
        if not people and not turns:
            return record
        left = record.without(people, turns)
        keep = (
            await self.packages.keeping(id, WaitingRecord(since=since, record=left), at=self._clock())
            if left.turns
            else self.packages.dropping(id)
        )
        await self._store.batch([*keep, self._acted("archive_withdrawn", by="relais", about=id)])
        return left if left.turns else None


async def _readable(step: Callable[[], Awaitable[object]]) -> object:
    """Take a step, unless what it is about cannot be read here: that holds up nothing else."""
    try:
        return await step()
    except (Tampered, TooNew, UnknownKey) as error:
        log.error("archive_not_readable", error=error)
        return None


def _digest(data: bytes) -> str:
    return f"sha512:{hashlib.sha512(data).hexdigest()}"


def to_folder(folder: Path) -> Hand:
    """Packages as files `ID.zip`, whole or not at all."""

    def write(id: str, data: bytes) -> bytes:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            draft = folder / f".{id}.part"
            with draft.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(folder / f"{id}.zip")
        except OSError as error:
            raise Deferred(Phrase("archive.folder", why=os_reason(error))) from error
        return f"{id}.zip {_digest(data)}".encode()

    async def hand(id: str, data: bytes) -> bytes:
        return await asyncio.to_thread(write, id, data)

    return hand


def to_url(url: str, *, token: str, context: ssl.SSLContext | bool) -> Hand:
    """Packages as the file of a form, with their `id` and `sha512`; what answers 2xx acknowledges."""

    async def hand(id: str, data: bytes) -> bytes:
        try:
            reply = await ask(
                url,
                context=context,
                headers={"Authorization": f"Bearer {token}"} if token else None,
                form={"id": id, "sha512": hashlib.sha512(data).hexdigest()},
                file=(f"{id}.zip", data, "application/zip"),
                within=WITHIN,
            )
        except (NoReply, TimeoutError) as error:
            raise Deferred(Phrase("archive.silent", why=str(error) or f"{WITHIN:.0f}\u00a0s")) from error
        if 200 <= reply.status < 300:
            return reply.body
        said = Phrase("archive.http", status=reply.status)
        raise Deferred(said) if reply.status >= 500 or reply.status in _LATER else Rejected(said)

    return hand
