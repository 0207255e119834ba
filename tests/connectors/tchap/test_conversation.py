"""Conversations with people on an independent client, over a real homeserver."""

from __future__ import annotations

import pytest

from core.connector import Joined, Message
from tests.connectors.tchap.conftest import Bot
from tests.rig.synapse import Federation
from tests.rig.troupe import Troupe

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("version", ["10", "12"])
async def test_encrypted_direct_chat(servers: Federation, troupe: Troupe, bot: Bot, version: str) -> None:
    """A person writes in an encrypted direct chat and reads the answer, in old and new room versions."""
    async with bot.running():
        alice = await troupe.person(servers.agents, "alice")
        chat = await alice.direct_chat(bot.user, version=version)
        joined = await bot.event(Joined)
        assert joined.direct
        assert joined.sender.id == alice.user
        question = await chat.send("Bonjour")
        message = await bot.event(Message)
        assert message.text == "Bonjour"
        assert message.addressed
        assert message.id == question
        id = await bot.answer(message.address, "Bonjour, **Alice**.")
        seen = await chat.message(sender=bot.user)
        assert seen.id == id
        assert seen.encrypted
        assert seen.text == "Bonjour, **Alice**."
