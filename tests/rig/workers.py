"""Tests in several processes: `pytest -n 6` collects them once, then forks six workers that share what was
imported, and hands them one file after another.

Each worker runs its files in the order of the collection; its fixtures of the session live until it has no
file left. A worker that dies fails the tests of its file that had not ended.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import traceback
from collections.abc import Sequence
from itertools import groupby
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any, NoReturn

import pytest

BROKEN = 3
"""The exit code of a worker that did not come to its end."""


def pytest_addoption(parser: Any) -> None:
    parser.getgroup("workers")._addoption(
        "-n", dest="numprocesses", type=int, default=0, metavar="N", help="run tests in N processes"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Run the session's tests in workers, where the option asks for them."""
    option = session.config.option
    if not option.numprocesses or option.collectonly or session.testsfailed:
        return None
    files = [list(items) for _, items in groupby(session.items, key=lambda item: item.path)]
    session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
    if terminal := session.config.pluginmanager.get_plugin("terminalreporter"):
        terminal.showfspath = False  # tests of several files come mixed
    _Foreman(session, files).run(min(option.numprocesses, len(files)))
    return True


class _Worker:
    """One worker, seen from the first process."""

    def __init__(self, pid: int, connection: Connection) -> None:
        self.pid = pid
        self.connection = connection
        self.files: list[list[pytest.Item]] = []
        """Handed out and not ended: one, or two while the last test of the first runs."""
        self.ended = 0
        """Of the first file's tests."""


class _Foreman:
    """Hands files out, and tells pytest what its workers tell."""

    def __init__(self, session: pytest.Session, files: Sequence[list[pytest.Item]]) -> None:
        self._session = session
        self._hook = session.config.hook
        self._files = files
        self._next = 0
        self._workers: dict[Connection, _Worker] = {}

    def run(self, number: int) -> None:
        for each in range(number):
            self._fork(each)
        try:
            while self._workers:
                for connection in wait(self._workers):
                    self._hear(self._workers[connection])  # type: ignore[index]
                if self._session.shouldfail:
                    raise self._session.Failed(self._session.shouldfail)
        finally:
            for worker in self._workers.values():
                os.kill(worker.pid, signal.SIGINT)
                worker.connection.close()
                os.waitpid(worker.pid, 0)

    def _fork(self, number: int) -> None:
        ends: tuple[Any, Any] = Pipe()
        ours, theirs = ends
        if (pid := os.fork()) == 0:
            for connection in (ours, *self._workers):
                connection.close()
            _work(self._session, self._files, number, theirs)
        theirs.close()
        self._workers[ours] = _Worker(pid, ours)

    def _hear(self, worker: _Worker) -> None:
        try:
            what, told = worker.connection.recv()
        except EOFError:
            self._bury(worker)
            return
        match what:
            case "file":
                self._hand_out(worker)
            case "started":
                self._hook.pytest_runtest_logstart(nodeid=told[0], location=told[1])
            case "ended":
                self._ended(worker, *told)
            case _:
                report = self._hook.pytest_report_from_serializable(config=self._session.config, data=told)
                self._hook.pytest_runtest_logreport(report=report)

    def _hand_out(self, worker: _Worker) -> None:
        if (at := self._next) < len(self._files):
            self._next += 1
            worker.files.append(self._files[at])
            worker.connection.send(at)
        else:
            worker.connection.send(None)

    def _ended(self, worker: _Worker, nodeid: str, location: tuple[str, int | None, str]) -> None:
        self._hook.pytest_runtest_logfinish(nodeid=nodeid, location=location)
        worker.ended += 1
        if worker.ended == len(worker.files[0]):
            del worker.files[0]
            worker.ended = 0

    def _bury(self, worker: _Worker) -> None:
        del self._workers[worker.connection]
        worker.connection.close()
        _, status = os.waitpid(worker.pid, 0)
        for item in [item for file in worker.files for item in file][worker.ended :]:
            report = pytest.TestReport(
                nodeid=item.nodeid,
                location=item.location,
                keywords={},
                outcome="failed",
                longrepr=f"its worker ended with {os.waitstatus_to_exitcode(status)}",
                when="call",
            )
            self._hook.pytest_runtest_logreport(report=report)


class _Teller:
    """In a worker: tells the first process how tests end."""

    def __init__(self, config: pytest.Config, connection: Connection) -> None:
        self._config = config
        self._connection = connection

    def pytest_runtest_logstart(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        self._connection.send(("started", (nodeid, location)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        data = self._config.hook.pytest_report_to_serializable(config=self._config, report=report)
        self._connection.send(("report", data))

    def pytest_runtest_logfinish(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        self._connection.send(("ended", (nodeid, location)))


def _work(
    session: pytest.Session, files: Sequence[list[pytest.Item]], number: int, connection: Connection
) -> NoReturn:
    code = BROKEN
    try:
        _settle(session.config, number, connection)
        _run_files(session, files, connection)
        code = 0
    except (KeyboardInterrupt, BrokenPipeError):  # the first process stops; servers end in order
        with contextlib.suppress(BaseException):
            session._setupstate.teardown_exact(None)  # pyright: ignore[reportPrivateUsage]
    except BaseException:  # noqa: BLE001 - as Python itself does where a program ends
        traceback.print_exc()
    finally:
        os._exit(code)


def _settle(config: Any, number: int, connection: Connection) -> None:
    """Give this worker what a process has for itself: a folder, captured output, random numbers."""
    factory = config._tmp_path_factory
    factory._basetemp = factory.getbasetemp() / f"w{number}"
    factory._basetemp.mkdir(mode=0o700)
    random.seed()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # who started us may have had it ignored
    capture = config.pluginmanager.get_plugin("capturemanager")
    capture.stop_global_capturing()
    capture.start_global_capturing()
    capture.suspend_global_capture(in_=False)
    config.pluginmanager.unregister(name="terminalreporter")
    config.pluginmanager.register(_Teller(config, connection))


def _run_files(session: pytest.Session, files: Sequence[list[pytest.Item]], connection: Connection) -> None:
    """Ask for the next file when the last test of one begins: it decides which fixtures stay."""

    def next_file() -> list[pytest.Item]:
        connection.send(("file", None))
        at: int | None = connection.recv()
        return [] if at is None else files[at]

    file = next_file()
    while file:
        following: list[pytest.Item] = []
        for item, after in zip(file, [*file[1:], None], strict=True):
            if after is None:
                following = next_file()
                after = following[0] if following else None
            session.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
        file = following
