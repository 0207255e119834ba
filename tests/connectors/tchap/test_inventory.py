"""`relais rooms`: where the bot is, and leaving."""

from __future__ import annotations

from typing import Any, cast

import pytest

from connectors.tchap.api import Path
from connectors.tchap.probe import Inventory, Present, rights_in

ROOM = "!salon:agent.example"


class Answers:
    """A homeserver's answers, and what it was asked to do."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Path]] = []

    async def call(self, method: str, path: Path, body: object = None) -> dict[str, Any]:
        self.asked.append((method, path))
        return {"user_id": "@robot:agent.example", "joined_rooms": [ROOM]}

    async def array(self, path: Path) -> list[dict[str, Any]]:
        def member(user: str, membership: str) -> dict[str, Any]:
            return {"type": "m.room.member", "state_key": user, "content": {"membership": membership}}

        levels = {"type": "m.room.power_levels", "state_key": "", "content": {"events_default": 50}}
        rule = {"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "public"}}
        return [member("@a:x", "join"), member("@b:x", "leave"), levels, rule]


async def test_a_room_is_told_with_its_audience_and_rights() -> None:
    """Members who are there, encryption, who may join, and whether the bot may write."""
    there = Inventory(cast(Any, Answers()))
    told = Present(id=ROOM, members=1, encrypted=False, may_speak=False, open=True)
    assert await there.rooms() == [told]


async def test_a_room_is_left() -> None:
    """By its id."""
    answers = Answers()
    await Inventory(cast(Any, answers)).leave(ROOM)
    assert answers.asked == [("POST", ("rooms", ROOM, "leave"))]


@pytest.mark.parametrize("version", ["11", "12", "13"])
@pytest.mark.parametrize("user", ["@made:x", "@too:x", "@other:x"])
def test_who_made_a_room_may_write_whatever_its_levels_say(version: str, user: str) -> None:
    """From room version 12 on; those whom its maker named beside themselves too."""
    content = {"room_version": version, "additional_creators": ["@too:x"]}
    create = {"type": "m.room.create", "state_key": "", "sender": "@made:x", "content": content}
    levels = {"type": "m.room.power_levels", "state_key": "", "content": {"events_default": 50}}
    assert rights_in([create, levels], user).may_speak == (version != "11" and user != "@other:x")
