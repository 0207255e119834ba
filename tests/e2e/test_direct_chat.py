"""A person and the assistant in an encrypted direct chat, as the person's own client sees it."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from connectors.tchap.contents import RECORD
from tests.rig.bot import Bot
from tests.rig.gateway import Behaviour
from tests.rig.peer import Peer, PeerRoom
from tests.rig.readable import Readable
from tests.rig.records import record_in
from tests.rig.synapse import Federation
from tests.rig.troupe import Troupe
from tests.rig.view import Seen, View

pytestmark = pytest.mark.asyncio(loop_scope="session")

SLOW = Behaviour(tokens=60, rate=10)
"""An answer of six seconds: time for its beginning and the whole."""


@pytest.mark.parametrize(("version", "exclude_unsigned"), [("10", False), ("12", True)])
async def test_a_slow_answer_is_a_beginning_and_the_whole(
    servers: Federation, troupe: Troupe, bot: Bot, version: str, exclude_unsigned: bool
) -> None:
    """The answer begins to be shown while it is written, in one encrypted message of two events, readable by
    who excludes devices that are not signed too; the bot shows that it has read and types meanwhile."""
    alice = await troupe.person(servers.agents, "alice", exclude_unsigned=exclude_unsigned)
    chat = await alice.direct_chat(bot.user, version=version)
    before = await _greeted(chat, bot)
    bot.gateway.next(SLOW)
    question = await chat.send("Raconte-moi ?")
    answer = await chat.message(sender=bot.user, containing="mot59", after=before)

    view = await _view(chat)
    assert [seen.id for seen in view.messages(bot.user)] == [before, answer.id]
    edits = [event for event in view.events if event.edits == answer.id]
    assert len(edits) == 1, "the whole"
    beginning = Readable(answer.original["body"])
    assert beginning.startswith("Réponse à : Raconte-moi ?")
    assert str(beginning).removesuffix(" …") in answer.text
    assert answer.encrypted
    assert "Raconte" not in str([event.wire for event in view.events])
    assert view.version == version
    await chat.until(lambda view: view.read.get(bot.user) in (question, answer.id), "the read receipt")
    typed = [change["typing"] for change in view.typed if change["user"] == bot.user]
    assert True in typed
    await chat.until(lambda view: bot.user not in view.typing, "the end of typing")
    assert set((await alice.devices(bot.user)).values()) == {True}


async def test_an_answer_carries_its_signed_record(servers: Federation, troupe: Troupe, bot: Bot) -> None:
    """The person's client has the record beside the text, after edits too; the server cannot read it."""
    alice = await troupe.person(servers.agents, "alice")
    chat = await alice.direct_chat(bot.user)
    after = await _greeted(chat, bot)
    for behaviour, end in ((Behaviour(answer="vite"), "vite"), (SLOW, "mot59")):
        bot.gateway.next(behaviour)
        await chat.send("Raconte")
        answer = await chat.message(sender=bot.user, containing=end, after=after)
        after = answer.id
        found = await record_in(answer.content[RECORD]["record"], bot.process.url)
        assert found.covers(answer.text)
        assert found.generated
        assert answer.content[RECORD]["digital_source_type"].endswith("/trainedAlgorithmicMedia")
        assert RECORD not in answer.wire


async def test_the_context_is_kept(servers: Federation, troupe: Troupe, bot: Bot) -> None:
    """A second question goes to the model with the first exchange."""
    _, chat = await _chat(servers, troupe, bot)
    await _ask(chat, bot, "Je m’appelle Camille")
    await _ask(chat, bot, "Comment je m’appelle ?")
    roles = [message["role"] for message in bot.gateway.received[-1].body["messages"]]
    assert roles == ["system", "user", "assistant", "user"]
    assert "Je m’appelle Camille" in bot.last_asked()


async def test_a_guest_has_a_direct_chat(servers: Federation, troupe: Troupe, bot: Bot) -> None:
    """A person of the guests' server is answered too, across the federation."""
    bob = await troupe.person(servers.externes, "bob", exclude_unsigned=True)
    chat = await bob.direct_chat(bot.user)
    answer = await _ask(chat, bot, "Je suis un invité")
    assert answer.encrypted


