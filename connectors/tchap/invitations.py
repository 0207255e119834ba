"""Invitations: accepted from the allowed servers, declined with a word from others; upgraded rooms followed.

An invitation appears in one sync only. It is noted before the token is saved, and joining, which may take a
minute over federation, goes on beside the sync loop until it is done, after a restart too.

A bot is faster than federation: the inviter's server may not have stored the invitation yet when the answer
comes. So a refused join is tried again for half a minute, and a refusal to another server waits a moment:
Synapse would else record it here only, and the inviter would wait for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import KW_ONLY, asdict, dataclass, field
from typing import Any

import orjson

from connectors.tchap import events
from connectors.tchap.api import NAME, Api
from connectors.tchap.room import Room, server_of
from core.connector import Invited, Notebook
from core.connector.untrusted_json import Json, array_in, object_in, text_in
from core.errors import Deferred, Rejected
from core.retry import Backoff, retried
from core.telemetry import log, metrics

Spawn = Callable[[Coroutine[Any, Any, None]], None]
JOINING = 90.0
"""Seconds that a join may take."""
PAUSES = Backoff(0.5, 300.0)
REFUSALS = 6
"""Answers that there is no such invitation, until it is believed."""
PER_INVITER, MOST = 20, 500
"""Invitations that one person, and all, may have open; further ones are not answered."""
BEFORE_DECLINING = 2.0
"""Seconds for another server to store its invitation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """`inviter` is who invited, or who upgraded the room before it. `accepted`: by its server."""

    room: str
    inviter: str
    direct: bool
    accepted: bool


@dataclass(eq=False)
class Invitations:
    """Those not yet done with. `welcome` are the servers whose invitations are accepted."""

    api: Api
    notebook: Notebook
    _: KW_ONLY
    me: str
    welcome: frozenset[str]
    reason: str
    spawn: Spawn
    clock: Callable[[], float]
    _open: dict[str, Invitation] = field(default_factory=dict[str, Invitation], init=False)

    async def load(self) -> None:
        """Go on with those of last time."""
        stored = await self.notebook.get("invitations")
        for one in array_in(orjson.loads(stored)) if stored else ():
            invitation = Invitation(**one)
            self._open[invitation.room] = invitation
        for invitation in self._open.values():
            self.spawn(self._answer(invitation))

    async def note(self, room: str, data: Json) -> Invited | None:
        """An invitation of /sync. Returns what is to be delivered of it."""
        for event in array_in(data, "invite_state", "events"):
            content = object_in(event, "content")
            if object_in(event).get("state_key") == self.me and content.get("membership") == "invite":
                inviter = text_in(event, "sender")
                return await self._note(room, inviter, direct=content.get("is_direct") is True)
        return None

    def expects(self, room: str) -> bool:
        """Is the bot about to enter this room?"""
        return room in self._open

    async def follow(self, room: Room) -> None:
        """The room was upgraded: go where its tombstone says."""
        if room.successor.startswith("!") and room.successor not in self._open:
            await self._note(room.successor, f"@:{room.successor_via}", direct=room.marked_direct)

    async def settle(self, room: str) -> Invitation | None:
        """It is done with: the invitation, if there was one."""
        if (invitation := self._open.pop(room, None)) is not None:
            await self._save()
        return invitation

    async def _note(self, room: str, inviter: str, *, direct: bool) -> Invited | None:
        accepted = server_of(inviter) in self.welcome
        theirs = sum(one.inviter == inviter for one in self._open.values())
        if room not in self._open and (theirs >= PER_INVITER or len(self._open) >= MOST):
            metrics.ignored.labels(NAME, "invitation_flood").inc()
            return None
        invitation = Invitation(room=room, inviter=inviter, direct=direct, accepted=accepted)
        self._open[room] = invitation
        await self._save()
        self.spawn(self._answer(invitation))
        return None if accepted else events.invited(room, inviter, self.clock())

    async def _answer(self, invitation: Invitation) -> None:
        """Join or decline, until it is done or refused for good."""
        refusals = 0

        async def once() -> None:
            nonlocal refusals
            if self._open.get(invitation.room) != invitation:
                return
            try:
                await (self._join(invitation) if invitation.accepted else self._decline(invitation))
            except Rejected as refused:
                refusals += 1
                if refusals < REFUSALS:
                    raise
                log.info("invitation_void", connector=NAME, error=refused)
                await self.settle(invitation.room)

        await retried(once, on=(Rejected, Deferred), pauses=PAUSES)

    async def _join(self, invitation: Invitation) -> None:
        params = {"server_name": server_of(invitation.inviter), "via": server_of(invitation.inviter)}
        path = ("join", invitation.room)
        await self.api.call("POST", path, {}, params=params, timeout=JOINING)

    async def _decline(self, invitation: Invitation) -> None:
        if server_of(invitation.inviter) != server_of(self.me):
            await asyncio.sleep(BEFORE_DECLINING)
        body = {"reason": self.reason} if self.reason else {}
        await self.api.call("POST", ("rooms", invitation.room, "leave"), body)
        log.info("invitation_declined", connector=NAME, server=server_of(invitation.inviter))
        await self.settle(invitation.room)

    async def _save(self) -> None:
        record = [asdict(one) for one in self._open.values()]
        await self.notebook.set("invitations", orjson.dumps(record))
