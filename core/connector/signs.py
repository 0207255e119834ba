"""Signs that the bot is at work, on platforms where such a sign goes by itself and is given again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)


@dataclass(eq=False)
class _Sign:
    """What is to be shown in one place now."""

    on: bool
    shows: int = 0
    """How many times it was shown since it was last asked for."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def turn(self, on: bool) -> None:
        self.on, self.shows = on, 0
        self.changed.set()


@dataclass(eq=False)
class Signs(Generic[K]):
    """Shows in each place K that the bot is at work, or no more. `show` does so once and never raises;
    `spawn` runs a coroutine beside. A sign is given again `every` so many seconds, `most` times since it was
    last asked for: whoever forgot to end it is not at work any more.

    In each place one `show` is under way: a sign that is ended while the platform still takes it would stay.
    """

    show: Callable[[K, bool], Coroutine[Any, Any, None]]
    spawn: Callable[[Coroutine[Any, Any, None]], None]
    _: KW_ONLY
    every: float
    most: int
    _signs: dict[K, _Sign] = field(default_factory=dict[K, _Sign], init=False)

    def turn(self, place: K, on: bool) -> None:
        """Have the sign shown, or ended: also one that another process gave."""
        if (sign := self._signs.get(place)) is not None:
            sign.turn(on)
        else:
            self._signs[place] = sign = _Sign(on)
            self.spawn(self._follow(place, sign))

    async def _follow(self, place: K, sign: _Sign) -> None:
        """Show what is to be shown, until that is nothing."""
        try:
            while True:
                sign.changed.clear()
                on = sign.on and sign.shows < self.most
                sign.shows += 1
                await self.show(place, on)
                if sign.changed.is_set():
                    continue
                if not on:
                    return
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.every):
                        await sign.changed.wait()
        finally:
            del self._signs[place]
