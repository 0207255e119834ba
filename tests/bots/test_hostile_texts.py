"""Texts made to take long: what reads them in the process that answers everybody stays quick.

A regular expression lets no other thread run, so a thread is no help; long texts to assess go to the sandbox.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bots.documents import requests as wishes
from bots.summariser.room.corrections import corrects
from bots.summariser.rules.plain_summary import summarise
from bots.summariser.talk import Talk, of_range
from core.condense import finish, works
from core.connector import Past, Person, Range
from core.language.sentences import split
from core.models.output_filter import GivenAddresses, disarmed
from core.understanding import understand
from tests.rig.growth import assert_linear

ANNE = Person(id="@a:x", name="Anne")


def talk_of(text: str) -> Talk:
    past = Past(id="$1", sender=ANNE, at=1_790_000_000.0, text=text, link="")
    return of_range(Range(messages=(past,), members=(ANNE,)))


READERS: dict[str, Callable[[str], object]] = {
    "wishes": lambda text: (wishes.as_file(understand(text)), wishes.free(text)),
    "summary": lambda text: summarise(talk_of(text)),
    "sentences": split,
    "disarming": lambda text: disarmed(text, GivenAddresses([text])),
    "grounding": lambda text: finish("Le total.", works([("a.txt", text)], language="fr"), said=text),
}


def test_a_correction_of_figures_without_end() -> None:
    """« c’est 5000 pas 4000 » is looked for in what anybody writes below a summary."""
    assert_linear(corrects, "c'est " + "1" * 60_000)


@pytest.mark.parametrize("signs", [" ", "\n", "-", "!", "[", "'", "a-", "1.", "_"])
@pytest.mark.parametrize("reader", READERS)
def test_rows_of_signs(reader: str, signs: str) -> None:
    """60 kB of the same sign, or two, take no longer than words."""
    text = "On fait comme ça. Je " + signs * (60_000 // len(signs)) + " x"
    assert_linear(READERS[reader], text)
