"""Patterns that a policy adds: which ones `re` may never end with."""

import pytest

from core.sensitivity.exploding import explodes
from tests.rig.growth import calls


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$", r"(?:\w+\s*)*!", "x((a*)+)+", "b|(a+)+c", "(?:(?:a+)){2,}",
        "(.|.)+Z", "(a|aa)+$", "(a|ab|b)+c",
        r"(\w+\d|\w)+$", r"(x|.)*y", "(a{1,3})+$", "(a?b?)+c",
        "(?=(a+)+b)", "(?!(a+)+b)", "(?>(a+)+b)c", "(x)?(?(1)(a+)+b|c)", "(?:(a+)+b)++", "(?:a?+b+)+c",
        r"(?:(?>\d|x)|\w)+!",
    ],
)  # fmt: skip
def test_a_loop_that_the_same_text_leads_through_twice_explodes(pattern: str) -> None:
    """A text that nearly matches would be read in exponential time."""
    assert explodes(pattern)


@pytest.mark.parametrize(
    "pattern",
    ["DIFFUSION LIMITÉE", "a+b*", r"(?:\w+ )+\w", "(ab+)+", "(a{3})+", "(",
     "(?:ab|cd)*e", "(a|b|c)+d", r"\d{2}( \d{2}){4}", "(a++)+b", "(?>a+)+b", "(?:a++b+)+c", "(?:(?>a)b+)+c",
     "(?>a|a)+b"],
)  # fmt: skip
def test_other_patterns_do_not(pattern: str) -> None:
    """What must stand between two repeats tells where each one ends."""
    assert not explodes(pattern)


def test_a_loop_before_a_long_rest_is_found() -> None:
    """What is read of a very long pattern is looked at."""
    assert explodes("(a+)+b|" + "x" * 5_000)
    assert not explodes("(?:ab)+c|" + "x" * 5_000)


@pytest.mark.parametrize(
    "pattern",
    ["(?:" + "|".join(f"{one}{other}e" for one in "abcdefgh" for other in "ijklmnop") + ")*x",
     "(?:" * 7 + "^" + "){9}" * 7, "(?:" + "|".join("a" * length + "b" for length in range(30)) + ")*x",
     "(?:a?b?){9}" * 30],
    ids=["words", "nothing", "beginnings", "optional"],
)  # fmt: skip
def test_a_pattern_is_judged_at_once(pattern: str) -> None:
    """Many words in a loop, or repeats of nothing in each other: the work is not that of all ways through."""
    assert not explodes(pattern)
    assert calls(lambda: explodes(pattern)) < 1_000_000
