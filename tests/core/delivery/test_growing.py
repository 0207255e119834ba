"""How often an answer that is being written is shown again."""

from __future__ import annotations

from core.delivery.growing import MOST_EDITS, pause_before


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
