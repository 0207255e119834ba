"""Words that carry meaning: what their forms share, and numbers whole."""

from __future__ import annotations

import pytest

from core.language.terms import akin, query, stem


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("demandes", "demander"),
        ("refusee", "refus"),
        ("regionaux", "regional"),
        ("teletravailler", "teletravail"),
    ],
)
def test_stems(one, other):
    """Forms of one word meet."""
    assert stem(one) == stem(other) or akin(stem(one), stem(other))


def test_numbers_whole():
    """A number is one term, however its groups are set apart."""
    assert query("Les 12 000 euros, 12\u202f000 euros, 4,2 %") == ("12000", "euro", "4,2")
