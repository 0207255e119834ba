"""People's cryptographic identities: which devices a person has signed, and whether the identity is still
theirs.

A device is its owner's only if they say so: their master key signs their self-signing key, which signs the
device (Matrix specification, "Cross-signing"). The first identity seen of a person is pinned, here and for
all replicas: one that is gone still counts, so that a homeserver cannot hide it to pass a device off; another
one is told to the person and to operators, and takes its place."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

import orjson
import vodozemac

from connectors.tchap.api import NAME
from connectors.tchap.cross_signing import canonical
from connectors.tchap.room import server_of
from core.connector import Notebook
from core.connector.untrusted_json import Json, array_in, object_in, text_in
from core.telemetry import log, metrics

Trust = Literal["signed", "identity", "any"]
"""Whose devices are trusted: those that their owner signed, and no other; those, and all of people who have
no identity; all."""
SIGNED = 200
"""Signed devices remembered of one person, those that are gone included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedIdentity:
    """A person's identity by its public keys. `signed`: the signing key of each device that it signed, also
    of those that are gone since, whose messages may still be read back. `changed`: the person was known by
    another master key, and may have to be told of this one."""

    master: str
    self_signing: str
    signed: Mapping[str, str] = field(default_factory=dict[str, str])
    changed: bool = False

    def dump(self) -> str:
        return orjson.dumps(asdict(self)).decode()

    @classmethod
    def load(cls, stored: str) -> PublishedIdentity:
        return cls(**orjson.loads(stored))


def published(answer: Json, user: str) -> PublishedIdentity | None:
    """The identity that an answer of `/keys/query` gives for a person; None without one. An identity whose
    self-signing key is not signed by its master key has none: nothing is signed by it."""
    master = _public_key(object_in(answer, "master_keys", user), user, "master")
    if not master:
        return None
    key = object_in(answer, "self_signing_keys", user)
    self_signing = _public_key(key, user, "self_signing")
    return PublishedIdentity(master=master, self_signing=self_signing if is_signed(key, user, master) else "")


def renewed(
    known: PublishedIdentity | None, found: PublishedIdentity | None, devices: Json, user: str
) -> PublishedIdentity | None:
    """The identity that counts from now on, with the devices that it signed of those published now. `known`
    is the one before; when none is published any more it still counts."""
    current = found or known
    if current is None:
        return None
    before = known.signed.items() if known else ()
    gone = {id: key for id, key in before if id not in devices}
    signed = {
        id: text_in(payload, "keys", f"ed25519:{id}")
        for id, payload in devices.items()
        if is_signed(object_in(payload), user, current.self_signing)
    }
    return replace(
        current,
        signed=dict(list((gone | signed).items())[-SIGNED:]),
        changed=known is not None and known.changed,
    )


def is_signed(value: Json, user: str, key: str) -> bool:
    """Has the person's ed25519 `key` signed the value (Matrix "Signing JSON")?"""
    signature = text_in(value, "signatures", user, f"ed25519:{key}")
    if not key or not signature:
        return False
    try:
        plain = {name: one for name, one in value.items() if name not in ("signatures", "unsigned")}
        signed = canonical(plain)
        vodozemac.Ed25519PublicKey.from_base64(key).verify_signature(
            signed, vodozemac.Ed25519Signature.from_base64(signature)
        )
    except Exception:  # noqa: BLE001 - not base64, not UTF-8, no such point, a false signature: none is one
        return False
    return True


class Pins:
    """The master key of each person, in what all replicas share: the one that the person knows of, then the
    one of now while they have not been told of it, or the event that told it. `tag` names a person in
    logs."""

    def __init__(self, shared: Notebook, tag: Callable[[str], str] = lambda _: "") -> None:
        self._shared = shared
        self._tag = tag

    async def changed(self, user: str, master: str) -> bool:
        """Pin a person's master key of now. True when they know of another, which operators are told. Raises
        StoreError."""
        changed = await self._is_another(user, master)
        if changed:
            log.warning("identity_changed", connector=NAME, person=self._tag(user), server=server_of(user))
            metrics.identities.labels(NAME).inc()
        return changed

    async def _is_another(self, user: str, master: str) -> bool:
        pinned = await self._pinned(user)
        if pinned[:1] in ([], [master]):
            if not pinned or any(pinned[1:2]):
                await self._pin(user, master)
            return False
        if pinned[1:] != [master]:
            await self._pin(user, pinned[0], master)
        return True

    async def told_by(self, user: str, master: str, event: str) -> bool:
        """True if the person is told of the key with this event: the first one, also when it is read again.
        From now on they know of the key. They are not told of a key that another has followed meanwhile.
        Raises StoreError."""
        known, *later = await self._pinned(user) or [master]
        if known == master:
            return later[1:] == [event]
        if later not in ([], [master]):
            return False
        await self._pin(user, master, "", event)
        return True

    async def _pinned(self, user: str) -> list[str]:
        stored = await self._shared.get(_place(user))
        return orjson.loads(stored) if stored else []

    async def _pin(self, user: str, *pins: str) -> None:
        await self._shared.set(_place(user), orjson.dumps(pins))


def _place(user: str) -> str:
    return f"identity:{hashlib.blake2b(user.encode(), digest_size=16).hexdigest()}"


def _public_key(key: Json, user: str, usage: str) -> str:
    """The one public key of a cross-signing key object; empty when it is not what the specification says."""
    keys = object_in(key, "keys")
    public = next((text_in(value) for value in keys.values()), "")
    named = key.get("user_id") == user and usage in array_in(key, "usage")
    return public if named and list(keys) == [f"ed25519:{public}"] else ""
