"""What a telephone shows of an answer: the notifications that the homeserver itself lists for a person."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.rig.bot import Bot, bot_on_tchap
from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.peer import Peer, PeerRoom
from tests.rig.relais import PUNCTUAL
from tests.rig.synapse import Federation
from tests.rig.troupe import Troupe

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANSWER = "**Oui**, la salle est libre jeudi.\n\n- au [plan](https://salles.example/plan)\n- dès `9 h`"
PLAIN = "Oui, la salle est libre jeudi."


@pytest_asyncio.fixture(loop_scope="session")
async def punctual(tmp_path: Path, servers: Federation, gateway: FakeGateway) -> AsyncGenerator[Bot]:
    """One whose answers may be late."""
    async with bot_on_tchap(tmp_path, servers, gateway, program=PUNCTUAL) as it:
        yield it


@pytest.mark.parametrize("how", [Behaviour(answer=ANSWER), Behaviour(answer=ANSWER, tokens=60, rate=12)])
async def test_what_notifies_begins_with_the_answer(
    servers: Federation, troupe: Troupe, bot: Bot, how: Behaviour
) -> None:
    """One notification, whose body is plain text that begins with the words of the answer."""
    alice, chat = await _met(servers, troupe, bot)
    bot.gateway.next(how)
    question = await chat.send("La salle est-elle libre ? https://salles.example/plan")
    await chat.message(sender=bot.user, containing="dès 9 h")
    (body,) = await _notified(alice, chat, question)
    assert body.startswith(PLAIN)
    assert not set("*`[_") & set(body)


async def test_a_late_answer_notifies_as_a_reply_and_its_beginning_goes(
    servers: Federation, troupe: Troupe, punctual: Bot
) -> None:
    """What takes longer than twenty seconds is a new message in reply to the question: three messages with
    its beginning and its growing edit, of which the last stays."""
    bot = punctual
    alice, chat = await _met(servers, troupe, bot)
    bot.gateway.next(Behaviour(answer="Voici une longue histoire. ", tokens=66, rate=3))
    question = await chat.send("Raconte longuement")
    answer = await chat.message(sender=bot.user, containing="mot65")
    view = await chat.until(
        lambda view: view if [seen.id for seen in view.messages(bot.user)][1:] == [answer.id] else None,
        "the beginning to go",
    )
    assert answer.reply_to == question
    ids = [seen.id for seen in view.events]
    events = view.events[ids.index(question) + 1 :]
    assert len([seen for seen in events if seen.sender == bot.user and seen.type != "m.room.redaction"]) == 3
    assert (await _notified(alice, chat, question))[-1].startswith("Voici une longue histoire.")


async def _met(servers: Federation, troupe: Troupe, bot: Bot) -> tuple[Peer, PeerRoom]:
    alice = await troupe.person(servers.agents, "alice")
    chat = await alice.direct_chat(bot.user)
    await chat.message(sender=bot.user, containing="robot")
    return alice, chat


async def _notified(alice: Peer, chat: PeerRoom, after: str) -> list[str]:
    """The bodies of the notifications after a message, oldest first, as a telephone reads them: an event that
    only replaces another is none (Matrix ".m.rule.suppress_edits")."""
    listed = await alice.request("GET", "/_matrix/client/v3/notifications", query={"limit": "50"})
    view = await chat.view()
    assert view is not None
    ids = [seen.id for seen in view.events]
    since = set(ids[ids.index(after) :])
    seen = [view.find(each["event"]["event_id"]) for each in reversed(listed["notifications"])]
    return [str(each.original["body"]) for each in seen if each and each.id in since and not each.redacted]
