"""A text keeps its level in whatever frame people paste it: the law over composed frames, on a sample.

`python -m tests.eval.frames` judges many more texts in many more frames, and prints the figure of each.
"""

from collections import Counter
from functools import cache

import pytest

from tests.eval.frames import WRAPPERS, Frame, cases, frames, judged

SAMPLE = cases(40)
"""Every fortieth labelled text."""


@cache
def kept_in(frame: Frame) -> Counter[str]:
    return judged(frame, SAMPLE)


@pytest.mark.parametrize("frame", frames(len(WRAPPERS)), ids=lambda frame: frame.name)
def test_a_text_keeps_its_level_in_every_wrapper(frame: Frame) -> None:
    """In each wrapper, no sensitive text of the sample falls below its level, unasked."""
    counts = kept_in(frame)
    assert counts["sensitive"] >= 8
    assert counts["missed"] == 0


def test_frames_raise_no_ordinary_text() -> None:
    """Over all wrappers at most one ordinary text in a hundred is raised by its frame."""
    total = sum((kept_in(frame) for frame in frames(len(WRAPPERS))), Counter[str]())
    assert total["raised"] <= total["ordinary"] / 100
