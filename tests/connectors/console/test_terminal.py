"""Typed lines arrive whole; a pipe gets finished messages as they are."""

from __future__ import annotations

import io
import os
from contextlib import aclosing
from pathlib import Path

import pytest

from connectors.console.prompt import Prompt
from connectors.console.terminal import Pipe, lines, surface


async def test_a_pipe_gets_the_finished_message_once_as_it_is() -> None:
    """For scripts: no styles, no layout, no prompt, but no escape sequence either."""
    stream = io.StringIO()
    pipe = Pipe(0, stream)
    await pipe.show("1", "**Bon …", growing=True)
    await pipe.show("1", "**Bonjour** \x1b[31m")
    assert stream.getvalue() == "**Bonjour** �[31m\n"


@pytest.mark.parametrize(
    ("environ", "live", "styled"),
    [({}, True, True), ({"NO_COLOR": "1"}, True, False), ({"TERM": "dumb"}, False, False)],
)
async def test_the_surface_fits_the_terminal(environ: dict[str, str], live: bool, styled: bool) -> None:
    """NO_COLOR is respected; a dumb terminal moves no cursor."""
    master, slave = os.openpty()
    with os.fdopen(slave, "w") as stream:
        found = surface(stream, stream, environ=environ)
        assert found.live is live
        if isinstance(found, Prompt):
            assert found._styled is styled
    os.close(master)


async def read(fd: int) -> list[str]:
    async with aclosing(lines(fd)) as typed:
        return [line async for line in typed]


async def test_lines_of_a_pipe_arrive_whole() -> None:
    """Characters and lines that are cut anywhere are put together; the last line may lack its end."""
    source, target = os.pipe()
    for byte in "é\r\nsuite\n\nfin".encode():
        os.write(target, bytes([byte]))
    os.close(target)
    assert await read(source) == ["é", "suite", "", "fin"]
    os.close(source)


async def test_lines_of_a_file_arrive_too(tmp_path: Path) -> None:
    """`relais chat < questions.txt`: epoll does not watch regular files."""
    (tmp_path / "questions").write_text("un\ndeux\n")
    with (tmp_path / "questions").open("rb") as file:
        assert await read(file.fileno()) == ["un", "deux"]


async def test_nothing_comes_from_dev_null() -> None:
    """A service without input ends cleanly."""
    null = os.open(os.devnull, os.O_RDONLY)
    assert await read(null) == []
    os.close(null)


async def test_a_terminal_that_is_closed_is_an_end() -> None:
    """The window was shut: EIO is no error of ours."""
    master, slave = os.openpty()
    async with aclosing(lines(slave)) as typed:
        os.close(master)
        with pytest.raises(StopAsyncIteration):
            await anext(typed)
    os.close(slave)
