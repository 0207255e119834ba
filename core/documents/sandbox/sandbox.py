"""The asynchronous side of the sandbox: one task per call, each in a jailed process of its own.

`read` never raises for a bad file: what the file did to its reader becomes a reason. Only our own
failures raise `SandboxError`, after the fork server was started again once. Cancelling a call kills its
child; closing the sandbox, or the death of this process, ends the server and all children.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import stat
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from pydantic import TypeAdapter

from core.documents.document import Document, Limits
from core.documents.sandbox.fork_client import Client, Failure, ServerDied, in_memory
from core.documents.sandbox.jail import STRENGTHS, Minimum, Strength
from core.errors import SandboxError
from core.language.operators import Phrase

OWNER: ContextVar[str] = ContextVar("sandbox owner", default="")
"""For whom the current work is done (an opaque id). Empty for a single user, who may have every slot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    number: int
    owner: str
    turn: asyncio.Future[None]


class FairSlots:
    """`count` slots for the tasks of all owners, shared fairly between people.

    Whoever has the fewest tasks at work comes first, then who waits longest; and nobody holds all slots, so
    that one person with a hundred hostile files delays the others by no more than one task.
    """

    def __init__(self, count: int) -> None:
        self._count = max(1, count)
        self._most = max(1, count - 1)
        self._held: Counter[str] = Counter()
        self._waiting: list[_Waiting] = []
        self._last: dict[str, int] = {}
        self._numbers = itertools.count()

    @asynccontextmanager
    async def slot(self) -> AsyncGenerator[None]:
        """Hold one slot for the owner of the current work."""
        turn = asyncio.get_running_loop().create_future()
        mine = _Waiting(number=next(self._numbers), owner=OWNER.get(), turn=turn)
        self._waiting.append(mine)
        self._serve()
        try:
            await turn
            yield
        finally:
            if mine in self._waiting:
                self._waiting.remove(mine)
            else:
                self._held[mine.owner] -= 1
            if not any(each.owner == mine.owner for each in self._waiting) and not self._held[mine.owner]:
                del self._held[mine.owner]
                self._last.pop(mine.owner, None)
            self._serve()

    def _serve(self) -> None:
        while self._held.total() < self._count:
            able = [
                each
                for each in self._waiting
                if not each.turn.done() and (not each.owner or self._held[each.owner] < self._most)
            ]
            if not able:
                return
            chosen = min(
                able, key=lambda each: (self._held[each.owner], self._last.get(each.owner, -1), each.number)
            )
            self._waiting.remove(chosen)
            self._last[chosen.owner] = next(self._numbers)
            self._held[chosen.owner] += 1
            chosen.turn.set_result(None)


__all__ = ["ASSESS", "DOCUMENT", "FIND_DANGER", "READ", "Failure", "Sandbox"]

DOCUMENT = TypeAdapter(Document)
"""What a task gave as JSON, as a document again."""
READ = "core.documents.file_reader:read_task"
READ_MANY = "core.documents.file_reader:read_many_task"
FIND_DANGER = "core.understanding.understand:run"
ASSESS = "core.sensitivity.assess:run"
_INLINE = 1024 * 1024
_SMALL, _TOGETHER, _MANY = 512 * 1024, 4 * 1024 * 1024, 1_000
"""Bytes of a file, and of all, that share a process, and how many files."""


