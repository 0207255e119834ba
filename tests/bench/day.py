"""One ministry's day, scaled: 25,000 people and 400,000 questions, with its peaks and its accidents.

Four replicas on the stub homeserver, encrypted, with a store and its copy that Sentinels watch. The day runs
from 7 h to 20 h in some minutes, with the shape of a working day (9 h and 14 h are the peaks); one question
in twenty brings a text of a page to condense. Two replicas are killed and started again, and the primary of
the store is killed at the peak of 14 h. A question's answer is found by its number, which the gateway
repeats: what has none is lost, what has two is doubled, what stands before an earlier one is out of order.

Run: `python -m tests.bench day` (a hundredth: 250 people, 4,000 questions); `DAY=50` for a fiftieth,
`RATE=2` for so many questions a second on average, where the machine does other work too.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import statistics
import tempfile
import time
from bisect import bisect
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from pathlib import Path

from redis.asyncio import Redis

from tests.bench.offstage import KEYS, PASSWORD, POLICY
from tests.bench.process import cpu
from tests.bench.stage import program
from tests.bench.table import Row, show
from tests.rig.citizens import Citizen, Seen
from tests.rig.relais import Relais, relais
from tests.rig.stub import Json, Stub
from tests.rig.stub_api import stub
from tests.rig.valkey import Valkey
from tests.rig.valkeys import watched

PEOPLE, QUESTIONS, HOUR = 25_000, 400_000, 3_600
HOURS = (1, 4, 9, 8, 6, 3, 4, 9, 8, 6, 4, 2, 1)
"""How much is asked in each hour from 7 h on, in proportion."""
PER_SECOND = 10.0
"""Questions a second on average: what two cores carry beside the stub and the people."""
REPLICAS = 4
PATIENCE = 120.0
NUMBER = re.compile(r"n°\s(\d+)\b")
"""In an answer, whose spaces are set as they are printed."""
PAGE = "Le service examine la demande, en tient le compte, et rend son avis au comité. " * 40


class Resident(Citizen):
    """A citizen who knows which of the bot's messages stand, by their ids, in order."""

    def __init__(self, server: Stub, name: str, bot: str) -> None:
        super().__init__(server, name, bot, encrypted=True)
        self.standing: dict[str, str] = {}
        self.asked: list[int] = []
        self._answered = asyncio.Event()
        self._wanted: int | None = None
        self.hears = self._notes

    def _heard(self, event: Json) -> None:
        if event["type"] == "m.room.redaction":
            self.standing.pop(event["redacts"], None)
            return
        before = len(self.seen)
        super()._heard(event)
        if len(self.seen) > before:
            relation = event["content"].get("m.relates_to", {})
            edited = relation.get("event_id") if self.seen[-1].edit else None
            if edited is None or edited in self.standing:
                self.standing[edited or event["event_id"]] = self.seen[-1].text

    def _notes(self, seen: Seen) -> None:
        named = {int(number) for number in NUMBER.findall(seen.text)}
        if not seen.growing and (self._wanted is None or self._wanted in named):
            self._answered.set()

    async def met(self) -> None:
        self.meet()
        async with asyncio.timeout(PATIENCE):
            await self._answered.wait()

    async def ask(self, number: int, text: str) -> float:
        """Seconds until the answer stands whole; PATIENCE when it does not come."""
        self.asked.append(number)
        self._wanted = number
        self._answered.clear()
        began = time.monotonic()
        self.say(text)
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._answered.wait()
                return time.monotonic() - began
        return PATIENCE


@dataclass(slots=True)
class Day:
    """What came of it. `took` is seconds by the question's number; `troubled` are moments of accidents."""

    took: dict[int, float] = field(default_factory=dict[int, float])
    begun: dict[int, float] = field(default_factory=dict[int, float])
    accidents: list[float] = field(default_factory=list[float])
    spent: float = 0.0
    """Seconds of CPU of replicas and stores that were killed."""


