"""No text costs more than its length: the whole assessment and the masking are linear on hostile texts."""

from collections.abc import Callable

import pytest

from core.sensitivity.assess import assess
from core.sensitivity.level import Part
from core.sensitivity.masker import Masker
from tests.core.sensitivity.hostile import KINDS, hostile
from tests.rig.growth import assert_linear


def everywhere(text: str) -> None:
    """Assess a text in the places with rules of their own."""
    assess([Part(text=text), Part(text=text, place="header"), Part(text=text[:10_000], place="subject")])


def masked(text: str) -> None:
    Masker().mask(text)


@pytest.mark.parametrize("work", [everywhere, masked])
@pytest.mark.parametrize("kind", KINDS)
def test_four_times_the_text_is_four_times_the_work(kind: str, work: Callable[[str], None]) -> None:
    """Of each kind, however much there is."""
    assert_linear(work, hostile(kind, 25_000), enough=0.1)
