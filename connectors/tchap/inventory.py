"""Where the bot is: its rooms, for `relais rooms`, asked of the homeserver with the token of its device."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from connectors.tchap.api import Api, room_path
from connectors.tchap.config import TchapConfig
from connectors.tchap.device import Folder
from connectors.tchap.rooms import founders
from core.errors import ConfigurationError
from core.tls import trusting
from core.untrusted_json import Json, array_in, integer_in, object_in, text_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """A room that the bot is in. `members` joined; `open`: whoever finds it may join."""

    id: str
    members: int
    encrypted: bool
    may_speak: bool
    open: bool


class Inventory:
    """The rooms of one account. Raises DeliveryError."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def rooms(self) -> list[Present]:
        """All rooms that the bot has joined."""
        user = text_in(await self._api.call("GET", "/account/whoami"), "user_id")
        joined = map(text_in, array_in(await self._api.call("GET", "/joined_rooms"), "joined_rooms"))
        return [_present(id, await self._api.array(room_path(id, "state")), user) for id in joined]

    async def leave(self, room: str) -> None:
        """Leave a room, and forget it."""
        await self._api.call("POST", room_path(room, "leave"), {})


def _present(id: str, state: list[Json], user: str) -> Present:
    def content(kind: str) -> Json:
        return object_in(next((each.get("content") for each in state if each.get("type") == kind), None))

    members = [each for each in state if each.get("type") == "m.room.member"]
    rights = rights_in(state, user)
    return Present(
        id=id,
        members=sum(object_in(each, "content").get("membership") == "join" for each in members),
        encrypted=rights.encrypted,
        may_speak=rights.may_speak,
        open=text_in(content("m.room.join_rules"), "join_rule") == "public",
    )


@asynccontextmanager
async def inventory(config: TchapConfig, folder: Path) -> AsyncGenerator[Inventory]:
    """The account's rooms, by its token or that of the device in the data folder. Raises ConfigurationError
    without one."""
    kept = Folder(folder).read_device()
    token = config.access_token or (kept.token if kept else "")
    if not token:
        raise ConfigurationError("RELAIS_DATA_DIR", "tchap.no_device")
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting(config.ca_file))) as session:
        yield Inventory(Api(session, config.homeserver, token))


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomRights:
    """May the account write, and is what it writes encrypted?"""

    may_speak: bool
    encrypted: bool


def rights_in(state: Iterable[Json], user: str) -> RoomRights:
    """The rights of a user in a room with this state."""
    by_type = {text_in(each, "type"): each for each in state if not text_in(each, "state_key")}
    content = {kind: object_in(each, "content") for kind, each in by_type.items()}
    encrypted = bool(content.get("m.room.encryption"))
    levels = content.get("m.room.power_levels", {})
    if user in founders(by_type.get("m.room.create", {})):
        return RoomRights(may_speak=True, encrypted=encrypted)
    kind = "m.room.encrypted" if encrypted else "m.room.message"
    own = integer_in(levels, "users", user)
    own = integer_in(levels, "users_default") or 0 if own is None else own
    needed = integer_in(levels, "events", kind)
    needed = integer_in(levels, "events_default") or 0 if needed is None else needed
    return RoomRights(may_speak=own >= needed, encrypted=encrypted)
