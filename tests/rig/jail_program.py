"""The fork server of documents as a program of `fork_server.py`: what the tasks on texts read before their
first run, for most of a second, is read once for all that are forked from here."""

from __future__ import annotations

import core.documents.file_reader  # noqa: F401 - what a fork server of documents imports at its start
from core.documents.sandbox.fork_server import main, task_of
from core.documents.sandbox.sandbox import ASSESS, FIND_DANGER
from core.models import masked_ask

__all__ = ["main"]

for task in (ASSESS, FIND_DANGER, masked_ask.TASK):
    task_of(task)
