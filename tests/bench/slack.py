"""What an answer on Slack costs, beside a minimal echo bot on slack-bolt (the floor), for the same mentions.

People in channels of their own mention both bots in turns, in the same run, each more than once: who they are
and who is in a channel is then known, as with the bench of answers. CPU is that of the bot's process alone,
over everything that it did for a mention until it rests; what it does at rest counts too, which weighs on
one person's answer of five seconds. One person asks several times in a round, or chance would decide. Both
bots run on the event loop of Python. The echo opens a session of HTTP for each call, as Bolt does that is
not given one, and keeps, looks up, signs and logs nothing.

Beside each figure stands how much it is of what the least bot takes that asks the model, and judges, keeps
and signs nothing. Then twelve people ask at once for long answers while the fake Slack keeps its documented
limits: how late each answer is, and who asked before a Retry-After was over.

Run: `python -m tests.bench slack`.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.answer_text import prose
from tests.bench.process import cpu
from tests.bench.table import Row, show
from tests.rig.child import dies_with_us, port_of, reserve_port
from tests.rig.gateway import Behaviour, fake_gateway
from tests.rig.slack.server import SECRET, TOKEN
from tests.rig.slack.stage import Room, Stage, room, staged

END = "Voilà tout."
AT_ONCE = Behaviour(answer=f"{prose(38)} {END}")
SOON = Behaviour(answer=f"{prose(38)} {END}", first=0.3)
GROWING = Behaviour(answer=f"{prose(148)} {END}", first=0.2, rate=30)
KINDS = (("one message, at once", AT_ONCE, 2), ("the same, after 0.3 s", SOON, 2), ("growing", GROWING, 3))
"""Kinds of answers, and how many times the floor each may cost."""
LONG = Behaviour(answer=f"{prose(398)} {END}", first=0.5, rate=60)
LONG_SECONDS = 0.5 + 400 / 60
MOST, TWELVE = 8, 12
EACH = {1: 3, MOST: 1}
"""Questions of each person in one round, by how many they are."""
REST = 0.4
"""Seconds after the last answer in which a bot finishes what it does beside."""
AT_REST = 18.0
"""Seconds in which nobody asks: two rounds of all looks."""


@dataclass(slots=True, kw_only=True)
class Cost:
    """Seconds of CPU over so many answers."""

    cpu: float = 0.0
    answers: int = 0
    seconds: list[float] = field(default_factory=list)

    @property
    def each(self) -> float:
        """Milliseconds of CPU for one answer."""
        return self.cpu / self.answers * 1e3


@asynccontextmanager
async def echo(stage: Stage, *more: str) -> AsyncGenerator[tuple[int, str]]:
    """The floor's process: its pid and where it listens. `more`: the gateway that it asks."""
    with reserve_port() as reservation:
        port = port_of(reservation)
        arguments = (
            "-m",
            "tests.bench.slack_echo",
            str(port),
            f"{stage.slack.base}/api/",
            TOKEN,
            SECRET,
            *more,
        )
        process = await asyncio.create_subprocess_exec(
            *dies_with_us(sys.executable, *arguments), stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        await process.stdout.readline()
        try:
            yield process.pid, f"http://127.0.0.1:{port}/slack/events"
        finally:
            process.kill()
            await process.wait()


async def ask(
    stage: Stage, pid: int, url: str, rooms: Sequence[Room], cost: Cost, how: Behaviour | None = None
) -> None:
    """Have the people of these rooms mention the bot at once, and wait for all answers."""
    people = len(rooms)
    stage.slack.url = url
    for _ in range(people if how else 0):
        stage.gateway.next(how)  # type: ignore[arg-type]
    before = cpu(pid)

    async def one(number: int) -> float:
        began = time.monotonic()
        asked = await rooms[number].ask(f"Question {number}")
        channel, ends = rooms[number].channel, END if how else "Question"
        await stage.slack.until(
            lambda: any(ends in post.shown for post in stage.slack.answers(channel, asked.ts)), within=60
        )
        return time.monotonic() - began

    cost.seconds += await asyncio.gather(*(one(number) for number in range(people)))
    await asyncio.sleep(REST)
    cost.cpu += cpu(pid) - before
    cost.answers += people


async def measure(folder: Path, *, rounds: int) -> list[Row]:
    async with (
        fake_gateway() as gateway,
        staged(folder, gateway) as stage,
        echo(stage) as floor,
        echo(stage, gateway.url) as asker,
    ):
        ours, here = stage.bot.pid, f"{stage.bot.url}/slack/events"
        rooms, first = [room(stage) for _ in range(MOST)], Cost()
        await ask(stage, *floor, rooms, Cost())
        await ask(stage, *asker, rooms, Cost(), AT_ONCE)
        await ask(stage, ours, here, rooms, first, AT_ONCE)  # what happens once is told apart
        found: list[Row] = []
        for people in (1, MOST):
            least, some = Cost(), rooms[:people]
            costs = [(what, how, goal, Cost(), Cost()) for what, how, goal in KINDS]
            for _ in range(rounds * EACH[people]):
                await ask(stage, *floor, some, least)
                for _, how, _, cost, asking in costs:
                    await ask(stage, ours, here, some, cost, how)
                    await ask(stage, *asker, some, asking, how)
            name = f"{people} at once" if people > 1 else "one person"
            found.append(Row(what=f"{name}: the floor", measured=least.each, unit="ms CPU"))
            for what, _, goal, cost, asking in costs:
                beside = f"{cost.each:.1f} ms, {cost.each / asking.each:.1f} × a bot that asks the model"
                times = cost.each / least.each
                found.append(Row(what=f"{name}: {what}", measured=times, unit="×", goal=goal, note=beside))
        met = Row(
            what="the first answer to somebody, in a channel that is new", measured=first.each, unit="ms CPU"
        )
        before = cpu(ours)
        await asyncio.sleep(AT_REST)
        rest = Row(what="at rest, a second", measured=(cpu(ours) - before) / AT_REST * 1e3, unit="ms CPU")
        return [*found, met, rest, *await crowded(stage, here)]


async def crowded(stage: Stage, url: str) -> list[Row]:
    """Twelve people with long answers, twice, within Slack's documented limits."""
    slack, cost = stage.slack, Cost()
    slack.faults.limits = True
    for _ in range(2):
        await ask(stage, stage.bot.pid, url, [room(stage) for _ in range(TWELVE)], cost, LONG)
    slack.faults.limits = False
    late = [each - LONG_SECONDS for each in cost.seconds]
    return [
        Row(what="twelve with long answers: whole", measured=len(late), unit="answers", least=2 * TWELVE),
        Row(what="the latest, beside its model", measured=max(late), unit="s", goal=3.0),
        Row(what="calls before a Retry-After was over", measured=len(slack.limits.early), goal=0),
        Row(what="calls that Slack limited", measured=slack.limits.refused),
    ]


def main(*, quick: bool = False) -> None:
    with tempfile.TemporaryDirectory() as folder:
        rows = asyncio.run(measure(Path(folder), rounds=2 if quick else 5))
    show("Slack, beside an echo on slack-bolt", rows)
