"""The prompt of the demo: what is typed goes to the bot through the homeserver, its words are shown."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Literal

from connectors.console import events
from connectors.console.terminal import Surface, surface
from core.errors import DeliveryError
from tests.rig.visitor import Heard, Visitor

_BULLET = re.compile(r"^( *)• ", re.MULTILINE)
_SCENE = re.compile(r"\s*/sc[eè]ne\s*(\d{1,3})\s*", re.IGNORECASE)
Scene = Callable[[int], Awaitable[bool]]
"""Plays a scene of the tour by its number; False where there is none."""


async def converse(visitor: Visitor, welcome: Heard, file: Path | None, scene: Scene) -> None:
    """Until the end of the input (Ctrl-D). `/scène 3` plays a scene; a bare number is said to the bot, whose
    welcome offers some."""
    shown = surface(sys.stdin, sys.stdout)
    await shown.show(welcome.id, body_for(shown, welcome))
    if file is not None:
        await visitor.send_file(file)
    async with aclosing(shown.lines()) as typed, asyncio.TaskGroup() as group:
        answers = _Answers(visitor, shown)
        showing = group.create_task(answers.show())
        async for line in typed:
            said = events.parse(line)
            if said == "leave":
                break
            await answers.settled()
            if (named := _SCENE.fullmatch(line)) is not None:  # which hears the bot itself
                showing.cancel()
                if not await scene(int(named[1])):
                    await shown.say("Il n’y a pas de scène de ce numéro.")
                showing = group.create_task(answers.show())
            elif await _sent(visitor, shown, said):
                answers.expected()
        await answers.settled()
        showing.cancel()


async def _sent(visitor: Visitor, shown: Surface, said: events.Say | Literal["unclear"] | None) -> bool:
    """Was something sent, to which an answer comes?"""
    match said:
        case events.Say(text=text, path=None):
            await visitor.say(text)
            return True
        case events.Say(text=text, path=str() as path):
            try:
                await visitor.send_file(_path(path), text)
            except (OSError, DeliveryError):
                await shown.say(f"Le fichier {path} ne peut pas être envoyé : existe-t-il, est-il lisible ?")
                return False
            return True
        case "unclear":
            await shown.say("Écrivez : /fichier CHEMIN [question]")
            return False
        case _:
            return False


class _Answers:
    """Shows what the bot says. Through a pipe, a question waits for the answer to the one before."""

    def __init__(self, visitor: Visitor, shown: Surface) -> None:
        self._visitor = visitor
        self._shown = shown
        self._settled = asyncio.Event()
        self._settled.set()

    async def show(self) -> None:
        while True:
            heard = await self._visitor.hear()
            await self._shown.show(heard.id, body_for(self._shown, heard), growing=heard.growing)
            if not heard.growing:
                self._settled.set()

    def expected(self) -> None:
        """A message was sent: an answer will come."""
        if not self._shown.live:
            self._settled.clear()

    async def settled(self) -> None:
        await self._settled.wait()


def body_for(shown: Surface, heard: Heard) -> str:
    """The plain text of a message; on a terminal, which draws CommonMark, its bullets mark a list again."""
    return _BULLET.sub(r"\1- ", heard.text) if shown.live else heard.text


def _path(typed: str) -> Path:
    return Path(typed).expanduser()
