"""Devices that their owner has not signed, met on a real homeserver: they are neither read nor written to."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from core.connector import Event, IdentityChanged, Message, Undecryptable
from tests.connectors.tchap.conftest import Bot
from tests.rig.peer import Peer
from tests.rig.synapse import Federation
from tests.rig.troupe import Troupe

pytestmark = pytest.mark.asyncio(loop_scope="session")


def texts(bot: Bot) -> Sequence[str]:
    return [event.text for event in bot.events if isinstance(event, Message)]


def told(bot: Bot, kind: type[Event]) -> list[Event]:
    return [event for event in bot.events if isinstance(event, kind)]


async def test_an_unsigned_device_is_told_so_until_it_is_signed(
    troupe: Troupe, alice: Peer, bot: Bot
) -> None:
    """A message from it waits and is told of, in words that it can read; what else the bot says it cannot.
    Once its owner has signed it, the message is delivered."""
    async with bot.running():
        chat = await alice.direct_chat(bot.user)
        await chat.send("Du premier")
        await bot.event(Message)
        other = await troupe.another_device(alice)
        there = chat.seen_by(other)
        await there.send("Du second")
        word = await bot.event(Undecryptable)
        assert word.unsigned
        assert texts(bot) == ["Du premier"]
        secret = await bot.answer(bot.address(chat.id), "Confidentiel")
        await chat.message(sender=bot.user, containing="Confidentiel")
        await there.until(
            lambda view: next((one for one in view.events if one.id == secret and one.failure), None),
            "a message that it cannot read",
        )
        await bot.answer(bot.address(chat.id), "Vérifiez votre appareil", any_device=True)
        await there.message(sender=bot.user, containing="Vérifiez votre appareil")
        await bot.answer(bot.address(chat.id), "Toujours confidentiel")
        await chat.message(sender=bot.user, containing="Toujours")
        await alice.sign_device(other.device)
        await bot.event(Message, lambda m: m.text == "Du second")
        await bot.answer(bot.address(chat.id), "Pour les deux")
        await there.message(sender=bot.user, containing="Pour les deux")
        view = await there.view()
        assert view is not None
        assert not [seen for seen in view.messages(bot.user) if "onfidentiel" in seen.text]
    assert len(told(bot, Undecryptable)) == 1


async def test_a_person_without_an_identity_is_served(servers: Federation, troupe: Troupe, bot: Bot) -> None:
    """Who never set one up is read and answered, unless the settings ask for signed devices."""
    bob = await troupe.person(servers.agents, "bob", cross_signing=False)
    async with bot.running():
        chat = await bob.direct_chat(bot.user)
        await chat.send("Bonjour")
        await bot.event(Message)
        await bot.answer(bot.address(chat.id), "Réponse")
        await chat.message(sender=bot.user, containing="Réponse")
    async with bot.running(trust="signed"):
        await chat.send("Encore")
        assert (await bot.event(Undecryptable)).unsigned
    assert texts(bot) == ["Bonjour"]


async def test_any_device_where_the_settings_say_so(troupe: Troupe, alice: Peer, bot: Bot) -> None:
    """On a server where few people sign their devices, all of them are read and written to."""
    async with bot.running(trust="any"):
        chat = await alice.direct_chat(bot.user)
        there = chat.seen_by(await troupe.another_device(alice))
        await there.send("Du second")
        await bot.event(Message)
        await bot.answer(bot.address(chat.id), "Réponse")
        await there.message(sender=bot.user, containing="Réponse")


async def test_another_identity_is_told_once(
    troupe: Troupe, alice: Peer, bot: Bot, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A person who comes with another identity is served by it and told so, once over all replicas, also by a
    replica that was not there before; the device of the former identity counts no more."""
    async with bot.running(cross_signing_seed="the same seed for all of them"):
        chat = await alice.direct_chat(bot.user)
        await chat.send("Avant")
        await bot.event(Message)
        other = await troupe.another_device(alice, cross_signing=True)
        there = chat.seen_by(other)
        await there.send("Après")
        await bot.event(Message, lambda m: m.text == "Après")
        await bot.event(IdentityChanged)
        await there.send("Encore")
        await bot.event(Message, lambda m: m.text == "Encore")
        await chat.send("De l’ancien")
        assert (await bot.event(Undecryptable)).unsigned
    replica = bot.replica(tmp_path_factory.mktemp("replica"))
    async with replica.running(cross_signing_seed="the same seed for all of them"):
        await there.send("À l’autre")
        await replica.event(Message, lambda m: m.text == "À l’autre")
    assert (len(told(bot, IdentityChanged)), len(told(replica, IdentityChanged))) == (1, 0)
