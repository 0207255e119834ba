"""A real Prometheus scrapes a real relais that people use: no panel and no alert asks for what never is.

What takes days or an attack to happen (a changed identity, a value of a newer version) is counted by hand,
in a second target beside the replica, with the very functions that relais counts with.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from aiohttp import web

from core.metrics import Metrics
from tests.rig.child import LOOPBACK, dies_with_us, port_of, reserve_port
from tests.rig.citizens import Citizen, Seen
from tests.rig.gateway import Behaviour, FakeGateway, fake_gateway
from tests.rig.relais import relais
from tests.rig.serving import serving
from tests.rig.stub import Stub
from tests.rig.stub_api import stub
from tools.dashboards import queries

RULES = Path(__file__).parents[2] / "deploy" / "prometheus" / "rules" / "relais.yaml"
SELECTOR = re.compile(r"(?:relais_\w+|\bup\b)(?:\{[^}]*\})?")
PEOPLE = 12
"""More than the ten under whom nothing is shown of people."""
PATIENCE = 60.0
PACE = 1.0
"""Seconds between what one of them asks: Prometheus looks as often."""


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A running server, asked by its HTTP API."""

    url: str
    http: aiohttp.ClientSession

    async def get(self, path: str, **parameters: str) -> Any:
        async with self.http.get(f"{self.url}/api/v1/{path}", params=parameters) as answer:
            found = await answer.json()
        assert found["status"] == "success", found
        return found["data"]

    async def numbers(self, query: str) -> list[str]:
        """What a query gives now, series by series."""
        found = (await self.get("query", query=query))["result"]
        return [series["value"][1] for series in found if series["value"][1] != "NaN"]

    async def missing(self, queries: list[str]) -> list[str]:
        """Those that have given no number after a while."""
        left, end = queries, time.monotonic() + PATIENCE
        while left and time.monotonic() < end:
            await asyncio.sleep(0.5)
            left = [each for each in left if not await self.numbers(each)]
        return left

    async def rules(self) -> list[dict[str, Any]]:
        """The alerts as they were evaluated."""
        return [rule for group in (await self.get("rules"))["groups"] for rule in group["rules"]]


@asynccontextmanager
async def prometheus(folder: Path, targets: list[str]) -> AsyncGenerator[Prometheus]:
    """Debian's Prometheus with the alerts of deploy/, which looks at the targets every second."""
    config: dict[str, Any] = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(RULES)],
        "scrape_configs": [{"job_name": "relais", "static_configs": [{"targets": targets}]}],
    }
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
    with reserve_port() as reservation, (folder / "prometheus.log").open("wb") as log:
        address = f"{LOOPBACK}:{port_of(reservation)}"
        reservation.close()  # Prometheus shares no port
        process = await asyncio.create_subprocess_exec(
            *dies_with_us(
                shutil.which("prometheus") or "",
                f"--config.file={folder / 'prometheus.yaml'}",
                f"--storage.tsdb.path={folder / 'series'}",
                f"--web.listen-address={address}",
            ),
            stdout=log,
            stderr=log,
        )
        try:
            async with aiohttp.ClientSession() as http:
                server = Prometheus(f"http://{address}", http)
                await until(lambda: _answers(server))
                yield server
        finally:
            process.kill()
            await process.wait()


async def _answers(server: Prometheus) -> bool:
    try:
        async with server.http.get(f"{server.url}/-/ready") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


async def until(condition: Callable[[], Awaitable[object]]) -> None:
    end = time.monotonic() + PATIENCE
    while not await condition():
        assert time.monotonic() < end, "it did not come"
        await asyncio.sleep(0.1)


@asynccontextmanager
async def rarities() -> AsyncGenerator[str]:
    """Where the counts of a replica are, which has met what seldom happens."""
    rare = Metrics()
    rare.undecryptable.labels("tchap").inc()
    rare.identities.labels("tchap").inc()
    rare.too_new.labels("event").inc()
    rare.failures.labels("slack").inc()
    rare.jobs.labels("set_aside").inc()
    rare.refused.labels("slack", "leak").inc()

    async def render(_: web.Request) -> web.Response:
        rare.budget_wait.labels("final").observe(0.2)
        return web.Response(body=rare.render())

    app = web.Application()
    app.router.add_get("/metrics", render)
    async with serving(app) as url:
        yield url.removeprefix("http://")


