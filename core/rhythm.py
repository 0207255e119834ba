"""Moments that all share who look after something regularly.

A process that wakes to look finds its caches cold: waking costs more than most looks. Whoever looks every
three seconds does so in the same wake as all others who do, and as those who look every second.
"""

from __future__ import annotations

import asyncio

_AGAIN = 0.01
"""The part of a rhythm in which a moment that came too early is still the same."""


def until_beat(every: float, now: float) -> float:
    """Seconds from `now`, on a clock that all share, to the next moment of those that look `every` so many
    seconds."""
    pause = every - now % every
    return pause if pause > every * _AGAIN else pause + every


async def beat(every: float) -> None:
    """Sleep until the next such moment of the event loop: at most `every` seconds, and a hundredth."""
    await asyncio.sleep(until_beat(every, asyncio.get_running_loop().time()))
