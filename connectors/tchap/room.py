"""`Room`: what the bot must know of one Matrix room. It is read from the state events, pure, compact, and
storable as JSON.

`Room.kind` is the audience of a message there, one of facts "Tchap's room kinds". Two state events decide it:
`m.room.encryption` and `im.vector.room.access_rules`. An access rule that we do not know counts as
restricted.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from typing import Any

from core.connector import AudienceKind
from core.connector.untrusted_json import Json, array_in, integer_in, object_in, text_in

STATE = (
    "m.room.create", "m.room.encryption", "m.room.history_visibility", "m.room.join_rules", "m.room.member",
    "m.room.name", "m.room.power_levels", "m.room.tombstone", "im.vector.room.access_rules",
)  # fmt: skip
"""The state events that `Room.apply` understands. The sync filter asks for no others."""
MODERATING = 50
"""Default of `kick` and `redact` in `m.room.power_levels`."""
ROTATE_MESSAGES = 100
ROTATE_MS = 7 * 86_400_000
SHORTEST_ROTATION_MS = 60_000
"""Defaults of `m.room.encryption` for renewing a megolm session, and the shortest period that is honoured."""
LONGEST_NAME = 256
"""Characters of a display name that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The servers whose people the bot serves: those of the agents, and those of outside guests."""

    allowed: frozenset[str] = frozenset()
    guests: frozenset[str] = frozenset()


NOBODY = Served()


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerLevels:
    """Who may do what in a room (`m.room.power_levels`, `m.room.create`). `powers` are the levels of people.
    From the level `moderating` on, a person moderates. `founders` have all power."""

    founders: list[str] = field(default_factory=list[str])
    powers: dict[str, int] = field(default_factory=dict[str, int])
    moderating: int = MODERATING

    @classmethod
    def of(cls, content: Json, founders: list[str]) -> PowerLevels:
        """The levels that this content of an `m.room.power_levels` event sets."""
        levels = {user: integer_in(level) for user, level in object_in(content, "users").items()}
        return cls(
            founders=founders,
            powers={user: level for user, level in levels.items() if level is not None},
            moderating=max(_level_for(content, "kick"), _level_for(content, "redact"), 1),
        )

    def moderators(self, members: Collection[str]) -> frozenset[str]:
        """The members who may remove both people and messages (the levels `kick` and `redact`)."""
        strong = {user for user, level in self.powers.items() if level >= self.moderating}
        return frozenset(members) & strong.union(self.founders)


def _level_for(content: Json, action: str) -> int:
    level = integer_in(content, action)
    return MODERATING if level is None else level


def founders_of(create: Json) -> list[str]:
    """Who made the room has all power from room version 12 on, and is then not in the power levels (MSC4289).
    In older rooms nobody is a founder."""
    content = object_in(create, "content")
    version = text_in(content, "room_version")
    if not version.isdecimal() or int(version) < 12:
        return []
    return [text_in(create, "sender"), *map(text_in, array_in(content, "additional_creators"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """When a megolm session is renewed: after so many messages, or milliseconds (`m.room.encryption`)."""

    rotate_messages: int = ROTATE_MESSAGES
    rotate_ms: int = ROTATE_MS

    @classmethod
    def of(cls, content: Json) -> Rotation:
        """A room may ask for more frequent renewals than the defaults, and not for rarer ones."""
        messages = integer_in(content, "rotation_period_msgs") or ROTATE_MESSAGES
        ms = integer_in(content, "rotation_period_ms") or ROTATE_MS
        return cls(
            rotate_messages=min(max(messages, 1), ROTATE_MESSAGES),
            rotate_ms=min(max(ms, SHORTEST_ROTATION_MS), ROTATE_MS),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryVisibility:
    """Who may read a room's messages besides its members (`m.room.history_visibility`; the default is
    `shared`). `world_readable`: anybody. `invited_read`: people read from their invitation on.
    `past_read`: people read messages from before they came."""

    world_readable: bool = False
    invited_read: bool = True
    past_read: bool = True

    @classmethod
    def of(cls, content: Json) -> HistoryVisibility:
        """The visibility that this content of an `m.room.history_visibility` event sets."""
        visibility = text_in(content, "history_visibility")
        return cls(
            world_readable=visibility == "world_readable",
            invited_read=visibility != "joined",
            past_read=visibility not in ("joined", "invited"),
        )


@dataclass(kw_only=True)
class Room:
    """One room, made by the user `creator`.

    `joined` and `invited` map user ids to display names. `rule` is Tchap's access rule, and empty where the
    room has none. `inviter` invited the bot; `marked_direct` says that this invitation was to a direct chat.
    `successor` is the room that replaces this one after an upgrade, to be found by the server
    `successor_via`. A room is mutable: state events change it. What follows from its state is worked out
    once, when it is first asked for after a change.
    """

    id: str
    served: Served = field(default=NOBODY, repr=False, compare=False)
    name: str = ""
    creator: str = ""
    power_levels: PowerLevels = field(default_factory=PowerLevels)
    encrypted: bool = False
    rotation: Rotation = field(default_factory=Rotation)
    rule: str = ""
    public: bool = False
    visibility: HistoryVisibility = field(default_factory=HistoryVisibility)
    joined: dict[str, str] = field(default_factory=dict[str, str])
    invited: dict[str, str] = field(default_factory=dict[str, str])
    marked_direct: bool = False
    inviter: str = ""
    successor: str = ""
    successor_via: str = ""

    def apply(self, event: Json, me: str) -> bool:
        """Take in one state event (anything else is ignored). True when it changed something."""
        if event.get("type") == "m.room.member":
            changed = self._apply_member(event, object_in(event, "content"), me)
        elif text_in(event, "state_key"):
            changed = False  # of all other types, only the one without a key counts
        else:
            changed = self._apply_setting(event, object_in(event, "content"))
        if changed:
            self._forget_facts()
        return changed

    def entered(self, inviter: str, *, direct: bool) -> None:
        """The bot entered on this person's invitation, perhaps to a `direct` chat."""
        self.inviter, self.marked_direct = inviter, direct
        self._forget_facts()

    def _forget_facts(self) -> None:
        for fact in _FACTS:
            self.__dict__.pop(fact, None)

    def _apply_setting(self, event: Json, content: Json) -> bool:  # noqa: C901 - a table
        match event.get("type"):
            case "m.room.name":
                self.name = text_in(content, "name")
            case "m.room.create":
                self.creator = text_in(event, "sender")
                self.power_levels = replace(self.power_levels, founders=founders_of(event))
            case "m.room.power_levels":
                self.power_levels = PowerLevels.of(content, self.power_levels.founders)
            case "m.room.encryption":
                self.encrypted = True  # for ever, whatever later events say
                self.rotation = Rotation.of(content)
            case "im.vector.room.access_rules":
                self.rule = text_in(content, "rule") or "restricted"
            case "m.room.join_rules":
                self.public = content.get("join_rule") == "public"
            case "m.room.history_visibility":
                self.visibility = HistoryVisibility.of(content)
            case "m.room.tombstone":
                self.successor = text_in(content, "replacement_room")
                self.successor_via = server_of(text_in(event, "sender"))
            case _:
                return False
        return True

    def _apply_member(self, event: Json, content: Json, me: str) -> bool:
        user = text_in(event, "state_key")
        if not user:
            return False
        name = text_in(content, "displayname")[:LONGEST_NAME]
        before = self.joined.pop(user, None), self.invited.pop(user, None), self.inviter, self.marked_direct
        match content.get("membership"):
            case "join":
                self.joined[user] = name
            case "invite":
                self.invited[user] = name
            case _:
                pass
        if user == me:
            self._note_invitation(event, content)
        now = self.joined.get(user), self.invited.get(user), self.inviter, self.marked_direct
        return before != now

    def _note_invitation(self, event: Json, content: Json) -> None:
        """An invitation says who invited and whether the chat is direct. The join event repeats it."""
        earlier = object_in(event, "unsigned", "prev_content")
        if content.get("membership") == "invite":
            self.inviter = text_in(event, "sender")
            self.marked_direct = content.get("is_direct") is True
        elif earlier.get("membership") == "invite":
            self.inviter = self.inviter or text_in(event, "unsigned", "prev_sender")
            self.marked_direct = self.marked_direct or earlier.get("is_direct") is True

    @cached_property
    def moderators(self) -> frozenset[str]:
        """The members who may remove people and messages."""
        return self.power_levels.moderators(self.joined)

    @cached_property
    def for_two(self) -> bool:
        """True if the room was made for two people. What Tchap's access rule calls a room was not, however
        few are in it."""
        if self.rule == "direct":
            return True
        is_called_room = bool(self.rule) and not self.marked_direct
        return not self.public and not is_called_room

    @cached_property
    def direct(self) -> bool:
        """True in a chat of two, in which everything is meant for the bot. It has exactly two people, the
        invited included, whatever the access rule says."""
        return self.for_two and len(self.joined.keys() | self.invited.keys()) == 2

    @cached_property
    def readers(self) -> frozenset[str]:
        """Who can read what is sent now: members, and invited people where the history is open to them."""
        joined = frozenset(self.joined)
        return joined.union(self.invited) if self.visibility.invited_read else joined

    @cached_property
    def open(self) -> bool:
        """True if people who come later may read what is said now. Of an encrypted message they have no
        key."""
        return self.visibility.past_read and not self.encrypted

    @cached_property
    def kind(self) -> AudienceKind:
        """Who would read a message here, as policy sees it. Anyone who may be invited counts as invited."""
        if self.public or self.visibility.world_readable:
            return "tchap_public"
        if not self.encrypted:
            return "tchap_unencrypted"
        servers = {server_of(user) for user in (*self.joined, *self.invited)}
        has_guests = not servers.isdisjoint(self.served.guests)
        has_strangers = not servers <= self.served.allowed
        if has_guests or has_strangers or self.rule == "unrestricted":
            return "tchap_encrypted_guests"
        return "tchap_encrypted"

    @cached_property
    def names(self) -> dict[str, str]:
        """The display names of the people who are in the room or invited, by user id."""
        return self.invited | self.joined if self.invited else self.joined  # rooms are large

    def dump(self) -> Json:
        """The room as one flat JSON object: the fields of its parts stand beside its own."""
        stored = {name: getattr(self, name) for name in _OWN_FIELDS}
        for part in _PARTS:
            stored |= asdict(getattr(self, part))
        return stored

    @classmethod
    def load(cls, stored: Json, served: Served = NOBODY) -> Room:
        """The room that `dump` stored. Raises TypeError when another version stored it."""
        if stored.keys() != _STORED:
            raise TypeError("another version")
        parts = {part: kind(**{name: stored[name] for name in _names(kind)}) for part, kind in _PARTS.items()}
        return cls(**{name: stored[name] for name in _OWN_FIELDS}, **parts, served=served)

    @classmethod
    def of_state(cls, id: str, events: Collection[Json], me: str, served: Served = NOBODY) -> Room:
        """The room that these state events describe (`/rooms/{id}/state`)."""
        room = cls(id=id, served=served)
        for event in events:
            room.apply(event, me)
        return room


def _names(kind: type[Any]) -> set[str]:
    return {each.name for each in fields(kind)}


_PARTS: dict[str, type[Any]] = {
    "power_levels": PowerLevels,
    "rotation": Rotation,
    "visibility": HistoryVisibility,
}
_OWN_FIELDS = _names(Room) - {"served", *_PARTS}
_STORED = _OWN_FIELDS.union(*map(_names, _PARTS.values()))
_FACTS = [name for name, value in vars(Room).items() if isinstance(value, cached_property)]
"""What follows from a room's state."""


def server_of(user: str) -> str:
    """The server name in a user id (`@name:server`, the server may carry a port)."""
    return user.partition(":")[2]
