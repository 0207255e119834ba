"""A real `relais run`, in a process of its own, that tests kill and start again on the same data folder.

async with relais(folder, {"RELAIS_TCHAP__HOMESERVER": …}) as bot:
    await bot.kill()
    await bot.start()
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sysconfig
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.rig.child import LOOPBACK, dies_with_us, port_of, reserve_port
from tests.rig.forks import Fork, Forks

POLICY = "[quotas]\n"
"""The shipped one without quotas: the people of tests write faster than people do."""
PROGRAM = Path(sysconfig.get_path("scripts")) / "relais"
PUNCTUAL = "tests.rig.punctual_program"
"""The program whose answers are late after as long as in production."""
forks: Forks | None = None
"""Set in tests, where a replica need not start cold. One that is given more than settings does so anyway."""


class Relais:
    """One replica on its data folder, `data`. `output` is all that it has written on stdout since the first
    start, `log` the same of stderr."""

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str],
        arguments: tuple[str, ...],
        *,
        cold: bool,
        program: str = "",
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.data = folder / "data"
        (folder / "policy.toml").write_text(POLICY)
        self.environment = {"RELAIS_POLICY": str(folder / "policy.toml"), **environment}
        self._arguments = arguments
        self._program = program
        self._cold = cold or not all(name.startswith("RELAIS_") for name in environment)
        self._folder = folder
        self._out = folder / "relais.out"
        self._err = folder / "relais.log"
        self._nothing = Path(os.devnull)
        self._process: asyncio.subprocess.Process | Fork | None = None
        self._began = 0

    @property
    def output(self) -> str:
        return self._out.read_text(errors="replace") if self._out.exists() else ""

    @property
    def log(self) -> str:
        return self._err.read_text(errors="replace") if self._err.exists() else ""

    @property
    def pid(self) -> int:
        assert self._process is not None, "it does not run"
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def url(self) -> str:
        """Where /livez, /readyz and /metrics are."""
        return f"http://{self.environment['RELAIS_HTTP__BIND']}"

    async def launch(self) -> None:
        """Start without waiting."""
        # Run from another folder, with nothing of our environment that it could read by accident.
        clean = {name: value for name, value in os.environ.items() if not name.startswith("RELAIS_")}
        self._began = len(self.output)
        environment = clean | {"PYTHONUNBUFFERED": "1"} | self.environment
        with self._nothing.open("rb") as none, self._out.open("ab") as out, self._err.open("ab") as err:
            if forks is not None and not self._cold:
                self._process = await forks.fork(
                    self._arguments,
                    (none, out, err),
                    environment=environment,
                    folder=self._folder,
                    program=self._program,
                )
                return
            self._process = await asyncio.create_subprocess_exec(
                *dies_with_us(str(PROGRAM), *self._arguments),
                stdin=none,
                stdout=out,
                stderr=err,
                cwd=self._folder,
                env=environment,
            )

    async def start(self, patience: float = 60.0) -> None:
        """Start and wait for the line with the word `ready`."""
        await self.launch()
        try:
            async with asyncio.timeout(patience):
                while not self._is_ready():
                    assert self._process is not None
                    assert self._process.returncode is None, f"relais ended before ready:\n{self._tail()}"
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"relais was not ready after {patience} s:\n{self._tail()}") from None

    async def ended(self, patience: float = 60.0) -> int:
        """Wait until it ends by itself; its exit code."""
        assert self._process is not None
        return await asyncio.wait_for(self._process.wait(), patience)

    async def until(self, condition: Callable[[], bool], patience: float = 60.0) -> None:
        """Wait for something that it writes."""
        try:
            async with asyncio.timeout(patience):
                while not condition():  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"it did not come:\n{self._tail()}") from None

    async def kill(self) -> None:
        """SIGKILL."""
        await self._end(signal.SIGKILL)

    async def stop(self, patience: float = 15.0) -> int | None:
        """SIGTERM, as an operator's restart does; its exit code. By force, and failing, after `patience`."""
        return await self._end(signal.SIGTERM, patience)

    def pause(self) -> None:
        """SIGSTOP: as a machine that hangs."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    async def _end(self, number: signal.Signals, patience: float = 15.0) -> int | None:
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return process and process.returncode
        process.send_signal(signal.SIGCONT)
        process.send_signal(number)
        try:
            return await asyncio.wait_for(process.wait(), patience)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise AssertionError(f"relais did not end on {number.name}:\n{self._tail()}") from None

    def _is_ready(self) -> bool:
        return re.search(r"\bready\b", self.output[self._began :]) is not None

    def _tail(self) -> str:
        return "\n".join([*self.output.splitlines()[-5:], *self.log.splitlines()[-40:]])


@asynccontextmanager
async def relais(
    folder: Path,
    environment: Mapping[str, str],
    *arguments: str,
    started: bool = True,
    cold: bool = False,
    program: str = "",
) -> AsyncGenerator[Relais]:
    """`relais run` (or other `arguments`) in `folder`, with these settings, its data folder and a free port
    for its health pages; ready, unless not `started`. Killed at the end. `cold`: by its script, no fork;
    `program`: the module that is forked in its place."""
    with reserve_port() as reservation:
        own = {
            "RELAIS_DATA_DIR": str(folder / "data"),
            "RELAIS_HTTP__BIND": f"{LOOPBACK}:{port_of(reservation)}",
        }
        process = Relais(folder, own | dict(environment), arguments or ("run",), cold=cold, program=program)
        try:
            if started:
                await process.start()
            yield process
        finally:
            await process.kill()
