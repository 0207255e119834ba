"""`relais` as a program of `fork_server.py`. Who is forked from here has its fork servers of documents forked
too, by the process that serves the tests' workers (`forks.py`)."""

from __future__ import annotations

import os
from pathlib import Path

from bots.main import main
from core.documents.sandbox import fork_client
from tests.rig.forks import JAILS, SOCKETS, Forks

__all__ = ["main"]

fork_client.spawn = Forks(Path(os.environ[SOCKETS]) / JAILS).jail
