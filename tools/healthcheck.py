"""The health check of the container: exits 0 when this replica's /livez answers.

It asks on the port that RELAIS_HTTP__BIND names, over loopback when it binds every address.
"""

import os
import sys
from http.client import HTTPConnection, HTTPException


def target(bind: str) -> tuple[str, int]:
    """The host and port to ask for a listening address such as `0.0.0.0:8080` or `[::]:8080`."""
    host, _, port = bind.rpartition(":")
    host = host.strip("[]")
    loopback = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # read, not bound
    return loopback.get(host, host), int(port)


def alive(bind: str) -> bool:
    """Whether the replica that listens there says that it lives."""
    host, port = target(bind)
    connection = HTTPConnection(host, port, timeout=3)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if alive(os.environ.get("RELAIS_HTTP__BIND", "127.0.0.1:8080")) else 1)
