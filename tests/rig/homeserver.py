"""A local Synapse, started and stopped with us: for the demo and for the tests.

Synapse is a development dependency, run as a program of its own and never imported. It listens on
127.0.0.1 only, keeps everything in one folder (SQLite, media, keys, log) and starts again on the same
folder with the same data, secret and port. Of the 2 s until it is healthy its imports take 1.9.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import hmac
import os
import shutil
import signal
import socket
import sysconfig
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO

import aiohttp

from core.errors import RelaisError
from tests.rig import configuration
from tests.rig.child import LOOPBACK, dies_with_us, port_of, reserve_port

PROGRAM = "synapse_homeserver"


class NoHomeserver(RelaisError):
    """Synapse does not serve; the text says why, and what to do, in French."""


def synapse_program() -> str:
    """The path of Synapse's executable. Raises NoHomeserver where it is not installed."""
    beside_python = Path(sysconfig.get_path("scripts")) / PROGRAM
    found = str(beside_python) if beside_python.exists() else shutil.which(PROGRAM)
    if found is None:
        raise NoHomeserver("Synapse n’est pas dans cette installation : lancez `make demo`")
    return found


class Homeserver:
    """One Synapse on its folder, made by `homeserver()`. `stop` or `kill`, then `start`, may be repeated."""

    def __init__(self, folder: Path, config: configuration.Config, python_path: Path | None) -> None:
        self.folder = folder
        self.base_url = f"http://{LOOPBACK}:{configuration.port_before(config)}"
        self.server_name: str = config["server_name"]
        self.shared_secret: str = config["registration_shared_secret"]
        self.process: asyncio.subprocess.Process | None = None
        self._environment = dict(os.environ, PYTHONPATH=str(python_path)) if python_path else None

    async def start(self, patience: float = 60.0) -> None:
        """Start and wait until healthy, at most `patience` seconds. Raises NoHomeserver."""
        arguments = ("--config-path", str(configuration.config_path(self.folder)))
        with (self.folder / "homeserver.out").open("wb") as output:
            self.process = await spawn(arguments, output, self._environment)
        try:
            async with asyncio.timeout(patience):
                await self._healthy(self.process)
        except TimeoutError:
            await self.kill()
            raise self._failed(f"Synapse ne répond pas en {patience:.0f} s") from None

    async def stop(self) -> None:
        """End it in order (SIGTERM), by force after 5 s. Stopping twice is no error."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        await self._end(signal.SIGKILL)

    async def register(self, name: str, password: str, *, displayname: str | None = None) -> str:
        """Create an account and return its full user id. One that exists is left as it is."""
        url = f"{self.base_url}/_synapse/admin/v1/register"
        async with aiohttp.ClientSession() as session:
            async with session.get(url) as answer:
                nonce: str = (await answer.json())["nonce"]
            account = {
                "nonce": nonce,
                "username": name,
                "password": password,
                "displayname": displayname or name,
                "admin": False,
                "inhibit_login": True,
                "mac": _registration_mac(self.shared_secret, nonce, name, password),
            }
            async with session.post(url, json=account) as answer:
                body = await answer.json()
        if answer.status != 200 and body.get("errcode") != "M_USER_IN_USE":
            why = body.get("errcode", answer.status)
            raise self._failed(f"Synapse n’a pas créé le compte {name} ({why})")
        return f"@{name}:{self.server_name}"

    async def _healthy(self, process: asyncio.subprocess.Process) -> None:
        async with aiohttp.ClientSession() as session:
            while process.returncode is None:
                with suppress(aiohttp.ClientError):
                    async with session.get(f"{self.base_url}/health") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.02)
        raise self._failed(f"Synapse s’est arrêté (code {process.returncode})")

    async def _end(self, how: signal.Signals) -> None:
        process, self.process = self.process, None
        if process is None or process.returncode is not None:
            return
        process.send_signal(how)
        try:
            await asyncio.wait_for(process.wait(), 5.0)
        except TimeoutError:
            process.kill()
            await process.wait()

    def _failed(self, what: str) -> NoHomeserver:
        tails = [_tail(self.folder / name) for name in ("homeserver.out", "homeserver.log")]
        log = "\n".join(tail for tail in tails if tail)
        return NoHomeserver(f"{what}. La fin de son journal, dans {self.folder} :\n{log}")


async def spawn(
    arguments: Sequence[str], output: IO[bytes], environment: Mapping[str, str] | None
) -> asyncio.subprocess.Process:
    """Start Synapse's process, which ends with ours. Raises NoHomeserver where it is not installed."""
    # A session of its own: Ctrl-C in the terminal is for us, and we stop it in order.
    return await asyncio.create_subprocess_exec(
        *dies_with_us(synapse_program(), *arguments),
        stdout=output,
        stderr=output,
        env=environment,
        start_new_session=True,
    )


@asynccontextmanager
async def homeserver(
    folder: Path,
    *,
    server_name: str | None = None,
    port: int = 0,
    default_limits: bool = False,
    listeners: Sequence[Mapping[str, object]] = (),
    settings: Mapping[str, object] | None = None,
    python_path: Path | None = None,
) -> AsyncGenerator[Homeserver]:
    """A running homeserver in `folder`, stopped at the end; its data stays for the next start.

    `port` 0 keeps the folder's port of last time, or takes a free one. `server_name` is `localhost` unless
    the folder has one already. `default_limits` leaves Synapse's own rate limits in place, those for
    logins excepted (all users come from one address here). `listeners` and `settings` are added to
    homeserver.yaml; modules named there are looked for in `python_path` too. Raises NoHomeserver
    when it cannot start or the folder is in use.
    """
    folder = _made(folder)
    with _locked(folder):
        before = configuration.read(folder)
        with _reserved(port or configuration.port_before(before)) as reservation:
            config = configuration.compose(
                folder,
                before,
                server_name=server_name,
                port=port_of(reservation),
                default_limits=default_limits,
                listeners=listeners,
                settings=settings or {},
            )
            configuration.write(folder, config)
            server = Homeserver(folder, config, python_path)
            try:
                await server.start()
                yield server
            finally:
                await server.stop()


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder.resolve()


def _locked(folder: Path) -> IO[bytes]:
    """Hold the folder: two servers on one SQLite file would spoil it."""
    lock = (folder / "lock").open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise NoHomeserver(f"un autre serveur tourne sur {folder} : arrêtez-le d’abord") from None
    return lock


def _reserved(port: int) -> socket.socket:
    try:
        return reserve_port(port)
    except OSError:
        raise NoHomeserver(f"le port {port} est pris : arrêtez le programme qui s’en sert") from None


def _tail(path: Path) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-15:]) if path.exists() else ""


def _registration_mac(secret: str, nonce: str, name: str, password: str) -> str:
    """Synapse's admin API, "Shared-Secret Registration": HMAC-SHA1 over fields joined by NUL."""
    fields = "\0".join((nonce, name, password, "notadmin"))
    return hmac.new(secret.encode(), fields.encode(), hashlib.sha1).hexdigest()
