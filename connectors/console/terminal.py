"""What `relais chat` and the demo read from and write to: a person's terminal, or a pipe.

On a terminal a message is drawn anew as it grows (connectors/console/prompt.py); through a pipe the finished
message is written once, as it is.
"""

from __future__ import annotations

import asyncio
import codecs
import os
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Protocol, TextIO

from connectors.console.render import clean

_CHUNK = 65_536


class Surface(Protocol):
    """Where lines come from and messages are shown."""

    @property
    def live(self) -> bool:
        """Does a person sit there, who sees messages change?"""
        ...

    def lines(self) -> AsyncGenerator[str]: ...

    async def show(self, id: str, text: str, *, growing: bool = False) -> None:
        """Show message `id`, or what it has become. Raises BrokenPipeError when nobody reads any more."""
        ...

    async def say(self, text: str) -> None:
        """Show a word of the program itself."""
        ...


def surface(
    source: TextIO, target: TextIO, *, commands: Sequence[str] = (), environ: Mapping[str, str] = os.environ
) -> Surface:
    """A person's terminal where both ends are one that moves its cursor, else a pipe. See no-color.org."""
    if source.isatty() and target.isatty() and environ.get("TERM") != "dumb":
        from connectors.console.prompt import Prompt

        return Prompt(styled=not environ.get("NO_COLOR"), commands=commands)
    return Pipe(source.fileno(), target)


class Pipe:
    """Lines in, finished messages out, as they are."""

    live = False

    def __init__(self, source: int, target: TextIO) -> None:
        self._source = source
        self._target = target

    async def lines(self) -> AsyncGenerator[str]:
        async with aclosing(lines(self._source)) as typed:
            async for line in typed:
                yield line

    async def show(self, id: str, text: str, *, growing: bool = False) -> None:
        if not growing:
            await self.say(text)

    async def say(self, text: str) -> None:
        self._target.write(clean(text) + "\n")
        self._target.flush()


async def lines(fd: int) -> AsyncGenerator[str]:
    """The lines of a file descriptor until its end, without their line feed; the loop is never blocked.

    The descriptor stays blocking, as a terminal's output shares its flags: it is read only when it has
    something to give.
    """
    queue: asyncio.Queue[str | None] = asyncio.Queue()
    splitter = _Splitter(queue.put_nowait)
    loop = asyncio.get_running_loop()

    def readable() -> None:
        if not splitter.feed(_read(fd)):
            loop.remove_reader(fd)

    try:
        loop.add_reader(fd, readable)
    except PermissionError:  # a regular file or /dev/null: epoll does not watch what is always readable
        while splitter.feed(await asyncio.to_thread(_read, fd)):
            pass
    try:
        while (line := await queue.get()) is not None:
            yield line
    finally:
        loop.remove_reader(fd)


def _read(fd: int) -> bytes:
    """What there is; nothing at the end, which a terminal that was hung up also means."""
    try:
        return os.read(fd, _CHUNK)
    except OSError:
        return b""


class _Splitter:
    """Bytes in, lines out; None at the end."""

    def __init__(self, out: Callable[[str | None], None]) -> None:
        self._out = out
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._rest = ""

    def feed(self, data: bytes) -> bool:
        """Whether more may come."""
        *whole, self._rest = (self._rest + self._decoder.decode(data, final=not data)).split("\n")
        for line in whole:
            self._out(line.removesuffix("\r"))
        if data:
            return True
        if self._rest:
            self._out(self._rest)
        self._out(None)
        return False
