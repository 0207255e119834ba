"""Attempts again: how often, after which pauses, and what ends them. Moments that all share who look."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Deferred, Rejected
from core.retry import Backoff, retried, until_beat


class Away:
    """Fails with these errors, one a call, then answers; keeps the pauses."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0
        self.slept: list[float] = []

    async def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "there"

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def steady() -> Backoff:
    return Backoff(1.0, 4.0, random=lambda: 0.5)


async def test_pauses_double_up_to_the_longest() -> None:
    """Each failure doubles the pause until the longest; then it stays."""
    away = Away(*[Deferred("away")] * 5)
    assert await retried(away, on=Deferred, pauses=steady(), sleep=away.sleep) == "there"
    assert away.slept == [1.0, 2.0, 4.0, 4.0, 4.0]


async def test_what_the_other_side_asks_for_is_waited_for() -> None:
    """A Retry-After longer than the pause is honoured, up to a bound where one is given."""
    away = Away(Deferred("slow", retry_after=60.0))
    await retried(away, on=Deferred, pauses=steady(), sleep=away.sleep)
    assert away.slept == [60.0]
    assert Backoff(1.0, 4.0, at_most=5.0, random=lambda: 0.5).after(1, Deferred("", retry_after=60.0)) == 5.0


async def test_the_last_error_is_raised() -> None:
    """After the most attempts the last error itself comes out."""
    away = Away(Deferred("1"), Deferred("2"), Deferred("3"))
    with pytest.raises(Deferred, match="2"):
        await retried(away, on=Deferred, most=2, pauses=steady(), sleep=away.sleep)
    assert (away.calls, away.slept) == (2, [1.0])


@pytest.mark.parametrize("error", [Rejected("no"), ValueError("bug")])
async def test_other_errors_end_at_once(error: Exception) -> None:
    """What is not to be retried is raised at its first time, an excepted kind included."""
    away = Away(error)
    with pytest.raises(type(error)):
        await retried(away, on=(Deferred, Rejected), but=Rejected, sleep=away.sleep)
    assert (away.calls, away.slept) == (1, [])


async def test_each_failure_is_told_and_may_end_it() -> None:
    """Who is told of failures hears them with their number; what it raises ends the attempts."""
    heard: list[int] = []

    async def told(error: Exception, number: int) -> None:
        heard.append(number)
        if number == 2:
            raise error

    away = Away(*[Deferred("away")] * 5)
    with pytest.raises(Deferred):
        await retried(away, on=Deferred, told=told, pauses=steady(), sleep=away.sleep)
    assert heard == [1, 2]
    assert away.slept == [1.0]


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_pauses_are_spread_by_half(failures: int, chance: float) -> None:
    """However many failures there were, a pause is between half and one and a half of what it would be."""
    plain = min(2.0 ** (failures - 1), 30.0) if failures < 100 else 30.0
    assert plain / 2 <= Backoff(1.0, 30.0, random=lambda: chance).after(failures) <= plain * 1.5


@pytest.mark.parametrize(
    ("every", "now", "pause"),
    [(3.0, 100.0, 2.0), (0.5, 100.2, 0.3), (3.0, 102.0, 3.0), (3.0, 101.9999, 3.0001)],
)
def test_the_next_shared_moment_is_waited_for(every: float, now: float, pause: float) -> None:
    """Moments are multiples of the rhythm; one that was just now, or is a hair away, is not taken twice."""
    assert until_beat(every, now) == pytest.approx(pause)
