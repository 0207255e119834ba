"""CPU that the gateway client takes per 1,000 streamed tokens, and per request.

The fake gateway runs in a process of its own; 50 streams at 100 tokens a second each, as 50 people
reading at once would cause. Run: `python -m tests.bench.gateway`.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.gateway.ask import Ask, Material
from core.gateway.catalogue import Model
from core.gateway.client import Gateway
from core.gateway.engines.remote import session
from core.sensitivity.level import Level
from tests.bench.table import Row, show


@dataclass(frozen=True)
class Route:
    models: tuple[Model, ...]


@dataclass(frozen=True, kw_only=True)
class Cost:
    """CPU in milliseconds."""

    per_1000_tokens: float
    per_request: float


@contextmanager
def gateway_process(*arguments: str) -> Iterator[str]:
    """A fake gateway in its own process; gives its URL."""
    command = [sys.executable, "-m", "tests.rig.gateway", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


async def _streams(url: str, streams: int, question: str) -> float:
    """CPU seconds taken by `streams` answers at once, for each."""
    small = Model(id="small", served="small", url=url, clearance=Level.N1)
    material = Material(name="note.txt", text="Un paragraphe de contexte. " * 200)
    ask = Ask(instructions="Tu aides.", question=question, materials=(material,))

    async with session() as http:
        gateway = Gateway(session=http)

        async def read() -> None:
            async for _ in gateway.stream(ask, lambda: Route((small,))):
                pass

        await read()
        began = time.process_time()
        async with asyncio.TaskGroup() as group:
            for _ in range(streams):
                group.create_task(read())
        return (time.process_time() - began) / streams


def measure(*, streams: int = 50, rate: int = 100, seconds: int = 5) -> Cost:
    """Long answers give the cost of tokens, many short ones that of requests."""
    tokens = rate * seconds
    with gateway_process("--rate", str(rate), "--tokens", str(tokens)) as url:
        long = asyncio.run(_streams(url, streams, "Bonjour"))
    with gateway_process("--tokens", "1") as url:
        short = asyncio.run(_streams(url, 200, "Bonjour"))
    return Cost(per_1000_tokens=long / tokens * 1e6, per_request=short * 1e3)


def main(*, quick: bool = False) -> None:
    cost = measure(seconds=2 if quick else 5)
    rows = [
        Row(what="CPU per 1,000 streamed tokens", measured=cost.per_1000_tokens, unit="ms", goal=40),
        Row(what="CPU per request of one token", measured=cost.per_request, unit="ms"),
    ]
    show("The gateway client alone, 50 answers at once", rows)


if __name__ == "__main__":
    main()
