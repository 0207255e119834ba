"""A room read back on demand: pages of `/messages`, decrypted with the keys that this device holds.

Edits are applied and only their last state is known; what was deleted or cannot be decrypted is counted.
Nothing from before the bot's own entry is read, nothing that one of those could not read whom it is for, and
nothing is kept. The pages come newest first, so an edit
or a reaction is met before the message that it is about.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import quote

import orjson

from connectors.tchap import polls
from connectors.tchap.api import Api
from connectors.tchap.attachments import FILES, attachment
from connectors.tchap.crypto import Undecipherable
from connectors.tchap.events import WORDS, readable
from connectors.tchap.mentions import Me, calls_bot, mentioned
from connectors.tchap.room import HistoryVisibility, Room
from connectors.tchap.room_events import RoomEvent, begins_to_read, is_own_join
from connectors.tchap.rooms import Rooms
from core.connector import Address, Past, Person, Range, Wanted
from core.connector.untrusted_json import Json, array_in, object_in, text_in

PAGE = 100
PAGES_PER_MESSAGES = 4
"""So many pages are read at most for each hundred messages wanted: the rest are edits and reactions."""
CLIENT = "https://tchap.gouv.fr/#/room"
FILTER = orjson.dumps(
    {
        "types": [
            "m.room.message",
            "m.room.encrypted",
            "m.reaction",
            "m.room.member",
            "m.room.history_visibility",
            *polls.TYPES,
        ]
    }
).decode()

Open = Callable[[RoomEvent], Awaitable[RoomEvent]]
"""Decrypts an event. Raises Undecipherable."""


def permalink(room: str, event: str) -> str:
    """The form that Tchap's clients open."""
    return f"{CLIENT}/{quote(room, safe='!:')}/{quote(event, safe='$:')}"


