"""A message whose delivery kills whoever tries, in the mix: others are answered, and it is set aside."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from tests.chaos.account import Account, account
from tests.chaos.crowd import Person, crowd
from tests.chaos.stage import Lane, Stage, stage
from tests.chaos.storm import Storm, moods, talk
from tests.rig.gateway import fake_gateway
from tests.rig.homeserver import Homeserver
from tests.rig.proxy import Forward, Rule, drop

WORD = "Je n’ai pas réussi"
MOST = 3
"""Deaths: one that names nothing, two at the step that was named."""


def poison(stage: Stage, mallory: Person) -> list[Lane]:
    """Kill each replica that posts into the room of this person, `MOST` times; returns those killed."""
    killed: list[Lane] = []

    def on(lane: Lane) -> Rule:
        async def posts(request: web.Request, forward: Forward) -> web.Response:
            if mallory.room not in request.path or len(killed) >= MOST:
                return await forward()
            killed.append(lane)
            lane.kill()
            return await drop(request, forward)

        return Rule(fault=posts, path="/send/m.room", method="PUT", times=None)

    for lane in stage.lanes:
        lane.way.rules.insert(0, on(lane))
    return killed


async def revive(stage: Stage) -> None:
    """Start what died, and what dies again before it is ready, as a service manager does, until cancelled."""
    while True:
        await asyncio.sleep(0.5)
        with suppress(AssertionError):
            await stage.revive()


async def with_poison(folder: Path, server: Homeserver, *, seed: int, people: int, questions: int) -> Account:
    """A crowd asks two replicas while one message kills them; its author reads the word, and may go on."""
    storm = Storm()
    async with (
        fake_gateway() as gateway,
        stage(folder, server, gateway, replicas=2) as it,
        crowd(server, folder / "people", people + 1, folder.name) as (mallory, *everyone),
    ):
        gateway.next(*moods(random.Random(seed), people * questions * 2))
        await asyncio.gather(*(person.meet(it.user) for person in (mallory, *everyone)))
        killed = poison(it, mallory)
        async with asyncio.TaskGroup() as group:
            reviving = group.create_task(revive(it))
            talking = {
                person: group.create_task(
                    talk(person, random.Random(f"{seed} {person.name}"), questions, storm)
                )
                for person in everyone
            }
            await asyncio.sleep(1.0)
            await mallory.say("du poison")
            await mallory.until(lambda: mallory.answered(WORD), f"the word, after {len(killed)} kills", 90)
            await asyncio.wait(talking.values())
            reviving.cancel()
        await mallory.ask("Et pour finir ?")
        return account({person: task.result() for person, task in talking.items()})
