"""Our end of the fork server: starts it, hands it tasks with their descriptors, and collects the answers.

The protocol is in `core.documents.sandbox.fork_server`. One object for one process; `Sandbox` starts another
when it dies.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import itertools
import os
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson

import core
from core.documents.document import Limits, Reason
from core.documents.sandbox.jail import Strength
from core.errors import DocumentError, SandboxError
from core.language.operators import Phrase

_START_SECONDS = 20
_SLACK = 1024 * 1024
_CHUNK = 1024 * 1024
_CRASHES = {-signal.SIGABRT, -signal.SIGTRAP, -signal.SIGILL, -signal.SIGSEGV, -signal.SIGBUS}


class Failure(DocumentError):
    """A task did not end well because of its data. `reason` is what people are told."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason)
        self.reason: Reason = reason
        self.detail = detail


class ServerDied(SandboxError):
    """The fork server is gone: start another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    status: int
    memory: int


class Client:
    """A running fork server and the tasks it works on."""

    def __init__(self, process: asyncio.subprocess.Process, control: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        self._process = process
        self._control = control
        self._ids = itertools.count()
        self._ends: dict[int, asyncio.Future[_End]] = {}
        self.strength: asyncio.Future[Strength] = self._loop.create_future()
        self.offered: Strength = "full"
        self.alive = True
        self._loop.add_reader(control, self._receive)

    @property
    def pid(self) -> int:
        return self._process.pid

    @classmethod
    async def start(cls) -> Client:
        """Start the server and wait until it works. Raises SandboxError."""
        server = await cls.launch()
        await server.started()
        return server

    @classmethod
    async def launch(cls, tasks: Sequence[str] = ()) -> Client:
        """Start the server's process, which imports the parsers before it works (`started`), and then what
        these tasks need."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        with theirs:
            try:
                process = await spawn(theirs)
            except BaseException:
                ours.close()
                raise
        server = cls(process, ours)
        if tasks:
            with contextlib.suppress(ServerDied):  # found out when it is needed
                server._send(orjson.dumps({"prepare": tasks}))
        return server

    async def started(self) -> None:
        """Wait until the server has told its strength, or close it. Raises SandboxError."""
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self.strength
        except (TimeoutError, ServerDied) as error:
            await self.close()
            raise SandboxError(Phrase("sandbox.no_start")) from error
        except BaseException:
            await self.close()
            raise

    async def run(self, task: str, data: BinaryIO, arguments: dict[str, Any], limits: Limits) -> Any:
        """One task. Raises Failure for what the data did, ServerDied when the server is gone."""
        number = next(self._ids)
        end = self._ends[number] = self._loop.create_future()
        inward, outward = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            try:
                os.set_blocking(outward, True)
                with contextlib.suppress(OSError):
                    fcntl.fcntl(outward, fcntl.F_SETPIPE_SZ, _CHUNK)
                request = orjson.dumps({"id": number, "task": task, "limits": limits})
                with in_memory(orjson.dumps(arguments)) as given:
                    self._send(request, data.fileno(), given.fileno(), outward)
            finally:
                os.close(outward)
            return await self._answer(inward, end, limits)
        finally:
            os.close(inward)
            del self._ends[number]
            if not end.done():
                self._kill(number)
            elif not end.cancelled():
                end.exception()  # looked at, so that asyncio does not report it

    async def close(self) -> None:
        """End the server and its children, and wait for it."""
        if self.alive and not self.strength.done():  # it imports still, without a child
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        self._die()
        try:
            async with asyncio.timeout(2):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def _answer(self, inward: int, end: asyncio.Future[_End], limits: Limits) -> Any:
        try:
            async with asyncio.timeout(limits.seconds + 1):
                answer = await _drain(inward, limits.output * 4 + _SLACK)
                ended = await end
        except TimeoutError:
            raise Failure("time", str(limits.seconds)) from None
        if ended.status != 0 or not answer.endswith(b"\n"):
            raise _failure_of(ended, limits)
        message = orjson.loads(answer)
        if "failure" in message:
            raise _failure_named(message["failure"])
        return message["result"]

    def _send(self, request: bytes, *descriptors: int) -> None:
        try:
            socket.send_fds(self._control, [request], descriptors)
        except OSError as error:
            self._die()
            raise ServerDied from error

    def _kill(self, number: int) -> None:
        with contextlib.suppress(ServerDied):
            self._send(orjson.dumps({"kill": number}))

    def _receive(self) -> None:
        try:
            packet = self._control.recv(64 * 1024)
        except BlockingIOError:
            return
        except OSError:
            packet = b""
        if not packet:
            self._die()
            return
        message = orjson.loads(packet)
        if "strength" in message:
            self.offered = message["offered"]
            self.strength.set_result(message["strength"])
            return
        future = self._ends.get(message["id"])
        if future is not None and not future.done():
            future.set_result(_End(status=message["status"], memory=message["memory"]))

    def _die(self) -> None:
        if not self.alive:
            return
        self.alive = False
        self._loop.remove_reader(self._control)
        self._control.close()
        for future in (self.strength, *self._ends.values()):
            if not future.done():
                future.set_exception(ServerDied())
        if self.strength.done() and not self.strength.cancelled():
            self.strength.exception()


def in_memory(data: bytes) -> BinaryIO:
    """A descriptor of bytes that are in no file."""
    file = os.fdopen(os.memfd_create("data"), "w+b", buffering=0)
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]
    return file


async def spawn(control: socket.socket) -> asyncio.subprocess.Process:
    """Start the server's process, with its end of the socket."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "core.documents.sandbox.fork_server", str(control.fileno()),
        pass_fds=(control.fileno(),), cwd="/", env=environment(), stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


def environment() -> dict[str, str]:
    """What the server gets to know: where our code is; none of our settings, which hold secrets."""
    root = str(Path(core.__path__[0]).parent)
    names = ("LD_LIBRARY_PATH", "TESSDATA_PREFIX")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    one = {"OMP_THREAD_LIMIT": "1"}  # Tesseract's threads: the jail allows none
    python = {"PYTHONPATH": root, "PYTHONDONTWRITEBYTECODE": "1"}
    return kept | one | python | {"PATH": os.defpath, "LANG": "C.UTF-8"}


async def _drain(descriptor: int, limit: int) -> bytes:
    """Everything until the pipe's end. Raises Failure beyond `limit` bytes."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    chunks: list[bytes] = []
    size = 0

    def readable() -> None:
        nonlocal size
        try:
            chunk = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            return
        size += len(chunk)
        chunks.append(chunk)
        if done.done():
            return
        if size > limit:
            done.set_exception(Failure("output"))
        elif not chunk:
            done.set_result(None)

    loop.add_reader(descriptor, readable)
    try:
        await done
    finally:
        loop.remove_reader(descriptor)
    return b"".join(chunks)


def _failure_of(ended: _End, limits: Limits) -> Failure:
    """What the way in which a child died says about its document."""
    if ended.status == -signal.SIGXCPU:
        return Failure("time", str(limits.seconds))
    starved = ended.memory > limits.memory // 2
    if ended.status == -signal.SIGKILL or (ended.status in _CRASHES and starved):
        return Failure("memory")
    return Failure("damaged")


def _failure_named(name: str) -> Failure:
    if name in ("memory", "nested"):
        return Failure("memory" if name == "memory" else "nested")
    return Failure("damaged", name.partition(":")[2])
