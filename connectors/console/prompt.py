"""The line at the bottom of a terminal that a person types in, on prompt_toolkit: history (↑), editing,
pasted paragraphs as one message, completion of commands and of paths (Tab).

An answer that grows stands above the line and is drawn anew in place; finished, it is left there for good.
What was typed is kept for this run only: nothing of it is written to the disk.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence

from prompt_toolkit import PromptSession
from prompt_toolkit.application import in_terminal
from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import ANSI
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import Input
from prompt_toolkit.output import Output

from connectors.console import events
from connectors.console.render import render

PROMPT = "› "
WIDEST = 100
"""Columns beyond which lines are hard to read."""
_AROUND = 3
"""Rows that an answer that grows leaves to the line and its completions."""


class Prompt:
    """See `connectors.console.terminal.Surface`."""

    live = True

    def __init__(
        self,
        *,
        styled: bool = True,
        commands: Sequence[str] = (),
        size: Callable[[], tuple[int, int]] = shutil.get_terminal_size,
        source: Input | None = None,
        target: Output | None = None,
    ) -> None:
        """`size` gives columns and rows; `source` and `target` are the terminal's, by default."""
        self._styled = styled
        self._size = size
        self._growing: list[str] = []
        self._session: PromptSession[str] = PromptSession(
            history=InMemoryHistory(),
            completer=Completions(commands),
            complete_while_typing=False,
            input=source,
            output=target,
        )

    async def lines(self) -> AsyncGenerator[str]:
        """What the person types, message by message, until Ctrl-D, or Ctrl-C on an empty line."""
        while True:
            try:
                yield await self._session.prompt_async(self._message)
            except KeyboardInterrupt:
                if not self._session.default_buffer.text:
                    return
            except EOFError:
                return

    def _message(self) -> ANSI:
        above = [] if self._session.app.is_done else self._growing
        rows = max(1, self._size()[1] - _AROUND)
        return ANSI("\n".join([*above[-rows:], PROMPT]))

    async def show(self, id: str, text: str, *, growing: bool = False) -> None:
        """Show a message that grows above the line, or leave a finished one there."""
        lines = render(text, width=min(self._size()[0], WIDEST) - 1, styled=self._styled)
        self._growing = [*lines, ""] if growing else []
        if growing:
            self._session.app.invalidate()
        else:
            await self._print(["", *lines, ""])

    async def say(self, text: str) -> None:
        """Show a word of the program itself."""
        await self._print(render(text, width=self._size()[0] - 1, styled=False))

    async def _print(self, lines: Iterable[str]) -> None:
        text = "".join(f"{line}\n" for line in lines)
        if not self._session.app.is_running:
            self._write(text)
            return
        async with in_terminal():
            self._write(text)

    def _write(self, text: str) -> None:
        output = self._session.app.output
        output.write_raw(text.replace("\n", "\r\n"))
        output.flush()


class Completions(Completer):
    """Commands after `!` or `/`, paths after `/fichier`."""

    def __init__(self, commands: Sequence[str]) -> None:
        self._commands = sorted(commands)
        self._paths = PathCompleter(expanduser=True)

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        line = document.text_before_cursor
        word, space, rest = line.partition(" ")
        if space:
            if word.lower() in events.FILE:
                yield from self._paths.get_completions(Document(rest.lstrip("\"'")), complete_event)
        elif word[:1] in ("!", "/"):
            own = [name.removeprefix("/") for name in (*events.FILE, *events.LEAVE)] if word[0] == "/" else []
            for name in (*own, *self._commands):
                if name.startswith(word[1:].lower()):
                    yield Completion(word[0] + name, start_position=-len(word))
