"""When a stream is begun, and when not."""

from __future__ import annotations

from typing import Any, cast

from connectors.slack.api import Api
from connectors.slack.events import Me
from connectors.slack.streams import REFUSED, Streams
from core.connector import Address, Draft, Shelf
from core.errors import PlatformRefused
from core.sensitivity.level import Level
from core.untrusted_json import Json

ME = Me(team="T1", enterprise=None, user="UB", bot="B1", app="A1", url="", whole=False)
CHAT = Address(connector="slack", conversation="T1/D1", thread="1764000000.000100")


class Refusing:
    """An API that refuses the first call, and a shelf that keeps nothing."""

    def __init__(self) -> None:
        self.calls = 0

    async def spare(self, method: str) -> bool:
        return True

    async def call(self, method: str, **arguments: object) -> Json:
        self.calls += 1
        if self.calls == 1:
            raise PlatformRefused(method, "thread_not_found")
        return {"ts": "1764000000.000200"}

    async def put(self, *_: Any) -> None: ...


async def test_a_stream_that_was_refused_is_tried_again_later() -> None:
    """One thread that is gone does not end the streams of all others until the replica is started anew."""
    slack, now = Refusing(), 0.0
    streams = Streams(
        cast("Api", slack), ME, cast("Shelf", slack), person_in=lambda _: "U1", clock=lambda: now
    )
    draft = Draft(text="Voici. …", level=Level.N0, key="k", growing=True)
    assert await streams.start(CHAT, draft) is None
    now = REFUSED - 1
    assert await streams.start(CHAT, draft) is None
    assert slack.calls == 1
    now = REFUSED
    assert await streams.start(CHAT, draft) == "1764000000.000200"
