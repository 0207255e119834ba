"""Files' keys, the bot's identity, and room keys that are given again."""

from __future__ import annotations

import base64
from collections.abc import Generator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
import vodozemac
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from nio.crypto.attachments import decrypt_attachment, encrypt_attachment

from connectors.tchap.cross_signing import Identity, canonical
from connectors.tchap.device import Device, Folder
from connectors.tchap.keystore import GONE, OLM_SESSIONS_PER_DEVICE, KeyStore
from connectors.tchap.media import decrypted, encrypted
from connectors.tchap.olm import MOST_DEVICES, OLM_SESSIONS_PER_HOUR, Allowance, HardenedOlm
from core.errors import ConfigurationError, Rejected
from tests.connectors.tchap.conftest import KeySender


@given(st.binary(max_size=200))
def test_files_as_others_encrypt_them(data: bytes) -> None:
    """What we encrypt nio decrypts, and the other way round."""
    sealed, secret = encrypted(data)
    assert decrypt_attachment(sealed, secret["key"]["k"], secret["hashes"]["sha256"], secret["iv"]) == data
    theirs, keys = encrypt_attachment(data)
    reference = {"key": keys["key"]["k"], "iv": keys["iv"], "sha256": keys["hashes"]["sha256"]}
    assert decrypted(theirs, reference) == data


def test_a_changed_file_is_refused() -> None:
    """The hash in the message decides; so does the shape of its key."""
    sealed, secret = encrypted(b"contenu")
    reference = {"key": secret["key"]["k"], "iv": secret["iv"], "sha256": secret["hashes"]["sha256"]}
    with pytest.raises(Rejected, match="empreinte"):
        decrypted(sealed + b"x", reference)
    with pytest.raises(Rejected, match="mal formée"):
        decrypted(sealed, reference | {"key": "court"})


def test_one_seed_is_one_identity() -> None:
    """The same seed gives the same keys for an account, other keys for another."""
    one, same, other = (Identity("graine", user) for user in ("@a:b.fr", "@a:b.fr", "@c:b.fr"))
    assert one.upload() == same.upload()
    assert one.master.public != other.master.public
    assert len({one.master.public, one.self_signing.public, one.user_signing.public}) == 3


def test_signatures_hold() -> None:
    """The master key signs the others over their canonical JSON."""
    identity = Identity("graine", "@a:b.fr")
    signed: dict[str, Any] = identity.upload()["self_signing_key"]
    [(name, signature)] = signed.pop("signatures")["@a:b.fr"].items()
    assert name == f"ed25519:{identity.master.public}"
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(identity.master.public + "="))
    public.verify(base64.b64decode(signature + "=="), canonical(signed))


def test_the_device_is_kept_for_its_owner_only(tmp_path: Path) -> None:
    """The file of the device is readable by its owner only; it counts only while its keys are there."""
    folder = Folder(tmp_path / "tchap")
    device = Device(user="@a:b.fr", device="ABC", token="secret")
    with folder.held():
        folder.write_device(device)
        assert (folder.path / "device.json").stat().st_mode & 0o077 == 0
        assert folder.read_device() is None
        folder.crypto_path("ABC").touch()
        assert folder.read_device() == device
        assert folder.read_seed() is None
        assert folder.make_seed() == folder.read_seed()
        (folder.path / "device.json").write_text("{")
        with pytest.raises(ConfigurationError, match="abîmé"):
            folder.read_device()


@pytest.fixture
def keys(tmp_path: Path) -> Generator[KeyStore]:
    """The keys of a device of the bot."""
    with closing(KeyStore("@bot:b.fr", "BOT", tmp_path / "keys.db", "secret")) as store:
        yield store


