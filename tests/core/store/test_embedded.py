"""The embedded store: it lives as long as its relais, keeps what it acknowledged, and says what is wrong."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from core.errors import ConfigurationError, StoreRefused, StoreUnavailable
from core.store.embedded import LONGEST_SOCKET, MEMORY, Embedded, holder_of, socket_path
from core.store.memory_alarm import MemoryAlarm
from core.store.valkey import Store, open_store
from core.telemetry import metrics

pytestmark = pytest.mark.usefixtures("on_disk")

HOLDER = """
import asyncio, pathlib, sys
from core.store.valkey import open_store

async def main():
    async with open_store(data_dir=pathlib.Path(sys.argv[1])) as store:
        print((await store.run(("CONFIG", "GET", "appendfsync")))[b"appendfsync"].decode(), flush=True)
        n = 0
        while True:
            n += 1
            await store.run(("SET", "n", n))
            print(n, flush=True)

asyncio.run(main())
"""


def servers(folder: Path) -> list[int]:
    """Processes of the machine that use a socket in `folder`."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes() if entry.name.isdecimal() else b""
            if b"valkey-server" in words and str(socket_path(folder / "store")).encode() in words:
                found.append(int(entry.name))
    return found


def lives(pid: int) -> bool:
    try:
        return "(zombie)" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


async def gone(pid: int) -> None:
    async with asyncio.timeout(60):
        while lives(pid):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.01)


async def again(store: Store, command: tuple[str, ...]) -> object:
    """The reply once the store is back."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await store.run(command)
            except StoreUnavailable:
                await asyncio.sleep(0.02)


async def test_durable(tmp_path: Path) -> None:
    """What was stored is there at the next start, and no process is left in between."""
    async with open_store(data_dir=tmp_path) as store:
        await store.run(("SET", "k", "v"))
        assert len(servers(tmp_path)) == 1
    assert servers(tmp_path) == []
    async with open_store(data_dir=tmp_path) as store:
        assert await store.run(("GET", "k")) == b"v"


async def test_private(tmp_path: Path) -> None:
    """Only this user may enter the folder or use the socket."""
    async with open_store(data_dir=tmp_path):
        assert (tmp_path / "store").stat().st_mode & 0o077 == 0
        assert socket_path(tmp_path / "store").stat().st_mode & 0o077 == 0


async def test_exceptions_pass_as_they_are(tmp_path: Path) -> None:
    """What is raised inside comes out unchanged, also a cancellation."""
    with pytest.raises(ConfigurationError):
        async with open_store(data_dir=tmp_path):
            raise ConfigurationError("a", "settings.zero")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5), open_store(data_dir=tmp_path):
            await asyncio.sleep(60)
    assert servers(tmp_path) == []


async def test_server_killed(tmp_path: Path) -> None:
    """A server that is killed is started again, with everything that it acknowledged."""
    async with open_store(data_dir=tmp_path) as store:
        await store.run(("SET", "k", "v"))
        (pid,) = servers(tmp_path)
        os.kill(pid, signal.SIGKILL)
        await gone(pid)
        assert await again(store, ("GET", "k")) == b"v"
        assert servers(tmp_path) != [pid]


async def test_waiting_call_ends_when_the_server_dies(tmp_path: Path) -> None:
    """Nobody waits for an answer that cannot come."""
    async with open_store(data_dir=tmp_path) as store:
        (pid,) = servers(tmp_path)
        async with asyncio.TaskGroup() as group:
            call = group.create_task(refused(store))
            await asyncio.sleep(0.05)
            os.kill(pid, signal.SIGKILL)
        assert await call


async def refused(store: Store) -> bool:
    with pytest.raises(StoreUnavailable):
        await store.run(("BLPOP", "never", 60))
    return True


async def test_relais_killed(tmp_path: Path) -> None:
    """After kill -9 the server is gone too, and the next start has every write that was acknowledged: each
    was on the disk."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    holder = subprocess.Popen(command, stdout=subprocess.PIPE)  # noqa: ASYNC220 - a few ms
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"always\n"
    lines = [holder.stdout.readline() for _ in range(50)]
    (server,) = servers(tmp_path)
    holder.kill()
    lines += holder.stdout.readlines()
    holder.wait()
    holder.stdout.close()
    last = int(lines[-1])
    await gone(server)
    async with open_store(data_dir=tmp_path) as store:
        assert int(await store.run(("GET", "n"))) >= last


