"""The assistant in rooms: it speaks when it is spoken to."""

from __future__ import annotations

import pytest

from tests.rig.bot import Bot, bot_on_tchap
from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.peer import ACCESS_RULES, Peer, PeerRoom
from tests.rig.synapse import Federation
from tests.rig.troupe import Troupe

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("version", ["10", "12"])
async def test_a_mention_is_answered_and_other_talk_is_not(
    servers: Federation, troupe: Troupe, bot: Bot, version: str
) -> None:
    """In a private room of either version only the message that mentions the bot reaches the model."""
    alice = await troupe.person(servers.agents, "alice", exclude_unsigned=True)
    room = await _room(alice, bot, version=version)
    await room.send("Ne réponds pas à ceci")
    await room.send("Assistant : quelle est la capitale du Pérou ?", mention=[bot.user])
    answer = await room.message(sender=bot.user, containing="Réponse à : quelle est la capitale du Pérou ?")
    assert answer.encrypted
    assert bot.asked("Ne réponds pas à ceci") == 0


async def test_a_forum_is_answered_in_clear(servers: Federation, troupe: Troupe, bot: Bot) -> None:
    """In a public, unencrypted room a mention is answered without encryption."""
    alice = await troupe.person(servers.agents, "alice")
    room = await _room(alice, bot, encrypted=False, public=True)
    await room.send("Assistant, bonjour", mention=[bot.user])
    answer = await room.message(sender=bot.user, containing="Réponse à : bonjour")
    assert not answer.encrypted


@pytest.mark.parametrize("how", ["name", "command"])
async def test_other_ways_to_speak_to_it(servers: Federation, troupe: Troupe, bot: Bot, how: str) -> None:
    """Its name at the beginning is enough without a mention, and so is a command."""
    alice = await troupe.person(servers.agents, "alice")
    room = await _room(alice, bot)
    said, heard = {"name": ("Assistant: bonjour", "Réponse à : bonjour"), "command": ("!aide", "!nouveau")}[
        how
    ]
    await room.send(said)
    await room.message(sender=bot.user, containing=heard)


async def test_a_chain_of_replies_goes_on_without_mention(
    servers: Federation, troupe: Troupe, bot: Bot
) -> None:
    """A reply to the bot's answer is meant for it, by whomever, and the model has the exchange before."""
    alice = await troupe.person(servers.agents, "alice")
    bob = await troupe.person(servers.agents, "bob")
    room = await _room(alice, bot, bob)
    await room.send("Assistant, première question", mention=[bot.user])
    first = await room.message(sender=bot.user, containing="Réponse à : première question")
    theirs = room.seen_by(bob)
    await theirs.message(sender=bot.user, containing="première question")
    await theirs.send("Et ensuite ?", reply_to=first.id)
    second = await theirs.message(sender=bot.user, containing="Réponse à : Et ensuite ?")
    assert second.thread is None
    assert "première question" in bot.last_asked()


@pytest.mark.parametrize("words", ["à quelle heure ?", "réponds à Bob", "réponds-lui que oui"])
async def test_a_reply_that_mentions_brings_the_message_along(
    servers: Federation, troupe: Troupe, bot: Bot, words: str
) -> None:
    """Who replies to a third person's message and mentions the bot asks about that message, or has it
    answered in their name."""
    alice = await troupe.person(servers.agents, "alice")
    bob = await troupe.person(servers.agents, "bob")
    room = await _room(alice, bot, bob)
    said = await room.seen_by(bob).send("La réunion est à 14 h 30, tu viens ?")
    await room.message(sender=bob, containing="14 h 30")
    await room.send(f"Assistant, {words}", mention=[bot.user], reply_to=said)
    answer = await room.message(sender=bot.user, containing=f"Réponse à : {words}")
    assert "La réunion est à 14 h 30" in bot.last_asked(), f"{answer.text}\n{bot.process.log[-2000:]}"
    assert "écris en son nom la réponse à ce message" in bot.last_asked()


