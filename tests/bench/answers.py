"""What an answer costs, beside a minimal echo bot on matrix-nio (the floor), for the same questions.

People in encrypted direct chats ask both bots in turns, in the same run, so that the machine's noise meets
both. CPU is that of the bot's process alone (its embedded store is told apart), over everything that it
did for a question until it rests again, its own echo in /sync included. Three kinds of answers:

- *at once*: the gateway answers without delay; one message;
- *in 0.3 s*: one message too, after a read receipt and typing, as with a real model;
- *streamed*: over 5 s, with its beginning and the whole.

Both bots run on the event loop of Python. The echo keeps, looks up and logs nothing, and knows neither who
reads nor what was answered already. relais imports what its image has (`tests.bench.image`), and what it does
beside, at rest, counts with its answers.

Beside each figure stands how much it is of what the least bot takes that asks the model, and judges, keeps
and signs nothing.

Run: `python -m tests.bench answers`.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.answer_text import prose
from tests.bench.people import Asked, ask_all
from tests.bench.process import children, resident
from tests.bench.stage import Bot, Stage, Starts, stage, starts
from tests.bench.table import Row, show
from tests.rig.gateway import Behaviour

AT_ONCE = Behaviour(answer=prose(40))
SOON = Behaviour(answer=prose(40), first=0.3)
STREAMED = Behaviour(answer=prose(150), first=0.2, rate=30)
DENSE = Behaviour(answer=prose(1500), first=0.2, rate=300)
DENSER = 1500 - 150
"""Tokens that the dense answer has more than the streamed one."""
CROWDS = (1, 4, 16)
EACH = {1: 10, 4: 5, 16: 3}
"""Questions of each person in one round."""
REST = 0.4
"""Seconds after the last answer in which a bot finishes what it does beside."""
IDLE_AFTER = 3.0


@dataclass(slots=True, kw_only=True)
class Cost:
    """The rounds of one bot with one kind of answer and one crowd. Seconds of CPU."""

    cpu: float = 0.0
    store: float = 0.0
    asked: list[Asked] = field(default_factory=list)

    @property
    def each(self) -> float:
        """Milliseconds of CPU for one answer."""
        return self.cpu / len(self.asked) * 1e3

    @property
    def messages(self) -> float:
        return sum(asked.messages for asked in self.asked) / len(self.asked)


@dataclass(slots=True, kw_only=True)
class Crowd:
    """Everything measured with so many people at once."""

    size: int
    floor: Cost = field(default_factory=Cost)
    at_once: Cost = field(default_factory=Cost)
    soon: Cost = field(default_factory=Cost)
    streamed: Cost = field(default_factory=Cost)
    asker: dict[str, Cost] = field(default_factory=dict)
    """The least bot that asks the model, by the kind of answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    crowds: list[Crowd]
    dense: Cost
    starts: Starts
    idle: float
    idle_store: float
    loaded: float
    reacted: dict[str, float]
    received: dict[str, float]


async def measure(folder: Path, *, rounds: int, start_times: int) -> Figures:
    started = await starts(folder / "starts", start_times)
    async with stage(folder / "stage", max(CROWDS)) as on:
        await asyncio.sleep(IDLE_AFTER)
        idle = resident(on.relais.pid)
        idle_store = sum(map(resident, children(on.relais.pid)))
        await _warm(on)
        crowds = [Crowd(size=size) for size in CROWDS]
        dense = Cost()
        for number in range(rounds):
            for crowd in crowds:
                await _round(on, crowd, f"tour {number} à {crowd.size}")
            await _ask(on, on.relais, dense, 4, 1, f"tour {number}, dense,", DENSE)
        return Figures(
            crowds=crowds,
            dense=dense,
            starts=started,
            idle=idle,
            idle_store=idle_store,
            loaded=resident(on.relais.pid, "VmHWM"),
            reacted=on.floor.reacted,
            received=await on.gateway.received(),
        )


async def _warm(on: Stage) -> None:
    """Keys are shared, people are greeted: what happens once per chat is not an answer's cost."""
    for bot in (on.floor, on.asker, on.relais):
        await ask_all(on.people, bot.user, "prélude", 1)


async def _round(on: Stage, crowd: Crowd, label: str) -> None:
    size, each = crowd.size, EACH[crowd.size]
    await _ask(on, on.floor, crowd.floor, size, each, f"{label}, écho,")
    for kind, cost, how, count in (
        ("at once", crowd.at_once, AT_ONCE, each),
        ("in 0.3 s", crowd.soon, SOON, each),
        ("streamed", crowd.streamed, STREAMED, 1),
    ):
        await _ask(on, on.relais, cost, size, count, f"{label}, {kind},", how)
        asking = crowd.asker.setdefault(kind, Cost())
        await _ask(on, on.asker, asking, size, count, f"{label}, demande, {kind},", how)


