"""A bot that nobody can reach is not green, though its connection stands."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NoReturn, cast

import pytest

from connectors.tchap.api import MOST_ATTEMPTS, Api
from connectors.tchap.config import TchapConfig, Wiring
from connectors.tchap.connection import Connection
from connectors.tchap.crypto import Machine
from connectors.tchap.device import Device
from connectors.tchap.hearing import DEAF_AFTER
from connectors.tchap.position import SyncPosition
from connectors.tchap.sync import SyncLoop
from core.errors import Deferred, StoreUnavailable, Unusable
from core.retry import Backoff

ABSENT = cast(Any, None)


def listening(clock: Callable[[], float], **machine: object) -> Connection:
    """A connection to a homeserver that is not there."""
    wiring = Wiring(
        folder=ABSENT, notebook=ABSENT, shared=ABSENT, shelf=ABSENT, pickle_key="secret", clock=clock
    )
    device = Device(user="@a:b", device="D", token="")
    keys = cast(Any, SimpleNamespace(open=ABSENT, **machine))
    return Connection(Api(ABSENT, ""), keys, device, TchapConfig(homeserver=""), wiring)


@pytest.mark.parametrize(
    ("quiet", "said"), [(DEAF_AFTER, None), (DEAF_AFTER + 1, "sourd : /sync n’a rien apporté")]
)
def test_a_homeserver_that_answers_nothing_is_not_heard(quiet: float, said: str | None) -> None:
    """For a minute."""
    now = 0.0
    connection = listening(lambda: now)
    now += quiet
    why = connection.sync.hearing.deafness
    assert why is None if said is None else (why or "").startswith(said)


@pytest.mark.parametrize(
    ("uploaded", "said"), [(True, None), (False, "sourd : il ne reste sur le serveur aucune clé")]
)
async def test_used_up_keys_are_said_once_no_new_ones_could_be_uploaded(
    monkeypatch: pytest.MonkeyPatch, uploaded: bool, said: str | None
) -> None:
    """While a round that learnt of it goes on, new ones are still to be uploaded: nobody is deaf yet."""
    within: list[str | None] = []
    after: list[str | None] = []

    async def begin(_position: SyncPosition) -> None: ...

    async def sync(_loop: SyncLoop, since: str | None) -> dict[str, Any]:
        if since:
            after.append(connection.sync.hearing.deafness)
            raise Unusable("/sync", "M_UNKNOWN_TOKEN")
        return {}

    async def read(*_: object) -> tuple[list[Any], list[Any]]:
        return [], []

    async def maintain() -> bool:
        within.append(connection.sync.hearing.deafness)
        return uploaded

    async def acknowledge(*_: object) -> str:
        return "1"

    connection = listening(lambda: 0.0, maintain=maintain)
    monkeypatch.setattr(SyncPosition, "load", begin)
    for name, instead in {"_sync": sync, "_digest": read, "_acknowledge": acknowledge}.items():
        monkeypatch.setattr(SyncLoop, name, instead)
    with pytest.raises(Unusable):
        await connection.sync.run(ABSENT)
    assert within == [None]
    (why,) = after
    assert why is None if said is None else (why or "").startswith(said)


async def test_a_token_that_is_revoked_is_not_taken_for_keys_that_could_not_be_uploaded() -> None:
    """What /sync tells of a device that was logged out is that none of its keys are left."""

    class Refusing:
        async def call(self, *_: object) -> NoReturn:
            raise Unusable("/keys/upload", "M_UNKNOWN_TOKEN")

    machine = object.__new__(Machine)
    machine._api = cast(Any, Refusing())
    machine.olm = cast(Any, SimpleNamespace(keys_to_upload=lambda _left, fallback: {}))
    machine._one_time_keys, machine._fallback = 0, False
    with pytest.raises(Unusable):
        await machine.maintain()


async def test_keys_left_are_those_that_the_server_told() -> None:
    """One-time keys or a fallback key, where no new ones can be uploaded; before it told anything, they are
    taken to be there."""

    class Away:
        async def call(self, *_: object) -> NoReturn:
            raise Deferred("away", retry_after=1.0)

    machine = object.__new__(Machine)
    machine._api = cast(Any, Away())
    machine.olm = cast(
        Any,
        SimpleNamespace(
            keys_to_upload=lambda _left, fallback: {}, wedged_devices=(), outgoing_to_device_messages=()
        ),
    )
    machine._one_time_keys, machine._fallback = None, False
    assert await machine.maintain()
    machine.note_sync(_left(0, []))
    assert not await machine.maintain()
    machine.note_sync(_left(None, ["signed_curve25519"]))
    assert await machine.maintain()
    machine.note_sync(_left(3, []))
    assert await machine.maintain()


def _left(keys: int | None, fallback: list[str]) -> dict[str, Any]:
    """What /sync tells of the keys that are left."""
    counts = {} if keys is None else {"signed_curve25519": keys}
    return {"device_one_time_keys_count": counts, "device_unused_fallback_key_types": fallback}


async def test_what_the_store_was_away_for_is_not_held_against_the_homeserver(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After a long absence of the store, a single hiccup of the homeserver does not leave out a room."""
    monkeypatch.setattr("connectors.tchap.api.PAUSES", Backoff(0.0, 0.0))
    failures: list[Exception] = [Deferred("busy"), *[StoreUnavailable("away") for _ in range(MOST_ATTEMPTS)]]

    async def attempt() -> str:
        if failures:
            raise failures.pop()
        return "read"

    async def answers(_api: Api) -> bool:
        return True

    monkeypatch.setattr(Api, "answers", answers)
    assert await Api(ABSENT, "").until_done(attempt, gives_up=True) == "read"
