"""Tasks that try what a hostile document might. Imported by the fork server of the tests."""

from __future__ import annotations

import mmap
import os
import socket
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO

from core.documents.document import Limits


def attempt(file: BinaryIO, arguments: dict[str, Any], limits: Limits) -> str:
    """Do what the data names, and say how it ended."""
    name = file.read(100).decode()
    try:
        return str(_ATTEMPTS[name]())
    except PermissionError:
        return "PermissionError"
    except OSError as error:
        return f"OSError:{error.errno}"


def imported(file: BinaryIO, arguments: dict[str, Any], limits: Limits) -> bool:
    return arguments["module"] in sys.modules


def slow(file: BinaryIO, arguments: dict[str, Any], limits: Limits) -> str:
    time.sleep(0.5)
    return "done"


def _loop() -> None:
    while True:
        pass


def _recursion() -> int:
    return 1 + _recursion()


_ATTEMPTS = {
    "open": lambda: Path("/etc/passwd").read_text(),
    "listdir": lambda: os.listdir("/"),  # noqa: PTH208 - the call itself is on trial
    "fork": os.fork,
    "kill": lambda: os.kill(os.getppid(), 0),
    "memfd": lambda: os.memfd_create("x"),
    "executable_memory": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_EXEC | mmap.PROT_WRITE),
    "socket": lambda: socket.socket(),
    "exec": lambda: os.execv("/bin/true", ["true"]),
    "memory": lambda: len(bytearray(2_000_000_000)),
    "loop": _loop,
    "sleep": lambda: time.sleep(60),
    "recursion": _recursion,
    "flood": lambda: "x" * 50_000_000,
    "environment": lambda: os.environ.get("RELAIS_STORE__KEYS", ""),
}
