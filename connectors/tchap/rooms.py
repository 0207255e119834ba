"""The rooms that the bot is in: kept in the notebook as /sync tells them, read afresh when that is too old.

A room that is not known is read with `/state` when it is first needed, so nothing is loaded at start. The
records belong to one chain of syncs, an epoch: once the token is lost, all older ones are ignored.

A `Room` is what the bot must know of one, from its state events: pure, compact, and storable as JSON.
`Room.kind` is the audience of facts "Tchap's room kinds": two state events decide, `m.room.encryption` and
`im.vector.room.access_rules`; an unknown rule is restricted. A `RoomEvent` is what is read of one event as it
comes, once: nothing that the homeserver relays is trusted to have the shape that the specification gives it
(`core.connector.untrusted_json`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, fields, replace
from functools import cached_property

import orjson
from cachetools import LRUCache

from connectors.tchap.api import Api
from core.connector import Audience, AudienceKind, Notebook
from core.connector.untrusted_json import Json, array_in, integer_in, object_in, text_in
from core.errors import Deferred, Rejected
from core.language.operators import Phrase

FRESH = 30.0
"""Seconds for which the state that /sync brought counts as true."""
KEPT = 2_000
"""Rooms kept in memory."""
LONGEST_ID = 255
"""Bytes of a room's id (Matrix, "Identifier grammar")."""
STATE = (
    "m.room.create", "m.room.encryption", "m.room.history_visibility", "m.room.join_rules", "m.room.member",
    "m.room.name", "m.room.power_levels", "m.room.tombstone", "im.vector.room.access_rules",
)  # fmt: skip
"""The state events that `Room.apply` understands; the sync filter asks for these only."""
MODERATING = 50
"""Default of `kick` and `redact` in `m.room.power_levels`."""
ROTATE_MESSAGES = 100
ROTATE_MS = 7 * 86_400_000
"""Defaults of `m.room.encryption` for renewing a megolm session."""
SKEW = 100_000_000_000_000
"""Timestamps beyond this (year 5138, in ms) are nonsense."""
AGREE = 60.0
"""Seconds by which clocks may differ and events still be dated as their senders do, alike on all replicas."""


class Rooms:
    """All rooms of the account `me`. `synced_at` is when /sync last answered."""

    def __init__(
        self, api: Api, notebook: Notebook, *, me: str, served: Served, clock: Callable[[], float]
    ) -> None:
        self._api = api
        self._notebook = notebook
        self._me = me
        self._served = served
        self._clock = clock
        self._known: LRUCache[str, Room] = LRUCache(KEPT)
        """Those used last; all of them are stored."""
        self.unsaved: set[str] = set()
        """Rooms that changed since they were saved last."""
        self.synced_at = 0.0
        self.epoch = ""

    def begin(self, epoch: str) -> None:
        """A new chain of syncs: what was known before it may have changed unnoticed."""
        self._known.clear()
        self.unsaved.clear()
        self.epoch = epoch

    async def get(self, id: str) -> Room | None:
        """The room as of the last sync; None when it is not known."""
        if (room := self._known.get(id)) is not None:
            return room
        stored = await self._notebook.get(f"room:{id}")
        if stored is None:
            return None
        record: Json = orjson.loads(stored)
        if record["epoch"] != self.epoch:
            return None
        try:
            room = Room.load(record["room"], self._served)
        except TypeError:  # stored by another version: read it afresh
            return None
        # Another task may have read it meanwhile: there is one object for each room.
        self._known[id] = room = self._known.get(id) or room
        return room

    async def current(self, id: str, judged: Audience | None = None) -> tuple[Room, float]:
        """The room and when that was known to be true: less than 30 s ago. Raises Deferred or Rejected, and
        Deferred where others would read now than those who were `judged`."""
        at, room = self.synced_at, await self.get(id)
        if room is None or self._clock() - self.synced_at > FRESH:
            at = self._clock()
            room = await self.reread(id)
        if judged is not None and (room.kind != judged.kind or not room.readers <= judged.members):
            raise Deferred(Phrase("delivery.audience"))
        return room, at

    async def reread(self, id: str) -> Room:
        """Read the room's state from the homeserver. Raises Deferred, or Rejected outside of the room."""
        state = await self._api.array(("rooms", id, "state"))
        room = Room.of_state(id, state, self._me, self._served)
        if self._me not in room.joined:
            raise Rejected(Phrase("delivery.not_in_room"))
        self.unsaved.add(id)
        self._known[id] = room
        return room

    async def known(self, id: str) -> Room:
        """The room as of the last sync, else read. Raises as `reread`."""
        return await self.get(id) or await self.reread(id)

    async def holds(self, id: str, user: str) -> bool:
        """Does the homeserver say that this person and the bot are in the room? A room that anybody may look
        into, and one that the bot has left, tell of the person too. Raises Deferred, or Rejected."""
        if len(id.encode(errors="replace")) > LONGEST_ID:  # anybody may make one up: it is hung up on
            return False
        for each in (self._me, user):
            member = await self._api.call("GET", ("rooms", id, "state", "m.room.member", each))
            if member.get("membership") != "join":
                return False
        return True

    def apply(self, room: Room, state: Iterable[object]) -> None:
        """Take in what state events tell of a room, to be saved."""
        for event in state:
            if room.apply(object_in(event), self._me):
                self.unsaved.add(room.id)

    async def save(self, room: Room) -> None:
        record = {"epoch": self.epoch, "room": room.dump()}
        await self._notebook.set(f"room:{room.id}", orjson.dumps(record))
        self.unsaved.discard(room.id)

    async def forget(self, id: str) -> None:
        self._known.pop(id, None)
        await self._notebook.delete(f"room:{id}")


