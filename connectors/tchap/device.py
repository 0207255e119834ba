"""The bot's device: made once, kept for ever, held by one process, signed by the bot's identity.

Login, identity, keys: in this order, so that nobody ever meets an unsigned device.

The folder `tchap/` of the data folder holds the lock, `device.json` (user, device, token), the crypto store
and, when no seed is set, `cross_signing.seed`; all readable by the owner only. The device id is never given
up: a new device could not read what was sent to the old one. Only when the crypto store is gone, a
new device is made, since the old one's keys are gone too.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

import orjson

from connectors.tchap import cross_signing
from connectors.tchap.api import Api
from connectors.tchap.config import TchapConfig, Wiring
from connectors.tchap.crypto import Machine
from connectors.tchap.identities import Pins
from connectors.tchap.keystore import KeyStore
from core.connector.untrusted_json import Json, text_in
from core.errors import ConfigurationError, PlatformRefused, Unusable
from core.language.operators import os_reason

USER, PASSWORD, TOKEN = "RELAIS_TCHAP__USER", "RELAIS_TCHAP__PASSWORD", "RELAIS_TCHAP__ACCESS_TOKEN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A logged-in device."""

    user: str
    device: str
    token: str = field(repr=False)


class Folder:
    """The connector's part of the data folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def held(self) -> Generator[None]:
        """Hold the folder: two processes on one crypto store would spoil it."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = (self.path / "lock").open("wb")
        except OSError as error:
            raise ConfigurationError(
                "RELAIS_DATA_DIR", "tchap.folder", path=self.path, why=os_reason(error)
            ) from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise ConfigurationError("RELAIS_DATA_DIR", "tchap.device_in_use", path=self.path) from None
            yield

    def crypto_path(self, device: str) -> Path:
        name = "".join(one if one.isalnum() else "_" for one in device)
        return self.path / f"crypto-{name}.db"

    def read_device(self) -> Device | None:
        """The device of last time; None without one, or when its crypto store is gone."""
        raw = self._read("device.json")
        if raw is None:
            return None
        try:
            device = Device(**orjson.loads(raw))
        except (ValueError, TypeError):
            raise ConfigurationError(
                "RELAIS_DATA_DIR", "tchap.device_damaged", path=self.path / "device.json"
            ) from None
        return device if self.crypto_path(device.device).exists() else None

    def write_device(self, device: Device) -> None:
        self._write("device.json", orjson.dumps(asdict(device)))

    def read_seed(self) -> str | None:
        raw = self._read("cross_signing.seed")
        return raw.decode().strip() if raw else None

    def make_seed(self) -> str:
        seed = secrets.token_urlsafe(32)
        self._write("cross_signing.seed", seed.encode())
        return seed

    def _read(self, name: str) -> bytes | None:
        path = self.path / name
        return path.read_bytes() if path.exists() else None

    def _write(self, name: str, data: bytes) -> None:
        """All of it or nothing, for the owner only."""
        new = self.path / f"{name}.new"
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        new.replace(self.path / name)


@asynccontextmanager
async def entered(
    api: Api, config: TchapConfig, folder: Folder, wiring: Wiring
) -> AsyncGenerator[tuple[Device, Machine]]:
    """Log in, and give the device, whose keys the bot's identity has signed. Raises Unusable or
    ConfigurationError."""
    before = folder.read_device()
    device = await api.until_done(partial(enter, api, config, folder))
    machine = Machine(
        api,
        KeyStore(device.user, device.device, folder.crypto_path(device.device), wiring.pickle_key),
        pins=Pins(wiring.shared, wiring.tag),
        shelf=wiring.shelf,
        trust=config.trust,
        clock=wiring.clock,
    )
    try:
        if before is not None and before.token != device.token:
            machine.olm.account.shared = False  # a login may have made the server forget our keys
        await api.until_done(partial(_introduce, api, machine, device, config, folder))
        yield device, machine
    finally:
        machine.close()


async def _introduce(api: Api, machine: Machine, device: Device, config: TchapConfig, folder: Folder) -> None:
    """The bot's identity, then keys that it signed, with a fallback key; only then /sync. Nobody sees the
    device unsigned, but on a homeserver that drops signatures from the keys of a device."""
    seed = config.cross_signing_seed or folder.read_seed()
    if not seed:
        if await cross_signing.has_identity(api, device.user):
            raise cross_signing.new_identity_needed(device.user)
        seed = folder.make_seed()
    identity = cross_signing.Identity(seed, device.user)
    if not machine.olm.account.shared:
        await cross_signing.check_device(api, device.user, device.device, machine.olm.curve_key)
        with cross_signing.told():
            await cross_signing.publish_identity(api, identity, config.password)
        await machine.upload_keys(identity.signed)
    with cross_signing.told():
        await cross_signing.sign_device(api, identity, device.device, config.password)


