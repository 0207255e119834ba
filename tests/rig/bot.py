"""The assistant on Tchap, whole: an account on a homeserver, a gateway, and a `relais run` between them."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.rig.gateway import FakeGateway
from tests.rig.relais import Relais, relais
from tests.rig.synapse import Federation

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """`user` is its Matrix id, `process` the running program, `gateway` the models behind it."""

    user: str
    process: Relais
    gateway: FakeGateway

    def asked(self, words: str) -> int:
        """How many requests to the gateway contained these words."""
        return sum(words in json.dumps(each.body, ensure_ascii=False) for each in self.gateway.received)

    def last_asked(self) -> str:
        """Everything that the gateway was last told, as one text."""
        messages = self.gateway.received[-1].body["messages"]
        return "\n".join(message["content"] for message in messages)


@asynccontextmanager
async def bot_on_tchap(
    folder: Path,
    servers: Federation,
    gateway: FakeGateway,
    *,
    homeserver_url: str | None = None,
    started: bool = True,
    cold: bool = False,
    program: str = "",
    **settings: str,
) -> AsyncGenerator[Bot]:
    """A new account on the agents' server and its bot, which serves both servers' people.

    `homeserver_url` puts a proxy between; `program`: see `relais`; `settings` (`RELAIS_…=`) replace or add to
    ours.
    """
    name, password = f"assistant-{next(_numbers)}", "le mot de passe du robot"
    user = await servers.agents.register(name, password, displayname="Assistant")
    environment = {
        "RELAIS_TCHAP__HOMESERVER": homeserver_url or servers.agents.base_url,
        "RELAIS_TCHAP__USER": user,
        "RELAIS_TCHAP__PASSWORD": password,
        "RELAIS_TCHAP__CROSS_SIGNING_SEED": f"seed of {name}, long enough to be one".ljust(48, "."),
        "RELAIS_TCHAP__ALLOWED_SERVERS": json.dumps([servers.agents.server_name]),
        "RELAIS_TCHAP__GUEST_SERVERS": json.dumps([servers.externes.server_name]),
        "RELAIS_TCHAP__MESSAGES_PER_SECOND": "100",
        "RELAIS_GATEWAY__URL": gateway.url,
        "RELAIS_GATEWAY__MODEL": gateway.models[0],
    }
    given = environment | settings
    async with relais(folder, given, started=started, cold=cold, program=program) as process:
        yield Bot(user=user, process=process, gateway=gateway)
