"""The files that a local Synapse reads: homeserver.yaml, the log's configuration, the signing key.

What is the same for all stands in `configuration.toml`. The shared secret, the port and the server name of an
earlier start in the folder are kept.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from core.language.pattern_file import toml_beside
from tests.rig.child import LOOPBACK

Config = dict[str, Any]

_OURS: Config = toml_beside(__file__)


def config_path(folder: Path) -> Path:
    return folder / "homeserver.yaml"


def read(folder: Path) -> Config:
    """The configuration of the earlier start in this folder, empty when there was none."""
    path = config_path(folder)
    config: Config = orjson.loads(path.read_bytes()) if path.exists() else {}
    return config


def port_before(config: Config) -> int:
    """The client port of an earlier start, 0 when there was none."""
    port: int = config["listeners"][0]["port"] if config else 0
    return port


def compose(
    folder: Path,
    before: Config,
    *,
    server_name: str | None,
    port: int,
    default_limits: bool,
    listeners: Sequence[Mapping[str, object]],
    settings: Mapping[str, object],
) -> Config:
    """The whole configuration; `listeners` and `settings` are added to ours."""
    client = {
        "port": port,
        "type": "http",
        "bind_addresses": [LOOPBACK],
        "resources": [{"names": ["client"], "compress": False}],
    }
    return {
        "server_name": server_name or before.get("server_name", "localhost"),
        "public_baseurl": f"http://{LOOPBACK}:{port}/",
        "listeners": [client, *listeners],
        "database": {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}},
        "media_store_path": str(folder / "media"),
        "signing_key_path": str(folder / "signing.key"),
        "log_config": str(folder / "log.yaml"),
        "pid_file": str(folder / "homeserver.pid"),
        "registration_shared_secret": before.get("registration_shared_secret") or secrets.token_urlsafe(24),
        **_OURS["always"],
        **({} if default_limits else _OURS["without_limits"]),
        **settings,
    }


def write(folder: Path, config: Config) -> None:
    """Write all files, readable by us only. JSON is YAML. A signing key that exists is kept."""
    key = folder / "signing.key"
    if not key.exists():
        seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        _write_private(key, f"ed25519 a_relais {seed}\n".encode())
    handler = {**_OURS["log"]["handlers"]["file"], "filename": str(folder / "homeserver.log")}
    log = {**_OURS["log"], "handlers": {"file": handler}}
    _write_private(folder / "log.yaml", orjson.dumps(log, option=orjson.OPT_INDENT_2))
    _write_private(config_path(folder), orjson.dumps(config, option=orjson.OPT_INDENT_2))


def _write_private(path: Path, data: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(data)
