"""What the figures of the service say of the jobs that ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bots.assistant import Assistant
from core.connector import Reacted
from core.sessions.figures import Period
from core.worker.intake import Intake
from tests.core.conftest import Core
from tests.rig.platform import message


async def counted(core: Core, condition: Callable[[Period], bool]) -> Period:
    """The figures of today, once they are so: a job is counted a moment after its answer is seen."""
    async with asyncio.timeout(60):
        while True:
            (today,) = await core.figures.periods("day", 1)
            if condition(today):
                return today
            await asyncio.sleep(0.02)


async def test_an_answer_and_its_thumb_are_counted(core: Core) -> None:
    """By connector, model and level; a reaction counts where it is to an answer of ours."""
    asked = message("Quelle heure est-il ?")
    await core.tell(asked)
    (post,) = await core.platform.answered()
    today = await counted(core, lambda today: today.count("answers") == 1)
    assert today.people == {
        "all": 1,
        f"connector|{asked.address.connector}": 1,
        "level|N1": 1,
        "model|small": 1,
        "use|chat": 1,
    }
    assert today.count("tokens") == today.count("tokens", "model", "small") > 0
    assert today.span("wh") == today.span("wh", "use", "chat") == today.span("wh", "model", "small")
    for target in (post.id, asked.id):
        thumb = Reacted(
            key=f"{target}:thumb", address=asked.address, at=asked.at, sender=asked.sender,
            target=target, reaction="👍",
        )  # fmt: skip
        await core.tell(thumb)
    assert (await counted(core, lambda today: today.satisfied > 0)).satisfied == 1


async def test_a_link_of_a_mail_judges_and_gives_no_word(core: Core) -> None:
    """« Réponse utile » under « effacer vos données ? » erases nothing: nobody reads a mail's links as an
    answer to its question."""
    asked = message("Efface mes données")
    await core.tell(asked)
    (post,) = await core.platform.answered()
    thumb = Reacted(
        key="thumb", address=asked.address, at=asked.at, sender=asked.sender, target=post.id, reaction="👍"
    )
    await Intake(inbox=core.inbox, bots=[Assistant()], patient=[asked.address.connector]).deliver([thumb])
    await core.tell(message("Quelle heure est-il ?"))
    answers = await core.platform.answered(2)
    assert "Quelle heure est-il ?" in answers[-1].text


async def test_a_refusal_is_counted_by_its_reason(core: Core) -> None:
    """It is no answer."""
    await core.tell(message("DIFFUSION RESTREINTE\n\nLes étapes du projet sont trois."))
    await core.platform.answered()
    today = await counted(core, lambda today: bool(today.refusals()))
    assert (today.count("answers"), sum(today.refusals().values())) == (0, 1)
