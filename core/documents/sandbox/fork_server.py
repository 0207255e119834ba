"""The fork server: a small process with the parsers imported, which forks one jailed child per task.

Started by exec (`python -m core.documents.sandbox.fork_server FD`), never by forking the big asynchronous
process. It speaks packets on the socket FD with `core.documents.sandbox.sandbox`: a task comes with three
descriptors, the data, its arguments (JSON) and the pipe for the answer; its end is told with status and
memory. It never looks at data or arguments itself, so no child can find another document's text, and no name
that a file bears is too long for a packet. When the socket closes, it kills its children
and ends.
"""

from __future__ import annotations

import contextlib
import encodings
import gc
import importlib
import json
import os
import pkgutil
import resource
import selectors
import signal
import socket
import sys
from collections.abc import Callable
from functools import cache
from typing import Any, BinaryIO, NoReturn

import orjson

from core.documents.document import Limits
from core.documents.sandbox.jail import SandboxJail

Task = Callable[[BinaryIO, dict[str, Any], Limits], Any]
"""What a child runs: the data, the arguments and the limits → what JSON can hold, and dataclasses of it."""

PACKET = 64 * 1024
PRELOADED = "core.documents.file_reader"


class Server:
    """One loop over the control socket and the children's pidfds."""

    def __init__(self, control: socket.socket, jail: SandboxJail) -> None:
        self._control = control
        self._jail = jail
        self._selector = selectors.DefaultSelector()
        self._children: dict[int, tuple[int, int]] = {}

    def serve(self) -> None:
        """Until the other side is gone."""
        self._selector.register(self._control, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._control:
                    if not self._receive():
                        return
                else:
                    self._bury(key.data)

    def end(self) -> None:
        """Kill and bury every child."""
        for task in list(self._children):
            self._kill(task)
        for child, _ in self._children.values():
            os.waitpid(child, 0)

    def _receive(self) -> bool:
        message, descriptors, _, _ = socket.recv_fds(self._control, PACKET, 3)
        if not message:
            return False
        request = orjson.loads(message)
        if "kill" in request:
            self._kill(request["kill"])
            return True
        if "prepare" in request:
            for task in request["prepare"]:
                task_of(task)
            return True
        try:
            self._fork(request, *descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return True

    def _fork(self, request: dict[str, Any], data: int, given: int, answer: int) -> None:
        task = task_of(request["task"])
        parent = os.getpid()
        child = os.fork()
        if child == 0:
            self._forget()
            run(self._jail, task, request, parent, data, given, answer)
        watch = os.pidfd_open(child)
        self._children[request["id"]] = (child, watch)
        self._selector.register(watch, selectors.EVENT_READ, data=request["id"])

    def _forget(self) -> None:
        """In a new child: nothing of the server's own stays open."""
        self._selector.close()
        self._control.close()
        for _, watch in self._children.values():
            os.close(watch)

    def _bury(self, task: int) -> None:
        child, watch = self._children.pop(task)
        self._selector.unregister(watch)
        os.close(watch)
        _, status, usage = os.wait4(child, 0)
        end = {"id": task, "status": os.waitstatus_to_exitcode(status), "memory": usage.ru_maxrss * 1024}
        tell(self._control, end)

    def _kill(self, task: int) -> None:
        if task in self._children:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._children[task][1], signal.SIGKILL)


@cache
def task_of(named: str) -> Task:
    """The function `module:name`. What its module reads when first used is read here by its `prepare`,
    if it has one: inside the jail no file can be opened."""
    module, _, name = named.partition(":")
    imported = importlib.import_module(module)
    if prepare := getattr(imported, "prepare", None):
        prepare()
    return getattr(imported, name)


def run(
    jail: SandboxJail,
    task: Task,
    request: dict[str, Any],
    parent: int,
    data: int,
    given: int,
    answer: int,
) -> NoReturn:
    """The whole life of a child. `given`: the arguments. The answer is JSON; its last byte tells a finished
    one from a cut one."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        limits = Limits(**request["limits"])
        with (
            os.fdopen(data, "rb", buffering=0, closefd=False) as file,
            os.fdopen(given, "rb", buffering=0, closefd=False) as arguments,
        ):
            file.seek(0)
            arguments.seek(0)
            jail.enter(limits, parent)
            result = _answer(task, file, orjson.loads(arguments.read()), limits)
        _write(answer, result)
        code = 0
    finally:
        os._exit(code)


def _answer(task: Task, file: BinaryIO, arguments: dict[str, Any], limits: Limits) -> bytes:
    try:
        return _json({"result": task(file, arguments, limits)})
    except MemoryError:
        failure = "memory"
    except RecursionError:
        failure = "nested"
    except Exception as error:  # noqa: BLE001 - parsers fail in every way on bad files
        failure = f"error:{type(error).__name__}"
    return _json({"failure": failure})


def _json(value: Any) -> bytes:
    """The standard library's JSON: orjson reserves ten times a text's length, and crashes where it cannot."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=fields)
    return text.encode("utf-8", "replace")


def fields(value: Any) -> dict[str, Any]:
    """A dataclass with slots as JSON has it."""
    return {name: getattr(value, name) for name in value.__slots__}


def _write(answer: int, result: bytes) -> None:
    view = memoryview(result + b"\n")
    while view:
        view = view[os.write(answer, view) :]


def tell(control: socket.socket, message: dict[str, Any]) -> None:
    """Send one packet. When the other side is gone this will be noticed on receiving."""
    with contextlib.suppress(OSError):
        control.send(orjson.dumps(message))


def preload() -> None:
    """Import what children may need: nothing can be opened inside the jail."""
    for encoding in pkgutil.iter_modules(encodings.__path__):
        with contextlib.suppress(ImportError):
            importlib.import_module(f"encodings.{encoding.name}")
    for module in ("heapq", "email.generator"):  # `Counter.most_common`, `Message.as_bytes` import them late
        importlib.import_module(module)
    importlib.import_module(PRELOADED)


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # a terminal's Ctrl-C is for the parent; it closes the socket
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.disable()
    preload()
    jail = SandboxJail.prepare()
    gc.collect()
    gc.freeze()
    gc.enable()
    server = Server(control, jail)
    tell(control, {"strength": jail.strength, "offered": jail.offered, "pid": os.getpid()})
    try:
        server.serve()
    finally:
        server.end()


if __name__ == "__main__":
    main()
