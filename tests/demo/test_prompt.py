"""What the bot says, in the terminal of the demo."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import cast

import pytest
from prompt_toolkit.input import DummyInput
from prompt_toolkit.output import DummyOutput

from connectors.console.prompt import Prompt
from connectors.console.render import render
from tests.demo.prompt import body_for, converse
from tests.rig.visitor import Heard, Visitor


def test_a_list_in_a_message_is_shown_line_by_line() -> None:
    """The plain body of a Matrix message bears « • »: the terminal keeps each item on a line of its own."""
    shown = Prompt(source=DummyInput(), target=DummyOutput())
    heard = Heard(id="$1", text="Voici :\n\n• un document\n• un salon", growing=False, encrypted=True)
    lines = render(body_for(shown, heard), width=80, styled=False)
    assert [line.strip(" •-") for line in lines if "un " in line] == ["un document", "un salon"]


class Chat:
    """A chat with the bot that answers nothing, and a scene that notes itself."""

    def __init__(self) -> None:
        self.told: list[str] = []

    async def say(self, text: str) -> None:
        self.told.append(text)

    async def hear(self) -> Heard:
        return await asyncio.get_running_loop().create_future()

    async def scene(self, number: int) -> bool:
        self.told.append(f"scene {number}")
        return number < 7


async def test_a_scene_is_named_and_a_number_is_said_to_the_bot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything else was written and after it: what the bot's welcome offers by number is answered."""
    chat, typed = Chat(), ["2", "/scène 2", "Bonjour", "/scene 4", "/scène 9", "3"]
    terminal = Terminal(typed)
    monkeypatch.setattr("tests.demo.prompt.surface", lambda *_: terminal)
    welcome = Heard(id="$1", text="Bonjour", growing=False, encrypted=True)
    await converse(cast("Visitor", chat), welcome, None, chat.scene)
    assert chat.told == ["2", "scene 2", "Bonjour", "scene 4", "scene 9", "3"]
    assert terminal.said == ["Il n’y a pas de scène de ce numéro."]


class Terminal:
    """What a person types, at once, and what the program says."""

    live = True

    def __init__(self, typed: list[str]) -> None:
        self._typed = typed
        self.said: list[str] = []

    async def lines(self) -> AsyncGenerator[str]:
        for line in self._typed:
            yield line

    async def show(self, id: str, text: str, *, growing: bool = False) -> None:
        """Nothing is looked at."""

    async def say(self, text: str) -> None:
        self.said.append(text)
