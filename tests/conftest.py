"""Fixtures on real servers (`tests/rig`), started only for the tests that ask for them.

Servers live as long as the worker's session, on the session's event loop, and sleep between the modules that
use them: idle ones, and the people on them, cost a tenth of a core. People are new in each test.
A test module that uses them says `pytestmark = pytest.mark.asyncio(loop_scope="session")`.
"""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import AsyncGenerator, Generator
from contextlib import ExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

import tests.rig.homeserver
import tests.rig.relais
from core.documents.sandbox import fork_client
from core.store import embedded, place, wire
from core.telemetry import configure
from tests.rig import lent
from tests.rig.forks import PROGRAMS, Forks, fork_servers
from tests.rig.homeserver import Homeserver, homeserver
from tests.rig.synapse import Federation, awake, federation, resume
from tests.rig.troupe import Troupe, peers
from tests.rig.workers import pytest_addoption as pytest_addoption
from tests.rig.workers import pytest_runtestloop as pytest_runtestloop

gc.disable()
"""Until all is collected: what is imported and collected stays, and takes two seconds to look through."""

settings.register_profile(
    "same",
    derandomize=True,
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("some", settings.get_profile("same"), max_examples=20)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
"""The same examples each time, and not many, on a slow machine too; `some` tries fewer still, and
`HYPOTHESIS_PROFILE=default` looks for new ones."""


SERVERS = pytest.StashKey[Path]()
"""The folder of the fork servers' sockets."""


def pytest_configure(config: pytest.Config) -> None:
    stack = ExitStack()
    config.add_cleanup(stack.close)
    config.stash[SERVERS] = stack.enter_context(fork_servers())


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def plain_logging() -> None:
    """Log from every level on, whatever a replica in an earlier test of this process was configured to."""
    configure()


@pytest.fixture(autouse=True, scope="session")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Generator[None]:
    """A store that a busy machine has answer late is there all the same. It starts with little work, and
    waits for no disk: what a killed process wrote stays, and no test cuts the power."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wire, "ANSWER_WITHIN", 60.0)
        patch.setattr(place, "CONNECT_WITHIN", 60.0)
        patch.setattr(embedded, "FSYNC", "no")
        if shutil.which("setpriv"):  # as the launcher does, in 2 ms of CPU instead of 12
            patch.setattr(embedded, "launcher", lambda: ["setpriv", "--pdeathsig", "KILL"])
        with lent.servers(tmp_path_factory.mktemp("stores")):
            yield


@pytest.fixture
def on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """An embedded store as it ships, which has each write on the disk before it acknowledges it."""
    monkeypatch.setattr(embedded, "FSYNC", "always")


@pytest.fixture(autouse=True, scope="session")
def forks(pytestconfig: pytest.Config) -> Generator[Forks]:
    """Replicas, commands, homeservers and fork servers of documents are forked from processes that have
    imported them, each for all workers."""
    folder = pytestconfig.stash[SERVERS]
    made, jails, homeservers = (Forks(folder / program) for program in PROGRAMS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tests.rig.relais, "forks", made)
        patch.setattr(fork_client, "spawn", jails.jail)
        patch.setattr(fork_client, "_START_SECONDS", 60.0)  # of a busy machine
        patch.setattr(tests.rig.homeserver, "spawn", homeservers.synapse)
        yield made
    for each in (made, jails, homeservers):
        each.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def homeservers(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Federation]:
    async with federation(tmp_path_factory.mktemp("synapse")) as both:
        yield both
        resume(both.agents, both.externes)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def limited_homeserver(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Homeserver]:
    async with homeserver(tmp_path_factory.mktemp("limited"), default_limits=True) as server:
        yield server
        resume(server)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def players(
    tmp_path_factory: pytest.TempPathFactory, homeservers: Federation
) -> AsyncGenerator[Troupe]:
    both = [homeservers.agents, homeservers.externes]
    async with peers(tmp_path_factory.mktemp("peers"), both) as everyone:
        yield everyone


@pytest.fixture(scope="module")
def servers(homeservers: Federation) -> Generator[Federation]:
    """Two federated homeservers, `agents` and `externes`, without rate limits."""
    with awake(homeservers.agents, homeservers.externes):
        yield homeservers


@pytest.fixture(scope="module")
def limited(limited_homeserver: Homeserver) -> Generator[Homeserver]:
    """A homeserver of its own with Synapse's default rate limits: 0.2 messages a second, a burst of 10."""
    with awake(limited_homeserver):
        yield limited_homeserver


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def troupe(servers: Federation, players: Troupe) -> AsyncGenerator[Troupe]:
    """People on Matrix: `await troupe.person(servers.agents, "alice")`. They leave at the module's end: those
    who stay go on asking for news."""
    yield players
    await players.leave()
