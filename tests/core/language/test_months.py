"""Months and days by their names."""

from __future__ import annotations

import re

from core.language.months import DAYS, MONTH, MONTHS


def test_names() -> None:
    """Whole and short names of both languages, without accents."""
    assert [MONTHS[name] for name in ("fevrier", "feb", "aout", "may", "mai", "dec")] == [2, 2, 8, 5, 5, 12]
    assert [DAYS[name] for name in ("lundi", "monday", "dimanche", "sunday")] == [0, 0, 6, 6]


def test_the_longest_name_is_read() -> None:
    """« janvier » is not read as « janv »."""
    found = re.match(MONTH, "janvier 2026")
    assert found is not None
    assert found[0] == "janvier"
