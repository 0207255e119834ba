"""`relais` as a program of `fork_server.py`. Who is forked from here has its fork servers of documents forked
too, by the process that serves the tests' workers (`forks.py`). Its own store waits for no disk: what a
killed process wrote stays, and no test cuts the power."""

from __future__ import annotations

import os
from pathlib import Path

from bots.main import main
from core.documents.sandbox import fork_client
from core.store import embedded
from tests.rig.forks import JAILS, SOCKETS, Forks

__all__ = ["main"]

embedded.FSYNC = "no"
fork_client.spawn = Forks(Path(os.environ[SOCKETS]) / JAILS).jail
