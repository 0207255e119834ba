"""What operators announce, close and block while replicas run."""

from __future__ import annotations

import asyncio
import time

import pytest

from core.connector import Address, Message, Reacted, Tick
from core.sessions.controls import Announcement, Controls
from core.turn.services import Services
from tests.core.conftest import Core
from tests.rig.gateway import Behaviour
from tests.rig.platform import Post, message

ROOM = Address(connector="tchap", conversation="!room:x")


@pytest.fixture
def controls(core: Core) -> Controls:
    """Those of the core's replica."""
    services: Services = core.worker._context.services
    object.__setattr__(services, "controls", made := Controls(core.store, core.vault, time.time))
    return made


async def test_an_announcement_is_told_once_a_day(core: Core, controls: Controls) -> None:
    """Before the first answer of the day, and in the help each time; nothing once it is taken back."""
    await controls.announce(Announcement(text="Mise à jour ce soir"))
    await controls.look()
    for number, text in enumerate(("Bonjour", "Combien de jours en mai ?", "!aide"), 1):
        await core.tell(message(text))
        await core.platform.answered(number)
    posts = [post.text for post in await core.platform.answered(3)]
    assert ["Mise à jour ce soir" in text for text in posts] == [True, False, True]
    await controls.announce(None)
    await controls.look()
    await core.tell(message("!aide"))
    assert "Mise à jour" not in (await core.platform.answered(4))[3].text


async def test_maintenance_keeps_questions_and_says_until_when(
    core: Core, controls: Controls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The author is told once; the question is answered when it ends, and that word gives way."""
    monkeypatch.setattr("core.worker.wait.CLOSED_LOOK", 0.1)
    await controls.announce(Announcement(text="Maintenance", until=time.time() + 3600, closed=True))
    await controls.look()
    await core.tell(message("Combien de jours en mai ?"))
    await core.platform.until(
        lambda: any("Je garde votre question" in p.text for p in core.platform.posts.values())
    )
    assert not core.gateway.received
    await controls.announce(None)
    await controls.look()
    await core.platform.until(lambda: "jours en mai" in str([p.text for p in core.platform.shown]))
    await core.platform.until(lambda: len(core.platform.shown) == 1)


@pytest.mark.parametrize("what", ["person", "room"])
async def test_who_is_blocked_reads_a_kind_word(core: Core, controls: Controls, what: str) -> None:
    """A person anywhere, or everybody in a room; no model is asked. Given back, they are answered."""
    whom = {"person": "@a:x"} if what == "person" else {"room": "tchap:!room:x"}
    assert await controls.block(**whom)
    assert not await controls.block(**whom)
    await controls.look()
    await core.tell(message("Bonjour"))
    (post,) = await core.platform.answered(1)
    assert "suspendu par l’équipe" in post.text
    assert "aide@ministere.example" in post.text
    assert not core.gateway.received
    assert await controls.block(**whom, blocked=False)
    await controls.look()
    await core.tell(message("Bonjour encore"))
    assert "Bonjour encore" in (await core.platform.answered(2))[1].text
    assert "a:x" not in str(await core.store.run(("SMEMBERS", core.store.key(0, "blocked"))))


@pytest.mark.parametrize("what", ["person", "room"])
async def test_no_reaction_and_no_schedule_goes_round_a_block(
    core: Core, controls: Controls, what: str
) -> None:
    """An answer that is wanted again is asked for as a question is; a digest of before comes no more, and
    nobody is told so again and again."""
    question = message("Quelle heure est-il ?", direct=False)
    await core.tell(question)
    (answer,) = await core.platform.answered(1)
    await core.settled()
    await controls.block(**{"person": "@a:x"} if what == "person" else {"room": "tchap:!room:x"})
    await controls.look()
    await core.tell(again(question, answer))
    _, post = await core.platform.answered(2)
    assert "suspendu par l’équipe" in post.text
    await core.tell(tick(question))
    await core.settled()
    assert len(core.platform.shown) == 2
    assert len(core.gateway.received) == 1


async def test_maintenance_keeps_what_is_asked_by_a_reaction(
    core: Core, controls: Controls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a word: the answer that it is put on stands there."""
    monkeypatch.setattr("core.worker.wait.CLOSED_LOOK", 0.1)
    question = message("Quelle heure est-il ?")
    await core.tell(question)
    (answer,) = await core.platform.answered(1)
    await core.settled()
    await controls.announce(Announcement(text="Maintenance", until=time.time() + 3600, closed=True))
    await controls.look()
    core.gateway.next(Behaviour(answer="Il est midi."))
    await core.tell(again(question, answer))
    async with asyncio.timeout(60):
        while not (await core.inbox.stats()).delayed:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)
    assert len(core.gateway.received) == 1
    await controls.announce(None)
    await controls.look()
    await core.platform.until(lambda: "midi" in answer.text)
    assert core.platform.shown == [answer]


def again(question: Message, answer: Post) -> Reacted:
    """The answer is wanted again by who asked."""
    return Reacted(
        key="again", address=question.address, at=question.at, sender=question.sender, target=answer.id,
        reaction="🔁", direct=question.direct,
    )  # fmt: skip


def tick(question: Message) -> Tick:
    """A schedule of who asked, which is due."""
    return Tick(key="s:1", address=question.address, at=question.at, sender=question.sender, schedule="s")


async def test_what_is_announced_lies_sealed(core: Core) -> None:
    """As all that people may read; and it ends by itself."""
    now = [time.time()]
    controls = Controls(core.store, core.vault, lambda: now[0])
    await controls.announce(Announcement(text="Secret", until=now[0] + 60))
    assert b"Secret" not in await core.store.run(("GET", core.store.key(0, "announcement")))
    await controls.look()
    assert controls.announcement is not None
    now[0] += 60
    assert controls.announcement is None
    assert not controls.blocks("@a:x", ROOM)
