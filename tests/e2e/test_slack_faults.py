"""Slack when it is slow, refuses or forgets: who is served, and what is acknowledged, does not rest on it."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.slack.stage import Stage, room, sent, staged

pytestmark = [pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory, gateway: FakeGateway) -> AsyncGenerator[Stage]:
    """The app over HTTP."""
    async with staged(tmp_path_factory.mktemp("relais"), gateway) as made:
        yield made


async def test_a_command_is_acknowledged_before_its_chat_is_opened(stage: Stage) -> None:
    """Slack opens the chat, and tells who asks, in two seconds: the command is acknowledged before one."""
    here, slow = room(stage), stage.slack.faults.slow
    slow |= {"conversations.open": 2.0, "users.info": 2.0}
    stage.gateway.next(Behaviour(answer="Elle relie les habitats."))
    try:
        began = time.monotonic()
        status, _ = await stage.slack.slash(here.who, "Qu'est-ce que la trame verte ?", here.channel)
        assert (status, time.monotonic() - began < 1.0) == (200, True)
        (answer,) = await stage.slack.answer(stage.slack.team.direct(here.who.id), within=20)
    finally:
        slow.clear()
    assert "Elle relie les habitats." in answer.shown


async def test_who_cannot_be_looked_up_is_not_cleared(stage: Stage) -> None:
    """In a channel whose members Slack does not list, an unknown asker is taken for a guest."""
    here, refuse = room(stage), stage.slack.faults.refuse
    models = len(stage.gateway.received)
    refuse |= {"users.info": "internal_error", "conversations.members": "fetch_members_failed"}
    try:
        assert "invités" in await here.answer(await here.ask("Qu'est-ce que la trame verte ?"))
    finally:
        refuse.clear()
    assert len(stage.gateway.received) == models


async def test_a_forwarded_secret_is_refused(stage: Stage) -> None:
    """What was forwarded with a question is assessed with it, and never repeated."""
    here, bot = room(stage), stage.slack.team.bot.id
    shared = {"is_share": True, "text": "DIFFUSION RESTREINTE\nLe plan Aristote", "author_name": "Léo"}
    asked = await stage.slack.say(here.channel, here.who, f"<@{bot}> que dit-il ?", attachments=[shared])
    assert "Je ne peux pas traiter ce message ici" in await here.answer(asked)
    assert "Aristote" not in sent(stage)
