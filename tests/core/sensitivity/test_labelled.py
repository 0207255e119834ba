"""The labelled sets: more than 700 texts as administrations write them (see `tests.bench.sensitivity`)."""

import pytest

from tests.bench.sensitivity import CHECKED, Score, labelled, score


@pytest.fixture(scope="module")
def total() -> Score:
    return score(labelled())


def test_levels_questions_and_markings_are_right(total: Score) -> None:
    """Every text has an accepted level, its half of N4, and its question or none."""
    assert total.texts > 700
    assert total.wrong == []
    assert total.missed["strong marking"] == 0


def test_numbers_with_check_digits_are_found_and_not_invented(total: Score) -> None:
    """Recall and precision of 0.97 at least."""
    assert total.recall(CHECKED) >= 0.97
    assert total.precision(CHECKED) >= 0.97
