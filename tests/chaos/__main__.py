"""`make chaos`: kills at every step, with one replica and two; kills at random; restarts. Prints the figures.

Ends with 1 when a question was lost, answered twice, left unfinished, out of order or unreadable.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.chaos.absence import MANY, SOME, after_an_absence, at_the_start
from tests.chaos.account import Account, account
from tests.chaos.crowd import Person, crowd
from tests.chaos.points import (
    AFTERWARDS,
    AT_ONCE,
    GROWING,
    GROWN,
    LATE,
    LONG,
    SHORT,
    SLOW,
    machine_lost,
    round_of,
    too_late,
)
from tests.chaos.poison import with_poison
from tests.chaos.stage import Stage, stage
from tests.chaos.storm import Storm, moods, rage, roll, talk
from tests.rig.gateway import fake_gateway
from tests.rig.homeserver import Homeserver, homeserver


async def at_every_step(folder: Path, server: Homeserver, replicas: int) -> Account:
    """One question for each step, the replica that takes it killed there."""
    kinds = ((SHORT, AT_ONCE), (GROWN, SLOW), (GROWING, LONG), (AFTERWARDS, LATE))
    points = [(point, how) for points, how in kinds for point in points]
    async with (
        fake_gateway() as gateway,
        stage(folder, server, gateway, replicas=replicas) as it,
        crowd(server, folder / "people", 1, f"alice-{replicas}") as (alice,),
    ):
        await alice.meet(it.user)
        asked: list[str] = []
        for point, how in points:
            began = time.monotonic()
            asked.append(await round_of(it, alice, point, how))
            print(f"  {replicas} replica(s), {asked[-1]} {time.monotonic() - began:.1f} s", flush=True)
        hangs = (("beginning", SLOW), ("beginning", SLOW, LATE), ("growing", LONG), ("post",))
        for step, *answers in hangs if replicas > 1 else ():
            asked.append(await too_late(it, alice, step, *answers))
            print(f"  {replicas} replica(s), {asked[-1]}", flush=True)
        await alice.ask("Et pour finir ?")
        return account({alice: [*asked, "Et pour finir ?"]})


async def at_losses(folder: Path, server: Homeserver, replicas: int) -> Account:
    """Each machine is lost with its disk, one after the other."""
    async with (
        fake_gateway() as gateway,
        stage(folder, server, gateway, replicas=replicas) as it,
        crowd(server, folder / "people", replicas + 1, f"lise-{replicas}") as people,
    ):
        asked: dict[Person, list[str]] = {}
        for person in people:
            await person.meet(it.user)
            asked[person] = await machine_lost(it, person)
        for person in people:
            asked[person].append(f"{person.name}, et pour finir ?")
            await person.ask(asked[person][-1])
        return account(asked)


async def at_random(
    folder: Path, server: Homeserver, *, seed: int, people: int, questions: int, kills: int, pauses: int
) -> tuple[Account, Storm]:
    """A crowd asks two replicas while these and their store are killed."""
    chance, storm = random.Random(seed), Storm()

    async def trouble(it: Stage) -> None:
        await rage(it, chance, storm, kills=kills, pauses=pauses)

    found = await under(folder, server, trouble, seed=seed, people=people, questions=questions, storm=storm)
    return found, storm


async def at_restarts(
    folder: Path, server: Homeserver, *, seed: int, people: int, questions: int
) -> tuple[Account, Storm]:
    """A crowd asks two replicas while these are restarted in order, in turns, as for an update."""
    storm = Storm()

    async def trouble(it: Stage) -> None:
        await roll(it, rounds=3)

    found = await under(folder, server, trouble, seed=seed, people=people, questions=questions, storm=storm)
    return found, storm


async def under(
    folder: Path,
    server: Homeserver,
    trouble: Callable[[Stage], Awaitable[None]],
    *,
    seed: int,
    people: int,
    questions: int,
    storm: Storm,
) -> Account:
    """The account of a crowd that asks two replicas in trouble."""
    async with (
        fake_gateway() as gateway,
        stage(folder, server, gateway, replicas=2) as it,
        crowd(server, folder / "people", people, folder.name) as everyone,
    ):
        gateway.next(*moods(random.Random(seed), people * questions * 2))
        await asyncio.gather(*(person.meet(it.user) for person in everyone))
        async with asyncio.TaskGroup() as group:
            group.create_task(trouble(it))
            talking = {
                person: group.create_task(
                    talk(person, random.Random(f"{seed} {person.name}"), questions, storm)
                )
                for person in everyone
            }
        asked = {person: task.result() for person, task in talking.items()}
        for person in everyone:
            asked[person].append(f"{person.name}, et pour finir ?")
            await person.ask(asked[person][-1])
        return account(asked)


def waited(storm: Storm) -> str:
    waits = sorted(storm.waits)
    return (
        f"  seconds to the whole answer: median {statistics.median(waits):.1f}, "
        f"p95 {waits[int(len(waits) * 0.95)]:.1f}, longest {waits[-1]:.1f}"
    )


async def steps(folder: Path, server: Homeserver, _: argparse.Namespace) -> bool:
    clean = True
    for replicas in (1, 2):
        found = await at_every_step(folder / f"steps-{replicas}", server, replicas)
        print(f"Kill at every step, {replicas} replica(s): {found}", flush=True)
        clean &= found.clean
    return clean


async def losses(folder: Path, server: Homeserver, _: argparse.Namespace) -> bool:
    clean = True
    for replicas in (1, 2):
        found = await at_losses(folder / f"losses-{replicas}", server, replicas)
        print(f"Machines lost with their disks, {replicas} replica(s): {found}", flush=True)
        clean &= found.clean
    return clean


async def absences(folder: Path, server: Homeserver, _: argparse.Namespace) -> bool:
    found = await after_an_absence(folder / "absence", server)
    print(f"{MANY} messages in one chat and {SOME} in three others while nothing ran: {found}", flush=True)
    wrong, took = await at_the_start(folder / "start", 500)
    print(f"500 chats with a question at the start: {wrong} not answered once; all within {took:.1f} s")
    return found.clean and not wrong


async def kills(folder: Path, server: Homeserver, options: argparse.Namespace) -> bool:
    found, storm = await at_random(
        folder / "random",
        server,
        seed=options.seed,
        people=options.people,
        questions=options.questions,
        kills=options.kills,
        pauses=options.pauses,
    )
    print(
        f"{storm.replica_kills} kills of replicas, {storm.store_kills} of the store, "
        f"{storm.pauses} pauses beyond the lease (seed {options.seed}): {found}\n{waited(storm)}",
        flush=True,
    )
    return found.clean


async def restarts(folder: Path, server: Homeserver, options: argparse.Namespace) -> bool:
    found, storm = await at_restarts(
        folder / "restarts", server, seed=options.seed, people=options.people // 3, questions=10
    )
    print(f"Six restarts in order: {found}\n{waited(storm)}", flush=True)
    return found.clean


async def poisons(folder: Path, server: Homeserver, options: argparse.Namespace) -> bool:
    people = options.people // 3
    found = await with_poison(folder / "poison", server, seed=options.seed, people=people, questions=6)
    print(f"One message that kills whoever delivers it, among {people} people: {found}", flush=True)
    return found.clean


SCENES = {
    "steps": steps,
    "losses": losses,
    "absences": absences,
    "random": kills,
    "restarts": restarts,
    "poison": poisons,
}


async def main() -> int:
    parser = argparse.ArgumentParser(description="kill relais at every step and at random")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--questions", type=int, default=20, help="of each person")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--pauses", type=int, default=5)
    parser.add_argument("--only", choices=SCENES)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="chaos-") as name:
        folder = Path(name)
        async with homeserver(folder / "synapse", server_name="localhost") as server:
            scenes = [options.only] if options.only else SCENES
            clean = [await SCENES[scene](folder, server, options) for scene in scenes]
    return 0 if all(clean) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
