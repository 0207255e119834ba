"""A replica's core as a process of its own, which a poisoned message ends.

Its arguments are FOLDER STEP; what it posts is printed, one JSON line each. When its standard input ends it
prints the dead letters, once there are any, and ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

from bots.assistant import Assistant
from core.bot import Exchange
from core.connector import Address, Audience, Draft
from core.gateway.ask import Ask, Piece
from core.gateway.client import Gateway
from core.policy.decision import Route
from core.sensitivity.level import Part
from core.turn.findings import TurnFindings
from tests.core.conftest import core_on
from tests.rig.platform import Platform, message

POISON = "poison"
_take, _stream = TurnFindings.take, Gateway.stream


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Killing(Platform):
    """Dies when it is to post the poison, or, of the step `word`, whatever it is to post. What it posted
    before it was killed, it has forgotten."""

    step = ""

    async def send(self, address: Address, draft: Draft, audience: Audience) -> str:
        if self.step == "word" or (self.step == "deliver" and POISON in draft.text):
            die()
        id = await super().send(address, draft, audience)
        print(json.dumps({"conversation": address.conversation, "text": draft.text}), flush=True)
        return id

    async def edit(self, address: Address, id: str, draft: Draft, audience: Audience) -> None:
        if id in self.posts:
            await super().edit(address, id, draft, audience)


class Dying(Assistant):
    """Dies of what it reads."""

    async def handle(self, exchange: Exchange) -> None:
        if POISON in exchange.question.text:
            die()
        await super().handle(exchange)


async def live(folder: Path, step: str) -> None:
    platform = Killing()
    platform.step = step

    async def take(self: TurnFindings, parts: list[Part], source: str = "") -> object:
        if any(POISON in part.text for part in parts):
            die()
        return await _take(self, parts, source)

    def stream(self: Gateway, ask: Ask, policy: Callable[[], Route]) -> AsyncGenerator[Piece]:
        if POISON in ask.question:
            die()
        return _stream(self, ask, policy)

    if step == "alone":
        Gateway.stream = stream  # type: ignore[method-assign,assignment]
    if step in ("assess", "word"):
        TurnFindings.take = take  # type: ignore[method-assign,assignment]  # pyright: ignore[reportAttributeAccessIssue]
    bot = Dying() if step == "handle" else Assistant()
    async with core_on(folder, platform=platform, bots=[bot]) as core:
        await core.inbox.recover()
        await core.tell(
            message(f"du {POISON}", id="$poison", room="!alice:x"),
            message("Bonjour", id="$hello", room="!bob:x", sender="@b:x"),
        )
        await asyncio.to_thread(sys.stdin.read)
        while not (letters := await core.letters.list()):  # noqa: ASYNC110 - it follows the word, in the store
            await asyncio.sleep(0.02)
        print(json.dumps({"letters": [letter.reason for letter in letters]}), flush=True)


def main() -> None:
    asyncio.run(live(Path(sys.argv[1]), sys.argv[2]))
