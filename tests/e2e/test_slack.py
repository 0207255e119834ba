"""Slack on a replica of its own and a fake Slack: a question is answered once, in its thread."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.relais import Relais, relais
from tests.rig.slack import FakeSlack, fake_slack
from tests.rig.slack.server import APP_TOKEN, SECRET, TOKEN

pytestmark = [pytest.mark.asyncio(loop_scope="session")]


@dataclass(kw_only=True)
class Stage:
    """A fake Slack and a replica that answers there."""

    slack: FakeSlack
    bot: Relais
    gateway: FakeGateway


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=["http", "socket"])
async def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, gateway: FakeGateway
) -> AsyncGenerator[Stage]:
    """The app over HTTP, then in Socket Mode."""
    async with fake_slack() as slack:
        mode = (
            {"RELAIS_SLACK__SIGNING_SECRET": SECRET}
            if request.param == "http"
            else {"RELAIS_SLACK__APP_TOKEN": APP_TOKEN}
        )
        settings = {
            "RELAIS_SLACK__BOT_TOKEN": TOKEN,
            "RELAIS_SLACK__API_URL": f"{slack.base}/api/",
            "RELAIS_GATEWAY__URL": gateway.url,
            "RELAIS_GATEWAY__MODEL": "small",
            **mode,
        }
        async with relais(tmp_path_factory.mktemp("relais"), settings) as bot:
            if request.param == "http":
                slack.url = f"{bot.url}/slack/events"
            yield Stage(slack=slack, bot=bot, gateway=gateway)


async def test_a_mention_is_answered_once_in_its_thread(stage: Stage) -> None:
    """`message` and `app_mention` are one question; the answer stands under it, with feedback buttons."""
    slack = stage.slack
    ana = slack.team.person("Ana")
    channel = slack.team.channel("projet", ana)
    stage.gateway.next(Behaviour(answer="La trame verte relie les habitats."))
    asked = await slack.say(channel, ana, f"<@{slack.team.bot.id}> qu'est-ce que la trame verte ?")
    (answer,) = await slack.answer(channel, asked.ts, within=15)
    assert "La trame verte relie les habitats." in answer.shown
    assert answer.thread == asked.ts
