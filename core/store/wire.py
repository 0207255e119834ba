"""One connection to the server that all coroutines of a replica share, command after command.

redis-py opens, authenticates and secures the connection; a pool of them with a command each would cost
60 to 100 µs of CPU a command. Here commands leave as they come and replies are dealt out in order, 5
to 20 µs each, and commands of one moment share one write of the server to its disk. RESP3 lets published
messages come on the same connection.

Nothing is ever sent twice by itself: when the connection breaks, whoever waits gets StoreUnavailable
and the outcome is unknown, which every script allows for. The connection is then opened again.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, cast

import hiredis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError, ResponseError

from core.errors import StoreUnavailable

Word = bytes | str | int | float
Command = tuple[Word, ...]
_pack = cast(Callable[[Command], bytes], hiredis.pack_command)  # pyright: ignore[reportUnknownMemberType]

ANSWER_WITHIN = 5.0
"""Seconds: a server that takes longer is away (its scripts take well under a millisecond)."""
RECONNECT_WITHIN = 1.0
"""Seconds that a command waits for a connection that is being opened again."""
PAUSES = (0.05, 0.1, 0.25, 0.5, 1.0)


class Wire:
    """Commands in, replies out. `run` must be running beside."""

    def __init__(
        self,
        dial: Callable[[], AbstractConnection],
        *,
        greeting: Sequence[Command] = (),
        explain: Callable[[], str],
    ) -> None:
        """`dial` makes a connection, not yet open, which `greeting` begins; `explain` says why there may be
        none."""
        self._dial = dial
        self._explain = explain
        self._connection: AbstractConnection | None = None
        self._open = asyncio.Event()
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._greeting = tuple(greeting)
        self._channels: dict[str, Callable[[bytes], None]] = {}

    async def run(self) -> None:
        """Keep a connection open until cancelled."""
        failures = 0
        while True:
            try:
                connection = await self.open()
                failures = 0
                await self._read(connection)
            except (RedisError, OSError):
                await self.close()
                await asyncio.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
                failures += 1
            finally:
                await self.close()

    @property
    def connected(self) -> bool:
        return self._open.is_set()

    async def open(self) -> AbstractConnection:
        """Open the connection, if it is not. Raises RedisError or OSError."""
        if self._connection is None:
            connection = self._dial()
            await connection.connect()
            self._connection = connection
            subscribe = [("SUBSCRIBE", channel) for channel in self._channels]
            self._write([*self._greeting, *subscribe], [asyncio.Future() for _ in self._greeting])
            self._open.set()
        return self._connection

    def listen(self, channel: str, call: Callable[[bytes], None]) -> None:
        """Have `call` called with each message published on `channel`, for good."""
        self._channels[channel] = call
        if self._connection is not None:
            self._write([("SUBSCRIBE", channel)], [])

    async def call(self, commands: Sequence[Command]) -> list[Any]:
        """The replies to the commands, in order, an error reply as a ResponseError among them.

        The commands travel together and are executed in order, but not as one: others may come between.
        Raises StoreUnavailable, and then each may have been executed or not.
        """
        replies: list[asyncio.Future[Any]] = [asyncio.Future() for _ in commands]
        try:
            if self._connection is None:
                async with asyncio.timeout(RECONNECT_WITHIN):
                    await self._open.wait()
            self._write(commands, replies)
            async with asyncio.timeout(ANSWER_WITHIN):
                return [await reply for reply in replies]
        except TimeoutError:
            if self._connection is not None:
                await self.close()
            raise StoreUnavailable(self._explain()) from None

    def _write(self, commands: Sequence[Command], replies: Sequence[asyncio.Future[Any]]) -> None:
        connection = self._connection
        writer = connection and connection._writer  # pyright: ignore[reportPrivateUsage]
        if writer is None:
            raise StoreUnavailable(self._explain())
        self._waiting.extend(replies)
        # Not `send_packed_command`: one caller cancelled in it would cut the connection for all.
        writer.write(b"".join(map(_pack, commands)))

    async def _read(self, connection: AbstractConnection) -> None:
        while True:
            reply: Any
            try:
                reply = cast(Any, await connection.read_response(timeout=math.inf, push_request=True))
            except ResponseError as error:
                reply = error
            if isinstance(reply, hiredis.PushNotification):
                self._published(reply)
                continue
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(reply)

    def _published(self, push: Sequence[Any]) -> None:
        if len(push) == 3 and push[0] == b"message":
            self._channels[push[1].decode()](push[2])

    async def close(self) -> None:
        """Give up the connection, and whoever waits on it."""
        connection, self._connection = self._connection, None
        self._open.clear()
        waiting, self._waiting = self._waiting, deque()
        for reply in waiting:
            if not reply.done():
                reply.set_exception(StoreUnavailable(self._explain()))
                reply.exception()  # retrieved: not everybody still waits
        if connection is not None:
            await connection.disconnect(nowait=True)
