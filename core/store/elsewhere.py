"""A store at a URL: the connection to it that redis-py opens, to a Cluster where there is one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from redis.asyncio.sentinel import MasterNotFoundError
from redis.exceptions import AuthenticationError, RedisError, ResponseError

from core.errors import ConfigurationError, StoreUnavailable
from core.language.operators import Phrase
from core.store.cluster import Cluster
from core.store.place import SecuredConnection, StoreAddress, ask
from core.store.wire import Command, Wire
from core.tls import unreached


@asynccontextmanager
async def reach(
    url: str, ca_file: Path | None, *, greeting: Sequence[Command]
) -> AsyncGenerator[Wire | Cluster]:
    """An open wire to the store of a URL, each of whose connections `greeting` begins.

    Raises ConfigurationError (a wrong URL or password) or StoreUnavailable."""
    place = StoreAddress(url, ca_file)
    try:
        yield await _open(place, greeting, lambda: Phrase("store.unreachable", place=place))
    finally:
        await place.close()


async def _open(
    place: StoreAddress, greeting: Sequence[Command], explain: Callable[[], Phrase]
) -> Wire | Cluster:
    try:
        if place.kind == "cluster" or (not place.kind and await _is_cluster(place)):
            wire = Cluster(place, greeting=greeting, explain=explain)
        else:
            dial = place.master() if place.kind else place.server()
            wire = Wire(lambda: SecuredConnection(dial()), greeting=greeting, explain=explain)
        try:
            await wire.open()
        except BaseException:
            await wire.close()
            raise
    except (RedisError, OSError) as failure:
        error = failure.__cause__ if isinstance(failure.__cause__, RedisError) else failure
        if isinstance(error, AuthenticationError) or isinstance(error.__cause__, AuthenticationError):
            raise ConfigurationError("RELAIS_STORE__URL", "store.login") from None
        named = isinstance(error, MasterNotFoundError)
        why = Phrase("network.no_master", service=place.service) if named else unreached(error)
        raise StoreUnavailable(Phrase("store.unreachable_start", place=place, why=why)) from None
    return wire


async def _is_cluster(place: StoreAddress) -> bool:
    """Is the server a node of one? Raises ConfigurationError when it is a Sentinel."""
    try:
        info: bytes = await ask(place.server(), "INFO", "server")
    except ResponseError:
        return False  # it does not tell
    if b"_mode:sentinel" in info:
        raise ConfigurationError("RELAIS_STORE__URL", "store.is_sentinel", place=place)
    return b"_mode:cluster" in info
