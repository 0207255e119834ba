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

from core.gateway.ask import Ask, Delta, Material
from core.gateway.catalogue import Model
from core.gateway.client import Gateway, session
from core.sensitivity.level import Level


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


async def _streams(url: str, streams: int, question: str) -> tuple[float, int]:
    """CPU seconds taken and tokens read by `streams` answers at once."""
    small = Model(id="small", served="small", url=url, clearance=Level.N1)
    material = Material(name="note.txt", text="Un paragraphe de contexte. " * 200)
    ask = Ask(instructions="Tu aides.", question=question, materials=(material,))
    tokens = 0

    async with session() as http:
        gateway = Gateway(session=http)

        async def read() -> None:
            nonlocal tokens
            async for piece in gateway.stream(ask, lambda: Route((small,))):
                tokens += isinstance(piece, Delta)

        await read()
        tokens, began = 0, time.process_time()
        async with asyncio.TaskGroup() as group:
            for _ in range(streams):
                group.create_task(read())
        return time.process_time() - began, tokens


def measure(*, streams: int = 50, rate: int = 100, seconds: int = 8) -> Cost:
    """Long answers give the cost of tokens, many short ones that of requests."""
    with gateway_process("--rate", str(rate), "--tokens", str(rate * seconds)) as url:
        cpu, tokens = asyncio.run(_streams(url, streams, "Bonjour"))
    with gateway_process("--tokens", "1") as url:
        short, answers = asyncio.run(_streams(url, 200, "Bonjour"))
    return Cost(per_1000_tokens=cpu / tokens * 1e6, per_request=short / answers * 1e3)


def main() -> None:
    cost = measure()
    print(f"gateway: {cost.per_1000_tokens:.1f} ms of CPU per 1,000 streamed tokens (goal: at most 40)")
    print(f"gateway: {cost.per_request:.2f} ms of CPU per request of one token")


if __name__ == "__main__":
    main()
