"""Events that are to come at a time: stored at once, in their mailbox when due, once whoever asks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from core.connector import Tick
from core.inbox.inbox import Inbox
from tests.core.stored import ALICE, HERE


@pytest.fixture(params=[1, 3], ids=["one-partition", "three-partitions"])
def partitions(request: pytest.FixtureRequest) -> int:
    return request.param


def tick(due: float) -> Tick:
    return Tick(key=f"lundi:{due}", address=HERE, at=due, sender=ALICE, schedule="lundi")


async def test_comes_when_due(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing before; a wait ends when it is due, and the event is there, whole."""
    monkeypatch.setattr("core.inbox.inbox.IDLE", 600.0)
    due = time.time() + 0.5
    assert await inbox.later(tick(due), due)
    async with asyncio.timeout(60):
        while not (claims := await inbox.claim(10)):
            await inbox.wait(600)
    assert time.time() > due - 0.001
    assert [claim.events for claim in claims] == [(tick(due),)]


async def test_comes_once(inbox: Inbox) -> None:
    """Asked for again before and after it came, it comes once."""
    due = time.time() - 1
    assert await inbox.later(tick(due), due)
    assert not await inbox.later(tick(due), due)
    (claim,) = await inbox.claim(10)
    await inbox.later(tick(due), due)
    await claim.done()
    assert not await inbox.claim(10)


async def test_one_replica_has_it(replica: Callable[..., Inbox]) -> None:
    """Of two replicas that look at the same moment, one gets it."""
    one, two = replica("un"), replica("deux")
    await one.later(tick(time.time() - 1), time.time() - 1)
    claims = await asyncio.gather(one.claim(10), two.claim(10))
    assert sum(map(len, claims)) == 1