def moments(count: int, seconds: float, chance: random.Random) -> list[float]:
    """When the questions of a day come, in seconds from its begin, in order."""
    ends = list(accumulate(HOURS))
    found: list[float] = []
    for _ in range(count):
        at = chance.random() * ends[-1]
        hour = bisect(ends, at)
        before = ends[hour - 1] if hour else 0
        found.append((hour + (at - before) / HOURS[hour]) / len(HOURS) * seconds)
    return sorted(found)


async def live(
    people: Sequence[Resident], count: int, seconds: float, day: Day, chance: random.Random
) -> None:
    """Everybody asks, each one question at a time: who still waits lets another one ask."""
    free = list(people)
    chance.shuffle(free)
    waiting: asyncio.Queue[Resident] = asyncio.Queue()
    for person in free:
        waiting.put_nowait(person)

    async def one(number: int, person: Resident) -> None:
        text = f"Question n° {number} : où en est le dossier ?"
        if chance.random() < 0.05:
            text = f"Résume en une phrase le texte n° {number} : {PAGE}"
        day.begun[number] = time.monotonic()
        day.took[number] = await person.ask(number, text)
        waiting.put_nowait(person)

    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number, at in enumerate(moments(count, seconds, chance)):
            await asyncio.sleep(max(0.0, began + at - time.monotonic()))
            group.create_task(one(number, await waiting.get()))


async def accidents(
    replicas: Sequence[Relais], master: Valkey, pids: list[int], seconds: float, day: Day
) -> None:
    """A replica dies in the morning, the store's primary at the peak of 14 h, another replica at 16 h."""
    began = time.monotonic()

    async def until(hour: float) -> None:
        await asyncio.sleep(max(0.0, began + (hour - 7) / len(HOURS) * seconds - time.monotonic()))
        day.accidents.append(time.monotonic())

    async def replaced(replica: Relais) -> None:
        day.spent += cpu(replica.pid)
        await replica.kill()
        await replica.start()

    await until(9.7)
    await replaced(replicas[1])
    await until(14.5)
    day.spent += cpu(pids.pop(0))
    await master.kill()
    await until(16.5)
    await replaced(replicas[2])


def judged(people: Sequence[Resident]) -> tuple[int, int, int]:
    """How many questions were lost, doubled, and answered out of order."""
    lost = doubled = disordered = 0
    for person in people:
        found = [int(match[1]) for text in person.standing.values() if (match := NUMBER.search(text))]
        lost += len(set(person.asked) - set(found))
        doubled += len(found) - len(set(found))
        places = [found.index(number) for number in person.asked if number in found]
        disordered += sum(later < earlier for earlier, later in pairwise(places))
    return lost, doubled, disordered


async def kinds(url: str) -> Counter[str]:
    """Bytes of a store by kind of key, such as `session`."""
    found: Counter[str] = Counter()
    async with Redis.from_url(url) as client:
        async for key in client.scan_iter(match="relais:*", count=500):
            kind = key.decode().partition("}:")[2].partition(":")[0]
            found[kind or key.decode()] += int(await client.memory_usage(key, samples=0) or 0)
    return found


async def run(folder: Path, scale: int, rate: float) -> list[Row]:
    chance = random.Random(scale)
    count, crowd = QUESTIONS // scale, PEOPLE // scale
    seconds = count / rate
    (folder / "policy").mkdir(parents=True)
    day = Day()
    async with stub() as server, watched(folder / "store") as store, program("tests.rig.gateway") as (_, out):
        gateway = (await out.readline()).decode().strip()
        policy = folder / "policy" / "policy.toml"
        policy.write_text(POLICY.format(gateway=gateway))
        bot = server.register("assistant", PASSWORD)
        environment = {
            "RELAIS_TCHAP__HOMESERVER": server.url,
            "RELAIS_TCHAP__USER": bot,
            "RELAIS_TCHAP__PASSWORD": PASSWORD,
            "RELAIS_TCHAP__CROSS_SIGNING_SEED": "une graine pour tous, assez longue pour en être une",
            "RELAIS_TCHAP__MESSAGES_PER_SECOND": "1000",
            "RELAIS_POLICY": str(policy),
            "RELAIS_STORE__URL": store.url,
            "RELAIS_STORE__KEYS": KEYS,
        }
        async with _replicas(folder, environment) as replicas:
            people = [Resident(server, f"agent-{number}", bot) for number in range(crowd)]
            for some in (people[at : at + 16] for at in range(0, crowd, 16)):
                await asyncio.gather(*(person.met() for person in some))
            pids = [store.master.pid, store.replica.pid]
            before = sum(map(cpu, [*pids, *(each.pid for each in replicas)]))
            sent, began = server.sent, time.monotonic()
            async with asyncio.TaskGroup() as group:
                group.create_task(accidents(replicas, store.master, pids, seconds, day))
                group.create_task(live(people, count, seconds, day, chance))
            lasted = time.monotonic() - began
            after = day.spent + sum(map(cpu, [*pids, *(each.pid for each in replicas)]))
            shares = await kinds(store.replica.url)
            sent = server.sent - sent
    each = (after - before) / count
    rows = _rows(day, judged(people), people=crowd, cpu_each=each, held=shares, sent=sent / count)
    return [*rows, Row(what="the day took", measured=lasted, unit="s", note=f"planned: {seconds:.0f} s")]


