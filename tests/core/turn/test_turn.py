"""What a turn is known to be when it is made."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from core.bot import Exchange
from core.connector import Event, Joined, Reacted
from core.sessions.repository import Session
from core.understanding import Place
from tests.core.conftest import core_on
from tests.rig.platform import Platform, message

QUESTION = message("Bonjour")


class Recording:
    """A bot that notes where each turn was spoken, and says nothing."""

    name = "recording"
    of_rooms = False

    def __init__(self) -> None:
        self.places: asyncio.Queue[Place] = asyncio.Queue()

    def wants(self, event: Event) -> bool:
        return True

    def follows(self, event: Event, session: Session) -> bool:
        return False

    async def handle(self, exchange: Exchange) -> None:
        self.places.put_nowait(exchange.situation.spoken_in)
        await exchange.reply.finish("")


@pytest.mark.parametrize(
    ("direct", "edits", "place"), [(True, True, "direct"), (False, True, "room"), (True, False, "mail")]
)
async def test_a_reaction_and_an_arrival_happen_where_a_message_would(
    tmp_path: Path, direct: bool, edits: bool, place: Place
) -> None:
    """An answer that a reaction wants again is read as that to the question was. Where an answer cannot grow,
    it is a letter."""
    bot, at, who = Recording(), QUESTION.address, QUESTION.sender
    platform = Platform()
    platform.editing = platform if edits else None
    events: tuple[Event, ...] = (
        message("Bonjour", direct=direct),
        Reacted(key="r", address=at, at=QUESTION.at, sender=who, target="t", reaction="👀", direct=direct),
        Joined(key="j", address=at, at=QUESTION.at, sender=who, direct=direct),
    )
    async with core_on(tmp_path, platform=platform, bots=[bot]) as core:
        for event in events:
            await core.tell(event)
            assert await bot.places.get() == place
