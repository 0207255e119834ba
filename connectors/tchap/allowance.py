"""How much of something each person may bring about in an hour: an allowance that fills up again steadily."""

from __future__ import annotations

from collections.abc import Callable

from connectors.tchap.raw import Recent

PEOPLE = 10_000
"""People remembered: who is not has the whole allowance."""


class Allowance:
    """`per_hour` for each person, of which all may be used at once. `clock` is in seconds."""

    def __init__(self, per_hour: float, clock: Callable[[], float]) -> None:
        self._per_hour = per_hour
        self._clock = clock
        self._left: Recent[str, tuple[float, float]] = Recent(PEOPLE)

    def take(self, person: str) -> bool:
        """Use one. False when there is none left now."""
        now = self._clock()
        left, at = self._left.get(person) or (self._per_hour, now)
        left = min(self._per_hour, left + max(0.0, now - at) * self._per_hour / 3600)
        self._left[person] = (left - 1, now) if left >= 1 else (left, now)
        return left >= 1
