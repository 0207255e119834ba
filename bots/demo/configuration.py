"""The files that a local Synapse reads: homeserver.yaml, the log's configuration, the signing key.

Everything that a laptop does not need is off, and what costs time at start or at each registration is
small. The shared secret, the port and the server name of an earlier start in the folder are kept.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from bots.demo.child import LOOPBACK

Config = dict[str, Any]

_NO_LIMIT = {"per_second": 10_000, "burst_count": 10_000}
_LOGIN_LIMITS: Config = {
    "rc_registration": _NO_LIMIT,
    "rc_login": {"address": _NO_LIMIT, "account": _NO_LIMIT, "failed_attempts": _NO_LIMIT},
}
_OTHER_LIMITS: Config = {
    "rc_message": _NO_LIMIT,
    "rc_admin_redaction": _NO_LIMIT,
    "rc_joins": {"local": _NO_LIMIT, "remote": _NO_LIMIT},
    "rc_joins_per_room": _NO_LIMIT,
    "rc_invites": {"per_room": _NO_LIMIT, "per_user": _NO_LIMIT, "per_issuer": _NO_LIMIT},
    "rc_room_creation": _NO_LIMIT,
    "rc_key_requests": _NO_LIMIT,
    "rc_media_create": _NO_LIMIT,
    "rc_federation": {"window_size": 1000, "sleep_limit": 10_000, "reject_limit": 10_000, "concurrent": 100},
}


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
        "bcrypt_rounds": 4,
        "report_stats": False,
        "trusted_key_servers": [],
        "suppress_key_server_warning": True,
        "federation_domain_whitelist": [],
        "presence": {"enabled": False},
        "url_preview_enabled": False,
        "user_directory": {"enabled": False},
        **_LOGIN_LIMITS,
        **({} if default_limits else _OTHER_LIMITS),
        **settings,
    }


def write(folder: Path, config: Config) -> None:
    """Write all files, readable by us only. JSON is YAML. A signing key that exists is kept."""
    key = folder / "signing.key"
    if not key.exists():
        seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        _write_private(key, f"ed25519 a_relais {seed}\n".encode())
    handler = {
        "class": "logging.FileHandler",
        "formatter": "line",
        "filename": str(folder / "homeserver.log"),
    }
    log = {
        "version": 1,
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
        "handlers": {"file": handler},
        "root": {"level": "WARNING", "handlers": ["file"]},
    }
    _write_private(folder / "log.yaml", orjson.dumps(log, option=orjson.OPT_INDENT_2))
    _write_private(config_path(folder), orjson.dumps(config, option=orjson.OPT_INDENT_2))


def _write_private(path: Path, data: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(data)
