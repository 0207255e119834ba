"""Two neighbouring versions on one store: what either writes the other reads, and nothing is lost or doubled.

The version before is taken from the history of this repository. Where that is not there (a shallow clone, an
archive), the test is skipped and says so: `git fetch --unshallow` brings it.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.peer import PeerRoom
from tests.rig.relais import Relais, relais
from tests.rig.synapse import Federation
from tests.rig.troupe import Troupe
from tests.rig.valkey import valkey

pytestmark = pytest.mark.asyncio(loop_scope="session")

BEFORE = "181e2ee362e3dcea1f440b597ebf40ffec52df69"
"""The commit that stands for the version before. To be moved on with each release."""
ROOT = Path(__file__).parents[2]
KEYS = '["une clé de plus de trente-deux caractères, pour deux versions"]'
BAD = ("tampered", "job_unreadable", "job_failed", "session_tampered", "store_error", "Traceback")


def checked_out(folder: Path) -> Path:
    """The packages of the version before, in a folder."""
    git = ("git", "-C", str(ROOT))
    if subprocess.run([*git, "cat-file", "-e", f"{BEFORE}^{{commit}}"], capture_output=True).returncode:
        pytest.skip(f"the history of git is missing here (a shallow clone?): {BEFORE[:12]} is not in it")
    packed = subprocess.run(
        [*git, "archive", BEFORE, "bots", "connectors", "core"], capture_output=True, check=True
    )
    folder.mkdir()
    subprocess.run(["tar", "-x", "-C", str(folder)], input=packed.stdout, check=True)
    return folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """A replica of each version, for one account on one store."""

    user: str
    before: Relais
    now: Relais

    def faults(self) -> list[str]:
        lines = [*self.before.log.splitlines(), *self.now.log.splitlines()]
        return [line for line in lines if any(word in line for word in BAD)]


@asynccontextmanager
async def neighbours(folder: Path, servers: Federation, gateway: FakeGateway) -> AsyncGenerator[Neighbours]:
    code = checked_out(folder / "code")
    name, password = "deux-versions", "le mot de passe du robot"
    user = await servers.agents.register(name, password, displayname="Assistant")
    async with valkey(folder / "store", tcp=True, appendfsync="always") as store:
        environment = {
            "RELAIS_TCHAP__HOMESERVER": servers.agents.base_url,
            "RELAIS_TCHAP__USER": user,
            "RELAIS_TCHAP__PASSWORD": password,
            "RELAIS_TCHAP__CROSS_SIGNING_SEED": f"seed of {name}, long enough to be one".ljust(48, "."),
            "RELAIS_TCHAP__MESSAGES_PER_SECOND": "100",
            "RELAIS_GATEWAY__URL": gateway.url,
            "RELAIS_GATEWAY__MODEL": gateway.models[0],
            "RELAIS_STORE__URL": store.url,
            "RELAIS_STORE__KEYS": KEYS,
        }
        async with (
            relais(folder / "before", environment | {"PYTHONPATH": str(code)}) as before,
            relais(folder / "now", environment) as now,
        ):
            yield Neighbours(user=user, before=before, now=now)


async def test_the_version_before_beside_this_one(
    tmp_path: Path, servers: Federation, troupe: Troupe, gateway: FakeGateway
) -> None:
    """Side by side they answer each question once; when either dies in an answer the other ends it, and
    either goes on with the sessions of the other."""
    async with neighbours(tmp_path, servers, gateway) as pair:
        names = ("alice", "bruno", "chloe", "denis")
        chats = [await (await troupe.person(servers.agents, name)).direct_chat(pair.user) for name in names]
        for chat in chats:
            await chat.message(sender=pair.user, containing="robot")
        await asyncio.gather(
            *(ask(chat, pair, f"ensemble {number}") for chat in chats for number in range(3))
        )
        chat = chats[0]
        await pair.now.stop()
        await taken_over(chat, pair, gateway, dying=pair.before, heir=pair.now, word="avant")
        await taken_over(chat, pair, gateway, dying=pair.now, heir=pair.before, word="après")
        assert pair.faults() == []


async def ask(chat: PeerRoom, pair: Neighbours, word: str) -> None:
    """Ask, and see that there is one answer."""
    id = await chat.send(f"Question {word}")
    await chat.message(sender=pair.user, containing=f"Question {word}", after=id)
    await once(chat, pair, word)


async def once(chat: PeerRoom, pair: Neighbours, word: str) -> None:
    view = await chat.view()
    assert view is not None
    said = [seen.text for seen in view.messages(pair.user)]
    assert sum(f"Question {word}" in text for text in said) == 1, said


async def taken_over(
    chat: PeerRoom, pair: Neighbours, gateway: FakeGateway, *, dying: Relais, heir: Relais, word: str
) -> None:
    """Ask the one, kill it while the model thinks, and have the other end the answer and go on."""
    await ask(chat, pair, f"{word} 1")
    asked = len(gateway.received)
    gateway.next(Behaviour(stall_after=0))
    id = await chat.send(f"Question {word} 2")
    async with asyncio.timeout(60):
        while len(gateway.received) == asked:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await dying.kill()
    await heir.start()
    await chat.message(sender=pair.user, containing=f"Question {word} 2", after=id)
    await ask(chat, pair, f"{word} 3")
    await once(chat, pair, f"{word} 2")
    remembered = str(gateway.received[-1].body["messages"])
    assert f"Question {word} 1" in remembered
