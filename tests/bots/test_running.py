"""What systemd is told."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from bots.running import notify


@pytest.mark.parametrize("abstract", [False, True])
def test_the_state_is_one_datagram(tmp_path: Path, abstract: bool) -> None:
    """To the socket that systemd named, in a folder or in the abstract namespace."""
    name = f"@relais-{tmp_path.name}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + name[1:] if abstract else name)
        notify("READY=1", {"NOTIFY_SOCKET": name})
        assert manager.recv(100) == b"READY=1"


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": "/nowhere"}])
def test_without_systemd_nothing_happens(environ: dict[str, str]) -> None:
    """In a terminal, in a container, or with a manager that is gone."""
    notify("WATCHDOG=1", environ)