class Agent(Citizen):
    """A citizen who waits for what the bot says."""

    async def hears_something(self) -> None:
        heard = asyncio.Event()

        def hear(seen: Seen) -> None:
            if not seen.growing:
                heard.set()

        self.hears = hear
        async with asyncio.timeout(PATIENCE):
            await heard.wait()

    async def meets(self) -> None:
        self.meet()
        await self.hears_something()

    async def asks(self, text: str) -> None:
        self.say(text)
        await self.hears_something()

    def judges(self, sign: str) -> None:
        """React to the last message of the bot."""
        assert self.room is not None
        answers = [event for _, event in self.room.events if event["sender"] == self._bot]
        relation = {"rel_type": "m.annotation", "event_id": answers[-1]["event_id"], "key": sign}
        self._server.post(self.room, self.user, "m.reaction", {"m.relates_to": relation})


async def people_use(server: Stub, bot: str, gateway: FakeGateway) -> None:
    """They ask again and again, none waits for another: a model fails at times, one is refused, two say what
    they think of their answer."""

    async def uses(number: int, text: str = "Où en est le dossier ?", judges: str = "") -> None:
        agent = Agent(server, f"agent-{number}", bot, encrypted=True)
        await agent.meets()
        while True:
            if not number:
                gateway.next(Behaviour(status=500))
            await agent.asks(text)
            if judges:
                agent.judges(judges)
            await asyncio.sleep(PACE)

    some = {
        1: uses(1, judges="👍"),
        2: uses(2, judges="👎"),
        3: uses(3, "SECRET DÉFENSE\nLa note est jointe."),
    }
    async with asyncio.TaskGroup() as people:
        for number in range(PEOPLE):
            people.create_task(some.get(number) or uses(number))


@pytest.mark.skipif(not shutil.which("prometheus"), reason="prometheus is not installed")
async def test_no_panel_and_no_alert_asks_for_what_never_is(tmp_path: Path) -> None:
    """Each query of the dashboards gives a number, each series that an alert compares is there, and
    Prometheus evaluates each alert without an error."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    alerts = [rule for group in groups for rule in group["rules"]]
    series = {each for rule in alerts for each in SELECTOR.findall(rule["expr"])}
    async with stub() as server, fake_gateway() as gateway, rarities() as rare:
        bot = server.register("assistant", "le mot de passe du robot")
        settings = {
            "RELAIS_TCHAP__HOMESERVER": server.url,
            "RELAIS_TCHAP__USER": bot,
            "RELAIS_TCHAP__PASSWORD": "le mot de passe du robot",
            "RELAIS_TCHAP__MESSAGES_PER_SECOND": "1000",
            "RELAIS_GATEWAY__URL": gateway.url,
            "RELAIS_GATEWAY__MODEL": gateway.models[0],
            "RELAIS_MAIL__ADDRESS": "assistant@exemple.gouv.fr",
            "RELAIS_MAIL__SMTP_URL": f"smtp://robot:secret@{LOOPBACK}:1",
            "RELAIS_MAIL__IMAP_URL": f"imap://robot:secret@{LOOPBACK}:1",
            "RELAIS_MAIL__AUTHSERV_ID": "mx.exemple.gouv.fr",
        }
        counting = "tests.packaging.counting"
        async with relais(tmp_path / "relais", settings, started=False, program=counting) as replica:
            await replica.launch()
            targets = [replica.url.removeprefix("http://"), rare]
            async with prometheus(tmp_path, targets) as asked, asyncio.TaskGroup() as group:
                await until(lambda: asked.numbers('relais_ready{part="tchap"} == 1'))
                use = group.create_task(people_use(server, bot, gateway))
                missing = await asked.missing([*queries(), *series])
                evaluated = await asked.rules()
                use.cancel()
    assert missing == []
    assert {rule["name"]: rule["lastError"] for rule in evaluated if rule["health"] != "ok"} == {}
    assert [rule["name"] for rule in evaluated] == [rule["alert"] for rule in alerts]
