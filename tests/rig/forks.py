"""Starts programs by forking a process that has imported them: each start costs a second of CPU less.

`Forks` is the tests' end. The other end, `python -m tests.rig.forks FD PARENT MODULE…`, imports them, runs
none of them, and forks once for each start. What a fork inherits are modules, no state:
its settings, folder, signals and standard streams are its own. A program is a module with a function `main`.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import struct
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from types import ModuleType
from typing import IO, Any, NoReturn

from core.documents.sandbox import fork_client

REPLICA = (
    "bots.serve",
    "connectors.mail.connector",
    "connectors.slack.connector",
    "connectors.tchap.connector",
)
JAIL = ("core.documents.sandbox.fork_server", "core.documents.file_reader")
PACKET = 128 * 1024
NUMBER = struct.Struct("i")
"""A pid, then the code of its end, each as one number."""
DIES_WITH_PARENT = 1
"""PR_SET_PDEATHSIG."""


class Fork:
    """A program that runs, shown as `asyncio.subprocess.Process` shows one."""

    def __init__(self, pid: int, end: int) -> None:
        self.pid = pid
        self._end = end
        self._code: int | None = None

    @property
    def returncode(self) -> int | None:
        """Its exit code, or minus the signal that ended it; None while it runs."""
        if self._code is None:
            try:
                told = os.read(self._end, NUMBER.size)
            except BlockingIOError:
                return None
            os.close(self._end)
            (self._code,) = NUMBER.unpack(told)
        return self._code

    async def wait(self) -> int:
        while (code := self.returncode) is None:
            await readable(self._end)
        return code

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


async def readable(descriptor: int) -> None:
    """Wait until something can be read."""
    loop, it_is = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, it_is.set)
    try:
        await it_is.wait()
    finally:
        loop.remove_reader(descriptor)


class Forks:
    """The process that is forked from: made with the first fork, and ended with us or by `close`."""

    def __init__(self, modules: Sequence[str] = REPLICA) -> None:
        self._modules = modules
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    async def fork(
        self,
        program: str,
        arguments: Sequence[str],
        streams: tuple[IO[bytes] | socket.socket, IO[bytes] | socket.socket, IO[bytes] | socket.socket],
        *,
        environment: Mapping[str, str],
        folder: Path,
    ) -> Fork:
        """The program with these arguments, standard streams and environment, in this folder."""
        request = {
            "program": program,
            "arguments": arguments,
            "environment": dict(environment),
            "folder": str(folder),
        }
        tells, told = os.pipe()
        os.set_blocking(tells, False)
        try:
            descriptors = [*(each.fileno() for each in streams), told]
            socket.send_fds(self._control or self._begin(), [json.dumps(request).encode()], descriptors)
        finally:
            os.close(told)
        await readable(tells)
        return Fork(*NUMBER.unpack(os.read(tells, NUMBER.size)), tells)

    async def run(
        self, *arguments: str, environment: Mapping[str, str], folder: Path, given: bytes = b""
    ) -> tuple[int, str, str]:
        """`relais` with these arguments, to its end: its code, what it wrote, and what it wrote to stderr."""
        with TemporaryFile() as stdin, TemporaryFile() as out, TemporaryFile() as err:
            stdin.write(given)
            stdin.seek(0)
            fork = await self.fork(
                "bots.main", arguments, (stdin, out, err), environment=environment, folder=folder
            )
            code = await fork.wait()
            said = []
            for each in (out, err):
                each.seek(0)
                said.append(each.read().decode())
        return code, said[0], said[1]

    async def jail(self, control: socket.socket) -> Fork:
        """The fork server of documents, as `fork_client.spawn` starts it."""
        with Path(os.devnull).open("r+b", 0) as nothing:  # noqa: ASYNC230 - no file
            return await self.fork(
                JAIL[0],
                ("0",),
                (control, nothing, nothing),
                environment=fork_client.environment(),
                folder=Path("/"),
            )

    def close(self) -> None:
        if self._control is not None and self._process is not None:
            self._control.close()
            self._process.wait()
            self._control = self._process = None

    def _begin(self) -> socket.socket:
        self._control, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [
            sys.executable,
            "-m",
            "tests.rig.forks",
            str(its.fileno()),
            str(os.getpid()),
            *self._modules,
        ]
        with its:
            self._process = subprocess.Popen(
                command,
                pass_fds=[its.fileno()],
                stdin=subprocess.DEVNULL,
                cwd=Path(__file__).parents[2],
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
            )
        return self._control


class Server:
    """The other end: one loop over requests and the ends of children, until our side is gone."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._selector = selectors.DefaultSelector()
        self._children: dict[int, tuple[int, int]] = {}
        """Of each child's pidfd: its pid, and where its end is told."""

    def serve(self) -> None:
        self._selector.register(self._control, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is not self._control:
                    self._bury(key.fd)
                elif not self._fork(*socket.recv_fds(self._control, PACKET, 4)[:2]):
                    return

    def _fork(self, message: bytes, descriptors: list[int]) -> bool:
        if not message:
            return False
        request = json.loads(message)
        program = importlib.import_module(request["program"])
        *streams, told = descriptors
        parent = os.getpid()
        if (pid := os.fork()) == 0:
            self._forget(told)
            live(program, parent, request, streams)
        for each in streams:
            os.close(each)
        os.write(told, NUMBER.pack(pid))
        watch = os.pidfd_open(pid)
        self._children[watch] = pid, told
        self._selector.register(watch, selectors.EVENT_READ)
        return True

    def _forget(self, told: int) -> None:
        """In a new child: nothing of the server's own stays open."""
        self._selector.close()
        self._control.close()
        for each in (told, *self._children, *(told for _, told in self._children.values())):
            os.close(each)

    def _bury(self, watch: int) -> None:
        pid, told = self._children.pop(watch)
        self._selector.unregister(watch)
        os.close(watch)
        _, status = os.waitpid(pid, 0)
        with contextlib.suppress(BrokenPipeError):  # who asked for it may be gone
            os.write(told, NUMBER.pack(os.waitstatus_to_exitcode(status)))
        os.close(told)


def live(program: ModuleType, parent: int, request: dict[str, Any], streams: list[int]) -> NoReturn:
    """In a new child: what Python does with a program, in the environment that was asked for."""
    code = 1
    try:
        dies_with(parent)
        for standard, given in enumerate(streams):
            os.dup2(given, standard)
            os.close(given)
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        sys.argv = [request["program"], *request["arguments"]]
        code = program.main() or 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 - as Python itself does where a program ends
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
        os._exit(code)


def dies_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends."""
    ctypes.CDLL(None).prctl(DIES_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    dies_with(int(sys.argv[2]))
    gc.disable()
    for module in sys.argv[3:]:
        importlib.import_module(module)
    gc.freeze()
    gc.enable()
    Server(control).serve()


if __name__ == "__main__":
    main()
