"""How the parts of a replica run together: they begin, look after themselves, and end in order.

A replica ends when it is told to (SIGTERM, SIGINT: it claims nothing more, finishes what it has in hand, at
most `GRACE`), or when only an operator can help: settings that are wrong at the start, or a store that must
not be used. A connector that fails later is run again, and ends nothing (core/connector/upkeep.py).

Where it was started by a unit of `Type=notify` (sd_notify(3)), systemd is told how it is: `READY=1` once its
parts are made, `WATCHDOG=1` every few seconds while the event loop turns, `STOPPING=1` when it is told to
end.
"""

from __future__ import annotations

import asyncio
import fcntl
import gc
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from core.connector import Connector
from core.connector.upkeep import Upkeep
from core.documents.sandbox.sandbox import Failure, Sandbox
from core.errors import ConfigurationError, RelaisError, SandboxError, first_error
from core.retry import beat
from core.sensitivity.assess import assess
from core.sensitivity.unmarked.reader import is_doubtful
from core.telemetry import configure, log
from core.turn import assessor
from core.worker.worker import Worker

State = Literal["READY=1", "WATCHDOG=1", "STOPPING=1"]

_YOUNG = 10_000
"""New objects after which Python looks for cycles among them: most of an answer's go by themselves."""
GRACE = 20.0
"""Seconds that answers in hand may take once the replica was told to end."""
LOOK_EVERY = 9.0
"""Seconds between two looks after what must be known soon."""


def notify(state: State, environ: Mapping[str, str] = os.environ) -> None:
    """Tell the manager in one datagram; one that is lost is no reason to end. Elsewhere there is no
    `NOTIFY_SOCKET`, and nothing is said."""
    address = environ.get("NOTIFY_SOCKET", "")
    if address.startswith("@"):  # in the abstract namespace (unix(7))
        address = "\0" + address[1:]
    if address:
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto(state.encode(), address)


@contextmanager
def held(data_dir: Path) -> Generator[None]:
    """Hold the data folder: a replica's name and device are those of one process."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (data_dir / "lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigurationError("RELAIS_DATA_DIR", "settings.in_use", path=data_dir) from None
        yield


def log_from(level: str, format: str | None) -> None:
    """Log from this level on, while the replica runs."""
    configure(level=level, format=format)
    log.warning("log_level_changed", reason=level)


async def regularly(look: Callable[[], Awaitable[None]], every: float = LOOK_EVERY) -> None:
    while True:
        with suppress(RelaisError, OSError):  # the store is away, or the disk is full: said elsewhere
            await look()
        await beat(every)


async def alive() -> None:
    notify("WATCHDOG=1")


async def announce(
    connectors: Mapping[str, Connector], upkeep: Upkeep, prepared: asyncio.Event, ready: Callable[[], None]
) -> None:
    for each in (prepared, *(connector.ready for connector in connectors.values())):
        await each.wait()
    upkeep.started()
    ready()
    gc.set_threshold(_YOUNG, 20, 20)
    gc.freeze()  # what a replica is made of stays: no collection looks through all of it again


async def prepare(sandbox: Sandbox, prepared: asyncio.Event) -> None:
    """Start the sandbox while connectors sign in, so that its strength is known before the first file, and
    the first text does not wait for what assessments read once."""
    try:
        await sandbox.start()
        if sandbox.enough:
            await assessor.prepare(sandbox)
    except (SandboxError, Failure) as error:
        log.error("sandbox_failed", error=error)
        return
    finally:
        prepared.set()
    whole = sandbox.level == "full"  # where the kernel has less, files are read all the same, and it is said
    tell = log.error if not sandbox.enough else log.info if whole else log.warning
    tell("sandbox_ready", sandbox=sandbox.level, rule=sandbox.demanded)


def _read_lexicons() -> None:
    """Read what a message is assessed with in this process. The model of language that what is doubtful is
    read again with is read in the sandbox alone: it takes 20 MB and a tenth of a second."""
    assess("Bonjour", learned=False)
    is_doubtful(["Bonjour"])


async def _working(worker: Worker) -> None:
    """Claim jobs once the lexicons are read: a job that is killed meanwhile would seem to be what kills."""
    await asyncio.to_thread(_read_lexicons)
    await worker.run()


async def together(
    worker: Worker,
    listening: Sequence[Coroutine[Any, Any, None]],
    beside: Sequence[Coroutine[Any, Any, None]],
) -> None:
    """Run the parts until a signal comes or what listens has ended, and let the worker finish what it has in
    hand. What a part raises ends all, and is raised as it is."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    try:
        async with asyncio.TaskGroup() as group:
            working = group.create_task(_working(worker))
            heard = [group.create_task(each) for each in listening]
            others = [group.create_task(each) for each in beside]
            stop = group.create_task(ended.wait())
            await asyncio.wait([stop, *heard], return_when=asyncio.FIRST_COMPLETED)
            log.info("draining")
            notify("STOPPING=1")
            worker.drain()
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(working), GRACE)
            for task in (*heard, *others, stop, working):
                task.cancel()
    except* RelaisError as errors:
        raise first_error(errors) from None
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