class TchapHistory:
    """Reads back the rooms of the account `me`."""

    def __init__(self, api: Api, rooms: Rooms, open_: Open, *, me: str) -> None:
        self._api = api
        self._rooms = rooms
        self._open = open_
        self._me = me

    async def recall(self, address: Address, wanted: Wanted) -> Range:
        id = address.conversation
        room = await self._rooms.known(id)
        reading = _Reading(
            room=room,
            wanted=wanted,
            me=Me.of(self._me, room.names.get(self._me, "")),
            begun=wanted.before is None,
            visibility=room.visibility,
        )
        params = {"dir": "b", "limit": str(PAGE), "filter": FILTER}
        for _ in range(max(1, wanted.most // PAGE) * PAGES_PER_MESSAGES):
            answer = await self._api.call("GET", ("rooms", id, "messages"), params=params)
            for raw in array_in(answer, "chunk"):
                if (event := RoomEvent.read(raw, id)) is not None:
                    await self._take(reading, event)
                if reading.done:
                    return reading.range()
            if not (end := text_in(answer, "end")):
                return reading.range()
            params["from"] = end
        reading.truncated = True
        return reading.range()

    async def _take(self, reading: _Reading, event: RoomEvent) -> None:
        if event.type == "m.room.encrypted" and reading.wants(event):
            try:
                event = await self._open(event)
            except Undecipherable:
                reading.unreadable += reading.begun and not _edits(event)
                return
        reading.add(event)


@dataclass(slots=True, kw_only=True)
class _Reading:
    """What was read so far, newest first."""

    room: Room
    wanted: Wanted
    me: Me
    begun: bool
    visibility: HistoryVisibility
    """The room's visibility at the time that the reading has come back to."""
    came: bool = False
    """True if one of the readers came after that time."""
    done: bool = False
    truncated: bool = False
    deleted: int = 0
    unreadable: int = 0
    entry: float | None = None
    reader_entry: float | None = None
    polls: polls.Polls = field(default_factory=polls.Polls)
    names: dict[str, str] = field(default_factory=dict[str, str])
    counted: int = 0
    said: list[Past] = field(default_factory=list[Past])
    edits: dict[tuple[str, str], Json] = field(default_factory=dict[tuple[str, str], Json])
    reactions: dict[str, dict[str, set[str]]] = field(default_factory=dict[str, dict[str, set[str]]])

    def wants(self, event: RoomEvent) -> bool:
        """Is this worth decrypting? The bot's own messages, and the question and later ones, are not; edits
        always are, for they may be of an earlier message."""
        if _deleted(event) or self._too_old(event):
            return False
        return event.sender != self.me.id and (self.begun or _edits(event))

    def add(self, event: RoomEvent) -> None:
        """Take in one event, older than all before it."""
        if is_own_join(event, self.me.id):
            self.entry, self.done = event.at, True
            return
        if self._is_closed_before(event):
            self.reader_entry, self.done = event.at, True
            return
        if event.id == self.wanted.before:
            self.begun = True
            return
        if self._too_old(event):
            self.done = True
            return
        self._take(event)
        self.done = self.done or event.id == self.wanted.start

    def _take(self, event: RoomEvent) -> None:
        kind = event.type
        if kind == "m.reaction":
            self._react(event)
        elif kind == "m.room.member":
            self._name(event)
        elif kind in ("m.room.message", "m.room.encrypted", *polls.START):
            if event.sender != self.me.id:
                self._say(event)
        elif kind in polls.TYPES:
            self.polls.take(event)

    def _name(self, event: RoomEvent) -> None:
        """What people who left were called: their names are no more in the room's state."""
        before = object_in(event.unsigned, "prev_content")
        name = text_in(event.content, "displayname") or text_in(before, "displayname")
        if name:
            self.names.setdefault(event.state_key or "", name[:256])

    def _is_closed_before(self, event: RoomEvent) -> bool:
        """Was what was said before this event closed to one of the readers? Who came later has no keys of
        that, and may not read it where the room showed it to members of that time only."""
        readers = self.wanted.readers
        if readers is None:
            return False
        if event.type == "m.room.history_visibility":
            before = HistoryVisibility.of(object_in(event.unsigned, "prev_content"))
            # Some readers were perhaps only invited.
            self.came |= self.visibility.invited_read and not before.invited_read
            self.visibility = before
        elif event.type == "m.room.member" and (user := event.state_key or "") in readers:
            self.came |= begins_to_read(event, user, invited_read=self.visibility.invited_read)
        return self.came and (self.room.encrypted or not self.visibility.past_read)

    def _too_old(self, event: RoomEvent) -> bool:
        return self.wanted.since is not None and event.at < self.wanted.since

    def _react(self, event: RoomEvent) -> None:
        key = text_in(event.content, "m.relates_to", "key")[:64]
        if event.target and key:
            self.reactions.setdefault(event.target, {}).setdefault(key, set()).add(event.sender)

    def _say(self, event: RoomEvent) -> None:
        if _edits(event):
            new = object_in(event.content, "m.new_content")
            self.edits.setdefault((event.target, event.sender), new)
            return
        if not self.begun:
            return
        if _deleted(event):
            self.deleted += 1
        elif (past := self._past(event)) is not None:
            self._keep(past)

    def _keep(self, past: Past) -> None:
        """Orders to bots are kept and not counted: what they say of other messages may matter."""
        order = past.text.startswith("!")
        if not order and self.counted >= self.wanted.most:
            self.truncated = self.done = True
            return
        self.counted += not order
        self.said.append(past)

    def _past(self, event: RoomEvent) -> Past | None:
        id, sender = event.id, event.sender
        new = self.edits.get((id, sender))
        shown = new or event.content
        kind = text_in(shown, "msgtype")
        polled = self.polls.describe(event) if event.type in polls.START else ""
        said = polled or readable(event.content | shown, event.reply_to)[0].strip()
        if kind not in WORDS and kind not in FILES and not polled:
            return None
        return Past(
            id=id,
            at=event.at,
            sender=Person(
                id=sender, name=self.room.names.get(sender) or self.names.get(sender, "") or sender
            ),
            text=said,
            link=permalink(self.room.id, id),
            reply_to=event.reply_to,
            thread=event.thread,
            edited=new is not None,
            to_bot=calls_bot(shown, said, self.me) and set(mentioned(shown)) <= {self.me.id},
            reactions={key: frozenset(who) for key, who in self.reactions.get(id, {}).items()},
            attachments=(attachment(shown),) if kind in FILES else (),
        )

    def range(self) -> Range:
        messages = tuple(reversed(self.said))
        people = {past.sender.id: past.sender for past in messages}
        people |= {id: Person(id=id, name=name or id) for id, name in self.room.joined.items()}
        people.pop(self.me.id, None)
        return Range(
            messages=messages,
            members=tuple(people.values()),
            deleted=self.deleted,
            unreadable=self.unreadable,
            truncated=self.truncated,
            entry=self.entry,
            reader_entry=self.reader_entry,
            name=self.room.name,
        )


def _deleted(event: RoomEvent) -> bool:
    return "redacted_because" in event.unsigned or not event.content


def _edits(event: RoomEvent) -> bool:
    return event.relation == "m.replace"
