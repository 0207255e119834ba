"""`relais backup` and `relais restore`: the store and what the data folder must not lose, in one folder; the
keys in another.

A folder of a backup holds `store` (all keys of the store, sealed as they are there), `erasures` (who was
erased when, as keyed hashes) and `manifest.json` (what, when, by which version, a digest of each file). The
secrets that open it (the embedded store's key, the seed of the bot's identity) go to a folder of their own.

Devices are not kept: one that came back from the past would write what nobody can read. A restored replica
logs in anew, and its device is signed by the same identity.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
import time
from pathlib import Path
from typing import Any

import orjson

from bots.base import ours
from bots.cli.audit import opened_beside
from bots.cli.inputs import indented, moment_of
from core.config.settings import Settings, load_settings
from core.errors import ConfigurationError, StoreRefused
from core.language.operators import Phrase, os_reason, tell
from core.metrics import relais_version
from core.store import snapshot
from core.store.keyring import INDEX, opens
from core.store.valkey import open_store
from core.vault import Keys, folder_keys

STORE, ERASURES, MANIFEST = "store", "erasures", "manifest.json"
_KEY, _SEED = "store.key", "cross_signing.seed"


async def backup(folder: Path, keys: Path | None) -> int:
    """Write a backup into a new folder, and the secrets into `keys`. Replicas may run meanwhile."""
    settings = load_settings()
    if keys is not None and (keys == folder or folder in keys.parents):
        raise ConfigurationError("--keys", "backup.keys_inside", path=keys)
    async with opened_beside(settings) as base:
        _make(folder)
        found = await snapshot.take(base.store)
    with (folder / STORE).open("wb") as file:
        await asyncio.to_thread(snapshot.write, found, file)
    erasures = settings.data_dir / ERASURES
    (folder / ERASURES).write_bytes(erasures.read_bytes() if erasures.exists() else b"")
    manifest = {
        "version": relais_version(),
        "at": moment_of(time.time()),
        "keys": len(found),
        "files": {name: _digest(folder / name) for name in (STORE, ERASURES)},
    }
    (folder / MANIFEST).write_text(indented(manifest), encoding="utf-8")
    sys.stdout.write(tell("backup.kept", count=len(found), folder=folder))
    kept = _keep_secrets(settings, keys) if keys else []
    secrets = tell("backup.secrets", keys=keys, names=", ".join(kept))
    sys.stdout.write(secrets if kept else tell("backup.no_secrets"))
    return 0


async def restore(folder: Path, keys: Path | None) -> int:
    """Put a backup into an empty store and into the data folder; no replica runs."""
    settings = load_settings()
    manifest = _checked(folder)
    ours(settings.data_dir)
    with (folder / STORE).open("rb") as file:
        try:
            found = await asyncio.to_thread(lambda: list(snapshot.read(file)))
        except ValueError as error:
            raise ConfigurationError(str(folder / STORE), "backup.unread", why=error) from None
    url = settings.store.url.reveal() if settings.store.url else None
    async with open_store(url=url, data_dir=settings.data_dir, ca_file=settings.ca_file) as store:
        await snapshot.see_empty(store)
        if keys is not None:
            _restore_secrets(settings, keys)
        given = settings.store.keys
        ring = Keys([key.reveal() for key in given]) if given else folder_keys(settings.data_dir)
        index = next((key for key in found if key.name == INDEX.encode()), None)
        if index is not None and not opens(await snapshot.value(store, index), ring):
            raise StoreRefused(Phrase("backup.other_keys"))
        count = await snapshot.put(store, found, now=time.time())
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    _forget_devices(settings.data_dir)
    with (settings.data_dir / ERASURES).open("ab") as journal:
        journal.write((folder / ERASURES).read_bytes())
    sys.stdout.write(tell("backup.restored", count=count, at=manifest["at"], version=manifest["version"]))
    return 0


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, mode=0o700)
    except FileExistsError:
        if any(folder.iterdir()):
            raise ConfigurationError(str(folder), "backup.not_empty") from None
    except OSError as error:
        raise ConfigurationError(str(folder), "backup.no_folder", why=os_reason(error)) from None


def _checked(folder: Path) -> dict[str, Any]:
    """The manifest of a backup whose files are whole. Raises ConfigurationError."""
    try:
        manifest = orjson.loads((folder / MANIFEST).read_bytes())
        wrong = [name for name, digest in manifest["files"].items() if _digest(folder / name) != digest]
    except (OSError, orjson.JSONDecodeError, KeyError) as error:
        raise ConfigurationError(str(folder), "backup.not_whole", why=type(error).__name__) from None
    if wrong:
        raise ConfigurationError(str(folder / wrong[0]), "backup.changed")
    return manifest


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _places(settings: Settings) -> dict[str, Path]:
    """Where the secrets lie in the data folder."""
    return {_KEY: settings.data_dir / _KEY, _SEED: settings.data_dir / "tchap" / _SEED}


def _keep_secrets(settings: Settings, keys: Path) -> list[str]:
    """Copy the secrets that the data folder holds; their names."""
    keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    there = {name: path for name, path in _places(settings).items() if path.exists()}
    for name, path in there.items():
        _write_secret(keys / name, path.read_bytes())
    return list(there)


def _restore_secrets(settings: Settings, keys: Path) -> None:
    for name, path in _places(settings).items():
        if (keys / name).exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write_secret(path, (keys / name).read_bytes())


def _write_secret(path: Path, secret: bytes) -> None:
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(secret)


def _forget_devices(data_dir: Path) -> None:
    """Remove the Matrix devices of a data folder, and keep the seed of the identity that signs new ones."""
    for path in (data_dir / "tchap").glob("*"):
        if path.is_file() and path.name != _SEED:
            path.unlink()
