"""What is read of an event as it comes, and remembering no more than fits (`Recent`).

Nothing that the homeserver relays is trusted to have the shape that the specification gives it
(`core.untrusted_json`).

Here too are the names of what the bot adds to its events' content. `KEY` is the idempotency key of a visible
effect (`core.connector.Draft.key`): opaque, it lets a sibling find and adopt the message. `GROWING` is there
while the answer is still being written: the number of the claim that writes it, or true. `RECORD` says where
the text comes from (`core.provenance`); unlike the others it stands in the encrypted part only, since it
names the level.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeVar

from core.untrusted_json import Json, integer_in, object_in

SKEW = 100_000_000_000_000
"""Timestamps beyond this (year 5138, in ms) are nonsense."""


AGREE = 60.0
"""Seconds by which clocks may differ and events still be dated as their senders do, alike on all replicas."""
AT = "fr.gouv.relais.at"
"""When an event happened by our clock, noted beside it when it comes; it never leaves."""
ORIGIN = "fr.gouv.relais.origin"
"""Megolm session and message index that an event was decrypted with, noted beside it; it never leaves."""
KEY = "fr.gouv.relais.key"
GROWING = "fr.gouv.relais.growing"
RECORD = "fr.gouv.relais.provenance"


def seconds(event: Json) -> float:
    """When the event was sent, by the clock of its sender's server, in seconds since 1970."""
    ts = integer_in(event, "origin_server_ts") or 0
    return min(max(ts, 0), SKEW) / 1000


def happened(event: Json, now: float) -> float:
    """When the event was sent, by our own clock. Where that and the servers' do not agree, what counts is how
    old the homeserver says that the event is."""
    sent, age = seconds(event), integer_in(event, "unsigned", "age")
    known = now - age / 1000 if age is not None else sent
    return sent if abs(known - sent) < AGREE else min(now, known)


def relation(content: Json) -> Json:
    return object_in(content, "m.relates_to")


def server_of(user: str) -> str:
    """The server name in a user id (`@name:server`, the server may carry a port)."""
    return user.partition(":")[2]


K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(dict[K, V]):
    """The `most` entries that were set last, by `recent[key] = value`."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def __setitem__(self, key: K, value: V) -> None:
        self.pop(key, None)
        super().__setitem__(key, value)
        if len(self) > self._most:
            del self[next(iter(self))]
