"""Child servers: a port kept for them, and an end with ours whatever happens. Linux only."""

from __future__ import annotations

import socket

from core.store.embedded import launcher

LOOPBACK = "127.0.0.1"


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
    """The command wrapped so that the kernel kills it when the thread that starts it ends."""
    return [*launcher(), *command]
