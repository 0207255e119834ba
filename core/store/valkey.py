"""The store: how relais reaches Valkey or Redis, and the rules that all its data follow there.

**Keys.** All data of a conversation lies in one partition `relais:{p}:…`; the braces put a partition into
one slot of a Cluster, so that a script may touch all of it. A single server gains nothing from many
partitions and has one. Names of people, conversations and messages appear in keys as keyed hashes only
(`Vault.tag`); content is sealed.

**Scripts.** What must happen together is one Lua script (`*.lua` beside this module, with `prelude.lua`
before it), called by its hash. A script is given the key prefix of its partition as its only key, and
takes the time from the server, so that replicas need no common clock.

**Errors.** This module alone turns errors of redis-py and of the server into StoreError.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from redis.asyncio.connection import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError

from core.errors import ConfigurationError, StoreError, StoreRefused, StoreUnavailable
from core.store.embedded import Embedded, answers
from core.store.wire import Command, ErrorReply, Wire, Word

CONNECT_WITHIN = 5.0
TEMPORARY = (
    "OOM",
    "MISCONF",
    "READONLY",
    "LOADING",
    "NOREPLICAS",
    "CLUSTERDOWN",
    "MASTERDOWN",
    "TRYAGAIN",
    "BUSY",
)
"""First words of the server's errors that pass, and for which the same call may be made again."""


def _scripts() -> dict[str, str]:
    folder = Path(__file__).parent
    prelude = (folder / "prelude.lua").read_text()
    found: dict[str, str] = {}
    for path in folder.glob("*.lua"):
        first, _, body = path.read_text().partition("\n")
        if path.stem != "prelude":
            found[path.stem] = f"{first}\n{prelude}{body}"
    return found


_SOURCES = _scripts()
_HASHES = {name: hashlib.sha1(source.encode()).hexdigest() for name, source in _SOURCES.items()}  # noqa: S324 - EVALSHA's
_LOADING: tuple[Command, ...] = tuple(("SCRIPT", "LOAD", source) for source in _SOURCES.values())


class Store:
    """The open store. Every method raises StoreUnavailable when the server is away or full."""

    def __init__(self, wire: Wire, *, partitions: int = 1) -> None:
        self._wire = wire
        self.partitions = partitions

    @property
    def connected(self) -> bool:
        """Is there a connection to the server? For readiness: it says nothing of the next call."""
        return self._wire.connected

    def partition(self, tag: str) -> int:
        """The partition of what `tag` (hexadecimal, from `Vault.tag`) names."""
        return int(tag[:8], 16) % self.partitions

    def key(self, partition: int, *names: str) -> str:
        return ":".join((f"relais:{{{partition}}}", *names))

    def script(self, name: str, partition: int, *args: Word) -> Command:
        """A call of the script `name`.lua, to be run by `run` or `batch`."""
        return ("EVALSHA", _HASHES[name], 1, self.key(partition), *args)

    async def run(self, command: Command) -> Any:
        """The server's reply to one command: bytes, int, None, or a list or dict of these."""
        return (await self.batch((command,)))[0]

    async def batch(self, commands: Sequence[Command]) -> list[Any]:
        """The replies to commands that travel together, executed in order but each for itself."""
        replies = await self._wire.call(commands)
        missing = [
            i
            for i, reply in enumerate(replies)
            if isinstance(reply, ErrorReply) and str(reply).startswith("NOSCRIPT")
        ]
        if missing:  # somebody emptied the server's cache of scripts
            again = await self._wire.call([*_LOADING, *(commands[i] for i in missing)])
            for i, reply in zip(missing, again[-len(missing) :], strict=True):
                replies[i] = reply
        for reply in replies:
            if isinstance(reply, ErrorReply):
                raise _translated(reply)
        return replies

    async def spread(self, commands: Sequence[Command]) -> list[Any]:
        """The replies to commands of which none waits for another."""
        return await self.batch(commands)

    async def scan(self) -> AsyncGenerator[tuple[str, str]]:
        """All keys that there are from begin to end of the scan, each with its type; some may come twice."""
        cursor = b"0"
        while True:
            cursor, keys = await self.run(("SCAN", cursor, "MATCH", "relais:*", "COUNT", 500))
            for key, kind in zip(keys, await self.spread([("TYPE", key) for key in keys]), strict=True):
                yield kind.decode(), key.decode()
            if cursor == b"0":
                return

    async def ping(self) -> None:
        await self.run(("PING",))

    async def rewrite(self) -> None:
        """Have the server write its log anew, without what was erased. Best effort: some servers forbid it,
        or are at it already."""
        with suppress(StoreError):
            await self.run(("BGREWRITEAOF",))

    def subscribe(self, channel: str, call: Callable[[bytes], None]) -> None:
        """Have `call` called with each message published on `channel` (best effort: some may be lost)."""
        self._wire.listen(channel, call)


