"""Makes small talks for tests."""

from __future__ import annotations

from typing import Any

import orjson

from bots.summariser.exported_talk import load
from bots.summariser.talk import Talk

MEMBERS = [
    {"id": "@claire", "name": "Claire DURAND"},
    {"id": "@paul", "name": "Paul MARTIN"},
    {"id": "@ines", "name": "Inès LE GALL"},
    {"id": "@yanis", "name": "Yanis HADDAD"},
]


def exported(*messages: dict[str, Any] | tuple[str, str]) -> bytes:
    """Messages one minute apart from Tuesday 10 March 2026 at 9 on; `(from, text)` for short."""
    made: list[dict[str, Any]] = []
    for n, given in enumerate(messages, 1):
        one = {"from": given[0], "text": given[1]} if isinstance(given, tuple) else given
        made.append({"n": n, "at": f"2026-03-10T09:{n:02}:00+01:00", **one, "from": f"@{one['from']}"})
    return orjson.dumps({"messages": made, "members": MEMBERS})


def talk(*messages: dict[str, Any] | tuple[str, str]) -> Talk:
    return load(exported(*messages))
