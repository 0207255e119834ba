"""Whether work grows with the length of a text, and no faster: by CPU, as a ratio that is far from what is
wrong, of the least of several tries; or by the calls that it takes, which are the same on each machine."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable
from typing import TypeVar

Given = TypeVar("Given")
Text = TypeVar("Text", str, bytes)
ENOUGH = 0.4
"""Seconds of CPU from which work is measured: what ends sooner holds nobody up."""
LIMIT = 8.0
"""Four times the length is 4 times the work where it is linear, 16 times where it is quadratic."""
TRIES = 6


def assert_linear(work: Callable[[Text], object], given: Text, *, enough: float = ENOUGH) -> None:
    """Fail if this work on `given` takes long, and more than eight times as long as on its first quarter."""
    if (took := cpu(work, given)) >= enough:
        assert ratio(work, given[: len(given) // 4], given, took) < LIMIT


def ratio(work: Callable[[Given], object], small: Given, large: Given, took: float) -> float:
    """How many times the CPU of `small` `large` takes, which `took` so much the first time: of several tries
    the least of each, since a machine may be busy with something else."""
    tries = [(cpu(work, small), took)]
    while len(tries) < TRIES and _least(tries) >= LIMIT - 1:
        tries.append((cpu(work, small), cpu(work, large)))
    return _least(tries)


def cpu(work: Callable[[Given], object], given: Given) -> float:
    """Seconds of CPU of this process that the work takes."""
    start = time.process_time()
    with contextlib.suppress(MemoryError):  # refused: the sandbox tells it as a reason
        work(given)
    return time.process_time() - start


def _least(tries: list[tuple[float, float]]) -> float:
    small, large = (min(each) for each in zip(*tries, strict=True))
    return large / max(small, 0.05)


def calls(work: Callable[[], object]) -> int:
    """How many calls the work takes, those of the interpreter's own functions included."""
    number = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal number
        number += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return number