async def test_a_device_that_is_not_verified(servers: Federation, troupe: Troupe, bot: Bot) -> None:
    """On a device that its owner has not signed a question gets a word that says what to do; no model is
    asked until that is done, and then the question is answered there."""
    alice, chat = await _chat(servers, troupe, bot)
    other = await troupe.another_device(alice)
    there = chat.seen_by(other)
    await there.send("Du nouvel appareil")
    await there.message(sender=bot.user, containing="n’est pas vérifié")
    assert not bot.asked("Du nouvel appareil")
    await alice.sign_device(other.device)
    await there.message(sender=bot.user, containing="Réponse à : Du nouvel appareil")


async def test_notices_are_not_answered(servers: Federation, troupe: Troupe, bot: Bot) -> None:
    """What another robot says is no question, so that two robots never talk to each other."""
    _, chat = await _chat(servers, troupe, bot)
    await chat.send("Je suis une annonce", msgtype="m.notice")
    await _ask(chat, bot, "Et moi une question")
    assert bot.asked("Je suis une annonce") == 0


async def test_an_edited_question_is_answered_in_place(servers: Federation, troupe: Troupe, bot: Bot) -> None:
    """The answer to the first wording becomes the answer to the second, in the same message."""
    _, chat = await _chat(servers, troupe, bot)
    question = await chat.send("Quelle est la date")
    first = await chat.message(sender=bot.user, containing="Réponse à : Quelle est la date")
    await chat.edit(question, "Quelle est la capitale")
    second = await chat.message(sender=bot.user, containing="Réponse à : Quelle est la capitale")
    assert second.id == first.id
    assert await _answers(chat, bot, "Réponse à") == 1

    await _ask(chat, bot, "La capitale du Chili")
    assert bot.last_asked().count("Quelle est la capitale") == 2, "the question and its answer"
    assert "Quelle est la date" not in bot.last_asked()


async def test_an_edit_while_the_answer_is_written_starts_it_again(
    servers: Federation, troupe: Troupe, bot: Bot
) -> None:
    """The running answer is given up and the new one takes its message."""
    _, chat = await _chat(servers, troupe, bot)
    bot.gateway.next(Behaviour(answer="Ancienne réponse", tokens=400, rate=20))
    question = await chat.send("Ancienne")
    growing = await chat.message(sender=bot.user, containing="Ancienne réponse")
    await chat.edit(question, "Nouvelle")
    answer = await chat.message(sender=bot.user, containing="Réponse à : Nouvelle")
    assert answer.id == growing.id
    await chat.until(lambda _: bot.gateway.running == 0 or None, "the end of the first stream")


async def test_a_deleted_question_takes_its_answer_with_it(
    servers: Federation, troupe: Troupe, bot: Bot
) -> None:
    """The answer is deleted, and the model does not hear of the exchange again."""
    _, chat = await _chat(servers, troupe, bot)
    answer = await _ask(chat, bot, "À oublier")
    question = next(seen.id for seen in (await _view(chat)).messages() if seen.text == "À oublier")
    await chat.redact(question)
    await chat.until(
        lambda view: (seen := view.find(answer.id)) and seen.redacted, "the answer to be deleted"
    )
    await _ask(chat, bot, "La capitale du Chili")
    assert "À oublier" not in bot.last_asked()


async def test_stop_ends_the_running_answer(servers: Federation, troupe: Troupe, bot: Bot) -> None:
    """`!stop` is heard while an answer is written: it ends where it is, and says so."""
    _, chat = await _chat(servers, troupe, bot)
    bot.gateway.next(Behaviour(tokens=2000, rate=20))
    await chat.send("Un long récit")
    growing = await chat.message(sender=bot.user, containing="mot6")
    await chat.send("!stop")
    stopped = await chat.message(sender=bot.user, containing="arrêtée à votre demande")
    assert stopped.id == growing.id
    assert "mot6" in stopped.text


