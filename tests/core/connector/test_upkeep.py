"""A part that fails is named, shown and run again, and ends nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from core.connector.upkeep import START, Upkeep
from core.errors import ConfigurationError, StoreRefused
from core.retry import Backoff

WRONG = ConfigurationError("RELAIS_MAIL__IMAP_URL", "settings.zero")
WHY = str(WRONG)


class Clock:
    """Time that passes only while somebody pauses; `pauses` is how long each was."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []
        self._more = asyncio.Event()

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds
        self._more.set()
        await asyncio.sleep(0)

    async def paused(self, times: int) -> None:
        """Wait for the pause of this number."""
        while len(self.pauses) < times:
            self._more.clear()
            await self._more.wait()


def upkeep(clock: Clock, *, lenient: bool = False) -> Upkeep:
    pauses = Backoff(2.0, 300.0, random=lambda: 0.5)
    return Upkeep(lenient=lenient, clock=clock, pauses=pauses, sleep=clock.sleep)


def failing(times: int, ready: asyncio.Event, error: Exception = WRONG) -> Callable[[], Awaitable[None]]:
    """A part that fails so many times, and then works until it is cancelled."""
    left = [error] * times

    async def run() -> None:
        if left:
            raise left.pop()
        ready.set()
        await asyncio.Event().wait()

    return run


async def test_a_part_that_fails_after_the_start_ends_nothing_else() -> None:
    """It is run again with pauses that grow, named once in the log, and well again once it works."""
    clock, ready = Clock(), asyncio.Event()
    kept = upkeep(clock)
    kept.started()
    with capture_logs() as lines:
        task = asyncio.ensure_future(kept.keep("mail", failing(4, ready), ready=ready))
        await clock.paused(2)
        assert kept.troubles == {"mail": WHY}
        await ready.wait()
        await asyncio.sleep(0)
        assert not kept.troubles
    task.cancel()
    assert clock.pauses == [2.0, 4.0, 8.0, 16.0]
    assert [line["event"] for line in lines] == ["part_failed", "part_recovered"]


async def test_a_part_that_returns_has_failed() -> None:
    """A connector listens until it is cancelled; one that ends is run again."""
    clock, ready = Clock(), asyncio.Event()
    kept = upkeep(clock)

    async def ends() -> None:
        ready.set()

    task = asyncio.ensure_future(kept.keep("slack", ends, ready=ready))
    await clock.paused(3)
    task.cancel()
    assert not ready.is_set()
    assert kept.troubles == {"slack": "RuntimeError"}


@pytest.mark.parametrize("lenient", [False, True])
async def test_wrong_settings_end_the_process_at_the_start_only(lenient: bool) -> None:
    """Within the first minute, before all listens, and not where the start is lenient."""
    clock, ready = Clock(), asyncio.Event()
    kept = upkeep(clock, lenient=lenient)
    keeping = kept.keep("mail", failing(1, ready), ready=ready)
    if lenient:
        task = asyncio.ensure_future(keeping)
        await ready.wait()
        task.cancel()
    else:
        with pytest.raises(ConfigurationError):
            await keeping
    clock.now = START
    task = asyncio.ensure_future(kept.keep("mail", failing(1, ready), ready=ready))
    await ready.wait()
    task.cancel()


async def test_a_store_that_must_not_be_used_ends_the_process() -> None:
    """No part can go on without it."""
    ready = asyncio.Event()
    with pytest.raises(StoreRefused):
        await upkeep(Clock()).keep("tchap", failing(1, ready, StoreRefused("other keys")), ready=ready)


async def test_a_part_within_a_part_is_found_in_its_group() -> None:
    """What a task group wraps is told as it is."""
    clock, ready = Clock(), asyncio.Event()
    kept = upkeep(clock)
    kept.started()
    group = ExceptionGroup("several", [ExceptionGroup("inner", [WRONG])])
    task = asyncio.ensure_future(kept.keep("mail", failing(1, ready, group), ready=ready))
    await clock.paused(1)
    task.cancel()
    assert kept.troubles == {"mail": WHY}


async def test_a_part_that_is_to_end_ends() -> None:
    """A terminal whose person leaves is no failure."""
    kept = upkeep(Clock())

    async def leave() -> None:
        return

    await kept.keep("console", leave, ready=asyncio.Event(), returns=True)
    assert not kept.troubles
