"""A task of the sandbox that runs another, and tells what that one opens or imports for the first time."""

from __future__ import annotations

import sys
from typing import Any, BinaryIO

from core.documents.document import Limits
from core.documents.sandbox.fork_server import task_of

TASKS = (
    "core.documents.file_reader:read_task",
    "core.documents.mail.incoming:read_task",
    "core.documents.ocr.pixels:jpeg_task",
    "core.models.masked_ask:mask_task",
    "core.provenance.carried:carried_task",
    "core.sensitivity.assess:run",
    "core.understanding.understand:run",
)
_WATCHED = frozenset(("open", "import", "os.listdir", "os.scandir", "ctypes.dlopen"))


def prepare() -> None:
    """As the fork server does for each of them."""
    for each in TASKS:
        task_of(each)


def run(file: BinaryIO, arguments: dict[str, Any], limits: Limits) -> list[str]:
    """What the `task` reaches for with its own `arguments`."""
    found: list[str] = []

    def hear(event: str, values: tuple[Any, ...]) -> None:
        if event in _WATCHED:
            found.append(f"{event} {values[0]}")

    task = task_of(arguments["task"])
    sys.addaudithook(hear)
    task(file, arguments["arguments"], limits)
    return found
