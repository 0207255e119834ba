"""What the bench of answers runs on: a homeserver without rate limits, a gateway, the floor and relais,
each a process of its own, and people."""

from __future__ import annotations

import asyncio
import dataclasses
import statistics
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.bench.image import as_in_the_image
from tests.bench.people import Person, people
from tests.bench.process import children, cpu
from tests.rig.child import dies_with_us
from tests.rig.gateway import Behaviour
from tests.rig.homeserver import Homeserver, homeserver
from tests.rig.relais import Relais, relais

PASSWORD = "le mot de passe du robot"
STORE = "valkey-server"


@dataclass(slots=True, kw_only=True)
class Bot:
    """A running bot. `reacted`: when it did what it does first with a question, by the question's text."""

    user: str
    pid: int
    reacted: dict[str, float] = field(default_factory=dict)

    def cpu(self) -> float:
        return cpu(self.pid)

    def store_cpu(self) -> float:
        """Of the embedded store, if it has one."""
        return sum(cpu(id) for id, name in children(self.pid).items() if name == STORE)


class Gateway:
    """The fake gateway, in its own process, from here."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self.url = url
        self._http = http
        self._root = url.removesuffix("/v1")

    async def next(self, behaviour: Behaviour, count: int) -> None:
        """So the next `count` questions are answered."""
        for _ in range(count):
            await self._http.post(f"{self._root}/rig/next", json=dataclasses.asdict(behaviour))

    async def received(self) -> dict[str, float]:
        """When each question came."""
        async with self._http.get(f"{self._root}/rig/requests") as answer:
            requests: list[dict[str, Any]] = await answer.json()
        return {request["body"]["messages"][-1]["content"]: request["at"] for request in requests}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """All that runs."""

    people: list[Person]
    gateway: Gateway
    floor: Bot
    asker: Bot
    """The least bot that asks a model."""
    relais: Bot


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts:
    """Seconds from the start of the process to its line `ready`; the median of several."""

    first: float
    again: float


@asynccontextmanager
async def stage(folder: Path, count: int) -> AsyncGenerator[Stage]:
    """Everything running, and `count` people who have met both bots."""
    async with (
        homeserver(folder / "synapse") as server,
        aiohttp.ClientSession() as http,
        _gateway(http) as gateway,
        _echo(server, folder, "echo") as floor,
        _echo(server, folder, "asker", gateway.url) as asker,
        relais(folder / "relais", await _settings(server, folder, gateway.url, "assistant")) as process,
        people(server, folder, count) as everyone,
    ):
        bot = Bot(user=f"@assistant:{server.server_name}", pid=process.pid)
        for person in everyone:
            for each in (floor, asker, bot):
                await person.meet(each.user)
        yield Stage(people=everyone, gateway=gateway, floor=floor, asker=asker, relais=bot)


async def starts(folder: Path, times: int) -> Starts:
    """Start relais on an empty data folder with a new account, and again on the same, `times` times; before
    that once more, which compiles."""
    first: list[float] = []
    again: list[float] = []
    async with homeserver(folder / "synapse") as server:
        for number in range(times + 1):
            settings = await _settings(server, folder, "http://127.0.0.1:9/v1", f"starting-{number}")
            async with relais(folder / f"starting-{number}", settings, started=False) as process:
                first.append(await _ready_after(process))
                await process.stop()
                again.append(await _ready_after(process))
                await process.stop()
    return Starts(first=statistics.median(first[1:]), again=statistics.median(again[1:]))


async def _ready_after(process: Relais) -> float:
    began = time.monotonic()
    await process.start()
    return time.monotonic() - began


async def _settings(server: Homeserver, folder: Path, gateway: str, name: str) -> Mapping[str, str]:
    return {
        **as_in_the_image(folder / "image"),
        "RELAIS_TCHAP__HOMESERVER": server.base_url,
        "RELAIS_TCHAP__USER": await server.register(name, PASSWORD),
        "RELAIS_TCHAP__PASSWORD": PASSWORD,
        "RELAIS_TCHAP__MESSAGES_PER_SECOND": "50",
        "RELAIS_GATEWAY__URL": gateway,
        "RELAIS_GATEWAY__MODEL": "small",
    }


@asynccontextmanager
async def program(*arguments: str) -> AsyncGenerator[tuple[int, asyncio.StreamReader]]:
    """A Python module as a process that ends with us; its id and its output."""
    command = dies_with_us(sys.executable, "-m", *arguments)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield process.pid, process.stdout
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def _gateway(http: aiohttp.ClientSession) -> AsyncGenerator[Gateway]:
    async with program("tests.rig.gateway") as (_, output):
        yield Gateway((await output.readline()).decode().strip(), http)


@asynccontextmanager
async def _echo(server: Homeserver, folder: Path, name: str, *gateway: str) -> AsyncGenerator[Bot]:
    user = await server.register(name, PASSWORD)
    arguments = (server.base_url, user, PASSWORD, str(folder), *gateway)
    async with program("tests.bench.echo", *arguments) as (pid, output):
        bot = Bot(user=user, pid=pid)
        assert await output.readline() == b"ready\n"
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(_note(output, bot.reacted))
            yield bot
            listening.cancel()


async def _note(output: asyncio.StreamReader, reacted: dict[str, float]) -> None:
    while line := (await output.readline()).decode():
        at, _, text = line.rstrip("\n").partition(" ")
        reacted[text] = float(at)
