"""The hour as people of the ministry read it on their clocks: that of Paris."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def in_paris(at: float) -> datetime:
    """Turn seconds since 1970 into a date and hour of Paris."""
    return datetime.fromtimestamp(at, PARIS)
