"""Tells systemd how this process is, where it was started by a unit of `Type=notify` (sd_notify(3)).

`READY=1` once its parts are made, `WATCHDOG=1` every few seconds while the event loop turns, `STOPPING=1`
when the replica is told to end. Elsewhere there is no `NOTIFY_SOCKET`, and nothing is said.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Literal

State = Literal["READY=1", "WATCHDOG=1", "STOPPING=1"]


def notify(state: State, environ: Mapping[str, str] = os.environ) -> None:
    """Send one datagram; one that is lost is no reason to end."""
    address = environ.get("NOTIFY_SOCKET", "")
    if address.startswith("@"):  # in the abstract namespace (unix(7))
        address = "\0" + address[1:]
    if address:
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto(state.encode(), address)
