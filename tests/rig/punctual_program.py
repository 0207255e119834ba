"""`replica_program.py`, where answers are late as soon as people would find them so."""

from __future__ import annotations

from tests.rig.replica_program import relais as main

__all__ = ["main"]
