"""Slack on a replica of its own and a fake Slack: a question is answered once, in its thread."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator

import aiohttp
import pytest
import pytest_asyncio

from core.sensitivity.level import Level
from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.records import record_in
from tests.rig.slack import Post
from tests.rig.slack.stage import Room, Stage, room, sent, staged

pytestmark = [pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory, gateway: FakeGateway) -> AsyncGenerator[Stage]:
    """The app over HTTP."""
    async with staged(tmp_path_factory.mktemp("relais"), gateway) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def socket_stage(
    tmp_path_factory: pytest.TempPathFactory, gateway: FakeGateway
) -> AsyncGenerator[Stage]:
    """The app in Socket Mode."""
    async with staged(tmp_path_factory.mktemp("relais"), gateway, "socket") as made:
        yield made


async def test_a_mention_is_answered_once_over_a_socket(socket_stage: Stage) -> None:
    """Socket Mode brings the same events."""
    here = room(socket_stage)
    socket_stage.gateway.next(Behaviour(answer="La trame verte relie les habitats."))
    asked = await here.ask("qu'est-ce que la trame verte ?")
    assert "La trame verte relie les habitats." in await here.answer(asked)
    assert len(socket_stage.slack.answers(here.channel)) == 1


async def test_a_mention_is_answered_once_in_its_thread(stage: Stage) -> None:
    """`message` and `app_mention` are one question; the answer stands under it, with feedback buttons."""
    slack = stage.slack
    ana = slack.team.person("Ana")
    channel = slack.team.channel("projet", ana)
    stage.gateway.next(Behaviour(answer="La trame verte relie les habitats."))
    asked = await slack.say(channel, ana, f"<@{slack.team.bot.id}> qu'est-ce que la trame verte ?")
    (answer,) = await slack.answer(channel, asked.ts, within=60)
    assert "La trame verte relie les habitats." in answer.shown
    assert answer.thread == asked.ts


IBAN = "FR76 3000 6000 0112 3456 7890 189"


async def test_a_slow_answer_shows_a_status_and_is_one_post(stage: Stage) -> None:
    """Nothing provisional is posted: what notifies is the answer."""
    slack, ana = stage.slack, stage.slack.team.person("Ana")
    chat = slack.team.direct(ana.id)
    stage.gateway.next(Behaviour(answer="mot " * 40, rate=20))
    asked = await slack.say(chat, ana, "Raconte une histoire")
    await slack.until(
        lambda: any(s[:2] == (chat.id, asked.ts) and s[2] for s in slack.team.statuses), within=5
    )
    (answer,) = await slack.answer(chat, asked.ts, within=60)
    await slack.until(lambda: "niveau" in answer.shown, within=60)
    assert "mot mot" in answer.shown
    assert answer.first != "…"


async def test_an_answer_carries_its_signed_record(stage: Stage) -> None:
    """Slack keeps it as metadata of the message, beside the key by which the message is found again."""
    here = room(stage)
    asked = await here.ask("Quelle heure est-il ?")
    (answer,) = await stage.slack.answer(here.channel, asked.ts, within=60)
    payload = answer.metadata["event_payload"]
    found = await record_in(payload["provenance"], stage.bot.url)
    assert found.generated
    assert found.level is Level.N0
    assert payload["key"]


async def test_a_leak_is_told_to_its_author_alone_and_never_repeated(stage: Stage) -> None:
    """The channel reads one neutral line; the author a direct message with a code for Tchap."""
    here = room(stage)
    asked = await here.ask(f"Merci de virer 300 euros à Anne Petit, IBAN {IBAN}")
    assert "Je ne peux pas traiter ce message ici" in await here.answer(asked)
    chat = stage.slack.team.direct(here.who.id)
    (told,) = await stage.slack.answer(chat, within=60)
    assert "Supprimez-le" in told.shown
    assert "!continuer" in told.shown
    assert "6000 0112 3456" not in sent(stage)


async def test_guests_and_other_organisations_read_one_neutral_line(stage: Stage) -> None:
    """No model is asked; an employee beside a guest is answered."""
    guest = stage.slack.team.person("Gus", restricted=True)
    here = room(stage, guest)
    asked = await Room(stage=stage, who=guest, channel=here.channel).ask("Qu'est-ce que la trame verte ?")
    assert "invités" in await here.answer(asked)
    stage.gateway.next(Behaviour(answer="Elle relie les habitats."))
    assert "Elle relie les habitats." in await here.answer(await here.ask("Qu'est-ce que la trame verte ?"))
    shared = room(stage)
    shared.channel.shared = True
    assert "autre organisation" in await shared.answer(await shared.ask("Qu'est-ce que la trame verte ?"))


async def test_an_answer_is_withheld_from_a_channel_that_became_external(stage: Stage) -> None:
    """Who reads is judged again before the post."""
    here = room(stage)
    stage.gateway.next(Behaviour(answer="Elle relie les habitats. " * 10, rate=20))
    asked = await here.ask("Qu'est-ce que la trame verte ?")
    await stage.slack.until(lambda: any(s[1] == asked.ts for s in stage.slack.team.statuses), within=60)
    here.channel.shared = True
    assert "n’a pas été affichée" in await here.answer(asked)
    assert "habitats" not in str(here.channel.posts)


async def test_nothing_stays_of_an_answer_whose_question_was_deleted(stage: Stage) -> None:
    """Neither in the thread nor, where Slack puts what is posted without root, in the channel."""
    here = room(stage)
    stage.gateway.next(Behaviour(answer="mot " * 60, rate=20))
    asked = await here.ask("Qu'est-ce que la trame verte et bleue ?")
    await stage.slack.until(lambda: any(s[1] == asked.ts for s in stage.slack.team.statuses), within=60)
    stage.slack.delete(here.channel, asked)
    stage.gateway.next(Behaviour(answer="Voilà."))
    after = await here.ask("Et la suite ?")
    await here.answer(after)
    assert [post.ts for post in stage.slack.answers(here.channel)] == [
        post.ts for post in stage.slack.answers(here.channel, after.ts)
    ]


async def test_a_preview_is_no_edit_and_an_edit_changes_the_answer(stage: Stage) -> None:
    """The same text again asks nothing; another one rewrites the same message."""
    here = room(stage)
    stage.gateway.next(Behaviour(answer="Un."))
    asked = await here.ask("Combien font 1 fois 1 ?")
    await here.answer(asked)
    before = len(stage.gateway.received)
    stage.slack.edit(here.channel, asked, asked.text)
    stage.gateway.next(Behaviour(answer="Quatre."))
    stage.slack.edit(here.channel, asked, asked.text.replace("1 fois 1", "2 fois 2"))
    await stage.slack.until(
        lambda: "Quatre." in stage.slack.answers(here.channel, asked.ts)[0].shown, within=15
    )
    assert len(stage.gateway.received) == before + 1
    assert len(stage.slack.answers(here.channel, asked.ts)) == 1


async def test_lost_answers_and_doubled_events_make_no_second_post(stage: Stage) -> None:
    """After a doubt the thread is read for the key before a post is repeated. Each question is another
    person's: one person's, each within a second of an answer, would be a program's."""
    rooms = [room(stage) for _ in range(6)]
    faults = stage.slack.faults
    faults.lost, faults.errors, faults.doubled, faults.disorder = 0.3, 0.1, 0.5, 0.3
    try:
        for number in range(6):
            stage.gateway.next(Behaviour(answer=f"Réponse {number}."))
        asked = [await here.ask(f"Question {number}") for number, here in enumerate(rooms)]
        for here, each in zip(rooms, asked, strict=True):
            await here.answer(each)
    finally:
        faults.lost = faults.errors = faults.doubled = faults.disorder = 0.0
    answers = [stage.slack.answers(here.channel, each.ts) for here, each in zip(rooms, asked, strict=True)]
    assert list(map(len, answers)) == [1] * 6