def founders(create: Json) -> list[str]:
    """From room version 12 on, who made the room has all power, and is not in the power levels (MSC4289)."""
    content = object_in(create, "content")
    version = text_in(content, "room_version")
    if not version.isdecimal() or int(version) < 12:
        return []
    return [text_in(create, "sender"), *map(text_in, array_in(content, "additional_creators"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The servers whose people are served: of the agents, and of outside guests."""

    allowed: frozenset[str] = frozenset()
    guests: frozenset[str] = frozenset()


NOBODY = Served()


@dataclass(kw_only=True)
class Room:
    """One room, made by `creator`. `joined` and `invited` map user ids to display names; `rule` is Tchap's
    access rule, empty where there is none. `powers` are the levels of people, `moderating` the one from which
    they moderate, `founders` those who have all power (room versions 12 and later). Mutable: state events
    change it. What follows from the state is worked out once, when it is first asked for after a change."""

    id: str
    served: Served = field(default=NOBODY, repr=False, compare=False)
    name: str = ""
    creator: str = ""
    founders: list[str] = field(default_factory=list[str])
    powers: dict[str, int] = field(default_factory=dict[str, int])
    moderating: int = MODERATING
    encrypted: bool = False
    rotate_messages: int = ROTATE_MESSAGES
    rotate_ms: int = ROTATE_MS
    rule: str = ""
    public: bool = False
    world_readable: bool = False
    invited_read: bool = True
    past_read: bool = True
    joined: dict[str, str] = field(default_factory=dict[str, str])
    invited: dict[str, str] = field(default_factory=dict[str, str])
    marked_direct: bool = False
    inviter: str = ""
    successor: str = ""
    successor_via: str = ""

    def apply(self, event: Json, me: str) -> bool:
        """Take in one state event (anything else is ignored). True when it changed something."""
        changed = self._take(event, object_in(event, "content"), me)
        if changed:
            self._work_out_anew()
        return changed

    def entered(self, inviter: str, *, direct: bool) -> None:
        """The bot entered on this person's invitation, perhaps to a `direct` chat."""
        self.inviter, self.marked_direct = inviter, direct
        self._work_out_anew()

    def _work_out_anew(self) -> None:
        for fact in _FACTS:
            self.__dict__.pop(fact, None)

    def _take(self, event: Json, content: Json, me: str) -> bool:  # noqa: C901 - a table
        match event.get("type"):
            case "m.room.member":
                return self._member(event, content, me)
            case _ if text_in(event, "state_key"):
                return False  # of those below, only the one without a key counts
            case "m.room.name":
                self.name = text_in(content, "name")
            case "m.room.create":
                self.creator, self.founders = text_in(event, "sender"), founders(event)
            case "m.room.power_levels":
                self._power_levels(content)
            case "m.room.encryption":
                self._encryption(content)
            case "im.vector.room.access_rules":
                self.rule = text_in(content, "rule") or "restricted"
            case "m.room.join_rules":
                self.public = content.get("join_rule") == "public"
            case "m.room.history_visibility":
                visibility = text_in(content, "history_visibility")
                self.world_readable = visibility == "world_readable"
                self.invited_read, self.past_read = invited_read(visibility), past_read(visibility)
            case "m.room.tombstone":
                self.successor = text_in(content, "replacement_room")
                self.successor_via = server_of(text_in(event, "sender"))
            case _:
                return False
        return True

    def _power_levels(self, content: Json) -> None:
        levels = {user: integer_in(level) for user, level in object_in(content, "users").items()}
        self.powers = {user: level for user, level in levels.items() if level is not None}
        kick, redact = integer_in(content, "kick"), integer_in(content, "redact")
        self.moderating = max(
            MODERATING if kick is None else kick, MODERATING if redact is None else redact, 1
        )

    @cached_property
    def moderators(self) -> frozenset[str]:
        """Members who may remove people and messages (the spec's levels `kick` and `redact`)."""
        strong = {user for user, level in self.powers.items() if level >= self.moderating}
        return frozenset(self.joined) & (strong | set(self.founders))

    def _encryption(self, content: Json) -> None:
        """Encryption is for ever, whatever later events say."""
        self.encrypted = True
        messages, ms = (
            integer_in(content, "rotation_period_msgs"),
            integer_in(content, "rotation_period_ms"),
        )
        self.rotate_messages = min(max(messages or ROTATE_MESSAGES, 1), ROTATE_MESSAGES)
        self.rotate_ms = min(max(ms or ROTATE_MS, 60_000), ROTATE_MS)

    def _member(self, event: Json, content: Json, me: str) -> bool:
        user = text_in(event, "state_key")
        if not user:
            return False
        name = text_in(content, "displayname")[:256]
        before = self.joined.pop(user, None), self.invited.pop(user, None), self.inviter, self.marked_direct
        match content.get("membership"):
            case "join":
                self.joined[user] = name
            case "invite":
                self.invited[user] = name
            case _:
                pass
        if user == me:
            self._own(event, content)
        now = self.joined.get(user), self.invited.get(user), self.inviter, self.marked_direct
        return before != now

    def _own(self, event: Json, content: Json) -> None:
        """An invitation says who invited and whether the chat is direct; the join event repeats it."""
        earlier = object_in(event, "unsigned", "prev_content")
        if content.get("membership") == "invite":
            self.inviter = text_in(event, "sender")
            self.marked_direct = content.get("is_direct") is True
        elif earlier.get("membership") == "invite":
            self.inviter = self.inviter or text_in(event, "unsigned", "prev_sender")
            self.marked_direct = self.marked_direct or earlier.get("is_direct") is True

    @cached_property
    def for_two(self) -> bool:
        """Was it made for two people? Not what Tchap's access rule calls a room, however few are in it."""
        return self.rule == "direct" or not (self.public or (self.rule and not self.marked_direct))

    @cached_property
    def direct(self) -> bool:
        """A chat of two, in which everything is meant for the bot: exactly two people, the invited included,
        whatever the access rule says."""
        return self.for_two and len(self.joined.keys() | self.invited.keys()) == 2

    @cached_property
    def readers(self) -> frozenset[str]:
        """Who can read what is sent now: members, and invited people where the history is open to them."""
        joined = frozenset(self.joined)
        return joined.union(self.invited) if self.invited_read else joined

    @cached_property
    def open(self) -> bool:
        """May who comes later read what is said now? Of an encrypted message they have no key."""
        return self.past_read and not self.encrypted

    @cached_property
    def kind(self) -> AudienceKind:
        """Who would read a message here, as policy sees it. Anyone who may be invited counts as invited."""
        if self.public or self.world_readable:
            return "tchap_public"
        if not self.encrypted:
            return "tchap_unencrypted"
        people = (*self.joined, *self.invited)
        servers = {user.partition(":")[2] for user in people}
        outside = not servers.isdisjoint(self.served.guests) or not servers <= self.served.allowed
        return "tchap_encrypted_guests" if outside or self.rule == "unrestricted" else "tchap_encrypted"

    @cached_property
    def names(self) -> dict[str, str]:
        """The display names of who is here, or invited."""
        return self.invited | self.joined if self.invited else self.joined  # rooms are large

    def dump(self) -> Json:
        return {name: getattr(self, name) for name in _STORED}

    @classmethod
    def load(cls, stored: Json, served: Served = NOBODY) -> Room:
        """Raises TypeError when it was stored by another version."""
        if stored.keys() != _STORED:
            raise TypeError("another version")
        return cls(**stored, served=served)

    @classmethod
    def of_state(cls, id: str, events: Collection[Json], me: str, served: Served = NOBODY) -> Room:
        """The room that these state events describe (`/rooms/{id}/state`)."""
        room = cls(id=id, served=served)
        for event in events:
            room.apply(event, me)
        return room


_STORED = {each.name for each in fields(Room)} - {"served"}
_FACTS = [name for name, value in vars(Room).items() if isinstance(value, cached_property)]
"""What follows from a room's state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomEvent:
    """An event of a room. `at` is when it happened, in seconds since 1970; `state_key` is None of what is no
    state; `raw` is the JSON that it was read from.

    `relation`, `target`, `thread` and `reply_to` are what `m.relates_to` says: its `rel_type`, the event that
    this one replaces or annotates, the root of its thread, the message that it answers. `origin` names the
    megolm session that it was decrypted with, and its number under that.
    """

    room: str
    id: str
    type: str
    sender: str
    at: float
    content: Json = field(repr=False)
    unsigned: Json = field(repr=False)
    raw: Json = field(repr=False)
    state_key: str | None = None
    relation: str = ""
    target: str = ""
    thread: str | None = None
    reply_to: str | None = None
    origin: tuple[str, int] | None = None

    @classmethod
    def read(cls, given: object, room: str, now: float | None = None) -> RoomEvent | None:
        """The event of this room; None when it is no state and lacks what every event has. Where `now`, the
        time of our own clock, and those of the servers do not agree, what counts is how old the homeserver
        says that the event is."""
        raw = object_in(given)
        id, sender, content = text_in(raw, "event_id"), text_in(raw, "sender"), object_in(raw, "content")
        state_key = text_in(raw, "state_key") if "state_key" in raw else None
        whole = id.startswith("$") and sender.startswith("@") and isinstance(raw.get("content"), dict)
        if state_key is None and not whole:
            return None
        at = min(max(integer_in(raw, "origin_server_ts") or 0, 0), SKEW) / 1000
        if now is not None and (age := integer_in(raw, "unsigned", "age")) is not None:
            happened = now - max(-SKEW, min(age, SKEW)) / 1000
            at = at if abs(happened - at) < AGREE else min(now, happened)
        event = cls(
            room=room,
            id=id,
            type=text_in(raw, "type"),
            sender=sender,
            at=at,
            content=content,
            unsigned=object_in(raw, "unsigned"),
            raw=raw,
            state_key=state_key,
        )
        return event.related() if content.get("m.relates_to") else event

    def related(self) -> RoomEvent:
        """The event with what its content says of its relations."""
        relates = object_in(self.content, "m.relates_to")
        relation, target = text_in(relates, "rel_type"), text_in(relates, "event_id")
        in_thread = relation == "m.thread"
        # In a thread, clients fill in an answer for others that know no threads.
        answers = not (in_thread and relates.get("is_falling_back") is True)
        return replace(
            self,
            relation=relation,
            target=target,
            thread=(target or None) if in_thread else None,
            reply_to=(text_in(relates, "m.in_reply_to", "event_id") or None) if answers else None,
        )


def invited_read(visibility: str) -> bool:
    """Do people read from their invitation on? (`m.room.history_visibility`; none is `shared`.)"""
    return visibility != "joined"


def past_read(visibility: str) -> bool:
    """Do people read what was said before they came?"""
    return visibility not in ("joined", "invited")


def begins_to_read(event: RoomEvent, user: str, *, invited_read: bool) -> bool:
    """Is this the event from which on the user `user` can read: their invitation, where that is enough, or
    their entry?"""
    reading = ("join", "invite") if invited_read else ("join",)
    return (
        event.type == "m.room.member"
        and event.state_key == user
        and text_in(event.content, "membership") in reading
        and text_in(event.unsigned, "prev_content", "membership") not in reading
    )


def is_own_join(event: RoomEvent, me: str) -> bool:
    """Is this the event by which the user `me` entered (not a change of name)?"""
    return event.state_key == me and begins_to_read(event, me, invited_read=False)


def server_of(user: str) -> str:
    """The server name in a user id (`@name:server`, the server may carry a port)."""
    return user.partition(":")[2]
