"""The bot's chats of two, on a real homeserver: found or made once, and only ever for one person."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import pytest_asyncio

from core.connector import Arrived, Joined, Message
from core.errors import Rejected
from tests.connectors.tchap.conftest import Bot
from tests.rig.peer import Peer
from tests.rig.synapse import Federation
from tests.rig.troupe import Troupe

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def alice(servers: Federation, troupe: Troupe) -> Peer:
    return await troupe.person(servers.agents, "alice", exclude_unsigned=True)


async def test_a_chat_is_made_once_and_used_when_its_reader_came(alice: Peer, bot: Bot) -> None:
    """The person is invited to one encrypted chat, direct for Tchap; their coming is told; they can read."""
    async with bot.running() as connector:
        address = await connector.chat(alice.user, None)
        assert not await connector.present(address, alice.user)
        theirs = await alice.invited()
        assert theirs.id == address.conversation
        assert await connector.chat(alice.user, None) == address
        await theirs.join()
        await bot.event(Arrived, lambda arrived: arrived.sender.id == alice.user)
        assert await connector.present(address, alice.user)
        audience = await connector.audience(address)
        assert audience.is_only(alice.user)
        assert audience.kind == "tchap_encrypted"
        await bot.answer(address, "Un mot pour vous seule.", only=alice.user)
        assert (await theirs.message(sender=bot.user, containing="vous seule")).encrypted
        assert not [event for event in bot.events if isinstance(event, Joined)]
        await theirs.send("Merci")
        assert (await bot.event(Message)).direct


async def test_replicas_that_ask_together_make_one_chat(alice: Peer, bot: Bot, tmp_path: Path) -> None:
    """Whichever replica comes first, and whoever died since, there is one chat with a person."""
    sibling = bot.replica(tmp_path / "sibling")
    seed = "a seed for both, which is long enough to be one"
    async with (
        bot.running(cross_signing_seed=seed) as one,
        sibling.running(cross_signing_seed=seed) as other,
    ):
        found = await asyncio.gather(*(each.chat(alice.user, None) for each in (one, other) * 2))
        assert len(set(found)) == 1
        assert list((await alice.rooms()).values()).count("invite") == 1


async def test_the_known_chat_is_preferred_while_it_is_one(
    servers: Federation, troupe: Troupe, alice: Peer, bot: Bot
) -> None:
    """The chat that the person speaks in is used; no more once they left it, or a third came to a room."""
    bob = await troupe.person(servers.agents, "bob")
    async with bot.running() as connector:
        chat = await alice.direct_chat(bot.user)
        assert (await connector.chat(alice.user, chat.id)).conversation == chat.id
        crowd = await alice.create_room([bot.user, bob])
        await crowd.joined(bot.user)
        made = await connector.chat(alice.user, crowd.id)
        assert made.conversation not in (chat.id, crowd.id)


async def test_who_left_is_invited_again(alice: Peer, bot: Bot) -> None:
    """The chat stays the same; a word waits there for who declined it or left."""
    async with bot.running() as connector:
        address = await connector.chat(alice.user, None)
        theirs = await alice.invited()
        await theirs.leave()
        await bot.until(lambda: alice.user not in bot.known(address.conversation).invited)
        assert await connector.chat(alice.user, None) == address
        assert (await alice.invited()).id == address.conversation


async def test_people_of_other_servers_are_not_written_to(bot: Bot) -> None:
    """Only those whom the bot serves."""
    async with bot.running() as connector:
        with pytest.raises(Rejected):
            await connector.chat("@eve:elsewhere.example", None)
