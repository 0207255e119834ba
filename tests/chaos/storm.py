"""Random kills of replicas and of the store, and pauses of replicas, while a crowd asks."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field

from tests.chaos.crowd import Person
from tests.chaos.stage import Lane, Stage
from tests.rig.gateway import Behaviour

BEYOND_LEASE = 12.0


@dataclass
class Storm:
    """What was done, and how long people waited (seconds)."""

    replica_kills: int = 0
    store_kills: int = 0
    pauses: int = 0
    waits: list[float] = field(default_factory=list)


def moods(chance: random.Random, count: int) -> list[Behaviour]:
    """Answers at once, and some that take up to three seconds."""
    slow = (Behaviour(tokens=chance.randint(20, 40), rate=15) for _ in iter(int, 1))
    return [next(slow) if chance.random() < 0.3 else Behaviour() for _ in range(count)]


async def talk(person: Person, chance: random.Random, questions: int, storm: Storm) -> list[str]:
    """Ask this many questions: one at a time, or two in a row. All of them, in their order."""
    asked: list[str] = []
    while len(asked) < questions:
        await asyncio.sleep(chance.uniform(0, 6))
        several = [
            f"{person.name} n° {number:02} ?"
            for number in range(len(asked), min(questions, len(asked) + chance.choice((1, 1, 2))))
        ]
        began = time.monotonic()
        for question in several:
            await person.say(question)
        for question in several:
            await person.until(lambda question=question: person.answered(question), question, 240)
            storm.waits.append(time.monotonic() - began)
        asked += several
    return asked


async def strike(stage: Stage, lane: Lane, chance: random.Random) -> None:
    """Kill a replica, and start it again a moment later."""
    lane.kill()
    await lane.process.ended()
    await asyncio.sleep(chance.uniform(0, 1))
    await lane.process.start(60)


async def roll(stage: Stage, rounds: int) -> None:
    """Rolling restarts as an operator makes them: SIGTERM, one replica after the other."""
    for _ in range(rounds):
        for lane in stage.lanes:
            await asyncio.sleep(2)
            assert await lane.process.stop(40) == 0
            await lane.process.start(60)


async def rage(stage: Stage, chance: random.Random, storm: Storm, *, kills: int, pauses: int) -> None:
    """All kills and pauses, in a random order, a few seconds apart."""
    what = ["store"] * (kills // 5) + ["replica"] * (kills - kills // 5) + ["pause"] * pauses
    chance.shuffle(what)
    for one in what:
        await asyncio.sleep(chance.uniform(0.3, 2.5))
        lane = chance.choice(stage.lanes)
        match one:
            case "store":
                await stage.store.kill()
                await asyncio.sleep(chance.uniform(0, 1))
                await stage.store.start()
                storm.store_kills += 1
            case "replica":
                await strike(stage, lane, chance)
                storm.replica_kills += 1
            case _:
                lane.process.pause()
                await asyncio.sleep(BEYOND_LEASE)
                lane.process.resume()
                storm.pauses += 1
