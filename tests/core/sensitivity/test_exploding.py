"""Patterns that a policy adds: which ones `re` may never end with."""

import pytest

from core.sensitivity.exploding import explodes


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$", r"(?:\w+\s*)*!", "x((a*)+)+", "b|(a+)+c", "(?:(?:a+)){2,}",
        "(.|.)+Z", "(a|aa)+$", "(a|ab|b)+c",
        r"(\w+\d|\w)+$", r"(x|.)*y", "(a{1,3})+$", "(a?b?)+c",
    ],
)  # fmt: skip
def test_a_loop_that_the_same_text_leads_through_twice_explodes(pattern: str) -> None:
    """A text that nearly matches would be read in exponential time."""
    assert explodes(pattern)


@pytest.mark.parametrize(
    "pattern",
    ["DIFFUSION LIMITÉE", "a+b*", r"(?:\w+ )+\w", "(ab+)+", "(a{3})+", "(",
     "(?:ab|cd)*e", "(a|b|c)+d", r"\d{2}( \d{2}){4}"],
)  # fmt: skip
def test_other_patterns_do_not(pattern: str) -> None:
    """What must stand between two repeats tells where each one ends."""
    assert not explodes(pattern)
