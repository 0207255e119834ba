"""Invitations: accepted from the allowed servers, declined with a word from others; upgraded rooms followed.

An invitation appears in one sync only. It is noted before the token is saved, and joining, which may take a
minute over federation, goes on beside the sync loop until it is done, after a restart too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from connectors.tchap import events
from connectors.tchap.api import Api, room_path, segment
from connectors.tchap.raw import Json, arr, obj, server_of, text
from connectors.tchap.room import Room
from core.connector import Invited, Notebook
from core.errors import Deferred, Rejected
from core.telemetry import log

Spawn = Callable[[Coroutine[Any, Any, None]], None]
JOINING = 90.0
"""Seconds that a join may take."""
LONGEST_PAUSE = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """`inviter` is who invited, or who upgraded the room before it. `accepted`: by its server."""

    room: str
    inviter: str
    direct: bool
    accepted: bool


class Invitations:
    """Those not yet done with. `welcome` are the servers whose invitations are accepted."""

    def __init__(
        self,
        api: Api,
        notebook: Notebook,
        *,
        me: str,
        welcome: frozenset[str],
        reason: str,
        spawn: Spawn,
        clock: Callable[[], float],
    ) -> None:
        self._api = api
        self._notebook = notebook
        self._me = me
        self._welcome = welcome
        self._reason = reason
        self._spawn = spawn
        self._clock = clock
        self._open: dict[str, Invitation] = {}

    async def load(self) -> None:
        """Go on with those of last time."""
        stored = await self._notebook.get("invitations")
        for one in arr(orjson.loads(stored)) if stored else ():
            invitation = Invitation(**one)
            self._open[invitation.room] = invitation
        for invitation in self._open.values():
            self._spawn(self._answer(invitation))

    async def note(self, room: str, data: Json) -> Invited | None:
        """An invitation of /sync. Returns what is to be delivered of it."""
        for event in arr(obj(data.get("invite_state")).get("events")):
            content = obj(obj(event).get("content"))
            if obj(event).get("state_key") == self._me and content.get("membership") == "invite":
                inviter = text(obj(event).get("sender"))
                return await self._note(room, inviter, direct=content.get("is_direct") is True)
        return None

    async def follow(self, room: Room) -> None:
        """The room was upgraded: go where its tombstone says."""
        if room.successor.startswith("!") and room.successor not in self._open:
            await self._note(room.successor, f"@:{room.successor_via}", direct=room.marked_direct)

    async def arrived(self, room: str) -> Invitation | None:
        """The bot is in the room now: the invitation that led there."""
        if (invitation := self._open.pop(room, None)) is not None:
            await self._save()
        return invitation

    async def _note(self, room: str, inviter: str, *, direct: bool) -> Invited | None:
        accepted = server_of(inviter) in self._welcome
        invitation = Invitation(room=room, inviter=inviter, direct=direct, accepted=accepted)
        self._open[room] = invitation
        await self._save()
        self._spawn(self._answer(invitation))
        return None if accepted else events.invited(room, inviter, self._clock())

    async def _answer(self, invitation: Invitation) -> None:
        """Join or decline, until it is done or refused for good."""
        pause = 0.5
        while self._open.get(invitation.room) == invitation:
            try:
                await (self._join(invitation) if invitation.accepted else self._decline(invitation))
            except Rejected as refused:
                log.info("invitation_void", connector=events.NAME, error=refused)
                self._open.pop(invitation.room, None)
                await self._save()
            except Deferred as deferred:
                await asyncio.sleep(max(pause, deferred.retry_after))
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                return

    async def _join(self, invitation: Invitation) -> None:
        params = {"server_name": server_of(invitation.inviter), "via": server_of(invitation.inviter)}
        path = f"/join/{segment(invitation.room)}"
        await self._api.call("POST", path, {}, params=params, timeout=JOINING)

    async def _decline(self, invitation: Invitation) -> None:
        body = {"reason": self._reason} if self._reason else {}
        await self._api.call("POST", room_path(invitation.room, "leave"), body)
        log.info("invitation_declined", connector=events.NAME, server=server_of(invitation.inviter))
        self._open.pop(invitation.room, None)
        await self._save()

    async def _save(self) -> None:
        record = [asdict(one) for one in self._open.values()]
        await self._notebook.set("invitations", orjson.dumps(record))
