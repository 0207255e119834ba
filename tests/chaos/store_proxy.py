"""A proxy between one replica and the store that knows the commands it carries, and stops at any of them.

The observer is asked before a command is passed on, and after the server has answered it, before the
answer is passed on. When it says that the replica is dead, nothing more is passed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Literal
from urllib.parse import urlsplit

import hiredis

from core.store.valkey import _HASHES
from tests.rig.child import LOOPBACK

Side = Literal["before", "after"]
Observer = Callable[[Side, str, list[bytes], Any], bool]
"""Side, name of the command, the command, and the reply; True: the replica was just killed."""

_SCRIPTS = {hash.encode(): name for name, hash in _HASHES.items()}
_NOTHING = object()


def name_of(command: list[bytes]) -> str:
    """The script's name, `sync` for the save of a sync token, else the command in small letters."""
    word = command[0].lower().decode()
    if word == "evalsha":
        return _SCRIPTS.get(command[1], word)
    if word == "hset" and command[2].startswith(b":"):  # of notes, the one of no kind
        return "sync"
    return word


class StoreProxy:
    """In front of the server at `upstream`; the replica uses `url`."""

    def __init__(self, upstream: str, observe: Observer) -> None:
        self._upstream = urlsplit(upstream)
        self._observe = observe
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            theirs, ours = await asyncio.open_connection(self._upstream.hostname, self._upstream.port)
        except OSError:
            writer.close()
            return
        waiting: deque[list[bytes]] = deque()
        try:
            ways = (self._forth(reader, ours, waiting), self._back(theirs, writer, waiting))
            await asyncio.wait(map(asyncio.ensure_future, ways), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in (writer, ours):
                end.close()

    async def _forth(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, waiting: deque[list[bytes]]
    ) -> None:
        parser = hiredis.Reader(notEnoughData=_NOTHING)
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                parser.feed(data)
                while (command := parser.gets()) is not _NOTHING:
                    if self._observe("before", name_of(command), command, None):
                        return
                    if command[0].upper() != b"SUBSCRIBE":  # answered by pushes only
                        waiting.append(command)
                    writer.write(hiredis.pack_command(tuple(command)))
                await writer.drain()

    async def _back(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, waiting: deque[list[bytes]]
    ) -> None:
        parser = hiredis.Reader(notEnoughData=_NOTHING, replyError=str)
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                parser.feed(data)
                while (reply := parser.gets()) is not _NOTHING:
                    if isinstance(reply, hiredis.PushNotification):
                        continue
                    command = waiting.popleft()
                    if self._observe("after", name_of(command), command, reply):
                        return
                writer.write(data)
                await writer.drain()


@asynccontextmanager
async def store_proxy(upstream: str, observe: Observer) -> AsyncGenerator[StoreProxy]:
    """A proxy on a port of its own in front of the server with this URL (`redis://host:port`)."""
    it = StoreProxy(upstream, observe)
    server = await asyncio.start_server(it.serve, LOOPBACK, 0)
    it.url = f"redis://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"
    try:
        yield it
    finally:
        server.close()
