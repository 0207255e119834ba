"""The bot's identity: three keys derived from one seed, by which each of its devices is signed.

Clients give room keys only to devices that their owner has signed (MSC4153): an unsigned bot reads nothing.
All keys come from the seed by HKDF, so that every replica signs its own device with the same identity and
none of them need be kept. The identity of an account that already has another one is never
replaced: that would look like an attack to everyone who knows the bot.

Matrix specification, "Cross-signing": `/keys/device_signing/upload`, `/keys/signatures/upload`.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from unpaddedbase64 import encode_base64

from connectors.tchap.api import Api
from core.config.checks import CheckResult, well
from core.connector.untrusted_json import Json, array_in, object_in, text_in
from core.errors import ConfigurationError, PlatformRefused

SETTING = "RELAIS_TCHAP__CROSS_SIGNING_SEED"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An ed25519 key of one usage."""

    usage: str
    private: Ed25519PrivateKey

    @property
    def public(self) -> str:
        return encode_base64(self.private.public_key().public_bytes_raw())

    def sign(self, value: Json, user: str) -> Json:
        """`value` with this key's signature added (Matrix "Signing JSON")."""
        unsigned = {name: one for name, one in value.items() if name not in ("signatures", "unsigned")}
        signature = encode_base64(self.private.sign(canonical(unsigned)))
        signatures = object_in(value, "signatures")
        own = object_in(signatures, user) | {f"ed25519:{self.public}": signature}
        return value | {"signatures": signatures | {user: own}}

    def published(self, user: str) -> Json:
        return {"user_id": user, "usage": [self.usage], "keys": {f"ed25519:{self.public}": self.public}}


class Identity:
    """The keys that a seed stands for, for one account."""

    def __init__(self, seed: str, user: str) -> None:
        self.user = user
        self.master = _derive(seed, user, "master")
        self.self_signing = _derive(seed, user, "self_signing")
        self.user_signing = _derive(seed, user, "user_signing")

    def upload(self) -> Json:
        """The body of `/keys/device_signing/upload`."""
        return {
            "master_key": self.master.published(self.user),
            "self_signing_key": self.master.sign(self.self_signing.published(self.user), self.user),
            "user_signing_key": self.master.sign(self.user_signing.published(self.user), self.user),
        }

    def signed(self, device_keys: Json) -> Json:
        """The keys of a device with the signature of their owner."""
        return self.self_signing.sign(device_keys, self.user)


async def has_identity(api: Api, user: str) -> bool:
    """Has the account an identity, whoever made it?"""
    return bool(_public(await _keys_of(api, user), "master_keys", user))


async def is_signed_by_owner(api: Api, user: str, device: str) -> bool:
    """Has the account's identity, whoever holds it, signed the device?"""
    known = await _keys_of(api, user)
    owner = _public(known, "self_signing_keys", user)
    signatures = object_in(_device(known, user, device), "signatures", user)
    return bool(owner) and f"ed25519:{owner}" in signatures


async def check_device(api: Api, user: str, device: str, curve_key: str) -> None:
    """Before the keys of a device are uploaded: raises ConfigurationError if it is known by others."""
    known = _device(await _keys_of(api, user), user, device)
    if known and text_in(known, "keys", f"curve25519:{device}") != curve_key:
        raise ConfigurationError("RELAIS_DATA_DIR", "tchap.other_keys", device=device)


async def compared(api: Api, user: str, seed: str | None) -> CheckResult:
    """What is to be said of an account's identity and the seed when they fit. Raises
    ConfigurationError when they do not."""
    published = _public(await _keys_of(api, user), "master_keys", user)
    if not published:
        return well("tchap_check.no_identity")
    if not seed:
        raise new_identity_needed(user)
    if published != Identity(seed, user).master.public:
        raise another_identity(user)
    return well("tchap_check.identity")


def another_identity(user: str) -> ConfigurationError:
    """The seed stands for other keys than the account has."""
    return ConfigurationError(SETTING, "tchap.other_identity", user=user)


