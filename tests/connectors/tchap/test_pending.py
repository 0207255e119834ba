"""The list of what cannot be read yet: its notices, its limits, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from connectors.tchap.pending import (
    ASK_AFTER,
    ASKED_PER_SENDER,
    KEEP_FOR,
    MOST,
    PER_ROOM,
    PER_SENDER,
    TELL_AFTER,
    Pending,
)
from connectors.tchap.room_events import RoomEvent
from tests.connectors.tchap.conftest import MemoryNotebook


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def notebook() -> MemoryNotebook:
    return MemoryNotebook()


@pytest.fixture
def pending(notebook: MemoryNotebook, clock: Clock) -> Pending:
    return Pending(notebook, clock)


async def add(
    pending: Pending,
    event: str,
    *,
    room: str = "!r",
    session: str = "S",
    sender: str = "@a:b.fr",
    size: int = 0,
) -> None:
    raw: dict[str, Any] = {"event_id": event, "sender": sender, "content": {"ciphertext": "A" * size}}
    read = RoomEvent.read(raw, room)
    assert read is not None
    await pending.add(read, session)


def events(pending: Pending) -> list[str]:
    return [one.event for one in pending.of(pending.sessions)]


async def tell(pending: Pending, clock: Clock) -> list[str]:
    """The episodes whose notices are due now."""
    clock.now += TELL_AFTER
    due = pending.to_tell()
    await pending.told()
    return [episode for _, episode in due]


async def test_one_notice_for_an_episode(pending: Pending, clock: Clock) -> None:
    """All that cannot be read in a conversation makes one notice, until something there can be read again."""
    for id in ("$1", "$2", "$1"):
        await add(pending, id)
    assert (len(pending), pending.to_tell()) == (2, [])
    clock.now += ASK_AFTER
    assert [one.session for one in pending.to_ask()] == ["S"]
    assert pending.to_ask() == []
    assert await tell(pending, clock) == ["$1"]
    await add(pending, "$3")
    assert await tell(pending, clock) == []
    await pending.resolved(pending.of({("!r", "S")}))
    assert len(pending) == 0
    await add(pending, "$4", session="T")
    assert await tell(pending, clock) == ["$4"]


async def test_what_waits_survives_a_restart(
    pending: Pending, clock: Clock, notebook: MemoryNotebook
) -> None:
    """The list and its episodes are stored; what was told is not told again, also when the room could be read
    meanwhile; what is very old is given up."""
    await add(pending, "$1")
    assert await tell(pending, clock) == ["$1"]
    for readable in (False, True):
        if readable:
            await pending.readable("!r")
        pending = Pending(notebook, clock)
        await pending.load()
        assert events(pending) == ["$1"]
        assert await tell(pending, clock) == []
    clock.now += KEEP_FOR
    await add(pending, "$2")
    await pending.forget_old()
    assert events(pending) == ["$2"]


async def test_nothing_stays_when_all_was_read(
    pending: Pending, clock: Clock, notebook: MemoryNotebook
) -> None:
    """Neither events nor episodes are left behind, of a room that can be read again or was left."""
    for room in ("!read", "!left"):
        await add(pending, "$1", room=room)
        await tell(pending, clock)
    await pending.resolved(pending.of({("!read", "S")}))
    await pending.forget_room("!left")
    assert notebook.kept == {}


async def test_an_event_costs_the_same_whatever_waits(pending: Pending, notebook: MemoryNotebook) -> None:
    """No ciphertext is stored, and one more event writes no other anew: a flood of large ones stops
    nobody."""
    for number in range(PER_SENDER):
        before = notebook.written
        await add(pending, f"${number}", session=f"S{number}", size=60_000)
        assert 0 < notebook.written - before < 1_000


async def test_a_flood_leaves_room_for_others(pending: Pending, clock: Clock) -> None:
    """One person keeps a share of the list, one room a share, and neither grows beyond; what was told gives
    way to what is new."""
    for number in range(3 * PER_SENDER):
        await add(pending, f"$a{number}")
    assert len(pending) == PER_SENDER
    for number in range(2 * PER_ROOM):
        await add(pending, f"$b{number}", sender=f"@{number}:b.fr")
    assert len(pending) == PER_ROOM
    for number in range(2 * MOST):
        await add(pending, f"$c{number}", sender=f"@{number}:b.fr", room=f"!{number}")
    assert len(pending) == MOST
    await tell(pending, clock)
    await add(pending, "$new", room="!other", sender="@other:b.fr")
    assert len(pending) == MOST
    assert events(pending)[0] != "$a0"
    assert await tell(pending, clock) == ["$new"]


async def test_a_session_that_is_none_is_not_kept(pending: Pending, notebook: MemoryNotebook) -> None:
    """The name of a session is as long as its sender likes; what is stored of it is not."""
    await add(pending, "$1", session="S" * 60_000)
    assert pending.sessions == {("!r", "")}
    assert notebook.written < 1_000


async def test_one_persons_keys_are_asked_for_some_at_a_time(pending: Pending, clock: Clock) -> None:
    """However many sessions somebody names, their devices get a few requests."""
    for number in range(PER_SENDER):
        await add(pending, f"$a{number}", session=f"S{number}")
    await add(pending, "$b", sender="@b:b.fr", session="T")
    clock.now += ASK_AFTER
    asked = [one.sender for one in pending.to_ask()]
    assert (asked.count("@a:b.fr"), asked.count("@b:b.fr")) == (ASKED_PER_SENDER, 1)
    assert pending.to_ask() == []


async def test_siblings_are_asked_in_turns(pending: Pending, clock: Clock) -> None:
    """Each look asks for some sessions, those first that were looked for longest ago."""
    for number in range(5):
        await add(pending, f"${number}", session=f"S{number}")
    looks: list[str] = []
    for _ in range(3):
        clock.now += 1.0
        looks += [session for _, session in pending.to_look_for(2)]
    assert looks == ["S0", "S1", "S2", "S3", "S4", "S0"]
