"""Child servers: a port kept for them, and an end with ours whatever happens. Linux only."""

from __future__ import annotations

import os
import socket
import sys

LOOPBACK = "127.0.0.1"

_WRAPPER = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9); "
    "os.getppid() == int(sys.argv[1]) or sys.exit(1); os.execv(sys.argv[2], sys.argv[2:])"
)
"""1 is PR_SET_PDEATHSIG, 9 is SIGKILL; our pid is compared lest we died before the call."""


def reserve_port(port: int = 0) -> socket.socket:
    """A bound socket that keeps a loopback port (0: a free one) for a child server. Raises OSError.

    It never listens. With SO_REUSEADDR on both sides Linux lets the server bind and listen beside it,
    and gives the port to nobody else: neither for `bind(0)` nor for an outgoing connection.
    """
    reservation = socket.socket()
    reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        reservation.bind((LOOPBACK, port))
    except OSError:
        reservation.close()
        raise
    return reservation


def port_of(reservation: socket.socket) -> int:
    """The port that a reservation keeps."""
    port: int = reservation.getsockname()[1]
    return port


def dies_with_us(*command: str) -> list[str]:
    """The command wrapped so that the kernel kills it when the thread that starts it ends.

    A wrapper of 10 ms rather than `preexec_fn`, which is unsafe beside threads.
    """
    return [sys.executable, "-I", "-S", "-c", _WRAPPER, str(os.getpid()), *command]