@asynccontextmanager
async def _replicas(folder: Path, environment: Mapping[str, str]) -> AsyncGenerator[list[Relais]]:
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(relais(folder / f"replica-{number}", environment))
            for number in range(REPLICAS)
        ]


def _rows(
    day: Day, faults: tuple[int, int, int], *, people: int, cpu_each: float, held: Counter[str], sent: float
) -> list[Row]:
    count = len(day.took)
    calm = [took for number, took in day.took.items() if not _near(day.begun[number], day.accidents)]
    troubled = [took for number, took in day.took.items() if _near(day.begun[number], day.accidents)]
    lost, doubled, disordered = faults
    fixed = held.pop("register", 0)  # tables of one size for each day
    own = held.total()
    shown = ", ".join(f"{kind} {size / people / 1024:.1f}" for kind, size in held.most_common(5))
    total = own / people * PEOPLE + fixed
    peak = QUESTIONS / sum(HOURS) * max(HOURS) / HOUR
    note = f"of {count} questions of {people} people"
    return [
        Row(what="lost", measured=lost, goal=0, note=note),
        Row(what="doubled", measured=doubled, goal=0, note=note),
        Row(what="out of order", measured=disordered, goal=0, note=note),
        Row(what="overhead, p50", measured=statistics.median(calm), unit="s"),
        Row(what="overhead, p95", measured=_p95(calm), unit="s", goal=1.0, note="20 s after accidents apart"),
        Row(what="overhead within 20 s of an accident, p95", measured=_p95(troubled), unit="s"),
        Row(what="the longest answer", measured=max(day.took.values()), unit="s"),
        Row(what="CPU for an answer", measured=cpu_each * 1e3, unit="ms", note="replicas and stores"),
        Row(what="store for a person", measured=own / people / 1024, unit="kB", note=shown),
        Row(what="store for 25,000 people", measured=total / 2**30, unit="GB", goal=4.0, note="after a day"),
        Row(what="messages for an answer", measured=sent, note="posts and edits"),
        Row(what="questions a second at the peak", measured=peak, note="25,000 people, 16 questions each"),
        Row(what="rate to ask of the homeserver", measured=peak * sent, unit="/s", note="messages a second"),
        Row(what="cores at the peak", measured=peak * cpu_each, note="replicas and stores together"),
    ]


def _near(at: float, accidents: Sequence[float]) -> bool:
    return any(-1.0 <= at - accident <= 20.0 for accident in accidents)


def _p95(took: Sequence[float]) -> float:
    return (
        statistics.quantiles(took, n=20, method="inclusive")[-1] if len(took) > 1 else max(took, default=0.0)
    )


def main(*, quick: bool = False) -> None:
    scale = int(os.environ.get("DAY", "400" if quick else "100"))
    with tempfile.TemporaryDirectory(prefix="relais-bench-") as folder:
        rows = asyncio.run(run(Path(folder), scale, float(os.environ.get("RATE", PER_SECOND))))
    show(f"One ministry’s day, at 1/{scale}, on a stub homeserver", rows)
