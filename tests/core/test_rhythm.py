"""Moments that all who look after something regularly share."""

from __future__ import annotations

import pytest

from core.rhythm import until_beat


@pytest.mark.parametrize(
    ("every", "now", "pause"),
    [(3.0, 100.0, 2.0), (0.5, 100.2, 0.3), (3.0, 102.0, 3.0), (3.0, 101.9999, 3.0001)],
)
def test_the_next_shared_moment_is_waited_for(every: float, now: float, pause: float) -> None:
    """Moments are multiples of the rhythm; one that was just now, or is a hair away, is not taken twice."""
    assert until_beat(every, now) == pytest.approx(pause)
