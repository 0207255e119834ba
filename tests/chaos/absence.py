"""What was asked while nothing ran: many messages in one chat, many chats; all answered once, in order."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from tests.bench.offstage import Asker, instant_gateway, offstage
from tests.chaos.account import Account, account
from tests.chaos.crowd import Person, crowd
from tests.chaos.stage import stage
from tests.rig.gateway import fake_gateway
from tests.rig.homeserver import Homeserver

MANY, SOME = 400, 40
"""Messages in one chat, and in each of the others, of which one sync brings fifty."""


async def after_an_absence(folder: Path, server: Homeserver) -> Account:
    """A person writes 400 messages, three others 40 each, in encrypted chats, while no replica runs."""
    async with (
        fake_gateway() as gateway,
        stage(folder, server, gateway, replicas=1) as it,
        crowd(server, folder / "people", 4, "absent") as people,
    ):
        (lane,) = it.lanes
        for person in people:
            await person.meet(it.user)
            await person.ask(f"{person.name}, avant ?")
        assert await lane.process.stop(30) == 0
        counts = {person: SOME if number else MANY for number, person in enumerate(people)}
        said = await asyncio.gather(*(_write(person, count) for person, count in counts.items()))
        await lane.process.start(60)
        asked = dict(zip(people, said, strict=True))
        for person, questions in asked.items():
            await person.until(
                lambda: all(map(person.answered, questions)),  # noqa: B023
                "all answers",
                120,
            )
            questions.append(f"{person.name}, et pour finir ?")
            await person.ask(questions[-1])
        return account(asked)


async def _write(person: Person, count: int) -> list[str]:
    questions = [f"{person.name} n° {number:03} ?" for number in range(count)]
    for question in questions:
        await person.say(question)
    return questions


async def at_the_start(folder: Path, conversations: int) -> tuple[int, float]:
    """So many encrypted chats, on the stub homeserver, each with a question when relais starts. Returns how
    many were not answered in exactly one message, and the seconds until the last was."""
    async with instant_gateway() as gateway, offstage(folder, gateway) as on:
        askers: list[Asker] = await on.people(conversations, "nombreux", encrypted=True)
        (replica,) = on.replicas
        await replica.stop()
        before = {asker: len(asker.citizen.seen) for asker in askers}
        asking = [asyncio.ensure_future(asker.ask("Et pendant ce temps ?")) for asker in askers]
        await asyncio.sleep(1)
        began = time.monotonic()
        await replica.start()
        await asyncio.gather(*asking)
        took = time.monotonic() - began
        await asyncio.sleep(2)
        shown = [asker.citizen.seen[before[asker] :] for asker in askers]
        return sum(sum(not seen.edit for seen in one) != 1 or one[-1].growing for one in shown), took
