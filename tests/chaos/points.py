"""A kill at each step of an answer: the steps, and one round of asking, killing and looking."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from dataclasses import replace

import aiohttp
from aiohttp import web

from connectors.tchap.hearing import DEAF_AFTER
from core.language.operators import Phrase
from tests.chaos.crowd import Person
from tests.chaos.stage import SIDES, Lane, Point, Stage, step_in_request
from tests.rig.gateway import Behaviour
from tests.rig.proxy import Forward, Rule

AT_ONCE = Behaviour()
SLOW = Behaviour(tokens=45, rate=15)
"""Three seconds: time for a beginning, and the last edit."""
LONG = Behaviour(tokens=2000, rate=2)
"""It does not end before its growing edit, however busy the machine is; then its replica is gone."""
LATE = Behaviour(tokens=44, rate=2)
"""Twenty-two seconds: the answer is a new message, and its beginning is deleted."""

SHORT = [
    Point("message", "after"),
    Point("enqueue", "before"),
    Point("enqueue", "after"),
    Point("sync", "before"),
    Point("sync", "after"),
    Point("claim", "after"),
    Point("final", "before"),
    Point("final", "after"),
    Point("post", "before"),
    Point("post", "after"),
    Point("finish", "before"),
    Point("finish", "after"),
]
"""Steps of an answer that is there at once: the whole answer is posted."""
GROWN = [
    Point("beginning", "before"),
    Point("beginning", "after"),
    Point("posted", "before"),
    Point("posted", "after"),
    Point("final", "before"),
    Point("final", "after"),
    Point("last", "before"),
    Point("last", "after"),
    Point("finish", "before"),
    Point("finish", "after"),
]
"""Steps of an answer that takes its time: its beginning, and the last edit."""
GROWING = [Point("growing", "before"), Point("growing", "after")]
"""Steps of one that takes longer."""
AFTERWARDS = [Point("post", side) for side in SIDES] + [Point("deletion", side) for side in SIDES]
"""Steps of one that is late."""


def grows(stage: Stage, how: Behaviour) -> Behaviour:
    """The answer, with its last word once its beginning was sent, however busy the machine is."""
    return replace(how, stall_after=how.tokens - 1, go_on=stage.begun) if how.tokens else how


async def round_of(stage: Stage, person: Person, point: Point, how: Behaviour = AT_ONCE) -> str:
    """Ask, die at the point, be answered: by a sibling if there is one, else after the restart."""
    question = f"{person.name} {how.tokens or 'courte'}, {point} ?"
    stage.begun.clear()
    stage.gateway.next(grows(stage, how))
    stage.trap.arm(point)
    await person.say(question)
    await asyncio.wait_for(stage.trap.sprung.wait(), 60)
    victim = stage.trap.victim
    assert victim is not None
    await victim.process.ended()
    if len(stage.lanes) == 1:
        await stage.revive()
    await person.until(lambda: person.answered(question), f"the answer to {question}", 60)
    await stage.revive()
    return question


async def too_late(stage: Stage, person: Person, step: str, *answers: Behaviour) -> str:
    """A replica hangs for longer than its lease while `step` is on the way: a sibling answers, then that
    lands too, and the first one wakes. `answers` are what the two of them get from the model. Returns the
    question once what came too late is deleted."""
    question = f"{person.name}, {step} en retard, {len(answers)} ?"
    gate, held = asyncio.Event(), asyncio.Event()
    landed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def hang(lane: Lane) -> Rule:
        async def fault(request: web.Request, forward: Forward) -> web.Response:
            taken = step_in_request(await request.read())
            if hangs := not held.is_set() and taken == step:
                lane.process.pause()
                held.set()
                await gate.wait()
            response = await forward()
            if hangs:
                assert isinstance(response.body, bytes)
                landed.set_result(json.loads(response.body)["event_id"])
            if taken == "beginning":
                stage.begun.set()
            return response

        rule = Rule(fault=fault, path="/send/m.room", method="PUT", times=None)
        lane.way.rules.insert(0, rule)
        return rule

    rules = [(lane, hang(lane)) for lane in stage.lanes]
    stage.begun.clear()
    stage.gateway.next(*(grows(stage, how) for how in answers))
    await person.say(question)
    await person.until(lambda: held.is_set() and person.answered(question), f"the answer to {question}", 60)
    gate.set()
    late = await asyncio.wait_for(landed, 60)
    await person.until(lambda: late in person.deleted, f"the deletion of the late {step}", 60)
    for lane, rule in rules:
        lane.process.resume()
        lane.way.rules.remove(rule)
    return question


async def machine_lost(stage: Stage, person: Person) -> list[str]:
    """A machine is lost with its disk while its answer grows, and somebody asks meanwhile: a new one, with an
    empty data folder and so a new device of the same account, goes on as if nothing were. The questions."""
    running, question = f"{person.name}, avant la perte ?", f"{person.name}, après la perte ?"
    stage.gateway.next(LONG)
    stage.trap.arm(Point("growing", "after"))
    await person.say(running)
    await asyncio.wait_for(stage.trap.sprung.wait(), 60)
    victim = stage.trap.victim
    assert victim is not None
    await victim.process.ended()
    await person.say(question)
    shutil.rmtree(victim.process.data)
    await stage.revive()
    for asked in (running, question):
        await person.until(lambda: person.answered(asked), f"the answer to {asked}", 60)  # noqa: B023
    return [running, question]


async def without_store(stage: Stage, person: Person) -> list[str]:
    """The store goes away while an answer grows, and somebody asks meanwhile: the replica says that it is not
    ready, acknowledges nothing, and goes on by itself when the store is back. The questions."""
    running, question = f"{person.name}, avec mémoire ?", f"{person.name}, sans mémoire ?"
    (lane,) = stage.lanes
    stage.gateway.next(SLOW)
    await person.say(running)
    await person.until(lambda: bool(person.answers(running)), f"the answer to {running} to grow", 60)
    await stage.store.kill()
    await person.say(question)
    async with asyncio.timeout(60):
        while not away(state := await readiness(lane)):
            await asyncio.sleep(0.1)
            assert lane.process.running, state
    await stage.store.start()
    for asked in (running, question):
        await person.until(lambda: person.answered(asked), f"the answer to {asked}", 60)  # noqa: B023
    assert set((await readiness(lane)).values()) == {"ready"}
    return [running, question]


def away(parts: dict[str, str]) -> bool:
    """Do the parts of a replica say, in their own words, that it waits for its store? An answer that it has
    may wait for long on a slow machine, and the homeserver is not asked for news meanwhile."""
    rest = dict(parts)
    sending, tchap = rest.pop("sending", ""), rest.pop("tchap", "")
    waits = sending == "ready" or re.fullmatch(r"\d+ messages attendent .*", sending)
    deaf = str(Phrase("tchap.deaf", seconds=round(DEAF_AFTER)))
    return rest == {"store": "away"} and bool(waits) and tchap in ("connecting", deaf)


async def readiness(lane: Lane) -> dict[str, str]:
    """The parts of the replica that /readyz tells of, the worker left out."""
    async with aiohttp.request("GET", f"{lane.process.url}/readyz") as said:
        parts: dict[str, str] = (await said.json())["parts"]
        return {name: state for name, state in parts.items() if name != "worker"}