async def test_second_start_refused(tmp_path: Path) -> None:
    """While one relais uses a folder, a second one is told so, with the remedy; the first one goes on."""
    async with open_store(data_dir=tmp_path) as store:
        with pytest.raises(
            StoreRefused, match=rf"sert à un autre relais .*processus {os.getpid()}.*RELAIS_DATA_DIR"
        ):
            async with open_store(data_dir=tmp_path):
                pass
        await store.run(("PING",))


async def test_beside(tmp_path: Path) -> None:
    """A command beside a running relais uses its server and leaves it running; alone, it starts one."""
    async with open_store(data_dir=tmp_path) as store:
        async with open_store(data_dir=tmp_path, beside=True) as other:
            await other.run(("SET", "k", "v"))
        assert await store.run(("GET", "k")) == b"v"
    async with open_store(data_dir=tmp_path, beside=True) as alone:
        assert await alone.run(("GET", "k")) == b"v"


async def test_a_command_beside_a_relais_whose_server_is_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told to wait, not to take another data folder."""
    monkeypatch.setattr("core.store.embedded.LOCK_WITHIN", 0.0)
    folder = tmp_path / "store"
    folder.mkdir()
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4242")
        lock.flush()
        with pytest.raises(StoreUnavailable, match=r"processus 4242.*ne répond pas.*relais doctor") as told:
            async with open_store(data_dir=tmp_path, beside=True):
                pass
        assert "RELAIS_DATA_DIR" not in str(told.value)
        assert holder_of(folder) == "4242"
    assert holder_of(folder) == ""


async def test_remains_of_a_crash(tmp_path: Path) -> None:
    """A socket and a lock that a crash left, and a record cut short, do not prevent the start."""
    async with open_store(data_dir=tmp_path) as store:
        await store.run(("SET", "k", "v"))
    folder = tmp_path / "store"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(socket_path(folder)))
    (folder / "lock").write_text("1")
    (log,) = folder.rglob("*.incr.aof")
    with log.open("ab") as file:
        file.write(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nhal")
    async with open_store(data_dir=tmp_path) as store:
        assert await store.run(("GET", "k")) == b"v"


async def test_long_path(tmp_path: Path) -> None:
    """A data folder may lie deeper than a socket's path may be long."""
    deep = tmp_path / ("100 % dossier #1 ? " * 5) / ("é" * 40)
    async with open_store(data_dir=deep) as store:
        await store.run(("PING",))
    assert len(os.fsencode(socket_path(deep / "store"))) <= LONGEST_SOCKET


