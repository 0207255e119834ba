"""How often an answer that is being written is shown again."""

from __future__ import annotations

import pytest

from core.delivery.growing import ENOUGH, MOST_EDITS, is_beginning, pause_before
from tests.rig.growth import assert_linear


def test_the_pauses_grow_where_edits_cost_nothing() -> None:
    """A long answer is not drawn anew each second for ever: at most 60 times, with pauses that grow."""
    pauses = [pause_before(edit, "freely") for edit in range(MOST_EDITS["freely"])]
    assert len(pauses) == 60
    assert pauses == sorted(pauses)
    assert sum(pauses) > 300.0


def test_where_edits_are_messages_there_is_one_growing_edit() -> None:
    """With its beginning and its end an answer is three messages, whatever the rate of the account, and two
    when it takes ten seconds at most."""
    assert MOST_EDITS["sparingly"] == 1
    assert pause_before(0, "sparingly") >= 10.0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Voici la réponse", False),
        ("Voici ce que j’en sais. Et", True),
        ("Voici ce que j’en sais\n", True),
        ("mot " * 99, False),
        ("mot " * 100, True),
    ],
)
def test_an_answer_begins_with_a_sentence_or_with_enough_words(text: str, shown: bool) -> None:
    """A list of words in which no sentence ends is shown once it is long enough."""
    assert is_beginning(text, ENOUGH) is shown


def test_a_long_answer_without_a_sentence_takes_no_time() -> None:
    """What a model writes may be long: a search that grows with its square would hold up all others."""
    assert is_beginning("mot " * 100_000, ENOUGH)
    assert not is_beginning("mot " * 100_000, 1_000_000)
    assert_linear(lambda text: is_beginning(text, 1_000_000), "mot " * 100_000)