async def test_commands_are_answered_to_their_author(stage: Stage) -> None:
    """`/relais aide` at once; a question in the direct chat, at the top of which its author goes on."""
    here = room(stage)
    status, body = await stage.slack.slash(here.who, "aide", here.channel)
    assert status == 200
    assert "Ce que je sais faire" in str(body)
    stage.gateway.next(Behaviour(answer="Elle relie les habitats."))
    await stage.slack.slash(here.who, "question Qu'est-ce que la trame verte ?", here.channel)
    chat = stage.slack.team.direct(here.who.id)
    (answer,) = await stage.slack.answer(chat, within=60)
    assert "Elle relie les habitats." in answer.shown
    assert stage.slack.answers(here.channel) == []
    stage.gateway.next(Behaviour(answer="Un lien entre habitats."))
    await stage.slack.say(chat, here.who, "explique plus simplement")
    _, further = await stage.slack.answer(chat, count=2)
    assert "Un lien entre habitats." in further.shown
    assert "trame verte" in str(stage.gateway.received[-1].body)


async def test_a_thread_is_summarised_for_its_asker_who_may_show_it(stage: Stage) -> None:
    """The shortcut is answered by direct message, which names the channel, with a button; pressed, the thread
    has the summary too. Links lead to that thread only."""
    slack, here = stage.slack, room(stage)
    root = await slack.say(here.channel, here.who, "Nous décidons de fermer le guichet le 3 mars.")
    await slack.say(here.channel, here.who, "Anne prévient les usagers avant vendredi.", thread=root.ts)
    await slack.say(here.channel, here.who, "Autre chose, ailleurs : le budget.")
    status, _ = await slack.shortcut(here.who, here.channel, root, "resumer_fil")
    assert status == 200
    chat = slack.team.direct(here.who.id)
    (told,) = await slack.answer(chat, within=60)
    assert slack.answers(here.channel) == []
    links = set(re.findall(r"/p(\d+)", told.shown))
    assert links
    assert links <= {post.ts.replace(".", "") for post in here.channel.in_thread(root.ts)}
    (button,) = [each for block in told.blocks if block["type"] == "actions" for each in block["elements"]]
    assert button["text"]["text"] == "Montrer à tous"
    models = len(stage.gateway.received)
    await slack.press(here.who, chat, told, {"action_id": button["action_id"], "value": button["value"]})
    (shown,) = await slack.answer(here.channel, root.ts, within=60)
    assert told.shown.endswith(shown.shown)
    assert here.channel.name in told.shown.removesuffix(shown.shown)
    assert len(stage.gateway.received) == models