@pytest.mark.parametrize(
    "change",
    [
        {"sender": "@mallory:b.fr"},
        {"sender_key": "another device"},
        {"session_id": "another session"},
        {"room_id": "!another"},
        {"session_key": "no key"},
        {"requested": False},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_forwarded_key_speaks_for_nobody_else(keys: KeyStore, change: dict[str, Any]) -> None:
    """A key given again is taken from the device that made it, when its owner was asked for it; not from
    anybody else, nor under another name."""
    session = vodozemac.GroupSession()
    whole = vodozemac.InboundGroupSession(session.session_key)
    olm = HardenedOlm("@bot:b.fr", "BOT", keys, lambda: 0.0)
    content = {
        "algorithm": "m.megolm.v1.aes-sha2",
        "room_id": "!room",
        "session_id": session.session_id,
        "session_key": whole.export_at(0).to_base64(),
        "sender_key": "her device",
        "sender_claimed_ed25519_key": "her key",
        "forwarding_curve25519_key_chain": [],
    }

    def give(sender: str = "@alice:b.fr", **changes: Any) -> None:
        payload = {"type": "m.forwarded_room_key", "content": content | changes, "keys": {}}
        with suppress(Exception):  # as `receive` does with whatever comes from a stranger
            olm._handle_olm_event(sender, "her device", payload)

    olm.requested["!room", session.session_id] = "@alice:b.fr"
    if "requested" in change:
        del olm.requested["!room", session.session_id]
    give(**change)
    assert olm.arrived == []
    olm.requested["!room", session.session_id] = "@alice:b.fr"
    give()
    assert [(one.room, one.session) for one in olm.arrived] == [("!room", session.session_id)]


def test_one_persons_keys_are_few(keys: KeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many devices somebody writes from, they bring about some Olm sessions and room keys in an hour,
    and keep some in all; others are not concerned."""
    monkeypatch.setattr("connectors.tchap.keystore.ROOM_KEYS", 40)
    now = 0.0
    olm = HardenedOlm("@bot:b.fr", "BOT", keys, lambda: now)

    def rows(table: str) -> int:
        return keys.rows(f"SELECT count(*) FROM {table}")[0][0]

    for _ in range(2 * OLM_SESSIONS_PER_HOUR):
        olm.receive(KeySender(olm).room_key("!room", vodozemac.GroupSession()))
    assert rows("olmsessions") == rows("megolminboundsessions") == OLM_SESSIONS_PER_HOUR
    olm.receive(KeySender(olm, "@alice:b.fr").room_key("!room", vodozemac.GroupSession()))
    assert olm.arrived[-1].sender == "@alice:b.fr"
    now = 3600.0
    for _ in range(2 * OLM_SESSIONS_PER_HOUR):
        olm.receive(KeySender(olm).room_key("!room", vodozemac.GroupSession()))
    assert rows("megolminboundsessions") == rows("relais_senders") == 41


def test_one_device_keeps_few_olm_sessions(keys: KeyStore) -> None:
    """A device that begins again and again takes the place of its own former sessions."""
    olm = HardenedOlm("@bot:b.fr", "BOT", keys, lambda: 0.0)
    sender = KeySender(olm)
    for _ in range(2 * OLM_SESSIONS_PER_DEVICE):
        olm.receive(sender.room_key("!room", vodozemac.GroupSession()))
    assert len(olm.arrived) == 2 * OLM_SESSIONS_PER_DEVICE
    assert keys.rows("SELECT count(*) FROM olmsessions")[0][0] == OLM_SESSIONS_PER_DEVICE


def test_devices_that_come_and_go_leave_little(keys: KeyStore) -> None:
    """Of a person's devices some are written to, and some of those that are gone are remembered."""
    olm = HardenedOlm("@bot:b.fr", "BOT", keys, lambda: 0.0)
    for round in range(3):
        payloads: dict[str, Any] = {}
        for number in range(MOST_DEVICES + 10):
            account, id = vodozemac.Account(), f"D{round}-{number}"
            names = {"ed25519": account.ed25519_key, "curve25519": account.curve25519_key}
            payload: dict[str, Any] = {
                "user_id": "@mallory:b.fr",
                "device_id": id,
                "algorithms": [],
                "keys": {f"{name}:{id}": key.to_base64() for name, key in names.items()},
            }
            signature = account.sign(canonical(payload)).to_base64()
            payloads[id] = payload | {"signatures": {"@mallory:b.fr": {f"ed25519:{id}": signature}}}
        last = f"D{round}-{MOST_DEVICES + 9}"
        olm.learn_devices("@mallory:b.fr", payloads, first=[last])
        olm.devices.forget_gone("@mallory:b.fr")
        devices = olm.devices["@mallory:b.fr"].values()
        active = {device.id for device in devices if not device.deleted}
        assert len(active) == MOST_DEVICES
        assert last in active
    assert keys.rows("SELECT count(*) FROM devicekeys")[0][0] == MOST_DEVICES + GONE


def test_an_allowance_fills_up_again() -> None:
    """All of it may be used at once; it comes back steadily, and is each person's own."""
    now = 0.0
    allowance = Allowance(4, lambda: now)
    assert [allowance.take("a") for _ in range(5)] == [True, True, True, True, False]
    assert allowance.take("b")
    now = 900.0
    assert [allowance.take("a") for _ in range(2)] == [True, False]
    now = 1e9
    assert sum(allowance.take("a") for _ in range(10)) == 4
