"""The health check of the container: exits 0 when this replica's /livez answers.

It reads the settings where the service does (the environment, then `.env` in the working folder), and asks on
the port that RELAIS_HTTP__BIND names, over loopback when it binds every address.
"""

import os
import sys
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from core.config.environment import read_environment
from core.config.parsers import Wrong, bind
from core.errors import ConfigurationError

DEFAULT = "127.0.0.1:8080"


def target(address: str) -> tuple[str, int]:
    """The host and port to ask for a listening address such as `0.0.0.0:8080` or `[::]:8080`."""
    host, port = bind(address)
    loopback = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # read, not bound
    return loopback.get(host, host), port


def configured(folder: Path) -> str:
    """The address that the service was told to listen on."""
    return read_environment(os.environ, folder).get("RELAIS_HTTP__BIND") or DEFAULT


def alive(address: str) -> bool:
    """Whether the replica that listens there says that it lives."""
    host, port = target(address)
    connection = HTTPConnection(host, port, timeout=3)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    try:
        sys.exit(0 if alive(configured(Path())) else 1)
    except (ConfigurationError, Wrong) as error:
        sys.exit(f"relais: {error}")