async def enter(api: Api, config: TchapConfig, folder: Folder) -> Device:
    """A device that the homeserver accepts: the one of last time, else a new login. `api` gets its token.

    Raises ConfigurationError for what an operator must mend, Deferred for the rest."""
    kept = folder.read_device()
    if kept is not None and config.user and not _same(config.user, kept.user):
        raise ConfigurationError(USER, "tchap.kept_for", user=kept.user)
    device = await _by_token(api, config, kept) if config.access_token else await _by_login(api, config, kept)
    if device != kept:
        folder.write_device(device)
    return device


async def log_in(api: Api, config: TchapConfig, device: str | None, *, name: str = "relais") -> Device:
    """Log in with the password, on the same device if there is one; a new one bears this name."""
    body: Json = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": config.user},
        "password": config.password,
        "initial_device_display_name": name,
    }
    if device:
        body["device_id"] = device
    api.token = ""
    try:
        answer = await api.call("POST", "/login", body)
    except Unusable as error:
        raise unusable(error, config) from error
    except PlatformRefused as refused:
        raise _login_refused(refused, config) from refused
    api.token = text_in(answer, "access_token")
    return Device(user=text_in(answer, "user_id"), device=text_in(answer, "device_id"), token=api.token)


def unusable(error: Unusable, config: TchapConfig) -> ConfigurationError:
    """What an operator reads when the account or its token is not accepted."""
    account = config.user or "Tchap"
    match error.code:
        case "ORG_MATRIX_EXPIRED_ACCOUNT":
            return ConfigurationError(USER, "tchap.expired", account=account)
        case "M_USER_DEACTIVATED" | "M_USER_LOCKED" | "M_USER_SUSPENDED":
            return ConfigurationError(USER, "tchap.locked", account=account, code=error.code)
        case _ if config.access_token:
            return ConfigurationError(TOKEN, "tchap.unknown_token")
        case _:
            return ConfigurationError(PASSWORD, "tchap.sessions_end")


async def _by_token(api: Api, config: TchapConfig, kept: Device | None) -> Device:
    api.token = config.access_token
    try:
        who = await api.call("GET", "/account/whoami")
    except Unusable as error:
        raise unusable(error, config) from error
    except PlatformRefused as refused:
        raise _not_matrix(refused, config) from refused
    device = Device(user=text_in(who, "user_id"), device=text_in(who, "device_id"), token=config.access_token)
    if not device.device:
        raise ConfigurationError(TOKEN, "tchap.no_device_token")
    if config.user and not _same(config.user, device.user):
        raise ConfigurationError(USER, "tchap.other_account", user=device.user)
    if kept is not None and kept.user != device.user:
        raise ConfigurationError(TOKEN, "tchap.kept_for", user=kept.user)
    return device


async def _by_login(api: Api, config: TchapConfig, kept: Device | None) -> Device:
    if kept is None:
        return await log_in(api, config, None)
    api.token = kept.token
    try:
        await api.call("GET", "/account/whoami")
    except Unusable as error:
        if error.code not in ("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"):
            raise unusable(error, config) from error
        return await log_in(api, config, kept.device)
    except PlatformRefused as refused:
        raise _not_matrix(refused, config) from refused
    return kept


def _login_refused(refused: PlatformRefused, config: TchapConfig) -> ConfigurationError:
    if refused.code == "M_FORBIDDEN":
        return ConfigurationError(PASSWORD, "tchap.password", user=config.user)
    if refused.code == "M_UNKNOWN":
        return ConfigurationError(PASSWORD, "tchap.no_passwords", token=TOKEN)
    return _not_matrix(refused, config)


def _not_matrix(refused: PlatformRefused, config: TchapConfig) -> ConfigurationError:
    return ConfigurationError(
        "RELAIS_TCHAP__HOMESERVER", "tchap.not_matrix", homeserver=config.homeserver, refused=refused
    )


def _same(setting: str, user: str) -> bool:
    """Does the setting (`@name:server`, or the name alone) mean this user?"""
    return setting == user if setting.startswith("@") else user.startswith(f"@{setting}:")