async def test_a_thread_goes_on_without_mention(servers: Federation, troupe: Troupe, bot: Bot) -> None:
    """In a thread that the bot takes part in every message is meant for it; its answers stay there."""
    alice = await troupe.person(servers.agents, "alice")
    room = await _room(alice, bot)
    root = await room.send("Un sujet")
    await room.send("Assistant, ton avis ?", mention=[bot.user], thread=root)
    first = await room.message(sender=bot.user, containing="Réponse à : ton avis ?")
    await room.send("Et encore ?", thread=root)
    second = await room.message(sender=bot.user, containing="Réponse à : Et encore ?")
    assert (first.thread, second.thread) == (root, root)
    await room.send("Dehors, rien à dire")
    await room.send("Assistant, dehors", mention=[bot.user])
    outside = await room.message(sender=bot.user, containing="Réponse à : dehors")
    assert outside.thread is None
    assert bot.asked("rien à dire") == 0


async def test_guests_may_ask_in_an_unrestricted_room(servers: Federation, troupe: Troupe, bot: Bot) -> None:
    """A guest in a room that was opened to guests is answered, readably for both."""
    alice = await troupe.person(servers.agents, "alice")
    bob = await troupe.person(servers.externes, "bob", exclude_unsigned=True)
    room = await alice.create_room([bot.user], rule="unrestricted")
    await room.joined(bot.user)
    await room.invite(bob)
    theirs = await bob.invited()
    await theirs.join()
    await room.joined(bob)
    await theirs.send("Assistant, bonjour", mention=[bot.user])
    await theirs.message(sender=bot.user, containing="Réponse à : bonjour")
    await room.message(sender=bot.user, containing="Réponse à : bonjour")


async def test_invitations_from_other_servers_are_declined(
    servers: Federation, troupe: Troupe, gateway: FakeGateway, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A bot that serves the agents only does not come to a guest's chat, and says so by leaving."""
    folder = tmp_path_factory.mktemp("agents-only")
    bob = await troupe.person(servers.externes, "bob")
    async with bot_on_tchap(folder, servers, gateway, RELAIS_TCHAP__GUEST_SERVERS="[]") as strict:
        chat = await bob.direct_chat(strict.user, joined=False)
        await chat.until(
            lambda view: view.members.get(strict.user) == "leave", "the invitation to be declined"
        )


async def test_a_refusal_is_explained_in_private(servers: Federation, troupe: Troupe, bot: Bot) -> None:
    """The room reads that the message is refused, its author alone why: in a chat that the bot opens."""
    alice = await troupe.person(servers.agents, "alice", exclude_unsigned=True)
    bob = await troupe.person(servers.agents, "bob")
    room = await _room(alice, bot, bob)
    await room.send("Assistant : DIFFUSION RESTREINTE\n\nLe plan bleu-canard", mention=[bot.user])
    said = await room.message(sender=bot.user, containing="en conversation directe")
    assert "RESTREINTE" not in said.text
    chat = await alice.invited()
    await chat.join()
    why = await chat.message(sender=bot.user, containing="DIFFUSION RESTREINTE")
    assert why.encrypted
    assert bot.asked("bleu-canard") == 0
    await chat.send("Bonjour")
    await chat.message(sender=bot.user, containing="Réponse à : Bonjour")


async def test_a_guest_invited_while_the_answer_is_written_stops_it(
    servers: Federation, troupe: Troupe, bot: Bot, gateway: FakeGateway
) -> None:
    """A sensitive answer that has begun to show ends in a neutral line; the guest reads nothing of it."""
    alice = await troupe.person(servers.agents, "alice")
    bob = await troupe.person(servers.externes, "bob")
    room = await _room(alice, bot)
    gateway.next(Behaviour(answer="Le projet est turquoise. " + "turquoise " * 120, rate=20))
    await room.send("Assistant : TLP:AMBER\n\nQue penser du projet ?", mention=[bot.user])
    await room.message(sender=bot.user, containing="turquoise")
    await room.set_state(ACCESS_RULES, {"rule": "unrestricted"})
    await room.invite(bob)
    theirs = await bob.invited()
    await theirs.join()
    said = await room.message(sender=bot.user, containing="n’a pas été affichée")
    assert "turquoise" not in said.text
    view = await theirs.view()
    assert view is not None
    assert not [seen for seen in view.messages(bot.user) if "turquoise" in seen.text]


async def _room(owner: Peer, bot: Bot, *others: Peer, **options: object) -> PeerRoom:
    """A room of `owner` with the bot and others in it."""
    room = await owner.create_room([bot.user, *others], **options)  # pyright: ignore[reportArgumentType]
    await room.joined(bot.user)
    for person in others:
        await (await person.invited()).join()
        await room.joined(person)
    return room
