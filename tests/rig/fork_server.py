"""The other end of `forks.py`: a process that imports modules, runs none of them, and forks for each start
that a worker asks for. `python -m tests.rig.fork_server FD PARENT MODULE…` listens on the socket FD.

Modules are imported with the first start. What a fork inherits are modules, no state: its settings, folder,
signals and standard streams are its own. A program is a module with a function `main`.
"""

from __future__ import annotations

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
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from types import ModuleType
from typing import Any, NoReturn

PACKET = 128 * 1024
NUMBER = struct.Struct("i")
"""A pid, then the code of its end, each as one number."""
DIES_WITH_PARENT = 1
"""PR_SET_PDEATHSIG."""


class Server:
    """One loop over workers, their requests and the ends of children, until the tests are over."""

    def __init__(self, listener: socket.socket, modules: Sequence[str]) -> None:
        self._modules = list(modules)
        self._selector = selectors.DefaultSelector()
        self._open: set[int] = set()
        """Every descriptor of ours, which no child keeps."""
        self._children: dict[int, tuple[int, int, socket.socket]] = {}
        """Of each child's pidfd: its pid, where its end is told, and the worker that asked for it."""
        self._watch(listener.fileno(), partial(self._accept, listener))

    def serve(self) -> None:
        while True:
            for key, _ in self._selector.select():
                key.data()

    def _watch(self, descriptor: int, act: Callable[[], None]) -> None:
        self._selector.register(descriptor, selectors.EVENT_READ, act)
        self._open.add(descriptor)

    def _forget(self, descriptor: int) -> None:
        self._selector.unregister(descriptor)
        self._open.discard(descriptor)

    def _accept(self, listener: socket.socket) -> None:
        worker, _ = listener.accept()
        self._watch(worker.fileno(), partial(self._serve, worker))

    def _serve(self, worker: socket.socket) -> None:
        message, descriptors, *_ = socket.recv_fds(worker, PACKET, 4)
        if message:
            self._fork(worker, json.loads(message), descriptors)
            return
        self._forget(worker.fileno())
        for pid, _, its in self._children.values():
            if its is worker:
                os.kill(pid, signal.SIGKILL)
        worker.close()

    def _fork(self, worker: socket.socket, request: dict[str, Any], descriptors: list[int]) -> None:
        self._import()
        program = importlib.import_module(request["program"])
        *streams, told = descriptors
        parent = os.getpid()
        if (pid := os.fork()) == 0:
            for each in (told, self._selector.fileno(), *self._open):
                os.close(each)
            live(program, parent, request, streams)
        for each in streams:
            os.close(each)
        with contextlib.suppress(BrokenPipeError):  # who asked for it may be gone
            os.write(told, NUMBER.pack(pid))
        watch = os.pidfd_open(pid)
        self._children[watch] = pid, told, worker
        self._watch(watch, partial(self._bury, watch))
        self._open.add(told)

    def _import(self) -> None:
        if self._modules:
            gc.disable()
            while self._modules:
                importlib.import_module(self._modules.pop(0))
            gc.freeze()
            gc.enable()

    def _bury(self, watch: int) -> None:
        pid, told, _ = self._children.pop(watch)
        self._forget(watch)
        self._open.discard(told)
        os.close(watch)
        _, status = os.waitpid(pid, 0)
        with contextlib.suppress(BrokenPipeError):
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
    dies_with(int(sys.argv[2]))
    Server(socket.socket(fileno=int(sys.argv[1])), sys.argv[3:]).serve()


if __name__ == "__main__":
    main()