async def _ask(
    on: Stage, bot: Bot, cost: Cost, size: int, each: int, label: str, how: Behaviour | None = None
) -> None:
    if how is not None:
        await on.gateway.next(how, size * each)
    cpu, store = bot.cpu(), bot.store_cpu()
    cost.asked += await ask_all(on.people[:size], bot.user, label, each)
    await asyncio.sleep(REST)
    cost.cpu += bot.cpu() - cpu
    cost.store += bot.store_cpu() - store


def rows(figures: Figures) -> list[Row]:
    found: list[Row] = []
    for crowd in figures.crowds:
        found += _costs(crowd)
    for crowd in figures.crowds:
        if crowd.size < max(CROWDS):  # as many people as that wait for the homeserver, not for the bots
            found += _reaction(crowd, figures)
    alone = figures.crowds[0].soon.asked
    signs = [asked.sign - asked.sent for asked in alone if asked.sign is not None]
    streamed = next(crowd.streamed for crowd in figures.crowds if crowd.size == 4)
    return [
        *found,
        Row(
            what="first sign to the person, p50",
            measured=_quantile(signs, 0.5) * 1e3,
            unit="ms",
            goal=100,
            note=f"p95 {_quantile(signs, 0.95) * 1e3:.0f} ms",
        ),
        Row(
            what="memory, idle",
            measured=figures.idle,
            unit="MB",
            goal=120,
            note=f"beside it the store, {figures.idle_store:.1f} MB",
        ),
        Row(what="memory, loaded (its peak)", measured=figures.loaded, unit="MB", goal=150),
        Row(what="ready after a first start", measured=figures.starts.first, unit="s", goal=1.5),
        Row(what="ready after a later start", measured=figures.starts.again, unit="s", goal=1.5),
        Row(
            what="CPU per 1,000 streamed tokens",
            measured=(figures.dense.each - streamed.each) / DENSER * 1e3,
            unit="ms",
            goal=40,
            note="answers of 1500 tokens beside 150",
        ),
    ]


def _costs(crowd: Crowd) -> list[Row]:
    floor = crowd.floor.each
    kinds = (("at once", crowd.at_once, 2), ("in 0.3 s", crowd.soon, 2), ("streamed", crowd.streamed, 3))
    return [
        Row(what=f"CPU per echo, {_people(crowd)}", measured=floor, unit="ms", note="the floor"),
        *(
            Row(
                what=f"CPU per answer {kind}, {_people(crowd)}",
                measured=cost.each / floor,
                unit="× floor",
                goal=goal,
                note=f"{cost.each:.1f} ms, "
                f"{cost.each / crowd.asker[kind].each:.1f} × a bot that asks the model, "
                f"store {cost.store / len(cost.asked) * 1e3:.1f} ms, {cost.messages:.1f} messages",
            )
            for kind, cost, goal in kinds
        ),
    ]


def _reaction(crowd: Crowd, figures: Figures) -> list[Row]:
    """From the message to the request for the gateway, over the floor's time to react."""
    floor = [figures.reacted[asked.text] - asked.sent for asked in crowd.floor.asked]
    ours = [figures.received[asked.text] - asked.sent for asked in (*crowd.at_once.asked, *crowd.soon.asked)]
    return [
        Row(
            what=f"message to gateway, {name}, {_people(crowd)}",
            measured=(_quantile(ours, at) - _quantile(floor, at)) * 1e3,
            unit="ms",
            goal=goal,
            note=f"{_quantile(ours, at) * 1e3:.0f} ms, floor {_quantile(floor, at) * 1e3:.0f} ms",
        )
        for name, at, goal in (("p50", 0.5, 30), ("p95", 0.95, 80))
    ]


def _quantile(values: Sequence[float], at: float) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[round(at * 100) - 1]


def _people(crowd: Crowd) -> str:
    return "1 person" if crowd.size == 1 else f"{crowd.size} people"


def main(*, quick: bool = False) -> None:
    with tempfile.TemporaryDirectory(prefix="relais-bench-") as folder:
        figures = asyncio.run(measure(Path(folder), rounds=1 if quick else 3, start_times=1 if quick else 3))
    show("Answers, beside a minimal echo bot on matrix-nio", rows(figures))
