"""What earlier events were: each of its own room only. (The homeserver is played: a real one relays neither a
reaction nor an edit across rooms for its own people, but an allowed one elsewhere may.)"""

from __future__ import annotations

from typing import Any, cast

import pytest

from connectors.tchap.api import Api
from connectors.tchap.lookup import Lookup
from connectors.tchap.siblings import Siblings

BOT, ALICE = "@bot:agents.fr", "@alice:agents.fr"
HERE, THERE = "!here:agents.fr", "!there:agents.fr"


class Homeserver:
    """Knows one event of `room`, and gives it whichever room it is asked of."""

    def __init__(self, room: str) -> None:
        self.room = room

    async def call(self, _method: str, path: str, **_: Any) -> dict[str, Any]:
        if "/relations/" in path:
            return {"chunk": []}
        content = {"msgtype": "m.text", "body": "secret"}
        event = {"event_id": "$e", "sender": ALICE, "room_id": self.room, "content": content}
        return event | {"type": "m.room.message"}


def lookup(room: str) -> Lookup:
    return Lookup(cast(Api, Homeserver(room)), cast(Siblings, None), BOT)


@pytest.mark.asyncio
async def test_an_event_is_one_of_its_room() -> None:
    """What was noted of one room, and what the homeserver gives of another, is absent here."""
    found = lookup(THERE)
    found.note(THERE, await Homeserver(THERE).call("GET", ""))
    assert (await found.related(THERE, "$e"))["$e"].text == "secret"
    assert await found.related(HERE, "$e") == {}
    assert (await lookup(HERE).related(HERE, "$e"))["$e"].text == "secret"


@pytest.mark.asyncio
async def test_ones_own_messages_and_threads_are_of_their_room() -> None:
    """An answer of the bot, and a thread that it takes part in, are nothing in another room."""
    found = lookup(THERE)
    found.note_own(THERE, "$mine", "$root")
    assert (await found.related(THERE, "$mine"))["$mine"].sender == BOT
    assert await found.thread_is_mine(THERE, "$root")
    assert await found.related(HERE, "$mine") == {}
    assert not await found.thread_is_mine(HERE, "$root")
