"""The line that a person types in: history, editing, pasted paragraphs, completion; answers grow above it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.data_structures import Size
from prompt_toolkit.document import Document
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output

from connectors.console.prompt import Completions, Prompt

COLUMNS, ROWS = 60, 12


class Typist:
    """A terminal of which both ends are ours, and what came out of its line."""

    def __init__(self, source: PipeInput) -> None:
        self.source = source
        self.screen = io.StringIO()
        output = Vt100_Output(self.screen, lambda: Size(rows=ROWS, columns=COLUMNS), term="xterm")
        self.prompt = Prompt(source=source, target=output, size=lambda: (COLUMNS, ROWS))
        self.lines: asyncio.Queue[str | None] = asyncio.Queue()

    async def read(self) -> None:
        async for line in self.prompt.lines():
            self.lines.put_nowait(line)
        self.lines.put_nowait(None)

    async def type(self, keys: str) -> str | None:
        self.source.send_text(keys)
        return await self.lines.get()

    async def until(self, text: str) -> None:
        while text not in self.screen.getvalue():  # noqa: ASYNC110 - the renderer tells nobody
            await asyncio.sleep(0.01)


@asynccontextmanager
async def typist() -> AsyncGenerator[Typist]:
    with create_pipe_input() as source:
        one = Typist(source)
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            reading = group.create_task(one.read())
            yield one
            reading.cancel()


async def test_lines_history_and_the_end() -> None:
    """↑ brings the last line back, where it may be corrected; Ctrl-D ends."""
    async with typist() as one:
        assert await one.type("bonjour\r") == "bonjour"
        assert await one.type("\x1b[A !\r") == "bonjour !"
        assert await one.type("\x04") is None


async def test_ctrl_c_gives_a_line_up_and_ends_on_an_empty_one() -> None:
    """What was begun is dropped; the conversation goes on."""
    async with typist() as one:
        one.source.send_text("à moi")
        await one.until("à moi")
        assert await one.type("\x03bonjour\r") == "bonjour"
        assert await one.type("\x03") is None


async def test_pasted_paragraphs_are_one_message() -> None:
    """A text of several lines that is pasted is sent when Enter is pressed, whole."""
    async with typist() as one:
        assert await one.type("\x1b[200~un\n\ndeux\x1b[201~ trois\r") == "un\n\ndeux trois"


async def test_an_answer_grows_above_the_line_and_stays() -> None:
    """What is typed meanwhile is kept; the finished answer stands once, in its last form."""
    async with typist() as one:
        one.source.send_text("!st")
        await one.until("!st")
        for text in ("Bon", "Bonjour", "Bonjour à"):
            await one.prompt.show("1", text, growing=True)
        await one.until("Bonjour")
        await one.prompt.show("1", "Bonjour à tous.")
        await one.until("tous.")
        assert await one.type("op\r") == "!stop"
        assert one.prompt._growing == []
        assert one.screen.getvalue().count("Bonjour à tous.") == 1


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("!ai", ["!aide"]),
        ("/ni", ["/niveau"]),
        ("/fi", ["/fichier", "/file"]),
        ("bonjour !ai", []),
        ("ai", []),
    ],
)
def test_commands_are_completed(typed: str, expected: list[str]) -> None:
    """Only a line that begins with `!` or `/` asks for a command."""
    found = Completions(["niveau", "aide"]).get_completions(Document(typed), CompleteEvent())
    assert [each.text for each in found] == expected


def test_paths_are_completed(tmp_path: Path) -> None:
    """After `/fichier` the files of a folder are offered."""
    (tmp_path / "note de service.txt").touch()
    for line in (f"/fichier {tmp_path}/no", f'/fichier "{tmp_path}/no'):
        found = list(Completions([]).get_completions(Document(line), CompleteEvent()))
        assert [each.text for each in found] == ["te de service.txt"]
