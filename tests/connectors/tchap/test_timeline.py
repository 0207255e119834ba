"""What earlier events were: each of its own room only. (The homeserver is played: a real one relays neither a
reaction nor an edit across rooms for its own people, but an allowed one elsewhere may.)"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, cast
from unittest.mock import AsyncMock

import pytest

from connectors.tchap.api import Api, Path
from connectors.tchap.crypto import Undecipherable
from connectors.tchap.earlier import EarlierEvents
from connectors.tchap.echoes import Echoes
from connectors.tchap.identities import PublishedIdentity
from connectors.tchap.room import Room
from connectors.tchap.room_events import RoomEvent
from connectors.tchap.timeline import Timeline
from core.connector import IdentityChanged, Message
from core.errors import Deferred
from core.retry import Backoff

BOT, ALICE, BOB, CARL = "@bot:agents.fr", "@alice:agents.fr", "@bob:agents.fr", "@carl:agents.fr"
HERE, THERE = "!here:agents.fr", "!there:agents.fr"


class Homeserver:
    """Knows one event of `room`, and gives it whichever room it is asked of. It may be away."""

    def __init__(self, room: str, *, away: bool = False) -> None:
        self.room = room
        self.away = away

    async def answers(self) -> bool:
        return not self.away

    async def call(self, _method: str, path: Path, **_: Any) -> dict[str, Any]:
        if self.away:
            raise Deferred("503")
        if "relations" in path:
            return {"chunk": [{"sender": BOT}] if "$thread" in path else []}
        content = {"msgtype": "m.text", "body": "secret"}
        event = {"event_id": "$e", "sender": ALICE, "room_id": self.room, "content": content}
        return event | {"type": "m.room.message"}


def lookup(room: str, homeserver: Homeserver | None = None) -> Timeline:
    nothing: Any = None
    api = cast(Api, homeserver or Homeserver(room))
    return Timeline(
        machine=nothing,
        rooms=nothing,
        pending=nothing,
        invitations=nothing,
        stored=None,
        gaps=nothing,
        earlier=EarlierEvents(api, nothing, me=BOT),
        quotations=nothing,
        echoes=Echoes(api, None, time.time),
        me=BOT,
        bots=frozenset(),
    )


def own(room: str, id: str) -> RoomEvent:
    """A message of the bot in the thread `$root` of a room."""
    content = {
        "msgtype": "m.text",
        "body": "x",
        "m.relates_to": {"rel_type": "m.thread", "event_id": "$root"},
    }
    heard = RoomEvent.read(
        {"event_id": id, "type": "m.room.message", "sender": BOT, "content": content}, room
    )
    assert heard is not None
    return heard


@pytest.mark.asyncio
async def test_nothing_is_absent_while_the_homeserver_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread of the bot is one of its own once the homeserver is there: what is said there is for it."""
    monkeypatch.setattr("connectors.tchap.earlier.PAUSES", Backoff(0.0, 0.0))
    homeserver = Homeserver(HERE, away=True)
    found = lookup(HERE, homeserver)
    with pytest.raises(Deferred):
        await found.earlier.thread_is_mine(HERE, "$thread")
    with pytest.raises(Deferred):
        await found.earlier.related(HERE, "$e")
    homeserver.away = False
    assert await found.earlier.thread_is_mine(HERE, "$thread")
    assert await found.earlier.related(HERE, "$e") is not None


@pytest.mark.asyncio
async def test_an_event_is_one_of_its_room() -> None:
    """What was noted of one room, and what the homeserver gives of another, is absent here."""
    found = lookup(THERE)
    noted = RoomEvent.read(await Homeserver(THERE).call("GET", ""), THERE)
    assert noted is not None
    found.earlier.note(noted)
    for known, room in ((found, THERE), (lookup(HERE), HERE)):
        related = await known.earlier.related(room, "$e")
        assert related is not None
        assert related.text == "secret"
    assert await found.earlier.related(HERE, "$e") is None


@pytest.mark.asyncio
async def test_ones_own_messages_and_threads_are_of_their_room() -> None:
    """An answer of the bot, and a thread that it takes part in, are nothing in another room."""
    found = lookup(THERE)
    await found.hear(own(THERE, "$mine"))
    mine = await found.earlier.related(THERE, "$mine")
    assert mine is not None
    assert mine.sender == BOT
    assert await found.earlier.thread_is_mine(THERE, "$root")
    assert await found.earlier.related(HERE, "$mine") is None
    assert not await found.earlier.thread_is_mine(HERE, "$root")


@pytest.mark.asyncio
async def test_whom_the_last_message_of_a_thread_mentions() -> None:
    """What they say answers it, until somebody else, or the bot, writes there; in that room only."""
    found = lookup(HERE)
    for room in (HERE, THERE):
        await found.hear(own(room, "$root"))

    async def is_for_the_bot(sender: str, *mentions: str, room: str = HERE) -> bool:
        content = {"msgtype": "m.text", "body": "x", "m.mentions": {"user_ids": list(mentions)}}
        content["m.relates_to"] = {"rel_type": "m.thread", "event_id": "$root"}
        given = {"event_id": f"${sender}", "type": "m.room.message", "sender": sender, "content": content}
        noted = RoomEvent.read(given, room)
        assert noted is not None
        said = await found.parse(Room(id=room, joined=dict.fromkeys((BOT, ALICE, BOB, CARL), "")), noted)
        assert isinstance(said, Message)
        return said.addressed

    await is_for_the_bot(ALICE, CARL)
    assert not await is_for_the_bot(CARL)
    await is_for_the_bot(ALICE, CARL)
    assert await is_for_the_bot(CARL, room=THERE)
    assert await is_for_the_bot(BOB)
    assert await is_for_the_bot(CARL)
    await is_for_the_bot(ALICE, CARL)
    await found.hear(own(HERE, "$4"))
    assert await is_for_the_bot(CARL)


@pytest.mark.asyncio
async def test_another_identity_is_told_with_a_message_that_cannot_be_read_yet() -> None:
    """Its key may come a moment later: the person knows by then that they are known by another identity."""
    pending, machine = AsyncMock(episodes=()), AsyncMock()
    machine.open.side_effect = Undecipherable("session")
    machine.known_devices.identities = {ALICE: PublishedIdentity(master="new", self_signing="", changed=True)}
    found = replace(lookup(HERE), machine=machine, pending=pending)
    event = RoomEvent.read(
        {"event_id": "$e", "type": "m.room.encrypted", "sender": ALICE, "content": {}}, HERE
    )
    data = {"timeline": {"events": [event.raw if event else {}]}}
    found.rooms = AsyncMock(unsaved=set())
    found.rooms.get.return_value = Room(id=HERE, joined={ALICE: "Alice"})
    told = await found.read(HERE, data, "since", 0.0)
    assert [type(each) for each in told] == [IdentityChanged]
    pending.add.assert_awaited_once()