async def test_a_revoked_token_is_red_and_comes_back(stage: Stage) -> None:
    """/readyz names the connector; nothing else stops, and the question is answered once it is mended."""
    here = room(stage)
    (token,) = [each for each in stage.slack.tokens if each.startswith("xoxb")]
    team = stage.slack.tokens.pop(token)
    asked = await here.ask("Bonjour")
    async with aiohttp.ClientSession() as session:

        async def ready() -> bool:
            async with session.get(f"{stage.bot.url}/readyz") as answer:
                return answer.status == 200

        async with asyncio.timeout(60):
            while await ready():  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        stage.slack.tokens[token] = team
        async with asyncio.timeout(60):
            while not await ready():  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    await stage.slack.answer(here.channel, asked.ts, within=60)


async def test_a_judgement_is_taken_and_asked_about_once(stage: Stage) -> None:
    """« Réponse à revoir » under an answer: its author may say by one button what was wrong."""
    here, slack = room(stage), stage.slack
    asked = await here.ask("Qu'est-ce que la trame verte ?")
    await here.answer(asked)
    (answer,) = slack.answers(here.channel, asked.ts)
    (buttons,) = [each for each in answer.blocks if each["type"] == "context_actions"]
    action = {"action_id": buttons["elements"][0]["action_id"], "value": "bad", "type": "feedback_buttons"}
    status, _ = await slack.press(here.who, here.channel, answer, action)
    assert status == 200

    def told() -> list[Post]:
        everywhere = [*slack.answers(here.channel), *slack.answers(slack.team.direct(here.who.id))]
        return [each for each in everywhere if any(block["type"] == "actions" for block in each.blocks)]

    (question,) = await slack.until(told, within=60)
    elements = [each for block in question.blocks if block["type"] == "actions" for each in block["elements"]]
    assert any("!avis" in each["value"] for each in elements)
