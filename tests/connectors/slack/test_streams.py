"""When a stream is begun, and when not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from connectors.slack.api import Api
from connectors.slack.events import Me
from connectors.slack.streams import REFUSALS, REFUSED, Streams
from core.connector import Address, Draft, Shelf
from core.connector.untrusted_json import Json
from core.errors import PlatformRefused
from core.sensitivity.level import Level

ME = Me(team="T1", enterprise=None, user="UB", bot="B1", app="A1", url="", whole=False)
CHAT = Address(connector="slack", conversation="T1/D1", thread="1764000000.000100")


class Refusing:
    """An API that refuses the first calls, and a shelf that keeps nothing."""

    def __init__(self, refused: int) -> None:
        self.calls = 0
        self.refused = refused

    async def spare(self, method: str) -> bool:
        return True

    async def call(self, method: str, **arguments: object) -> Json:
        self.calls += 1
        if self.calls <= self.refused:
            raise PlatformRefused(method, "thread_not_found")
        return {"ts": "1764000000.000200"}

    async def put(self, *_: Any) -> None: ...

    def streams(self, clock: Callable[[], float]) -> Streams:
        return Streams(cast("Api", self), ME, cast("Shelf", self), person_in=lambda _: "U1", clock=clock)


DRAFT = Draft(text="Voici. …", level=Level.N0, key="k", growing=True)


async def test_a_stream_that_was_refused_in_one_thread_is_begun_in_the_next() -> None:
    """One thread that is gone does not end the streams of all others."""
    streams = Refusing(1).streams(lambda: 0.0)
    assert await streams.start(CHAT, DRAFT) is None
    assert await streams.start(CHAT, DRAFT) == "1764000000.000200"


async def test_streams_that_were_refused_are_tried_again_later() -> None:
    """Slack has perhaps none for this app: it is asked again after ten minutes."""
    slack, now = Refusing(REFUSALS), 0.0
    streams = slack.streams(lambda: now)
    for _ in range(REFUSALS):
        assert await streams.start(CHAT, DRAFT) is None
    now = REFUSED - 1
    assert await streams.start(CHAT, DRAFT) is None
    assert slack.calls == REFUSALS
    now = REFUSED
    assert await streams.start(CHAT, DRAFT) == "1764000000.000200"
