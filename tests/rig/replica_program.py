"""`relais` as a program of `fork_server.py`. Who is forked from here has its fork servers of documents forked
too, by the process that serves the tests' workers (`forks.py`). Its own store waits for no disk: what a
killed process wrote stays, and no test cuts the power. No answer of it is late because a machine is busy:
who wants late ones forks `punctual_program.py`."""

from __future__ import annotations

import os
from pathlib import Path

from bots.main import main as relais
from core.delivery import reply
from core.documents.sandbox import fork_client
from core.store import embedded
from tests.rig.forks import JAILS, SOCKETS, Forks

__all__ = ["main", "relais"]

embedded.FSYNC = "no"
fork_client.spawn = Forks(Path(os.environ[SOCKETS]) / JAILS).jail


def main() -> int:
    reply.LATE_AFTER = reply.NEVER
    return relais()
