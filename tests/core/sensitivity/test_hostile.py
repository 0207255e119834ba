"""No text costs more than its length: the whole assessment and the masking are linear on hostile texts."""

import time
from collections.abc import Callable

import pytest

from core.sensitivity.assess import assess
from core.sensitivity.evidence import Part
from core.sensitivity.masker import Masker
from tests.core.sensitivity.hostile import KINDS, hostile

SMALL, LARGE = 25_000, 100_000


def everywhere(text: str) -> None:
    """Assess a text in the places with rules of their own."""
    assess([Part(text=text), Part(text=text, place="header"), Part(text=text[:20_000], place="subject")])


def masked(text: str) -> None:
    Masker().mask(text)


def cpu(work: Callable[[str], None], text: str) -> float:
    start = time.process_time()
    work(text)
    return time.process_time() - start


@pytest.mark.parametrize("work", [everywhere, masked])
@pytest.mark.parametrize("kind", KINDS)
def test_four_times_the_text_is_four_times_the_work(kind: str, work: Callable[[str], None]) -> None:
    """CPU of 100 kB beside that of 25 kB: what is quadratic would be sixteen times as long. The least of
    several tries counts, since a machine may be busy with something else."""
    ratio = float("inf")
    for _ in range(4):
        ratio = min(ratio, cpu(work, hostile(kind, LARGE)) / cpu(work, hostile(kind, SMALL)))
        if ratio < 7:
            return
    pytest.fail(f"{kind}: {ratio:.1f} times the work for four times the text")
