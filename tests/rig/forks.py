"""Starts programs by forking a process that has imported them: each start costs a second of CPU less, or two.

`fork_servers` starts these processes (`fork_server.py`), one for each program, whatever the number of the
tests' workers. `Forks` is a worker's connection to one of them.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO

from core.documents.sandbox import fork_client
from tests.rig.fork_server import NUMBER

RELAIS, JAILS = "tests.rig.replica_program", "tests.rig.jail_program"
PROGRAMS = {
    RELAIS: (
        "bots.serve",
        "connectors.mail.connector",
        "connectors.slack.connector",
        "connectors.tchap.connector",
    ),
    JAILS: (),
    "tests.rig.synapse_program": (),
}
"""The programs, each a module with a function `main`, and what they import later."""
SOCKETS = "FORK_SERVERS"
"""Tells each of these processes the folder of all sockets."""
REPOSITORY = Path(__file__).parents[2]


@contextmanager
def fork_servers() -> Generator[Path]:
    """Start a server for each program, until the tests are over; yield the folder of their sockets, which are
    named by the programs."""
    with TemporaryDirectory(prefix="relais-forks-") as folder, ExitStack() as stack:
        for program, modules in PROGRAMS.items():
            listener = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
            listener.bind(f"{folder}/{program}")
            listener.listen(64)
            descriptor = listener.fileno()
            command = [sys.executable, "-m", "tests.rig.fork_server", str(descriptor), str(os.getpid())]
            server = subprocess.Popen(
                [*command, program, *modules],
                pass_fds=[descriptor],
                stdin=subprocess.DEVNULL,
                cwd=REPOSITORY,
                env=os.environ | {"PYTHONUNBUFFERED": "1", SOCKETS: folder},
                start_new_session=True,
            )
            stack.callback(server.wait)
            stack.callback(server.kill)
        yield Path(folder)


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


Stream = IO[bytes] | socket.socket


class Forks:
    """Starts one program, by the server that listens at `path`. What was started ends with `close`, or with
    us."""

    def __init__(self, path: Path) -> None:
        self._program = path.name
        self._path = path
        self._control: socket.socket | None = None

    async def fork(
        self,
        arguments: Sequence[str],
        streams: tuple[Stream, Stream, Stream],
        *,
        environment: Mapping[str, str],
        folder: Path,
        program: str = "",
    ) -> Fork:
        """Start the program (or another one) with these arguments, standard streams and environment, in this
        folder."""
        request = {
            "program": program or self._program,
            "arguments": arguments,
            "environment": dict(environment),
            "folder": str(folder),
        }
        tells, told = os.pipe()
        os.set_blocking(tells, False)
        try:
            descriptors = [*(each.fileno() for each in streams), told]
            socket.send_fds(self._connected(), [json.dumps(request).encode()], descriptors)
        finally:
            os.close(told)
        await readable(tells)
        return Fork(*NUMBER.unpack(os.read(tells, NUMBER.size)), tells)

    async def run(
        self, *arguments: str, environment: Mapping[str, str], folder: Path, given: bytes = b""
    ) -> tuple[int, str, str]:
        """Run the program with these arguments to its end; its code, what it wrote, and what it wrote to
        stderr."""
        with TemporaryFile() as stdin, TemporaryFile() as out, TemporaryFile() as err:
            stdin.write(given)
            stdin.seek(0)
            fork = await self.fork(arguments, (stdin, out, err), environment=environment, folder=folder)
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
                ("0",),
                (control, nothing, nothing),
                environment=fork_client.environment(),
                folder=Path("/"),
            )

    async def synapse(
        self, arguments: Sequence[str], output: IO[bytes], environment: Mapping[str, str] | None
    ) -> Fork:
        """A homeserver, as `tests.rig.homeserver.spawn` starts it."""
        with Path(os.devnull).open("rb") as nothing:  # noqa: ASYNC230 - no file
            return await self.fork(
                arguments,
                (nothing, output, output),
                environment=environment or os.environ,
                folder=Path.cwd(),
            )

    def close(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None

    def _connected(self) -> socket.socket:
        if self._control is None:
            self._control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self._control.connect(str(self._path))
        return self._control
