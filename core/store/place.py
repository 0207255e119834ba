"""Where the store is, from its URL to connections: one server, a Sentinel's master, or a Cluster's nodes.

    unix:///path/to/socket
    redis://[user:password@]host[:port][/database]       one server; a node of a Cluster leads to all of it
    redis+cluster://[user:password@]host[:port],…        the same, with several nodes to begin with
    redis+sentinel://[user:password@]host[:port],…/name  the master of a service, as these Sentinels name it;
        ?sentinel_username=…&sentinel_password=…         where the Sentinels ask for some themselves

`rediss`, with or without `+…`, is the same over TLS, to Sentinels too. redis-py makes, opens, authenticates
and secures connections, without its retries, and asks the Sentinels; commands go another way
(core/store/wire.py).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlencode

from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from core.errors import ConfigurationError
from core.tls import trusting

CONNECT_WITHIN = 5.0
_SENTINEL_WITHIN = 1.0
"""Seconds that one Sentinel may take before the next one is asked."""

Dial = Callable[[], AbstractConnection]
"""Makes a connection, not yet open."""


class SecuredConnection:
    """A connection that redis-py opens, with the login and the security of the URL."""

    def __init__(self, connection: AbstractConnection) -> None:
        self._connection = connection

    async def open(self) -> asyncio.WriteTransport:
        try:
            await self._connection.connect()
        except RedisError as error:
            raise ConnectionError("redis-py did not open it") from error
        writer = self._connection._writer  # pyright: ignore[reportPrivateUsage]
        if writer is None:
            raise ConnectionResetError("the server closed the connection")
        return writer.transport

    async def close(self) -> None:
        await self._connection.disconnect(nowait=True)


class StoreAddress:
    """A URL that was understood. Raises ConfigurationError, without its password."""

    def __init__(self, url: str, ca_file: Path | None = None) -> None:
        scheme, _, rest = url.partition("://")
        self._scheme, _, self.kind = scheme.partition("+")
        """`kind`: `sentinel`, `cluster`, or empty: whatever is found there."""
        authority, slash, path = rest.partition("/")
        self._credentials, at, hosts = authority.rpartition("@")
        self._credentials += at
        self._hosts = hosts.split(",")
        self._tail = slash + path
        self._ca_file = ca_file
        self._pools = [self._pool(host) for host in self._hosts]
        self._sentinels: list[Any] = []

    def __str__(self) -> str:
        if self._scheme == "unix":
            return str(self._pools[0].connection_kwargs.get("path"))
        return ", ".join(f"{host}:{port}" for host, port in self.hosts)

    @property
    def hosts(self) -> list[tuple[str, int]]:
        known: list[dict[str, Any]] = [pool.connection_kwargs for pool in self._pools]
        return [(str(each.get("host", "localhost")), int(each.get("port", 6379))) for each in known]

    @property
    def service(self) -> str:
        """What Sentinels call the master."""
        return re.split("[/?]", self._tail.lstrip("/"), maxsplit=1)[0]

    def server(self) -> Dial:
        """To the one server of the URL."""
        return self._pools[0].make_connection

    def node(self, host: str, port: int) -> Dial:
        """To another server with the same name, password and security."""
        pool = self._pools[0]
        make: Any = pool.connection_class
        known: dict[str, Any] = {**pool.connection_kwargs, "host": host, "port": port, "db": 0}
        return lambda: cast(AbstractConnection, make(**known))

    def master(self) -> Dial:
        """To whatever server the Sentinels name when it is asked. Raises ConfigurationError."""
        path, _, query = self._tail.lstrip("/").partition("?")
        _, _, database = path.partition("/")
        if not (service := self.service):
            raise ConfigurationError("RELAIS_STORE__URL", "store.no_service")
        given = {name: values[-1] for name, values in parse_qs(query).items()}
        secure: dict[str, Any] = self._pools[0].connection_kwargs if self._scheme == "rediss" else {}
        own: dict[str, Any] = {k: v for k, v in secure.items() if k.startswith("ssl_")}
        for name in ("username", "password"):
            if f"sentinel_{name}" in given:
                own[name] = given[f"sentinel_{name}"]
        sentinels = Sentinel(
            self.hosts,
            sentinel_kwargs={
                **own,
                "ssl": self._scheme == "rediss",
                "socket_timeout": _SENTINEL_WITHIN,
                "socket_connect_timeout": _SENTINEL_WITHIN,
                "retry": Retry(NoBackoff(), 0),
            },
        )
        every: dict[str, Any] = self._pools[0].connection_kwargs
        self._sentinels = list(sentinels.sentinels)
        known = {k: v for k, v in every.items() if k not in ("host", "port", "db")}
        pool = SentinelConnectionPool(
            service, sentinels, ssl=self._scheme == "rediss", db=int(database or 0), **known
        )
        return pool.make_connection

    async def close(self) -> None:
        for sentinel in self._sentinels:
            await sentinel.aclose()

    def _pool(self, host: str) -> ConnectionPool:
        secure: dict[str, Any] = {}
        if self._ca_file and self._scheme == "rediss":
            trusting(
                self._ca_file
            )  # redis-py makes its own, and would tell of a wrong file at each connection
            secure["ssl_ca_certs"] = str(self._ca_file)
        try:
            return ConnectionPool.from_url(  # pyright: ignore[reportUnknownMemberType]
                f"{self._scheme}://{self._credentials}{host}{self._database}",
                protocol=3,
                retry=Retry(NoBackoff(), 0),
                socket_timeout=None,
                socket_connect_timeout=CONNECT_WITHIN,
                **secure,
            )
        except ValueError as error:
            raise ConfigurationError(
                "RELAIS_STORE__URL", "store.no_address", why=type(error).__name__
            ) from None

    @property
    def _database(self) -> str:
        """What follows the host in the URL of one server."""
        path, mark, query = self._tail.partition("?")
        kept = {k: v for k, v in parse_qs(query).items() if not k.startswith("sentinel_")}
        return ("" if self.kind else path) + (mark + urlencode(kept, doseq=True) if kept else "")


async def ask(dial: Dial, *command: str) -> Any:
    """The reply to one command, over a connection for it alone. Raises RedisError, OSError, TimeoutError."""
    connection: Any = dial()
    try:
        async with asyncio.timeout(CONNECT_WITHIN):
            await connection.connect()
            await connection.send_command(*command)
            return await connection.read_response()
    finally:
        await connection.disconnect()
