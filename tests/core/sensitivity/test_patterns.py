"""Patterns that a policy adds: which ones `re` may never end with."""

import pytest

from core.sensitivity.patterns import explodes


@pytest.mark.parametrize("pattern", ["(a+)+$", r"(?:\w+\s*)*!", "x((a*)+)+", "b|(a+)+c", "(?:(?:a+)){2,}"])
def test_a_repeat_of_nothing_but_repeats_explodes(pattern: str) -> None:
    """A text that nearly matches would be read in exponential time."""
    assert explodes(pattern)


@pytest.mark.parametrize("pattern", ["DIFFUSION LIMITÉE", "a+b*", r"(?:\w+ )+\w", "(ab+)+", "(a{1,3})+", "("])
def test_other_patterns_do_not(pattern: str) -> None:
    """What must stand between two repeats tells where each one ends."""
    assert not explodes(pattern)