async def publish_identity(api: Api, identity: Identity, password: str) -> Json:
    """Publish the identity unless it is there; gives what the server knew of the account's keys. Raises
    ConfigurationError when the account has another identity, PlatformRefused or Deferred when the server does
    not do it."""
    known = await _keys_of(api, identity.user)
    published = _public(known, "master_keys", identity.user)
    if published and published != identity.master.public:
        raise another_identity(identity.user)
    if _public(known, "self_signing_keys", identity.user) != identity.self_signing.public:
        await _publish(api, identity, password)
    return known


async def sign_device(api: Api, identity: Identity, device: str, password: str) -> None:
    """Publish the identity unless it is there, and sign the device with it unless it is signed.

    The device's keys are already uploaded. Raises as `publish_identity` does.
    """
    payload = _device(await publish_identity(api, identity, password), identity.user, device)
    signatures = object_in(payload, "signatures", identity.user)
    if f"ed25519:{identity.self_signing.public}" not in signatures:
        await _sign(api, identity, device, payload)


def new_identity_needed(user: str) -> ConfigurationError:
    """The account has an identity, but no seed was given and none is kept."""
    return ConfigurationError(SETTING, "tchap.no_seed", user=user)


@contextmanager
def told() -> Generator[None]:
    """Raises ConfigurationError where the homeserver does not take the signatures, without which nobody would
    trust the device."""
    try:
        yield
    except PlatformRefused as refused:
        raise ConfigurationError("RELAIS_TCHAP__HOMESERVER", "tchap.not_signed", refused=refused) from refused


def canonical(value: Json) -> bytes:
    """Canonical JSON, for values without floats."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _derive(seed: str, user: str, usage: str) -> SigningKey:
    material = HKDF(SHA256(), 32, salt=user.encode(), info=f"relais cross-signing {usage}".encode())
    return SigningKey(usage, Ed25519PrivateKey.from_private_bytes(material.derive(seed.encode())))


async def _keys_of(api: Api, user: str) -> Json:
    body: Json = {"device_keys": {user: []}}
    return await api.call("POST", "/keys/query", body)


def _device(known: Json, user: str, device: str) -> Json:
    return object_in(known, "device_keys", user, device)


def _public(known: Json, kind: str, user: str) -> str:
    keys = object_in(known, kind, user, "keys")
    return next((text_in(key) for key in keys.values()), "")


async def _publish(api: Api, identity: Identity, password: str) -> None:
    """The first upload needs no further authentication; a later one needs the password."""
    body = identity.upload()
    try:
        await api.call("POST", "/keys/device_signing/upload", body)
    except PlatformRefused as refused:
        if refused.status != HTTPStatus.UNAUTHORIZED:
            raise
        session = text_in(refused.body, "session")
        await _publish_again(api, identity, body, session, array_in(refused.body, "flows"), password)


async def _publish_again(
    api: Api, identity: Identity, body: Json, session: str, flows: list[object], password: str
) -> None:
    """User-interactive authentication with the password, where that is enough."""
    by_password = any(object_in(flow).get("stages") == ["m.login.password"] for flow in flows)
    if not (password and by_password):
        raise ConfigurationError(SETTING, "tchap.confirm", user=identity.user)
    user = {"type": "m.id.user", "user": identity.user}
    auth = {"type": "m.login.password", "identifier": user, "password": password, "session": session}
    await api.call("POST", "/keys/device_signing/upload", body | {"auth": auth})


async def _sign(api: Api, identity: Identity, device: str, payload: Json) -> None:
    bare = {name: value for name, value in payload.items() if name != "unsigned"}
    body = {identity.user: {device: identity.signed(bare)}}
    answer = await api.call("POST", "/keys/signatures/upload", body)
    if failures := object_in(answer, "failures"):
        raise ConfigurationError(SETTING, "tchap.signature", device=device, failures=", ".join(failures))