async def test_an_answer_is_in_the_thread_of_its_question(
    servers: Federation, troupe: Troupe, bot: Bot
) -> None:
    """A question in a thread is answered there; one outside is answered outside."""
    _, chat = await _chat(servers, troupe, bot)
    outside = await _ask(chat, bot, "Hors du fil")
    root = await chat.send("Voici le début du fil")
    await chat.message(sender=bot.user, containing="le début du fil")
    await chat.send("Dans le fil", thread=root)
    inside = await chat.message(sender=bot.user, containing="Réponse à : Dans le fil")
    assert outside.thread is None
    assert inside.thread == root


async def _chat(servers: Federation, troupe: Troupe, bot: Bot) -> tuple[Peer, PeerRoom]:
    """A new person's direct chat with the bot."""
    alice = await troupe.person(servers.agents, "alice")
    return alice, await alice.direct_chat(bot.user)


async def _ask(chat: PeerRoom, bot: Bot, question: str) -> Seen:
    await chat.send(question)
    return await chat.message(sender=bot.user, containing=f"Réponse à : {question}")


async def _greeted(chat: PeerRoom, bot: Bot) -> str:
    """The id of the first words, which say who answers."""
    return (await chat.message(sender=bot.user, containing="robot")).id


async def _view(chat: PeerRoom) -> View:
    view = await chat.view()
    assert view is not None
    return view


async def _answers(chat: PeerRoom, bot: Bot, containing: str) -> int:
    return sum(containing in seen.text for seen in (await _view(chat)).messages(bot.user))


async def test_an_answer_is_in_the_figures(servers: Federation, troupe: Troupe, bot: Bot) -> None:
    """What the replica counts is on its page for the ministry, without who asked or what."""
    alice = await troupe.person(servers.agents, "alice")
    chat = await alice.direct_chat(bot.user)
    before = await _greeted(chat, bot)
    await chat.send("Combien de pages ?")
    await chat.message(sender=bot.user, containing="Combien", after=before)
    async with aiohttp.ClientSession() as session, asyncio.timeout(60):
        while True:
            async with session.get(f"{bot.process.url}/chiffres.csv?par=jour") as answer:
                head, today, *_ = (await answer.text()).removeprefix("\ufeff").splitlines()
            told = dict(zip(head.split(";"), today.split(";"), strict=True))
            if told["reponses"] != "0":
                break
            await asyncio.sleep(0.05)  # counted a moment after the answer is seen
        async with session.get(f"{bot.process.url}/chiffres") as page:
            html = await page.text()
        async with session.get(f"{bot.process.url}/notice") as notice:
            assert (notice.status, "Vos droits" in await notice.text()) == (200, True)
    assert "alice" not in html
    assert "Combien de pages" not in html


async def test_a_reaction_is_an_answer(servers: Federation, troupe: Troupe, bot: Bot) -> None:
    """To the welcome as a number of what it proposes, to a question of level as a word, to a refusal as a
    number of what it offers."""
    guest = await troupe.person(servers.externes, "gael")
    chat = await guest.direct_chat(bot.user)
    welcome = await chat.message(sender=bot.user, containing="Que sais-tu faire")
    await chat.react(welcome.id, "3️⃣")
    await chat.message(sender=bot.user, containing="Ce qui s’est dit dans un salon")
    await chat.send("Diffusion restreinte\n\nCompte rendu de la réunion jaune-paille.")
    doubt = await chat.message(sender=bot.user, containing="vraiment protégé")
    assert bot.asked("jaune-paille") == 0
    await chat.react(doubt.id, "👎")
    await chat.message(sender=bot.user, containing="Réponse à")
    assert bot.asked("jaune-paille") == 1
    await chat.send("Mon numéro est le 1 85 05 78 006 084 91. Quelles pièces faut-il pour une mutation ?")
    refused = await chat.message(sender=bot.user, containing="l’envoyer sans ce passage")
    await chat.react(refused.id, "1️⃣")
    await chat.message(sender=bot.user, containing="Envoyé sans le passage protégé")
    assert bot.asked("Quelles pièces faut-il") == 1
    assert bot.asked("006 084") == 0
