"""What the store costs for an answered message: CPU of relais and of the server, jobs per second, latency.

A job is what the worker does: enqueue, claim, load the session, one message of the budget, final text made
durable, and done with the turn appended. 1, 4 and 16 people at once, each with one message at a time. Run:
`python -m tests.bench.store [always|everysec]`.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from core.connector import Address, Message, Pace, Person
from core.delivery.outbox import Budget
from core.inbox.inbox import Claim, Entry, Inbox, Ref
from core.sensitivity.level import Level
from core.sessions.repository import KeptTurn, Sessions
from core.store import embedded
from core.store.keyring import unlock
from core.store.valkey import Store, open_store
from core.vault import Keys, generate

PACE = Pace(per_second=1e6, burst=10_000)
TEXT = "Peux-tu me résumer la note de service jointe ? " * 4


@dataclass(frozen=True, kw_only=True)
class Cost:
    """CPU in milliseconds of relais and of the server, for each job; jobs per second; latency in ms."""

    people: int
    relais: float
    server: float
    per_second: float
    p50: float
    p95: float

    def __str__(self) -> str:
        return (
            f"{self.people:3} people: {self.per_second:6.0f} jobs/s, CPU {self.relais:.2f} ms + "
            f"{self.server:.2f} ms in the server, latency p50 {self.p50:.1f} ms, p95 {self.p95:.1f} ms"
        )


@asynccontextmanager
async def opened(fsync: str) -> AsyncGenerator[tuple[Store, int]]:
    """An embedded store and the process of its server."""
    with tempfile.TemporaryDirectory(dir=Path.home()) as folder:  # a real disk, where /tmp may be none
        embedded.FSYNC = fsync
        server = embedded.Embedded(Path(folder))
        await server.start()
        try:
            async with open_store(url=f"unix://{server.socket}", data_dir=Path(folder)) as store:
                yield store, server.pid or 0
        finally:
            await server.stop()


async def measure(people: int, jobs: int, *, fsync: str = "always") -> Cost:
    """The cost of `jobs` jobs of `people` who write at once."""
    async with opened(fsync) as (store, pid):
        vault = await unlock(store, Keys([generate()]))
        inbox = Inbox(store, vault, replica="un")
        sessions, budget = Sessions(store, vault), Budget(store, vault)
        waits: list[float] = []

        async def answer(claim: Claim) -> None:
            event = claim.events[0]
            session, _ = await sessions.load(event.address.conversation, event.sender.id)
            await claim.put(final=TEXT.encode() * 3)
            await budget.take("compte", PACE, "final")
            turn = KeptTurn(
                key=event.key, question=TEXT, answer=TEXT * 3, author=event.sender.id, at=0.0, level=Level.N1
            )
            ref = Ref(questions=(event.key,), posts=(f"{event.key}r",), session="s", turn=event.key)
            await claim.done(ref=ref, first=await sessions.appending(session, turn))

        async def person(number: int) -> None:
            for i in range(jobs // people):
                begun = time.perf_counter()
                await inbox.enqueue([Entry(event=_message(number, i), group="g")])
                (claim,) = await inbox.claim(1)
                await answer(claim)
                waits.append(time.perf_counter() - begun)

        own, servers, begun = time.process_time(), _cpu(pid), time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(people):
                group.create_task(person(number))
        took = time.perf_counter() - begun
        waits.sort()
        return Cost(
            people=people,
            relais=(time.process_time() - own) * 1000 / len(waits),
            server=(_cpu(pid) - servers) * 1000 / len(waits),
            per_second=len(waits) / took,
            p50=statistics.median(waits) * 1000,
            p95=waits[int(len(waits) * 0.95)] * 1000,
        )


def _message(person: int, i: int) -> Message:
    return Message(
        key=f"${person}.{i}",
        id=f"${person}.{i}",
        address=Address(connector="tchap", conversation=f"!{person}:agents.example"),
        at=1_700_000_000.0,
        sender=Person(id=f"@personne{person}:agents.example", name="Une personne"),
        text=TEXT,
        addressed=True,
        direct=True,
    )


def _cpu(pid: int) -> float:
    """Seconds of CPU of a process, by the scheduler's own count (nanoseconds)."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def main(*, quick: bool = False, fsync: str = "always") -> None:
    print("\nThe store: what it costs for an answered message\n")
    for people in (1, 4, 16):
        print(asyncio.run(measure(people, 500 if quick else 3000, fsync=fsync)))


if __name__ == "__main__":
    main(fsync=sys.argv[1] if len(sys.argv) > 1 else "always")
