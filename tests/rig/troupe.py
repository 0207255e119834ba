"""The Node process (`node/peer.mjs`) that plays all people of the tests.

It belongs to the event loop that started it: tests that share a troupe share a loop
(`pytestmark = pytest.mark.asyncio(loop_scope="session")`).
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from tests.rig import node_program
from tests.rig.child import dies_with_us
from tests.rig.homeserver import Homeserver
from tests.rig.peer import Peer


class PeerError(Exception):
    """The client refused or failed; starts with the Matrix errcode where there is one."""


class Troupe:
    """The Node process and everyone it plays."""

    def __init__(self, process: asyncio.subprocess.Process, servers: Sequence[str]) -> None:
        self.servers = list(servers)
        self._process = process
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._peers: dict[str, Peer] = {}

    async def person(
        self,
        homeserver: Homeserver,
        name: str,
        *,
        unique: bool = True,
        exclude_unsigned: bool = False,
        cross_signing: bool = True,
        displayname: str | None = None,
    ) -> Peer:
        """A new account with a number in its name (unless not `unique`), logged in and synced.

        With `cross_signing` its identity is set up and its device signed.
        """
        name = f"{name}-{next(self._ids)}" if unique else name
        password = f"secret of {name}"
        user = await homeserver.register(name, password, displayname=displayname)
        login = await self.call(
            None,
            "login",
            baseUrl=homeserver.base_url,
            name=user,
            password=password,
            crossSigning=cross_signing,
        )
        peer = self._peers[user] = Peer(self, homeserver, login, password)
        if exclude_unsigned:
            await peer.exclude_unsigned()
        return peer

    async def another_device(self, peer: Peer, *, cross_signing: bool = False) -> Peer:
        """The person on a new device, which nobody has signed; with `cross_signing` by a new identity, which
        takes the place of the one before."""
        key = f"{peer.user}#{next(self._ids)}"
        login = await self.call(
            None,
            "login",
            baseUrl=peer.homeserver.base_url,
            name=peer.user,
            password=peer.password,
            crossSigning=cross_signing,
            key=key,
        )
        other = self._peers[key] = Peer(self, peer.homeserver, login, peer.password, key)
        return other

    async def leave(self) -> None:
        """End every client; the accounts stay."""
        await self.call(None, "leaveAll")
        self._peers.clear()

    async def call(self, user: str | None, method: str, /, **params: Any) -> Any:
        """Ask the Node process. Raises PeerError."""
        id = next(self._ids)
        answer = self._waiting[id] = asyncio.get_running_loop().create_future()
        line = json.dumps({"id": id, "user": user, "method": method, "params": params})
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        try:
            return await asyncio.wait_for(answer, 60)
        finally:
            del self._waiting[id]

    async def listen(self) -> None:
        """Read what the process says until it ends."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            said = json.loads(line)
            if (user := said.get("changed")) is not None:
                if user in self._peers:
                    self._peers[user].changed.set()
            elif (future := self._waiting.get(said["id"])) is not None and not future.done():
                if "error" in said:
                    future.set_exception(PeerError(said["error"]))
                else:
                    future.set_result(said["result"])
        for future in self._waiting.values():
            future.set_exception(PeerError("the Node process ended"))


@asynccontextmanager
async def peers(folder: Path, servers: Sequence[Homeserver] = ()) -> AsyncGenerator[Troupe]:
    """The Node process, its messages in `folder`/peer.log. `servers` help to join rooms elsewhere."""
    script = node_program.install() / "peer.mjs"
    with (folder / "peer.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *dies_with_us(str(node_program.node()), str(script)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            limit=2**28,
        )
        troupe = Troupe(process, [server.server_name for server in servers])
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(troupe.listen())
            try:
                yield troupe
            finally:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
