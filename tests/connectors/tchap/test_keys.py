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
from connectors.tchap.keystore import KeyStore
from connectors.tchap.media import decrypted, encrypted
from connectors.tchap.olm import HardenedOlm
from core.errors import ConfigurationError, Rejected


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
    with pytest.raises(Rejected, match="hash"):
        decrypted(sealed + b"x", reference)
    with pytest.raises(Rejected, match="malformed"):
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
        with pytest.raises(ConfigurationError, match="damaged"):
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
    olm = HardenedOlm("@bot:b.fr", "BOT", keys)
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
        olm.requested.clear()
    give(**change)
    assert olm.arrived == []
    olm.requested["!room", session.session_id] = "@alice:b.fr"
    give()
    assert olm.arrived == [("!room", session.session_id)]
