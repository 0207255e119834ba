"""One connection to the server that all coroutines of a replica share, command after command.

redis-py opens, authenticates and secures the connection to a server elsewhere (core/store/place.py); with
its pool, each command would cost 60 to 100 µs of CPU. Here the commands of one moment leave in one write,
share one write of the server to its disk, and their replies are dealt out in order. Messages published come
on the same connection (RESP3).

Nothing is ever sent twice by itself: when the connection breaks, whoever waits gets StoreUnavailable
and the outcome is unknown, which every script allows for. The connection is then opened again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

import hiredis

from core.errors import StoreError, StoreUnavailable
from core.language.operators import Phrase
from core.retry import Backoff, beat, retried

Word = bytes | str | int | float
Command = tuple[Word, ...]
_pack = cast(Callable[[Command], bytes], hiredis.pack_command)  # pyright: ignore[reportUnknownMemberType]

ANSWER_WITHIN = 5.0
"""Seconds: a server that takes longer is away (its scripts take well under a millisecond)."""
RECONNECT_WITHIN = 1.0
"""Seconds that a command waits for a connection that is being opened again."""
PAUSES = Backoff(0.05, 1.0)
"""Between attempts to open it."""
_NOTHING = object()


class ErrorReply(StoreError):
    """The server's answer that a command failed, as it says it (`NOSCRIPT …`, `OOM …`)."""


class Connection(Protocol):
    """One connection to a server."""

    async def open(self) -> asyncio.WriteTransport:
        """Connect, and log in where the server asks for it. Raises OSError."""
        ...

    async def close(self) -> None: ...


class SocketConnection:
    """A connection to the unix socket of a server that asks for no login."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._transport: asyncio.WriteTransport | None = None

    async def open(self) -> asyncio.WriteTransport:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_unix_connection(asyncio.Protocol, str(self._path))
        return self._transport

    async def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Wire:
    """Commands in, replies out. `run` must be running beside."""

    partitions = 1
    """Into which a store divides what it holds: a single server gains nothing from many."""

    def __init__(
        self,
        dial: Callable[[], Connection],
        *,
        greeting: Sequence[Command] = (),
        explain: Callable[[], Phrase | str],
    ) -> None:
        """`dial` makes a connection, not yet open, which `greeting` begins; `explain` says why there may be
        none."""
        self._dial = dial
        self._explain = explain
        self._greeting = tuple(greeting)
        self._channels: dict[str, Callable[[bytes], None]] = {}
        self._line: _Line | None = None
        self._open = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._leaving: list[bytes] = []
        self._waiting: deque[tuple[asyncio.Future[Any], float]] = deque()
        """Who waits for a reply, and since when, in the order of the commands."""

    @property
    def connected(self) -> bool:
        return self._open.is_set()

    async def run(self) -> None:
        """Keep a connection open, and give up one that does not answer, until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep())
                group.create_task(self._watch())
        finally:
            await self.close()

    async def _keep(self) -> None:
        while True:
            line = await retried(self.open, on=OSError, pauses=PAUSES)
            await line.ended.wait()
            await self.close()
            await asyncio.sleep(PAUSES.after(1))

    async def _watch(self) -> None:
        """One timer for all calls; one for each would cost more than the call."""
        while True:
            await beat(ANSWER_WITHIN * 0.6)
            if self._waiting and self._waiting[0][1] < self._loop.time() - ANSWER_WITHIN:
                await self.close()

    async def open(self) -> _Line:
        """Open the connection, if it is not. Raises OSError."""
        if self._line is None:
            connection = self._dial()
            self._line = _Line(connection, await connection.open(), self._deal)
            self._send(self._greeting)
            self._send([("SUBSCRIBE", channel) for channel in self._channels])
            self._open.set()
        return self._line

    def listen(self, channel: str, call: Callable[[bytes], None]) -> None:
        """Have `call` called with each message published on `channel`, for good."""
        self._channels[channel] = call
        if self._line is not None:
            self._send([("SUBSCRIBE", channel)])

    @property
    def parts(self) -> list[Wire]:
        """What there is a wire to: one server (a Cluster has several)."""
        return [self]

    async def spread(self, commands: Sequence[Command]) -> list[Any]:
        """The same as `call` (a Cluster has each answered without waiting for another)."""
        return await self.call(commands)

    async def close(self) -> None:
        """Give up the connection, and whoever waits on it."""
        line, self._line = self._line, None
        self._open.clear()
        self._leaving.clear()
        waiting, self._waiting = self._waiting, deque()
        for reply, _ in waiting:
            if not reply.done():
                reply.set_exception(StoreUnavailable(self._explain()))
                reply.exception()  # retrieved: not everybody still waits
        if line is not None:
            line.ended.set()
            await line.connection.close()

    async def call(self, commands: Sequence[Command]) -> list[Any]:
        """The replies to the commands, in order, an error reply as an ErrorReply among them.

        The commands travel together and are executed in order, but not as one: others may come between.
        Raises StoreUnavailable, and then each may have been executed or not.
        """
        if self._line is None:
            try:
                async with asyncio.timeout(RECONNECT_WITHIN):
                    while self._line is None:  # it may be lost before who waits for it is woken
                        await self._open.wait()
            except TimeoutError:
                raise StoreUnavailable(self._explain()) from None
        return [await reply for reply in self._send(commands)]

    def _send(self, commands: Sequence[Command]) -> list[asyncio.Future[Any]]:
        if not self._leaving:
            self._loop.call_soon(self._flush)
        self._leaving += map(_pack, commands)
        now = self._loop.time()
        futures = [self._loop.create_future() for _ in commands]
        self._waiting.extend((future, now) for future in futures)
        return futures

    def _flush(self) -> None:
        leaving, self._leaving = self._leaving, []
        if leaving and self._line is not None:
            self._line.write(b"".join(leaving))

    def _deal(self, reply: object) -> None:
        """Give a reply to who waits for it, and a message to who listens."""
        if isinstance(reply, hiredis.PushNotification):
            push = cast(Sequence[Any], reply)
            if len(push) == 3 and push[0] == b"message":
                self._channels[push[1].decode()](push[2])
            if push[0] != b"subscribe":  # which is the reply to that command, where it is no error
                return
        waiting, _ = self._waiting.popleft()
        if not waiting.done():
            waiting.set_result(reply)
        if isinstance(reply, ErrorReply) and str(reply).startswith("READONLY"):
            raise ConnectionResetError("it is no master any more: ask again who is")


class _Line(asyncio.Protocol):
    """An open connection: what comes is dealt out at once. A stream, read by a task, would take a turn of the
    event loop more for each reply."""

    def __init__(
        self, connection: Connection, transport: asyncio.WriteTransport, deal: Callable[[object], None]
    ) -> None:
        self.connection = connection
        self.ended = asyncio.Event()
        self._deal = deal
        self._replies = hiredis.Reader(replyError=ErrorReply, notEnoughData=_NOTHING)
        self._transport = transport
        self._transport.set_protocol(self)
        if self._transport.is_closing():
            self.ended.set()

    def write(self, data: bytes) -> None:
        # Not `send_packed_command`: one caller cancelled in it would cut the connection for all.
        self._transport.write(data)

    def data_received(self, data: bytes) -> None:
        if self.ended.is_set():
            return
        self._replies.feed(data)
        try:
            while (reply := self._replies.gets()) is not _NOTHING:
                self._deal(reply)
        except (ConnectionResetError, hiredis.HiredisError):
            self.ended.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.set()