class Sandbox:
    """Reads files in jailed processes. An asynchronous context manager; starts at first use.

    `workers` bounds the tasks at work at once. Below the strength `minimum` every file is refused
    with the reason `sandbox`: by default below what this machine's kernel offers.
    """

    def __init__(
        self, limits: Limits | None = None, *, workers: int | None = None, minimum: Minimum = "kernel"
    ) -> None:
        self.limits = limits or Limits()
        self.minimum: Minimum = minimum
        self._offered: Strength = "full"
        self._slots = FairSlots(workers or os.cpu_count() or 1)
        self._starting = asyncio.Lock()
        self._server: Client | None = None
        self._closed = False
        self.level: Strength | None = None
        """What holds the parsers, as probed at start; None before."""

    @property
    def enough(self) -> bool:
        """Is it as strong as the minimum? False before it is known."""
        return self.level is not None and STRENGTHS.index(self.level) >= STRENGTHS.index(self.demanded)

    @property
    def demanded(self) -> Strength:
        """The strength below which every file is refused; before the start the highest, where it is not
        known."""
        return self._offered if self.minimum == "kernel" else self.minimum

    @property
    def pid(self) -> int | None:
        """The fork server's process, while it runs (for its memory in the metrics)."""
        return self._server.pid if self._server and self._server.alive else None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def launch(self, *tasks: str) -> None:
        """Start the server's process without waiting for it: it imports its parsers, and reads what these
        tasks need, beside what follows. One that is started already is left as it is."""
        async with self._starting:
            if self._server is None and not self._closed:
                self._server = await Client.launch(tasks)

    async def start(self) -> Strength:
        """Start the server now and say how strong the sandbox is. Raises SandboxError."""
        return await (await self._running()).strength

    async def close(self) -> None:
        """End the server and every task at work (they raise SandboxError)."""
        self._closed = True
        await self._drop()

    async def _drop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            await server.close()

    async def read(self, data: bytes | Path, *, name: str, limits: Limits | None = None) -> Document:
        """The document in `data`, whatever it holds. `name` is the file's name, as people know it.

        Raises SandboxError when the sandbox itself fails, OSError when a Path cannot be opened.
        """
        limits = limits or self.limits
        try:
            return DOCUMENT.validate_python(await self.call(READ, data, {"name": name}, limits=limits))
        except Failure as failure:
            return Document(name=name, type="unknown", reason=failure.reason, detail=failure.detail)

    async def read_many(self, paths: Sequence[Path]) -> list[Document | None]:
        """The documents at paths, None for those that cannot be opened. Small ones share a process, which is
        the larger part of what they cost: for the files that one person gives to a command. In conversations
        and mails each is `read` by itself, for one of them might change what the others say."""
        found = await asyncio.gather(*map(self._read_batch, await asyncio.to_thread(_batches, paths)))
        return [document for batch in found for document in batch]

    async def _read_batch(self, paths: Sequence[Path]) -> list[Document | None]:
        if len(paths) > 1:
            try:
                data = await asyncio.to_thread(lambda: [path.read_bytes() for path in paths])
                arguments = {"names": [path.name for path in paths], "sizes": list(map(len, data))}
                made = await self.call(READ_MANY, b"".join(data), arguments)
                return [*map(DOCUMENT.validate_python, made)]
            except (Failure, OSError):
                pass  # one of them: each by itself
        return [await self._read_path(path) for path in paths]

    async def _read_path(self, path: Path) -> Document | None:
        try:
            return await self.read(path, name=path.name)
        except OSError:
            return None

    async def call(
        self, task: str, data: bytes | Path, arguments: dict[str, Any], *, limits: Limits | None = None
    ) -> Any:
        """Run the pure function `task` ("module:function", see `server.Task`) on `data` in the jail.

        Raises Failure for what the data did (too big, out of time, …), else as `read`.
        """
        limits = limits or self.limits
        with await _opened(data, limits) as file:
            async with self.slot():
                for _ in range(2):
                    server = await self._running()
                    if not self.enough:
                        raise Failure("sandbox", self.demanded)
                    try:
                        return await server.run(task, file, arguments, limits)
                    except ServerDied:
                        continue
        raise SandboxError(Phrase("sandbox.died"))

    def slot(self) -> AbstractAsyncContextManager[None]:
        """A share of what the sandbox may use at once, for work beside its own processes (recognition)."""
        return self._slots.slot()

    async def _running(self) -> Client:
        async with self._starting:
            if self._closed:
                raise SandboxError(Phrase("sandbox.closed"))
            if self._server is None or not self._server.alive:
                await self._drop()
                self._server = await Client.start()
            elif not self._server.strength.done():
                await self._server.started()
            self.level = await self._server.strength
            self._offered = self._server.offered
            return self._server


def _batches(paths: Sequence[Path]) -> list[list[Path]]:
    """Small files that follow each other, as many as one process reads; larger ones alone."""
    batches: list[list[Path]] = []
    left = 0
    for path in paths:
        try:
            size = path.stat().st_size if path.is_file() else _SMALL + 1
        except OSError:
            size = _SMALL + 1
        if not batches or size > min(_SMALL, left) or len(batches[-1]) >= _MANY:
            batches.append([])
            left = _TOGETHER if size <= _SMALL else 0
        batches[-1].append(path)
        left -= size
    return batches


async def _opened(data: bytes | Path, limits: Limits) -> BinaryIO:
    if isinstance(data, bytes) and len(data) <= min(_INLINE, limits.file_size):
        return _open(data, limits)
    return await asyncio.to_thread(_open, data, limits)


def _open(data: bytes | Path, limits: Limits) -> BinaryIO:
    """A descriptor of the data. Raises Failure for what is too big or no file, OSError."""
    if isinstance(data, bytes):
        if len(data) > limits.file_size:
            raise Failure("too_big", str(limits.file_size))
        return in_memory(data)
    file = os.fdopen(os.open(data, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb", buffering=0)
    state = os.fstat(file.fileno())
    if not stat.S_ISREG(state.st_mode):
        file.close()
        raise Failure("unknown_format", "")
    if state.st_size > limits.file_size:
        file.close()
        raise Failure("too_big", str(limits.file_size))
    return file
