"""Where Slack's people are served: workspaces, enterprises, listed channels, large ones."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.relais import relais
from tests.rig.slack import Workspace, fake_slack
from tests.rig.slack.server import SECRET, TOKEN
from tests.rig.slack.stage import Room, Stage, settings_of

pytestmark = [pytest.mark.asyncio(loop_scope="session")]

OTHER = "xoxb-2-essai"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory, gateway: FakeGateway) -> AsyncGenerator[Stage]:
    """One app in two installations: a workspace, where two channels are served, and a whole enterprise."""
    alone, grid = Workspace("T0ALONE"), Workspace("T0GRID1", enterprise="E0GRID")
    async with fake_slack(alone, grid) as slack:
        slack.tokens[OTHER] = grid.team
        slack.whole.add(grid.team)
        both = [
            {"bot_token": TOKEN, "signing_secret": SECRET, "channels": ["#ouvert", "C0LISTED"]},
            {"bot_token": OTHER, "signing_secret": SECRET},
        ]
        apps = [each | {"api_url": f"{slack.base}/api/"} for each in both]
        settings = {
            "RELAIS_SLACK": json.dumps(apps),
            "RELAIS_GATEWAY__URL": gateway.url,
            "RELAIS_GATEWAY__MODEL": "small",
        }
        async with relais(tmp_path_factory.mktemp("relais"), settings) as bot:
            slack.url = f"{bot.url}/slack/events"
            yield Stage(slack=slack, bot=bot, gateway=gateway)


async def asked(stage: Stage, here: Room, team: Workspace, **more: object) -> str:
    """What is answered to a mention in a workspace."""
    stage.gateway.next(Behaviour(answer="Elle relie les habitats."))
    text = f"<@{team.bot.id}> qu'est-ce que la trame verte ?"
    post = await stage.slack.say(here.channel, here.who, text, team=team, **more)
    (answer,) = await stage.slack.answer(here.channel, post.ts)
    return answer.shown


async def test_listed_channels_alone_are_served(stage: Stage) -> None:
    """By name or id; elsewhere one kind word, and no model is asked. Direct chats are always served."""
    team = stage.slack.team
    who = team.person("Ana")
    listed = Room(stage=stage, who=who, channel=team.channel("ouvert", who))
    assert "Elle relie les habitats." in await asked(stage, listed, team)
    elsewhere = Room(stage=stage, who=who, channel=team.channel("ailleurs", who))
    models = len(stage.gateway.received)
    post = await elsewhere.ask("qu'est-ce que la trame verte ?")
    assert "direct" in await elsewhere.answer(post)
    assert len(stage.gateway.received) == models
    chat = team.direct(who.id)
    stage.gateway.next(Behaviour(answer="En direct."))
    await stage.slack.say(chat, who, "Qu'est-ce que la trame verte ?")
    (answer,) = await stage.slack.answer(chat)
    assert "En direct." in answer.shown


async def test_an_enterprise_is_one_installation(stage: Stage) -> None:
    """Its token answers, whichever workspace an event names, or none (org-wide)."""
    grid = stage.slack.workspaces["T0GRID1"]
    who = grid.person("Léo")
    for team_id in (grid.team, "T0GRID2", None):
        here = Room(stage=stage, who=who, channel=grid.channel("grille", who))
        stage.slack.envelope = {
            "team_id": team_id,
            "authorizations": [
                {"enterprise_id": "E0GRID", "team_id": team_id, "is_enterprise_install": True, "is_bot": True}
            ],
        }
        try:
            assert "Elle relie les habitats." in await asked(stage, here, grid)
        finally:
            stage.slack.envelope = {}
    assert {call.team for call in stage.slack.calls if call.method == "chat.postMessage"} >= {grid.team}


async def test_what_is_for_nobody_of_ours_is_passed_over(stage: Stage) -> None:
    """Another app's workspace: 200, so that Slack does not send it again, and nothing else."""
    team = stage.slack.team
    before = len(stage.slack.calls)
    event = {"type": "app_mention", "channel": "C1", "user": "U1", "ts": "1.0", "text": f"<@{team.bot.id}> x"}
    body = {"type": "event_callback", "team_id": "T0OTHER", "event_id": "Ev1", "event": event}
    status, _ = await stage.slack._post(json.dumps(body), "application/json")
    assert status == 200
    assert [call.method for call in stage.slack.calls[before:] if call.method != "auth.test"] == []


async def test_a_large_channel_is_judged_by_what_slack_tells(stage: Stage) -> None:
    """Its members are not looked up one by one: an employee is answered, a guest reads the neutral line."""
    grid = stage.slack.workspaces["T0GRID1"]
    people = [grid.person(f"P{number}") for number in range(80)]
    guest = grid.person("Gus", restricted=True)
    channel = grid.channel("grand", *people, guest)
    infos = sum(call.method == "users.info" for call in stage.slack.calls)
    employee = Room(stage=stage, who=people[0], channel=channel)
    assert "Elle relie les habitats." in await asked(stage, employee, grid)
    assert "invités" in await asked(stage, Room(stage=stage, who=guest, channel=channel), grid)
    assert sum(call.method == "users.info" for call in stage.slack.calls) <= infos + 4


async def test_a_token_that_is_not_accepted_ends_the_start(tmp_path: Path, gateway: FakeGateway) -> None:
    """The setting is named, the token is not printed."""
    async with fake_slack() as slack:
        settings = settings_of(slack, gateway) | {"RELAIS_SLACK__BOT_TOKEN": "xoxb-mauvais-jeton"}
        async with relais(tmp_path, settings, started=False) as bot:
            await bot.launch()
            assert await bot.ended() != 0
            assert re.search(r"RELAIS_SLACK__BOT_TOKEN", bot.log)
            assert "mauvais" not in bot.log + bot.output
