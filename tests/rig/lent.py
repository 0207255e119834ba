"""Stores for tests on servers that outlive them: to start and end an embedded one costs 20 ms of a core, to
empty one costs none. A test that opens the same folder again finds there what it left.

A server ends with the thread that started it (PR_SET_PDEATHSIG, prctl(2)): all are started by one that lives
as long as they do, for some tests run in a thread of their own.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import AsyncGenerator, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from core.store import embedded
from core.store.valkey import Store, open_store


@dataclass
class _Server:
    """A server, and the `folder` whose store it is for the `test` that used it last, or uses it."""

    process: subprocess.Popen[bytes]
    socket: Path
    test: str
    folder: Path
    lent: bool = True

    def do(self, *commands: str) -> str:
        """What goes wrong with these commands, each in a line; "" where all are done."""
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(str(self.socket))
            except OSError as error:
                return f"{error} (ended: {self.process.poll()})"
            connection.sendall("".join(f"{command}\r\n" for command in commands).encode())
            answers = connection.makefile("rb")
            told = (answers.readline().decode() for _ in commands)
            return next((each or "no answer" for each in told if not each.startswith("+")), "")


_servers: list[_Server] = []
_place: Path | None = None
_starter: ThreadPoolExecutor


@contextmanager
def servers(place: Path) -> Generator[None]:
    """Keep what servers write below `place`, and end them."""
    global _place, _starter
    _place = place
    try:
        with ThreadPoolExecutor(1) as _starter:
            yield
    finally:
        _place = None
        for server in _servers:
            server.process.kill()
            server.process.wait()
            server.socket.unlink(missing_ok=True)
        _servers.clear()


@asynccontextmanager
async def lent_store(folder: Path, partitions: int | None = None) -> AsyncGenerator[Store]:
    """The store of this folder, empty where this test has not opened it before. In a process of its own
    (which a test kills) it is the embedded one."""
    if _place is None:
        async with open_store(data_dir=folder, partitions=partitions) as store:
            yield store
        return
    server = _server(_place, folder)
    try:
        url = f"unix://{server.socket}"
        async with open_store(url=url, data_dir=folder, partitions=partitions) as store:
            yield store
    finally:
        server.lent = False


def _server(place: Path, folder: Path) -> _Server:
    test = os.environ["PYTEST_CURRENT_TEST"].rpartition(" ")[0]
    for server in _servers:
        if (server.test, server.folder) == (test, folder):
            assert not server.lent, "the store is in use"
            server.lent = True
            return server
    for server in _servers:
        if not server.lent and server.test != test:
            server.test, server.folder, server.lent = test, folder, True
            wrong = server.do("FLUSHALL", f"CONFIG SET maxmemory {embedded.MEMORY}")
            assert not wrong, wrong
            return server
    return _started(place, test, folder)


def _started(place: Path, test: str, folder: Path) -> _Server:
    made = embedded.Embedded(place / str(len(_servers)))
    made.folder.mkdir(parents=True)
    made.socket.parent.mkdir(exist_ok=True)
    command = [*embedded.launcher(), embedded.binary(), *made._options()]
    process = _starter.submit(
        partial(
            subprocess.Popen[bytes],
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
    ).result()
    server = _Server(process=process, socket=made.socket, test=test, folder=folder)
    _servers.append(server)
    while server.do("PING"):
        assert process.poll() is None, "it ended"
        time.sleep(0.005)
    return server
