"""How often an answer that is being written is shown again."""

from __future__ import annotations

from core.connector import Pace
from core.delivery.growing import MOST_EDITS, pause_before


def test_the_pauses_grow_whatever_the_rate_of_the_account() -> None:
    """An account declared without limit is no reason to edit a long answer each second for ever."""
    for rate in (0.2, 10.0, 100.0, 10_000.0):
        pace = Pace(per_second=rate, burst=10)
        pauses = [pause_before(edit, pace) for edit in range(MOST_EDITS)]
        assert pauses == sorted(pauses)
        assert sum(pauses) > 300.0
