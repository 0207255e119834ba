"""Whose devices are whose: identities, their signatures, and what is pinned of them."""

from __future__ import annotations

import copy
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import vodozemac
from hypothesis import given
from hypothesis import strategies as st

from connectors.tchap.cross_signing import Identity
from connectors.tchap.crypto import Machine
from connectors.tchap.identities import Pins, PublishedIdentity, is_signed, published, renewed
from connectors.tchap.keystore import KeyStore
from tests.connectors.tchap.conftest import MemoryNotebook

ALICE = "@alice:b.fr"
THEIRS = Identity("graine", ALICE)


def answer(identity: Identity = THEIRS, user: str = ALICE) -> dict[str, Any]:
    """What `/keys/query` says of a person's identity."""
    keys = identity.upload()
    return {
        "master_keys": {user: keys["master_key"]},
        "self_signing_keys": {user: keys["self_signing_key"]},
    }


def device(id: str, signer: Identity | None = THEIRS) -> dict[str, Any]:
    keys = {f"ed25519:{id}": vodozemac.Account().ed25519_key.to_base64(), f"curve25519:{id}": "c"}
    payload: dict[str, Any] = {"user_id": ALICE, "device_id": id, "keys": keys}
    return signer.self_signing.sign(payload, ALICE) if signer else payload


def test_a_device_is_its_owners_who_signed_it() -> None:
    """Only the devices that the identity's self-signing key signed count, whatever else was signed since."""
    devices = {"A": device("A"), "B": device("B", None), "C": device("C", Identity("autre", ALICE))}
    devices["D"] = device("D") | {"keys": device("D")["keys"]}
    identity = renewed(None, published(answer(), ALICE), devices, ALICE)
    assert identity is not None
    assert dict(identity.signed) == {"A": devices["A"]["keys"]["ed25519:A"]}


@pytest.mark.parametrize(
    "change",
    [
        ("self_signing_keys", {"signatures": {}}),
        ("self_signing_keys", {"user_id": "@bob:b.fr"}),
        ("self_signing_keys", {"usage": ["user_signing"]}),
        ("self_signing_keys", Identity("autre", ALICE).upload()["self_signing_key"]),
    ],
    ids=["not signed", "of another person", "for another use", "of another identity"],
)
def test_a_self_signing_key_is_signed_by_the_master_key(change: tuple[str, dict[str, Any]]) -> None:
    """Otherwise nothing is signed by the identity, and no device of the person's is trusted."""
    given = answer()
    given[change[0]][ALICE] = {**given[change[0]][ALICE], **change[1]}
    identity = renewed(None, published(given, ALICE), {"A": device("A")}, ALICE)
    assert identity is not None
    assert (identity.master, dict(identity.signed)) == (THEIRS.master.public, {})


def test_a_hidden_identity_still_counts() -> None:
    """A homeserver that publishes it no more does not make unsigned devices trusted; those that are gone keep
    their signature."""
    known = renewed(None, published(answer(), ALICE), {"A": device("A"), "gone": device("gone")}, ALICE)
    again = renewed(known, published({}, ALICE), {"A": device("A"), "B": device("B", None)}, ALICE)
    assert again is not None
    assert again.master == THEIRS.master.public
    assert set(again.signed) == {"A", "gone"}
    assert PublishedIdentity.load(again.dump()) == replace(again, signed=dict(again.signed))
    assert renewed(None, published({}, ALICE), {"A": device("A")}, ALICE) is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(ALICE),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.data())
def test_any_shape_is_survived(data: st.DataObject) -> None:
    """Whatever a homeserver answers in place of any part, no device is signed that was not."""
    whole = copy.deepcopy({**answer(), "device": device("A")})
    place: Any = whole
    while True:
        name = data.draw(st.sampled_from(sorted(place)))
        if not isinstance(place[name], dict) or not place[name] or data.draw(st.booleans()):
            place[name] = data.draw(_JSON)
            break
        place = place[name]
    identity = renewed(None, published(whole, ALICE), {"A": whole["device"], "B": device("B", None)}, ALICE)
    assert identity is None or "B" not in identity.signed
    is_signed({"signatures": whole}, ALICE, "AAAA")


async def test_a_change_is_told_once_over_all_replicas() -> None:
    """The first key is pinned; another one is a change for every replica, and the first event that they see
    tells the person, each time that it is read."""
    shared = MemoryNotebook()
    one, two = Pins(shared), Pins(shared)
    assert not await one.changed(ALICE, "first")
    assert not await two.changed(ALICE, "first")
    assert [await pins.changed(ALICE, "second") for pins in (one, two)] == [True, True]
    told = [await pins.told_by(ALICE, "second", event) for pins in (one, two) for event in ("$1", "$2")]
    assert told == [True, False, True, False]
    assert not await two.changed(ALICE, "second")
    assert await one.changed(ALICE, "third")
    assert not await one.changed(ALICE, "second"), "as they know it"
    assert await one.changed(ALICE, "third")
    assert await one.told_by(ALICE, "third", "$3")
    assert not await two.told_by(ALICE, "second", "$4"), "which a replica still holds"


async def test_a_change_is_told_with_its_event_however_often_that_is_read(tmp_path: Path) -> None:
    """A round of which the second message could not be taken in is read again from its first, which tells
    the person; so it is after a restart."""
    shared = MemoryNotebook()
    for master in ("first", "second"):
        await Pins(shared).changed(ALICE, master)
    told: list[bool] = []
    for _ in range(2):
        machine = Machine(
            cast(Any, None),
            KeyStore("@relais:x", "D", tmp_path / "keys.db", "key"),
            pins=Pins(shared),
            shelf=cast(Any, None),
            trust="identity",
            clock=time.time,
        )
        if not told:
            machine.known_devices.keep_identity(
                ALICE, PublishedIdentity(master="second", self_signing="", changed=True)
            )
        identity = machine.known_devices.identities[ALICE]
        assert identity is not None
        assert identity.changed
        told += [
            await machine.known_devices.pins.told_by(ALICE, identity.master, event)
            for event in ("$1", "$2") * 2
        ]
        machine.close()
    assert told == [True, False] * 4
