"""Which patch level of Python is asked for."""

from __future__ import annotations

import pytest

from core.config.python import needed


@pytest.mark.parametrize(
    ("version", "patched"),
    [
        ((3, 11, 7), "3.11.10"),
        ((3, 11, 10), None),
        ((3, 12, 1), "3.12.5"),
        ((3, 12, 9), None),
        ((3, 13, 0), None),
        ((3, 14, 0), None),
    ],
)
def test_the_patch_level_that_is_needed(version: tuple[int, int, int], patched: str | None) -> None:
    """Those before the mending of mail headers are told which one has it."""
    assert needed(version) == patched
