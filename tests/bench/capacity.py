"""How many answers a core carries, and what further replicas cost, beside a homeserver that costs nothing.

CPU is that of the replicas and of their store together, over a whole run: people who ask again as soon as
they are answered, for the first table; a fixed rate of questions for the replicas. One second of CPU
divided by that of an answer is what one core carries, however busy the machine is. The floor is the echo
bot on matrix-nio, on the same stub.

Run: `python -m tests.bench capacity`.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.offstage import PASSWORD, Answer, Asker, Offstage, instant_gateway, offstage
from tests.bench.process import cpu
from tests.bench.stage import program
from tests.bench.table import Row, show
from tests.rig.citizens import Citizen
from tests.rig.stub_api import stub

PEOPLE = 32
SETTLING = 6.0
"""Seconds until the replicas know of each other."""
RATE = 12.0
"""Questions a second for the replicas: less than one core carries, the machine's others included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a run cost. `each` is CPU in milliseconds for an answer, `rate` answers a second by the clock."""

    each: float
    rate: float
    p95: float


async def as_fast_as_they_can(on: Offstage, askers: Sequence[Asker], each: int, label: str) -> Load:
    async def one(asker: Asker, number: int) -> list[Answer]:
        return [await asker.ask(f"{label} {number} n° {i} : où en est-on ?") for i in range(each)]

    before, began = on.cpu(), time.monotonic()
    answers = await asyncio.gather(*(one(asker, number) for number, asker in enumerate(askers)))
    return _load([answer for some in answers for answer in some], on.cpu() - before, time.monotonic() - began)


async def at_a_rate(on: Offstage, askers: Sequence[Asker], seconds: float) -> Load:
    before, began = on.cpu(), time.monotonic()
    async with asyncio.TaskGroup() as group:
        asked: list[asyncio.Task[Answer]] = []
        for number in range(round(RATE * seconds)):
            await asyncio.sleep(max(0.0, began + number / RATE - time.monotonic()))
            asker = askers[number % len(askers)]
            asked.append(group.create_task(asker.ask(f"à son rythme n° {number} : où en est-on ?")))
    answers = [task.result() for task in asked]
    return _load(answers, on.cpu() - before, time.monotonic() - began)


def _load(answers: Sequence[Answer], cpu: float, seconds: float) -> Load:
    took = [answer.took for answer in answers]
    p95 = statistics.quantiles(took, n=20, method="inclusive")[-1]
    return Load(each=cpu / len(answers) * 1e3, rate=len(answers) / seconds, p95=p95)


@asynccontextmanager
async def _floor(folder: Path, *, encrypted: bool) -> AsyncGenerator[tuple[int, list[Asker]]]:
    """The echo bot and people who have met it."""
    folder.mkdir(parents=True)  # noqa: ASYNC240
    async with stub() as server:
        bot = server.register("echo", PASSWORD)
        async with program("tests.bench.echo", server.url, bot, PASSWORD, str(folder)) as (pid, output):
            assert await output.readline() == b"ready\n"
            reading = asyncio.ensure_future(_drain(output))
            askers = [Asker(Citizen(server, f"anne-{i}", bot, encrypted=encrypted)) for i in range(PEOPLE)]
            for asker in askers:
                asker.citizen.meet()
            (device,) = server.accounts[bot].devices.values()
            while not device.one_time:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            await asyncio.gather(*(asker.ask("Premier essai ?") for asker in askers))
            yield pid, askers
            reading.cancel()


async def _drain(output: asyncio.StreamReader) -> None:
    while await output.readline():
        pass


async def floor(folder: Path, each: int, *, encrypted: bool) -> float:
    """Milliseconds of CPU for an echo."""
    async with _floor(folder, encrypted=encrypted) as (pid, askers):
        before = cpu(pid)
        for i in range(each):
            await asyncio.gather(*(asker.ask(f"n° {i} : où en est-on ?") for asker in askers))
        return (cpu(pid) - before) / each / len(askers) * 1e3


async def rates(folder: Path, each: int) -> list[Row]:
    rows: list[Row] = []
    async with instant_gateway() as gateway, offstage(folder / "rates", gateway) as on:
        for kind, encrypted, least in (("plain", False, 60), ("encrypted", True, 25)):
            askers = await on.people(PEOPLE, kind, encrypted=encrypted)
            load = await as_fast_as_they_can(on, askers, each, kind)
            least_cpu = await floor(folder / f"floor-{kind}", each, encrypted=encrypted)
            rows += [
                Row(
                    what=f"answers a second on one core, {kind}",
                    measured=1e3 / load.each,
                    least=least,
                    note=f"{load.each:.1f} ms each with the store; {load.rate:.0f} a second by the clock",
                ),
                Row(
                    what=f"CPU per answer, {kind}",
                    measured=load.each / least_cpu,
                    unit="× floor",
                    note=f"the floor: {least_cpu:.1f} ms for an echo",
                ),
            ]
        assert not any(asker.citizen.unread for asker in askers)
    return rows


async def replicas(folder: Path, rounds: int, seconds: float) -> list[Row]:
    """Encrypted answers at a fixed rate with one, two and four replicas, in turns, so that the machine's
    noise meets all of them."""
    loads: dict[int, list[Load]] = {1: [], 2: [], 4: []}
    async with instant_gateway() as gateway, offstage(folder / "replicas", gateway, replicas=4) as on:
        askers = await on.people(PEOPLE, "lise", encrypted=True)
        for _ in range(rounds):
            for count, found in loads.items():
                await on.only(count)
                await at_a_rate(on, askers, SETTLING)
                found.append(await at_a_rate(on, askers, seconds))
    alone = statistics.median(load.each for load in loads[1])
    return [_row_of(count, loads[count], alone) for count in loads]


def _row_of(count: int, loads: Sequence[Load], alone: float) -> Row:
    each = statistics.median(load.each for load in loads)
    p95 = statistics.median(load.p95 for load in loads)
    note = f"{each:.1f} ms for an answer in all, within {p95:.2f} s (p95)"
    if count == 1:
        return Row(what="CPU per answer, 1 replica", measured=each, unit="ms", note=note)
    more = (each / alone - 1) / (count - 1) * 100
    return Row(what=f"more for each further one, of {count}", measured=more, unit="%", goal=15, note=note)


async def measure(folder: Path, *, quick: bool) -> list[Row]:
    return [*await rates(folder, 10 if quick else 40), *await replicas(folder, 2 if quick else 5, 8)]


def main(*, quick: bool = False) -> None:
    with tempfile.TemporaryDirectory(prefix="relais-bench-") as folder:
        rows = asyncio.run(measure(Path(folder), quick=quick))
    show("Capacity, on a stub homeserver", rows)
