"""A bot that nobody can reach is not green, though its connection stands."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from connectors.tchap.crypto import Machine
from connectors.tchap.listener import DEAF_AFTER, Listener

ABSENT = cast(Any, None)


@pytest.mark.parametrize(
    ("quiet", "keys", "said"),
    [
        (DEAF_AFTER, True, None),
        (DEAF_AFTER + 1, True, "sourd : /sync n’a rien apporté"),
        (0, False, "sourd : il ne reste sur le serveur aucune clé"),
    ],
)
def test_nobody_is_heard(quiet: float, keys: bool, said: str | None) -> None:
    """The homeserver answers nothing for a minute, or gives people no key to write to the bot with."""
    now = 0.0
    listener = Listener(
        *[ABSENT] * 1, SimpleNamespace(has_keys_left=keys), *[ABSENT] * 10,
        device=cast(Any, SimpleNamespace(user="@a:b", device="D")), clock=lambda: now,
    )  # fmt: skip
    now += quiet
    why = listener.deafness
    assert why is None if said is None else (why or "").startswith(said)


def test_keys_left_are_those_that_the_server_told() -> None:
    """One-time keys or a fallback key; before it told anything, they are taken to be there."""
    machine = object.__new__(Machine)
    machine._one_time_keys, machine._fallback = None, False
    assert machine.has_keys_left
    machine.note_sync(_left(0, []))
    assert not machine.has_keys_left
    machine.note_sync(_left(None, ["signed_curve25519"]))
    assert machine.has_keys_left
    machine.note_sync(_left(3, []))
    assert machine.has_keys_left


def _left(keys: int | None, fallback: list[str]) -> dict[str, Any]:
    """What /sync tells of the keys that are left."""
    counts = {} if keys is None else {"signed_curve25519": keys}
    return {"device_one_time_keys_count": counts, "device_unused_fallback_key_types": fallback}
