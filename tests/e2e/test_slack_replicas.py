"""Slack and two replicas, over HTTP and on sockets; and a question that goes on in Tchap."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.rig.bot import bot_on_tchap
from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.relais import relais
from tests.rig.slack import fake_slack
from tests.rig.slack.stage import Stage, room, sent, settings_of
from tests.rig.synapse import Federation
from tests.rig.troupe import Troupe
from tests.rig.valkey import valkey

pytestmark = [pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize("how", ["http", "socket"])
async def test_two_replicas_answer_each_question_once(tmp_path: Path, gateway: FakeGateway, how: str) -> None:
    """Behind a load balancer without affinity, or each with a socket; a thread is known to both."""
    async with valkey(tmp_path / "store", tcp=True) as store, fake_slack() as slack:
        settings = settings_of(slack, gateway, how) | {
            "RELAIS_STORE__URL": store.url,
            "RELAIS_STORE__KEYS": "une clé partagée de plus de trente-deux caractères",
        }
        async with (
            relais(tmp_path / "one", settings | {"RELAIS_REPLICA": "one"}) as one,
            relais(tmp_path / "two", settings | {"RELAIS_REPLICA": "two"}) as two,
        ):
            if how == "http":
                slack.urls = [f"{each.url}/slack/events" for each in (one, two)]
            slack.faults.doubled = 0.5
            stage = Stage(slack=slack, bot=one, gateway=gateway)
            rooms = [room(stage) for _ in range(6)]
            asked = [await here.ask(f"Question {number}") for number, here in enumerate(rooms)]
            for here, post in zip(rooms, asked, strict=True):
                await here.answer(post)
            for here, post in zip(rooms, asked, strict=True):  # without a mention, to whichever replica
                await slack.say(here.channel, here.who, "Et ensuite ?", thread=post.ts)
                await slack.answer(here.channel, post.ts, count=2, within=30)
            slack.faults.doubled = 0.0
            assert [len(slack.answers(here.channel)) for here in rooms] == [2] * 6


async def test_a_socket_survives_what_it_does_not_know(tmp_path: Path, gateway: FakeGateway) -> None:
    """Frames that are no JSON or of an unknown type, a warning, a request to connect anew, a lost line."""
    async with fake_slack() as slack, relais(tmp_path, settings_of(slack, gateway, "socket")) as bot:
        stage = Stage(slack=slack, bot=bot, gateway=gateway)
        here = room(stage)
        frames = [
            "ping", "{", "[]", "{}", '{"type": "demain"}', '{"type": "disconnect", "reason": "warning"}',
            '{"envelope_id": "x", "type": "events_api"}',
            json.dumps({"envelope_id": "y", "type": "events_api", "payload": {"event": None}}),
        ]  # fmt: skip
        for frame in frames:
            for each in list(slack.sockets):
                await each.send_str(frame)
        await here.answer(await here.ask("Première question"))
        await slack.drop_socket()
        await here.answer(await here.ask("Deuxième question"))
        for each in list(slack.sockets):
            await each.close()
        await here.answer(await here.ask("Troisième question"))


async def test_a_refused_question_goes_on_in_tchap(
    tmp_path: Path, servers: Federation, troupe: Troupe, gateway: FakeGateway
) -> None:
    """The code of the private word, given in the direct chat of Tchap, has the question answered there; its
    text does not pass through Slack again, and the code works once."""
    async with fake_slack() as slack:
        here_too = settings_of(slack, gateway)
        async with bot_on_tchap(tmp_path, servers, gateway, **here_too) as bot:
            slack.url = f"{bot.process.url}/slack/events"
            stage = Stage(slack=slack, bot=bot.process, gateway=gateway)
            here = room(stage)
            text = "Reformule : merci de virer 300 euros à Anne Petit, IBAN FR76 3000 6000 0112 3456 7890 189"
            await here.answer(await here.ask(text))
            (told,) = await slack.answer(slack.team.direct(here.who.id), within=30)
            code = re.search(r"!continuer ([0-9a-f-]{14})", told.shown)
            assert code is not None, told.shown
            alice = await troupe.person(servers.agents, "alice")
            chat = await alice.direct_chat(bot.user)
            gateway.next(Behaviour(answer="Voici une reformulation."))
            await chat.send(code[0])
            await chat.message(sender=bot.user, containing="Voici une reformulation.")
            assert "virer 300 euros" in str(gateway.received[-1].body)
            assert "6000 0112" not in sent(stage)
            await chat.send(code[0])
            await chat.message(sender=bot.user, containing="code")
