"""The asynchronous side of the sandbox: one task per call, each in a jailed process of its own.

`read` never raises for a bad file: what the file did to its reader becomes a reason. Only our own
failures raise `SandboxError`, after the fork server was started again once. Cancelling a call kills its
child; closing the sandbox, or the death of this process, ends the server and all children.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import itertools
import os
import signal
import socket
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import orjson

import core
from core.documents.document import Document, Reason
from core.documents.jail import STRENGTHS, Strength
from core.documents.limits import Limits
from core.errors import SandboxError

READ = "core.documents.reader:read_task"
_START_SECONDS = 20
_INLINE = 1024 * 1024
_CHUNK = 1024 * 1024
_CRASHES = {-signal.SIGABRT, -signal.SIGTRAP, -signal.SIGILL, -signal.SIGSEGV, -signal.SIGBUS}


class Failure(Exception):
    """A task did not end well because of its data. `reason` is what people are told."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason)
        self.reason: Reason = reason
        self.detail = detail


class _ServerDied(Exception):
    """The fork server is gone: start another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    status: int
    memory: int


class _Server:
    """A running fork server and the tasks it works on."""

    def __init__(self, process: asyncio.subprocess.Process, control: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        self._process = process
        self._control = control
        self._ids = itertools.count()
        self._ends: dict[int, asyncio.Future[_End]] = {}
        self.strength: asyncio.Future[Strength] = self._loop.create_future()
        self.alive = True
        self._loop.add_reader(control, self._receive)

    @property
    def pid(self) -> int:
        return self._process.pid

    @classmethod
    async def start(cls) -> _Server:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        with theirs:
            try:
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "core.documents.server", str(theirs.fileno()),
                    pass_fds=(theirs.fileno(),), cwd="/", env=_environment(),
                    stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.DEVNULL,
                )  # fmt: skip
            except BaseException:
                ours.close()
                raise
        server = cls(process, ours)
        try:
            async with asyncio.timeout(_START_SECONDS):
                await server.strength
        except (TimeoutError, _ServerDied) as error:
            await server.close()
            raise SandboxError("the document sandbox does not start") from error
        except BaseException:
            await server.close()
            raise
        return server

    async def run(self, task: str, data: BinaryIO, arguments: dict[str, Any], limits: Limits) -> Any:
        """One task. Raises Failure for what the data did, _ServerDied when the server is gone."""
        number = next(self._ids)
        end = self._ends[number] = self._loop.create_future()
        inward, outward = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            try:
                os.set_blocking(outward, True)
                with contextlib.suppress(OSError):
                    fcntl.fcntl(outward, fcntl.F_SETPIPE_SZ, _CHUNK)
                request = {"id": number, "task": task, "arguments": arguments, "limits": limits.to_json()}
                self._send(orjson.dumps(request), data.fileno(), outward)
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
                answer = await _drain(inward, limits.output * 4 + _INLINE)
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
            raise _ServerDied from error

    def _kill(self, number: int) -> None:
        with contextlib.suppress(_ServerDied):
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
                future.set_exception(_ServerDied())
        if self.strength.done() and not self.strength.cancelled():
            self.strength.exception()


class Sandbox:
    """Reads files in jailed processes. An asynchronous context manager; starts at first use.

    `workers` bounds the tasks at work at once. Below the strength `minimum` every file is refused
    with the reason `sandbox`.
    """

    def __init__(
        self, limits: Limits | None = None, *, workers: int | None = None, minimum: Strength = "rlimits"
    ) -> None:
        self.limits = limits or Limits()
        self.minimum: Strength = minimum
        self._slots = asyncio.Semaphore(workers or os.cpu_count() or 1)
        self._starting = asyncio.Lock()
        self._server: _Server | None = None
        self._closed = False
        self._level: Strength | None = None

    @property
    def level(self) -> Strength | None:
        """What holds the parsers, as probed at start; None before."""
        return self._level

    @property
    def pid(self) -> int | None:
        """The fork server's process, while it runs (for its memory in the metrics)."""
        return self._server.pid if self._server and self._server.alive else None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def start(self) -> Strength:
        """Start the server now and say how strong the sandbox is. Raises SandboxError."""
        return await (await self._running()).strength

    async def close(self) -> None:
        """End the server and every task at work (they raise SandboxError)."""
        self._closed = True
        await self._drop()

    async def _drop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            await server.close()

    async def read(self, data: bytes | Path, *, name: str, limits: Limits | None = None) -> Document:
        """The document in `data`, whatever it holds. `name` is the file's name, as people know it.

        Raises SandboxError when the sandbox itself fails, OSError when a Path cannot be opened.
        """
        limits = limits or self.limits
        try:
            result = await self.call(READ, data, {"name": name}, limits=limits)
            return Document.from_json(result)
        except Failure as failure:
            return Document(name=name, type="unknown", reason=failure.reason, detail=failure.detail)

    async def call(
        self, task: str, data: bytes | Path, arguments: dict[str, Any], *, limits: Limits | None = None
    ) -> Any:
        """Run the pure function `task` ("module:function", see `server.Task`) on `data` in the jail.

        Raises Failure for what the data did (too big, out of time, …), else as `read`.
        """
        limits = limits or self.limits
        with await _opened(data, limits) as file:
            async with self._slots:
                for _ in range(2):
                    server = await self._running()
                    if STRENGTHS.index(await server.strength) < STRENGTHS.index(self.minimum):
                        raise Failure("sandbox", self.minimum)
                    try:
                        return await server.run(task, file, arguments, limits)
                    except _ServerDied:
                        continue
        raise SandboxError("the document sandbox died twice on one task")

    async def _running(self) -> _Server:
        async with self._starting:
            if self._closed:
                raise SandboxError("the document sandbox is closed")
            if self._server is None or not self._server.alive:
                await self._drop()
                self._server = await _Server.start()
                self._level = await self._server.strength
            return self._server


def _environment() -> dict[str, str]:
    """What the server gets to know: where our code is; none of our settings, which hold secrets."""
    root = str(Path(core.__path__[0]).parent)
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return kept | {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONPATH": root, "PYTHONDONTWRITEBYTECODE": "1"}


async def _opened(data: bytes | Path, limits: Limits) -> BinaryIO:
    if isinstance(data, bytes) and len(data) <= min(_INLINE, limits.file_size):
        return _open(data, limits)
    return await asyncio.to_thread(_open, data, limits)


def _open(data: bytes | Path, limits: Limits) -> BinaryIO:
    """A descriptor of the data. Raises Failure for what is too big or no file, OSError."""
    if isinstance(data, bytes):
        if len(data) > limits.file_size:
            raise Failure("too_big", str(limits.file_size))
        file = os.fdopen(os.memfd_create("document"), "w+b", buffering=0)
        view = memoryview(data)
        while view:
            view = view[file.write(view) :]
        return file
    file = os.fdopen(os.open(data, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb", buffering=0)
    state = os.fstat(file.fileno())
    if not stat.S_ISREG(state.st_mode):
        file.close()
        raise Failure("unknown_format", "")
    if state.st_size > limits.file_size:
        file.close()
        raise Failure("too_big", str(limits.file_size))
    return file


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
    if name == "memory":
        return Failure("memory")
    if name == "nested":
        return Failure("nested")
    return Failure("damaged", name.partition(":")[2])
