"""How many answers stream at once: each token is stamped, and what people were shown is held against it.

Encrypted direct chats on the stub homeserver, an account without a rate limit, 50 tokens a second. From
token to visible: from the gateway's writing it to the edit that shows it. The ends of the answers: from the
last token to the final text.

Run: `python -m tests.bench streams`.
"""

from __future__ import annotations

import asyncio
import random
import re
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.offstage import Asker, Offstage, offstage, readers
from tests.bench.stage import program
from tests.bench.table import Row, show
from tests.rig.citizens import Seen

RATE = 50
STAMP = re.compile(r"\b\d{8}\b")


@dataclass(kw_only=True)
class Streamed:
    """What one run showed. Seconds."""

    visible: list[float] = field(default_factory=list)
    """From each token to the edit that shows it."""
    ends: list[float] = field(default_factory=list)
    messages: int = 0
    answers: int = 0
    cpu: float = 0.0
    """Of a core, while all streamed."""


class Reader:
    """Reads the stamps of one answer as they are shown."""

    def __init__(self, asker: Asker, streamed: Streamed) -> None:
        self._streamed = streamed
        self._last = 0
        self._done = asyncio.Event()
        self._citizen = asker.citizen
        asker.citizen.hears = self._hears

    async def ask(self, text: str) -> None:
        self._last = 0
        self._done.clear()
        self._citizen.say(text)
        async with asyncio.timeout(180):
            await self._done.wait()

    def _hears(self, seen: Seen) -> None:
        now = 10_000_000 + seen.at * 1000
        new = [at for at in map(int, STAMP.findall(seen.text)) if at > self._last]
        self._streamed.messages += 1
        self._streamed.visible += [(now - at) / 1000 for at in new]
        self._last = max(new, default=self._last)
        if not seen.growing:
            self._streamed.answers += 1
            self._streamed.ends.append((now - self._last) / 1000)
            self._done.set()


async def at_once(on: Offstage, count: int, seconds: float) -> Streamed:
    """So many people read answers of `seconds`; they ask within the first half of that."""
    streamed = Streamed()
    askers = await readers(on, count, f"lot-{count}")
    chance = random.Random(count)

    async def one(asker: Asker) -> None:
        await asyncio.sleep(chance.uniform(0, seconds / 2))
        await Reader(asker, streamed).ask("Que dire de l’heure ?")

    async def watch() -> None:
        await asyncio.sleep(seconds / 2)
        before, began = on.cpu(), time.monotonic()
        await asyncio.sleep(seconds / 2)
        streamed.cpu = (on.cpu() - before) / (time.monotonic() - began)

    await asyncio.gather(watch(), *map(one, askers))
    return streamed


async def measure(folder: Path, counts: Sequence[int], most: int, seconds: float) -> list[Row]:
    rows: list[Row] = []
    async with (
        program("tests.bench.pulse", str(round(seconds * RATE)), str(RATE)) as (_, output),
        offstage(folder / "streams", (await output.readline()).decode().strip()) as on,
    ):
        for count in (*counts, most):
            found = await at_once(on, count, seconds if count != most else 2 * seconds)
            rows += _rows_of(count, found)
    return rows


def _rows_of(count: int, found: Streamed) -> list[Row]:
    each, median = found.messages / found.answers, _quantile(found.visible, 50)
    return [
        Row(
            what=f"token to visible, {count} at once, p95",
            measured=_quantile(found.visible, 95),
            unit="s",
            goal=1.5 if count <= 100 else None,
            note=f"p50 {median:.2f} s, {each:.1f} messages each, {found.cpu:.2f} cores",
        ),
        Row(
            what=f"last token to final text, {count} at once, the longest",
            measured=max(found.ends),
            unit="s",
            goal=2.0,
            note=f"p95 {_quantile(found.ends, 95):.2f} s",
        ),
    ]


def _quantile(values: Sequence[float], at: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[at - 1]


def main(*, quick: bool = False) -> None:
    with tempfile.TemporaryDirectory(prefix="relais-bench-") as folder:
        rows = asyncio.run(
            measure(Path(folder), [100] if quick else [50, 100, 150, 200], 500, 10 if quick else 20)
        )
    show("Answers that stream at once, on a stub homeserver", rows)
