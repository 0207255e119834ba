"""A terminal, or what stands in for it: lines that are typed, and messages that are shown and may grow.

On a terminal a message is laid out and redrawn in place from the first line that changed; through a pipe the
finished message is written once, as it is. The same parts serve `relais chat` and the prompt of the demo.
"""

from __future__ import annotations

import asyncio
import codecs
import os
import shutil
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import TextIO

from connectors.console.render import clean, render
from connectors.console.width import columns

PROMPT = "› "
_PASTE = 0.03
"""Seconds within which further lines belong to the same paste."""
_WIDEST = 100
"""Columns beyond which lines are hard to read."""
_CHUNK = 65_536


class Screen:
    """Shows messages. One at a time, the last one shown, may still change in place."""

    def __init__(
        self,
        stream: TextIO,
        *,
        live: bool,
        styled: bool,
        size: Callable[[], tuple[int, int]] = shutil.get_terminal_size,
    ) -> None:
        """`live`: the stream is a terminal that moves its cursor. `size` gives columns and rows."""
        self._stream = stream
        self._styled = styled
        self._size = size
        self.live = live
        self._shown: str | None = None
        self._lines: list[str] = []
        self._below = 0
        self._prompted = False

    @classmethod
    def on(cls, stream: TextIO, environ: Mapping[str, str] = os.environ) -> Screen:
        """The screen that the stream is. See no-color.org for NO_COLOR."""
        live = stream.isatty() and environ.get("TERM") != "dumb"
        return cls(stream, live=live, styled=live and not environ.get("NO_COLOR"))

    def show(self, id: str, text: str, *, growing: bool = False) -> None:
        """Show message `id`, or what it has become. Raises BrokenPipeError when nobody reads any more."""
        if not self.live:
            if not growing:
                self._write(clean(text) + "\n")
            return
        lines = render(text, width=min(self._size()[0], _WIDEST) - 1, styled=self._styled)
        keep = self._reachable(id, lines)
        if keep is None:
            self._fresh_line()
            self._write("\n" + "".join(line + "\n" for line in lines))
        else:
            up = len(self._lines) - keep + self._below
            self._write(
                (f"\x1b[{up}A" if up else "") + "\r\x1b[J" + "".join(f"{line}\n" for line in lines[keep:])
            )
        self._shown, self._lines, self._below = id, lines, 0

    def _reachable(self, id: str, lines: list[str]) -> int | None:
        """How many of the lines on the screen stay; None when the message must be shown anew, below."""
        if id != self._shown or self._prompted:
            return None
        keep = 0
        for old, new in zip(self._lines, lines, strict=False):
            if old != new:
                break
            keep += 1
        return keep if len(self._lines) - keep + self._below < self._size()[1] else None

    def say(self, text: str) -> None:
        """Show a word of the program itself."""
        if not self.live:
            self._write(clean(text) + "\n")
            return
        self._fresh_line()
        self._write("".join(line + "\n" for line in render(text, width=self._size()[0] - 1, styled=False)))
        self._shown = None

    def prompt(self) -> None:
        """Invite to type, on a terminal."""
        if self.live and not self._prompted:
            self._write("\n" + PROMPT)
            self._prompted = True

    def typed(self, line: str) -> None:
        """A line was typed (several, when pasted): the cursor is below it now."""
        width = self._size()[0]
        self._below += sum(max(1, -(-columns(part) // width)) for part in line.split("\n"))
        self._prompted = False

    def close(self) -> None:
        """Leave the cursor at the beginning of a line."""
        self._fresh_line()

    def _fresh_line(self) -> None:
        if self._prompted:
            self._write("\n")
            self._prompted = False

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


async def lines(fd: int, *, paste: bool) -> AsyncGenerator[str]:
    """The lines of a file descriptor until its end, without their line feed; the loop is never blocked.

    With `paste`, lines that arrive together are one text: a person pasted them. The descriptor stays
    blocking, as the terminal's output shares its flags: it is read only when it has something to give.
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
            if paste:
                line = await _pasted(line, queue)
            yield line
    finally:
        loop.remove_reader(fd)


def _read(fd: int) -> bytes:
    """What there is; nothing at the end, which a terminal that was hung up also means."""
    try:
        return os.read(fd, _CHUNK)
    except OSError:
        return b""


async def _pasted(line: str, queue: asyncio.Queue[str | None]) -> str:
    while True:
        try:
            async with asyncio.timeout(_PASTE):
                more = await queue.get()
        except TimeoutError:
            return line
        if more is None:
            queue.put_nowait(None)
            return line
        line += "\n" + more


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