async def test_hung_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not answer is unavailable, not waited for; when it answers again all goes on."""
    monkeypatch.setattr("core.store.wire.ANSWER_WITHIN", 0.2)
    async with open_store(data_dir=tmp_path) as store:
        (pid,) = servers(tmp_path)
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(StoreUnavailable):
            await store.run(("PING",))
        os.kill(pid, signal.SIGCONT)
        assert await again(store, ("PING",)) == b"PONG"


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
async def test_unwritable_folder(tmp_path: Path) -> None:
    """A folder that may not be written names the setting."""
    tmp_path.chmod(0o500)  # noqa: ASYNC240
    with pytest.raises(ConfigurationError, match="RELAIS_DATA_DIR"):
        async with open_store(data_dir=tmp_path):
            pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act on another account's folder")
async def test_nothing_is_left_in_the_folder_of_another_account(tmp_path: Path) -> None:
    """Root, who is refused there, leaves no file that the relais of that account could not open."""
    folder = tmp_path / "store"
    folder.mkdir()
    os.chown(folder, 61_184, 61_184)
    with pytest.raises(ConfigurationError, match="est au compte 61184"):
        await Embedded(tmp_path).start()
    assert list(folder.iterdir()) == []


async def test_folder_is_a_file(tmp_path: Path) -> None:
    """A data folder that is a file names the setting."""
    (tmp_path / "fichier").write_text("")
    with pytest.raises(ConfigurationError, match="RELAIS_DATA_DIR"):
        async with open_store(data_dir=tmp_path / "fichier"):
            pass


@contextlib.contextmanager
def small_disk(folder: Path, size: str):
    """A file system of `size` at `folder`, or a skipped test where none may be mounted."""
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mount.returncode:
        pytest.skip("no file system may be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


async def test_disk_becomes_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is one clear message that names the folder; nothing acknowledged is lost; it mends."""
    monkeypatch.setattr("core.store.embedded.ROOM", 100_000)
    with small_disk(tmp_path, "6m"):
        async with open_store(data_dir=tmp_path) as store:
            acknowledged = 0
            with pytest.raises(StoreUnavailable) as failure:  # noqa: PT012
                while acknowledged < 100:
                    await store.run(("SET", f"k{acknowledged}", "x" * 100_000))
                    acknowledged += 1
            assert acknowledged > 20
            async with asyncio.timeout(60):
                while "est plein" not in str(failure.value):
                    await asyncio.sleep(0.05)
                    with pytest.raises(StoreUnavailable) as failure:
                        await store.run(("PING",))
            assert str(tmp_path) in str(failure.value)
            assert "libérez-y de la place" in str(failure.value)
            subprocess.run(  # noqa: ASYNC221
                ["mount", "-o", "remount,size=40m", str(tmp_path)], check=True
            )
            assert await again(store, ("GET", f"k{acknowledged - 1}")) == b"x" * 100_000
            await store.run(("SET", "k", "v"))


async def test_start_on_a_full_disk(tmp_path: Path) -> None:
    """Without room, the start fails at once with the folder and the remedy."""
    with small_disk(tmp_path, "1m"):
        (tmp_path / "plein").write_bytes(bytes(900_000))
        with pytest.raises(StoreUnavailable, match=r"est plein : libérez-y de la place"):
            async with open_store(data_dir=tmp_path):
                pass


async def test_start_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the server cannot start, its last words are told, and the folder may be used again."""
    monkeypatch.setattr(Embedded, "_options", lambda self: ["--no-such-option", "1"])
    with pytest.raises(StoreUnavailable, match="no-such-option"):
        async with open_store(data_dir=tmp_path):
            pass
    monkeypatch.undo()
    async with open_store(data_dir=tmp_path) as store:
        await store.run(("PING",))


async def test_a_start_does_something_else_meanwhile(tmp_path: Path) -> None:
    """What takes time and needs no store is done once the server's process has started; an error of it ends
    the server."""
    embedded = Embedded(tmp_path)
    seen: list[int] = []

    def fails() -> None:
        seen.append(embedded.pid or 0)
        raise LookupError

    with pytest.raises(LookupError):
        await embedded.start(fails)
    (pid,) = seen
    assert pid
    assert not lives(pid)


async def test_a_store_that_fills_up_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded store has a limit; operators read of it before it is reached, once, and see both
    numbers."""
    monkeypatch.setattr("core.store.memory_alarm.NEARLY", 1e-9)
    async with open_store(data_dir=tmp_path) as store:
        assert (await store.memory())[1] == MEMORY
        alarm = MemoryAlarm(store)
        with capture_logs() as lines:
            await alarm.look()
            await alarm.look()
    assert [line["event"] for line in lines] == ["store_nearly_full"]
    assert metrics.registry.get_sample_value("relais_store_bytes", {"what": "limit"}) == MEMORY
