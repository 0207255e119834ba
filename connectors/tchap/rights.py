"""What an account may do in a room, from the room's state: pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from connectors.tchap.raw import Json, integer, obj, text

_CREATORS_ARE_ABOVE = {"12"}
"""Versions of rooms whose creators have more power than any level says (MSC4289)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomRights:
    """May the account write, and is what it writes encrypted?"""

    may_speak: bool
    encrypted: bool


def rights_in(state: Iterable[Json], user: str) -> RoomRights:
    """The rights of a user in a room with this state."""
    by_type = {text(each.get("type")): each for each in state if not text(each.get("state_key"))}
    content = {kind: obj(each.get("content")) for kind, each in by_type.items()}
    encrypted = bool(content.get("m.room.encryption"))
    levels = content.get("m.room.power_levels", {})
    created = by_type.get("m.room.create", {})
    above = text(obj(created.get("content")).get("room_version")) in _CREATORS_ARE_ABOVE
    if above and text(created.get("sender")) == user:
        return RoomRights(may_speak=True, encrypted=encrypted)
    kind = "m.room.encrypted" if encrypted else "m.room.message"
    own = integer(obj(levels.get("users")).get(user))
    own = integer(levels.get("users_default")) or 0 if own is None else own
    needed = integer(obj(levels.get("events")).get(kind))
    needed = integer(levels.get("events_default")) or 0 if needed is None else needed
    return RoomRights(may_speak=own >= needed, encrypted=encrypted)
