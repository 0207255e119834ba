"""« Chaque lundi 9h » on the clock of Paris."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from bots.summariser.room.schedules import Times, form_of, next_due, requested_times
from core.language.folding import unaccented
from core.language.months import PARIS


@pytest.mark.parametrize(
    ("text", "days", "at"),
    [
        ("chaque lundi 9h", (0,), time(9)),
        ("chaque lundi à 9 h 30", (0,), time(9, 30)),
        ("tous les vendredis 17:45 passation", (4,), time(17, 45)),
        ("chaque lundi et jeudi 8h", (0, 3), time(8)),
        ("tous les jours 18h", (0, 1, 2, 3, 4, 5, 6), time(18)),
        ("chaque jour ouvré 8h30", (0, 1, 2, 3, 4), time(8, 30)),
        ("chaque lundi", (0,), time(9)),
        ("every friday 5pm", (4,), time(17)),
    ],
)
def test_requested_times(text: str, days: tuple[int, ...], at: time) -> None:
    times = requested_times(unaccented(text))
    assert times is not None
    assert (times.days, times.at) == (days, at)


@pytest.mark.parametrize("text", ["depuis lundi 9h", "chaque semaine bientôt", "chaque lundi 25h", "50"])
def test_no_requested_times(text: str) -> None:
    assert requested_times(unaccented(text)) is None


def moment(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).timestamp()


@pytest.mark.parametrize(
    ("after", "due"),
    [
        ("2026-03-16T08:59", "2026-03-16T09:00"),
        ("2026-03-16T09:00", "2026-03-23T09:00"),
        ("2026-03-23T09:00", "2026-03-30T09:00"),  # summer time begins on the 29th
        ("2026-10-19T09:00", "2026-10-26T09:00"),  # and ends on the 25th
    ],
)
def test_same_hour_in_summer_and_winter(after: str, due: str) -> None:
    """Every Monday at nine, whatever the change of the clock between two of them."""
    assert next_due(Times(days=(0,), at=time(9)), moment(after)) == moment(due)


def test_an_hour_that_is_left_out_or_repeated() -> None:
    """Sundays at 2:30: once on the day without that hour, once on the day that has it twice."""
    spring = next_due(Times(days=(6,), at=time(2, 30)), moment("2026-03-28T12:00"))
    assert datetime.fromtimestamp(spring, PARIS).isoformat() == "2026-03-29T03:30:00+02:00"
    autumn = next_due(Times(days=(6,), at=time(2, 30)), moment("2026-10-24T12:00"))
    assert datetime.fromtimestamp(autumn, PARIS).isoformat() == "2026-10-25T02:30:00+02:00"
    assert next_due(Times(days=(6,), at=time(2, 30)), autumn) == moment("2026-11-01T02:30")


def test_forms() -> None:
    """A digest, unless another form is named; never the private one."""
    assert form_of("chaque lundi 9h") == "digest"
    assert form_of("chaque lundi 9h compte rendu") == "compte-rendu"
    assert form_of("chaque lundi 9h qu’ai-je manqué") == "digest"
