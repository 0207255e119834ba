"""Nothing is lost and nothing is answered twice, whenever the process is killed."""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio

from tests.rig.bot import Bot, bot_on_tchap
from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.peer import PeerRoom
from tests.rig.synapse import Federation
from tests.rig.troupe import Troupe

_FURTHER = count(2)
pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def mortal(tmp_path: Path, servers: Federation, gateway: FakeGateway) -> AsyncGenerator[Bot]:
    """A bot of one's own, to be killed."""
    async with bot_on_tchap(tmp_path, servers, gateway) as it:
        yield it


async def test_a_question_asked_while_it_is_down_is_answered_once(
    servers: Federation, troupe: Troupe, mortal: Bot
) -> None:
    """Killed before the question and started after it, the bot answers as if it had been there."""
    chat = await _chat(servers, troupe, mortal)
    await mortal.process.kill()
    await chat.send("Es-tu là ?")
    await mortal.process.start()
    await _answered_once(chat, mortal, "Réponse à : Es-tu là ?")


async def test_a_kill_before_the_first_word_loses_nothing(
    servers: Federation, troupe: Troupe, mortal: Bot
) -> None:
    """Killed while the model is thinking, the bot asks again after its restart and answers once."""
    chat = await _chat(servers, troupe, mortal)
    mortal.gateway.next(Behaviour(stall_after=0))
    await chat.send("Question difficile")
    await chat.until(lambda _: mortal.asked("Question difficile") or None, "the request to the gateway")
    await mortal.process.kill()
    await mortal.process.start()
    await _answered_once(chat, mortal, "Réponse à : Question difficile")


async def test_a_kill_while_the_answer_grows_finishes_the_same_message(
    servers: Federation, troupe: Troupe, mortal: Bot
) -> None:
    """Killed midway, the bot completes the message that the person was reading."""
    chat = await _chat(servers, troupe, mortal)
    mortal.gateway.next(Behaviour(answer="Réponse à : Longue", tokens=2000, rate=20))
    await chat.send("Longue")
    growing = await chat.message(sender=mortal.user, containing="mot")
    await mortal.process.kill()
    await mortal.process.start()
    answer = await chat.message(
        sender=mortal.user, containing="Réponse à : Longue", where=lambda seen: "mot" not in seen.text
    )
    assert answer.id == growing.id
    await _answered_once(chat, mortal, "Réponse à : Longue")


async def test_a_restart_in_order_answers_nothing_again(
    tmp_path: Path, servers: Federation, troupe: Troupe, gateway: FakeGateway
) -> None:
    """After an orderly stop and start, by the program that is installed, the old question is not answered
    anew, and the chat goes on."""
    async with bot_on_tchap(tmp_path, servers, gateway, cold=True) as bot:
        chat = await _chat(servers, troupe, bot)
        await chat.send("Première")
        await chat.message(sender=bot.user, containing="Réponse à : Première")
        assert await bot.process.stop() == 0
        await bot.process.start()
        await chat.send("Seconde")
        await _answered_once(chat, bot, "Réponse à : Seconde")
        await _answered_once(chat, bot, "Réponse à : Première")
        assert "Première" in bot.last_asked()


async def test_a_restored_backup_answers_nothing_again(
    servers: Federation, troupe: Troupe, mortal: Bot, tmp_path: Path
) -> None:
    """The documented restore: with the data folder of yesterday and a new device, what was answered since is
    not answered again, and the chat goes on."""
    chat = await _chat(servers, troupe, mortal)
    await chat.send("Avant la sauvegarde")
    await _answered_once(chat, mortal, "Réponse à : Avant la sauvegarde")
    assert await mortal.process.stop() == 0
    shutil.copytree(mortal.process.data, tmp_path / "backup")
    await mortal.process.start()
    await chat.send("Après la sauvegarde")
    await _answered_once(chat, mortal, "Réponse à : Après la sauvegarde")
    await mortal.process.kill()
    shutil.rmtree(mortal.process.data)
    shutil.copytree(tmp_path / "backup", mortal.process.data)
    for file in (mortal.process.data / "tchap").iterdir():
        if file.name != "cross_signing.seed":
            file.unlink()
    await mortal.process.start()
    await chat.send("Après la panne")
    await _answered_once(chat, mortal, "Réponse à : Après la panne")
    await _answered_once(chat, mortal, "Réponse à : Avant la sauvegarde")
    await _answered_once(chat, mortal, "Réponse à : Après la sauvegarde")


async def _chat(servers: Federation, troupe: Troupe, bot: Bot) -> PeerRoom:
    alice = await troupe.person(servers.agents, "alice")
    chat = await alice.direct_chat(bot.user)
    await chat.message(sender=bot.user, containing="robot")
    return chat


async def _answered_once(chat: PeerRoom, bot: Bot, answer: str) -> None:
    """The answer is there, and after a further question that is answered too there is still one."""
    await chat.message(sender=bot.user, containing=answer)
    further = f"Encore un mot, le {next(_FURTHER)}e de la liste"
    await chat.send(further)
    await chat.message(sender=bot.user, containing=f"Réponse à : {further}")
    view = await chat.view()
    assert view is not None
    texts = [message.text for message in view.messages(bot.user)]
    assert sum(answer in text for text in texts) == 1, texts
    assert not any(text.rstrip().endswith("…") for text in texts), texts
