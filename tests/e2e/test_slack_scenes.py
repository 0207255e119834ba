"""Scenes in Slack, one after the other on one replica; all scenes and their tests: docs/slack-scenes.md."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio

from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.slack.stage import Stage, room, sent, staged

pytestmark = [pytest.mark.asyncio(loop_scope="session")]

IBAN = "FR76 3000 6000 0112 3456 7890 189"
LEAK = f"Merci de virer 300 euros à Anne Petit, IBAN {IBAN}"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory, gateway: FakeGateway) -> AsyncGenerator[Stage]:
    """The app over HTTP."""
    async with staged(tmp_path_factory.mktemp("relais"), gateway) as made:
        yield made


def rich(text: str) -> dict[str, Any]:
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}],
    }


def models(stage: Stage) -> str:
    """All that reached a model."""
    return str([each.body for each in stage.gateway.received])


async def test_a_table_that_was_pasted_is_read_or_refused(stage: Stage) -> None:
    """Its cells stand in no text of the message: they are assessed, and go to the model, all the same."""
    here, bot = room(stage), stage.slack.team.bot.id
    text = f"<@{bot}> que dit ce tableau ?"
    for cell, refused in (("La Loirette", False), (IBAN, True)):
        blocks = [rich("que dit ce tableau ?"), {"type": "table", "rows": [[rich("Anne Petit"), rich(cell)]]}]
        asked = await stage.slack.say(here.channel, here.who, text, blocks=blocks)
        answer = await here.answer(asked)
        assert ("Je ne peux pas traiter" in answer) is refused
        assert (cell in models(stage)) is not refused
    assert "0112 3456" not in sent(stage)


async def test_a_leak_by_an_edit_or_a_command_is_told_to_its_author(stage: Stage) -> None:
    """Neither is repeated, nor reaches a model."""
    here, chat = room(stage), None
    asked = await here.ask("Que dire de la Loire ?")
    await here.answer(asked)
    stage.slack.edit(here.channel, asked, f"<@{stage.slack.team.bot.id}> {LEAK}")
    chat = stage.slack.team.direct(here.who.id)
    (told,) = await stage.slack.answer(chat, within=60)
    assert "Supprimez-le" in told.shown
    await stage.slack.slash(here.who, f"question {LEAK}", here.channel)
    await stage.slack.answer(chat, count=2, within=60)
    assert "0112 3456" not in sent(stage) + models(stage)


async def test_a_retry_after_is_kept(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A post that Slack puts off goes out when the time is over, not before, and once."""
    here, real = room(stage), stage.slack.limits.wait
    held: list[str] = []

    def limited(team: str, method: str, channel: str) -> float:
        if method == "chat.postMessage" and channel == here.channel.id and not held:
            held.append(method)
            stage.slack.limits.until[f"{team}|{method}|{channel}"] = time.monotonic() + 2
            return 2.0
        return real(team, method, channel)

    monkeypatch.setattr(stage.slack.limits, "wait", limited)
    stage.slack.faults.limits = True
    try:
        await here.answer(await here.ask("Que dire du Rhône ?"))
    finally:
        stage.slack.faults.limits = False
    assert held
    assert stage.slack.limits.early == []
    assert len(stage.slack.answers(here.channel)) == 1


async def test_slack_s_stop_button_ends_the_answer(stage: Stage) -> None:
    """The model is not waited for any more."""
    here = room(stage)
    stage.gateway.next(Behaviour(answer="mot " * 2_000, rate=20))
    asked = await here.ask("Décris longuement la forêt")
    await stage.slack.until(lambda: stage.gateway.running == 1)
    stage.slack.stop(here.who, here.channel, asked)
    await stage.slack.until(lambda: stage.gateway.running == 0)


async def test_a_thread_is_a_memory_and_waits_for_no_other(stage: Stage) -> None:
    """A slow answer holds up its own thread only; what was said in one is unknown in the other."""
    here = room(stage)
    ocarina = stage.gateway.hold(answer="Je retiens Ocarina.")
    asked = len(stage.gateway.received)
    slow = await here.ask("Retiens le mot Ocarina")
    await stage.gateway.asked(asked + 1)
    quick = await here.ask("Quelle est la capitale du Pérou ?")
    await here.answer(quick)
    assert stage.slack.answers(here.channel, slow.ts) == []
    assert "Ocarina" not in str(stage.gateway.received[-1].body)
    ocarina.set()
    await here.answer(slow)
    await here.ask("Quel mot ?", thread=slow.ts)
    await here.answer(slow, count=2)
    assert "Ocarina" in str(stage.gateway.received[-1].body)


async def test_a_model_rings_nobody_and_has_nothing_fetched(stage: Stage) -> None:
    """Neither by `<!channel>` nor a mention nor an image, nor a preview of a link."""
    here = room(stage)
    wild = f"Alerte <!channel> @here <@{here.who.id}> ![t](https://pirate.example/p.png)"
    stage.gateway.next(Behaviour(answer=wild))
    asked = await here.ask("Préviens tout le monde")
    await here.answer(asked)
    (call,) = [
        each
        for each in stage.slack.calls
        if each.body.get("thread_ts") == asked.ts and each.body.get("blocks")
    ]
    assert (call.body["unfurl_links"], call.body["unfurl_media"]) == (False, False)
    said = str(call.body["blocks"]) + str(call.body["text"])
    assert not [each for each in ("<!channel", "@here", f"<@{here.who.id}", "![t]") if each in said]


async def test_what_is_not_for_the_app_leaves_nothing(stage: Stage) -> None:
    """Neither a word in the data folder nor a question to a model."""
    here = room(stage)
    await stage.slack.say(here.channel, here.who, "Entre nous : Quetzalcoatl-Douze")
    await here.answer(await here.ask("Que dire du Var ?"))
    kept = b"".join(each.read_bytes() for each in stage.bot.data.rglob("*") if each.is_file())
    assert b"Quetzalcoatl" not in kept
    assert "Quetzalcoatl" not in models(stage) + stage.bot.log


async def test_what_is_said_at_the_top_of_a_direct_chat_is_of_its_last_thread(stage: Stage) -> None:
    """« stop » ends what is written there, « en plus court » is answered there; a question opens its own."""
    slack, who = stage.slack, stage.slack.team.person("Ana")
    chat, ended = slack.team.direct(who.id), stage.bot.log.count('"job_ended"')
    stage.gateway.next(Behaviour(answer="mot " * 2_000, rate=20))
    first = await slack.say(chat, who, "Décris longuement la forêt")
    await slack.until(lambda: stage.gateway.running == 1)
    await slack.say(chat, who, "stop")
    await slack.until(lambda: stage.gateway.running == 0)
    await slack.answer(chat, first.ts, within=60)
    stage.gateway.next(Behaviour(answer="Le Rhône naît en Suisse."), Behaviour(answer="En Suisse."))
    second = await slack.say(chat, who, "Où naît le Rhône ?")
    await slack.answer(chat, second.ts, within=60)
    await stage.bot.until(lambda: stage.bot.log.count('"job_ended"') >= ended + 2)
    await slack.say(chat, who, "en plus court")
    answers = await slack.answer(chat, second.ts, count=2, within=60)
    assert "En Suisse." in answers[-1].shown
    assert "naît en Suisse" in str(stage.gateway.received[-1].body)
    assert "forêt" not in str(stage.gateway.received[-1].body)
