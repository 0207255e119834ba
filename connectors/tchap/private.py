"""The bot's chat of two with a person: the one that they speak to it in, else one that it makes, once.

A room is made under an alias that is a keyed hash of the person. The homeserver gives an alias once, before
it makes the room: so the alias is the record of the intention and the mark by which any replica finds the
room again, whichever of them was killed at whatever moment, and two that ask together get one room.

The alias is not published in the room: clients would show it as the room's name.
"""

from __future__ import annotations

import asyncio
import hashlib
from http import HTTPStatus

from connectors.tchap.api import NAME, Api, Path
from connectors.tchap.room import Room, server_of
from connectors.tchap.rooms import Rooms
from core.connector import Address
from core.connector.untrusted_json import Json, text_in
from core.errors import Deferred, PlatformRefused, Rejected
from core.language.operators import Phrase
from core.retry import spread

MAKING = 30.0
"""Seconds that a room may take to be made: the person's server is asked meanwhile."""
BEING_MADE = (0.5, 1.0, 2.0)
"""Pauses before looking again at a room that is not as it should be: a sibling may be about to make it."""


class TchapPrivate:
    """`core.connector.Private`, for the account `me`. `servers` are those whose people are served; `secret`
    is common to the account's devices."""

    def __init__(self, api: Api, rooms: Rooms, *, me: str, servers: frozenset[str], secret: str) -> None:
        self._api = api
        self._rooms = rooms
        self._me = me
        self._servers = servers
        self._secret = secret

    async def chat(self, person: str, known: str | None) -> Address:
        if server_of(person) not in self._servers:
            raise Rejected(Phrase("delivery.server"))
        if known is not None and await self._theirs(known, person):
            return Address(connector=NAME, conversation=known)
        for pause in (*BEING_MADE, None):  # it has failed at nothing: it waits for a sibling that makes it
            id = await self._found(person) or await self._made(person)
            if id and await self._theirs(id, person):
                return Address(connector=NAME, conversation=id)
            if pause is not None:
                await asyncio.sleep(spread(pause))
        await self._api.call("DELETE", self._directory(person))  # it is spoilt: the next one is another
        raise Deferred(Phrase("delivery.no_chat"), retry_after=1.0)

    async def present(self, address: Address, person: str) -> bool:
        room, _ = await self._rooms.current(address.conversation)
        return self._is_alone(room, person) and person in room.joined

    def _is_alone(self, room: Room, person: str) -> bool:
        return room.for_two and {*room.joined, *room.invited} <= {self._me, person}

    async def _theirs(self, id: str, person: str) -> bool:
        """Is it a chat with this person alone? Who left it is invited again."""
        try:
            room = await self._rooms.reread(id)
        except Rejected:
            return False
        if room.successor or not self._is_alone(room, person):
            return False
        if person not in room.joined and person not in room.invited:
            content = {"membership": "invite", "is_direct": True}
            try:
                await self._api.call(
                    "PUT", ("rooms", id, "state", "m.room.member", person), content, timeout=MAKING
                )
            except PlatformRefused:
                return False
        return True

    async def _found(self, person: str) -> str | None:
        try:
            return text_in(await self._api.call("GET", self._directory(person)), "room_id") or None
        except PlatformRefused as refused:
            if refused.code == "M_NOT_FOUND":
                return None
            raise

    async def _made(self, person: str) -> str | None:
        """None: a sibling makes it."""
        try:
            answer = await self._api.call("POST", "/createRoom", self._plan(person), timeout=MAKING)
        except PlatformRefused as refused:
            if refused.code == "M_ROOM_IN_USE" or refused.status == HTTPStatus.CONFLICT:
                return None
            raise
        return text_in(answer, "room_id")

    def _plan(self, person: str) -> Json:
        """A direct chat as Tchap's clients make one (facts: room kinds)."""
        return {
            "preset": "trusted_private_chat",
            "visibility": "private",
            "is_direct": True,
            "invite": [person],
            "room_alias_name": self._alias(person),
            "initial_state": [
                _state("m.room.encryption", algorithm="m.megolm.v1.aes-sha2"),
                _state("m.room.history_visibility", history_visibility="invited"),
                _state("im.vector.room.access_rules", rule="direct"),
                _state("m.room.canonical_alias"),
            ],
        }

    def _alias(self, person: str) -> str:
        """Nobody can guess it, so nobody else can take it."""
        mark = hashlib.blake2b(
            f"{self._me} {person}".encode(), key=self._secret.encode()[:64], digest_size=16
        )
        return f"relais-{mark.hexdigest()}"

    def _directory(self, person: str) -> Path:
        return "directory", "room", f"#{self._alias(person)}:{server_of(self._me)}"


def _state(type: str, **content: str) -> Json:
    return {"type": type, "state_key": "", "content": content}
