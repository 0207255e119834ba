"""Signs that the bot is at work: in order in each place, given again, and ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest

from core.connector import Signs


@dataclass
class Platform:
    """Shows signs when it is let, and keeps what it showed."""

    group: asyncio.TaskGroup
    shown: list[tuple[str, bool]] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    lets: asyncio.Event = field(default_factory=asyncio.Event)

    async def show(self, place: str, on: bool) -> None:
        self.asked.set()
        await self.lets.wait()
        self.shown.append((place, on))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self.group.create_task(work)

    async def until(self, holds: Callable[[], bool]) -> None:
        while not holds():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)

    def signs(self, *, every: float = 3_600.0, most: int = 20) -> Signs[str]:
        return Signs(self.show, self.spawn, every=every, most=most)


@pytest.fixture
async def platform() -> AsyncGenerator[Platform]:
    """One that ends only when no sign is left."""
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        yield Platform(group)


async def test_a_sign_that_is_ended_while_it_is_given_ends(platform: Platform) -> None:
    """The platform hears of the end after the beginning, however slow it is."""
    signs = platform.signs()
    signs.turn("a", True)
    await platform.asked.wait()
    signs.turn("a", False)
    platform.lets.set()
    await platform.until(lambda: len(platform.shown) == 2)
    assert platform.shown == [("a", True), ("a", False)]


async def test_a_sign_is_given_again_until_it_is_ended(platform: Platform) -> None:
    """And at last ended where that was forgotten."""
    platform.lets.set()
    signs = platform.signs(every=0.0, most=3)
    signs.turn("a", True)
    await platform.until(lambda: ("a", False) in platform.shown)
    assert platform.shown == [("a", True)] * 3 + [("a", False)]


async def test_a_sign_that_begins_while_the_former_one_ends_is_shown(platform: Platform) -> None:
    """However often the former one was given: it was forgotten and is being ended, and a new job begins."""
    platform.lets.set()
    signs = platform.signs(every=0.0, most=3)
    signs.turn("a", True)
    await platform.until(lambda: len(platform.shown) == 3)
    platform.lets.clear()
    platform.asked.clear()
    await platform.asked.wait()
    signs.turn("a", True)
    platform.lets.set()
    await platform.until(lambda: platform.shown.count(("a", False)) == 2)
    assert platform.shown == ([("a", True)] * 3 + [("a", False)]) * 2


async def test_a_sign_of_another_process_is_ended(platform: Platform) -> None:
    """Whoever takes its work over ends what it showed."""
    platform.lets.set()
    platform.signs().turn("a", False)
    await platform.until(lambda: bool(platform.shown))
    assert platform.shown == [("a", False)]