def _translated(error: ErrorReply) -> StoreError:
    if str(error).startswith(TEMPORARY):
        return StoreUnavailable(f"the store refuses to write for now: {error}")
    return StoreError(f"the store refused a command: {error}")


@asynccontextmanager
async def open_store(
    *,
    url: str | None = None,
    data_dir: Path,
    ca_file: Path | None = None,
    partitions: int = 1,
    beside: bool = False,
) -> AsyncGenerator[Store]:
    """The store at `url` (`redis://`, `rediss://`, `unix://`), or with none the embedded one of `data_dir`.

    `beside`: for a command that may be given while relais runs on the same data folder, it uses the embedded
    server that runs already; without it, that is refused.

    Raises ConfigurationError (a wrong URL, password or folder), StoreRefused (must not be used: it
    evicts, or is in use) or StoreUnavailable (cannot be reached, disk full), each with the remedy.
    """
    embedded = Embedded(data_dir) if url is None else None
    pool = _pool(url or f"unix://{quote(str(embedded.socket if embedded else ''))}", ca_file)
    if embedded and beside and await answers(embedded.socket):
        embedded = None
    explain = embedded.explain if embedded else lambda: _explain(pool)
    wire = Wire(pool.make_connection, greeting=_LOADING, explain=explain)
    if embedded:
        await embedded.start()
    failure: BaseException | None = None
    try:
        await _first(wire, pool)
        async with asyncio.TaskGroup() as group:
            keepers = [group.create_task(wire.run())]
            if embedded:
                keepers.append(group.create_task(embedded.watch()))
            try:
                store = Store(wire, partitions=partitions)
                await _check(store)
                yield store
            except BaseException as error:  # noqa: BLE001 - raised below, as it is and not in a group
                failure = error
            for keeper in keepers:
                keeper.cancel()
    finally:
        await wire.close()
        if embedded:
            await embedded.stop()
    if failure is not None:
        raise failure


def _pool(url: str, ca_file: Path | None) -> ConnectionPool:
    """Only ever a maker of connections: redis-py's reading of the URL, without its retries."""
    secure = {"ssl_ca_certs": str(ca_file)} if ca_file and url.startswith("rediss:") else {}
    try:
        return ConnectionPool.from_url(  # pyright: ignore[reportUnknownMemberType]
            url,
            protocol=3,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=None,
            socket_connect_timeout=CONNECT_WITHIN,
            **secure,
        )
    except ValueError as error:
        raise ConfigurationError(
            "RELAIS_STORE__URL",
            f"not the address of a Valkey or Redis ({error})",
            "Write redis://host:6379, rediss://user:password@host:6379 or unix:///path/to/socket.",
        ) from None


def _explain(pool: ConnectionPool) -> str:
    known = pool.connection_kwargs
    place = known.get("path") or f"{known.get('host', 'localhost')}:{known.get('port', 6379)}"
    return f"the store at {place} cannot be reached"


async def _first(wire: Wire, pool: ConnectionPool) -> None:
    try:
        await wire.open()
    except (RedisError, OSError) as error:
        if isinstance(error, AuthenticationError) or isinstance(error.__cause__, AuthenticationError):
            raise ConfigurationError(
                "RELAIS_STORE__URL", "the server refuses the name or password", "Correct them in the URL."
            ) from None
        raise StoreUnavailable(f"{_explain(pool)} ({error}); start it or correct RELAIS_STORE__URL") from None


async def _check(store: Store) -> None:
    """Refuse a server that may throw away what waits there."""
    info = str((await store.run(("INFO", "memory"))).decode())
    fields = dict(line.split(":", 1) for line in info.splitlines() if ":" in line)
    policy = fields.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        raise StoreRefused(
            f"the server evicts data when its memory is full (maxmemory-policy {policy}); "
            "set maxmemory-policy to noeviction, or give relais a server of its own"
        )
