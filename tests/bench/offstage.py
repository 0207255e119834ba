"""What the benches of capacity run on: the stub homeserver and its people in this process, and relais, a
gateway and a store in processes of their own."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.process import children, cpu
from tests.bench.stage import STORE, program
from tests.rig.citizens import Citizen, Seen
from tests.rig.relais import Relais, relais
from tests.rig.stub import Stub
from tests.rig.stub_api import stub
from tests.rig.valkey import valkey

PASSWORD = "le mot de passe du robot"
KEYS = json.dumps(["un secret de plus de trente-deux caractères, pour mesurer"])
POLICY = """
[[models]]
id = "small"
served = "small"
url = "{gateway}"
dialect = "openai"
clearance = "N2"
context = 32768
active_parameters = 8
tasks = ["chat", "summary"]

[quotas]
messages_per_minute = 100000
tokens_per_day = 1000000000
"""
"""The crowd asks faster than people do."""
PATIENCE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A question's answer: seconds from the question to its end, and the messages that it took."""

    took: float
    messages: int


class Asker:
    """A citizen with one question at a time."""

    def __init__(self, citizen: Citizen) -> None:
        self.citizen = citizen
        self._done = asyncio.Event()
        citizen.hears = self._hears

    def _hears(self, seen: Seen) -> None:
        if not seen.growing:
            self._done.set()

    async def met(self) -> None:
        """The chat is open, and the bot has said who it is."""
        self.citizen.meet()
        async with asyncio.timeout(PATIENCE):
            await self._done.wait()

    async def ask(self, text: str) -> Answer:
        self._done.clear()
        before, began = len(self.citizen.seen), time.monotonic()
        self.citizen.say(text)
        async with asyncio.timeout(PATIENCE):
            await self._done.wait()
        return Answer(took=time.monotonic() - began, messages=len(self.citizen.seen) - before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offstage:
    """All that runs. `stores` are the processes of the store outside of the replicas, `store` is its URL."""

    server: Stub
    bot: str
    replicas: Sequence[Relais]
    stores: Sequence[int]
    store: str

    def cpu(self) -> float:
        """Seconds of CPU of all replicas and their store so far."""
        pids = [*self.stores]
        for replica in (one for one in self.replicas if one.running):
            pids.append(replica.pid)
            pids += [id for id, name in children(replica.pid).items() if name == STORE]
        return sum(map(cpu, pids))

    async def only(self, count: int) -> None:
        """So many replicas run, the others are stopped."""
        for number, replica in enumerate(self.replicas):
            if replica.running and number >= count:
                await replica.stop()
        for replica in self.replicas[:count]:
            if not replica.running:
                await replica.start()

    async def people(self, count: int, label: str, *, encrypted: bool) -> list[Asker]:
        """So many people who have met the bot, and asked once."""
        askers = [
            Asker(Citizen(self.server, f"{label}-{i}", self.bot, encrypted=encrypted)) for i in range(count)
        ]
        for some in (askers[i : i + 16] for i in range(0, count, 16)):
            await asyncio.gather(*(asker.met() for asker in some))
            await asyncio.gather(*(asker.ask("Premier essai de question ?") for asker in some))
        return askers


async def readers(on: Offstage, count: int, label: str) -> list[Asker]:
    """So many people who have met the bot."""
    askers = [Asker(Citizen(on.server, f"{label}-{i}", on.bot, encrypted=True)) for i in range(count)]
    for some in (askers[i : i + 16] for i in range(0, count, 16)):
        await asyncio.gather(*(asker.met() for asker in some))
    return askers


@asynccontextmanager
async def offstage(
    folder: Path,
    gateway: str,
    *,
    replicas: int = 1,
    per_second: int = 1000,
    more: Mapping[str, str] | None = None,
) -> AsyncGenerator[Offstage]:
    """Replicas on the stub, with one store. `more` settings stand beside ours."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(stub())
        folder.mkdir(parents=True)  # noqa: ASYNC240
        policy = folder / "policy.toml"
        policy.write_text(POLICY.format(gateway=gateway))
        bot = server.register("assistant", PASSWORD)
        store = await stack.enter_async_context(valkey(folder / "store", tcp=True, appendfsync="always"))
        environment = {
            "RELAIS_TCHAP__HOMESERVER": server.url,
            "RELAIS_TCHAP__USER": bot,
            "RELAIS_TCHAP__PASSWORD": PASSWORD,
            "RELAIS_TCHAP__CROSS_SIGNING_SEED": "une graine pour tous, assez longue pour en être une",
            "RELAIS_TCHAP__MESSAGES_PER_SECOND": str(per_second),
            "RELAIS_POLICY": str(policy),
            "RELAIS_STORE__URL": store.url,
            "RELAIS_STORE__KEYS": KEYS,
            **(more or {}),
        }
        running = [
            await stack.enter_async_context(relais(folder / f"replica-{number}", environment))
            for number in range(replicas)
        ]
        yield Offstage(server=server, bot=bot, replicas=running, stores=[store.pid], store=store.url)


@asynccontextmanager
async def instant_gateway(tokens: int = 40) -> AsyncGenerator[str]:
    """A gateway that answers at once."""
    async with program("tests.rig.gateway", "--tokens", str(tokens)) as (_, output):
        yield (await output.readline()).decode().strip()
