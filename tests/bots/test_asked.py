"""What a message asks for, where it was written."""

from __future__ import annotations

import pytest

from bots.asked import place_of
from core.connector import Address, Event, Joined, Person, Reacted

HERE = Address(connector="tchap", conversation="c")
ANNE = Person(id="@a:x", name="Anne")


@pytest.mark.parametrize("direct", [True, False])
def test_a_reaction_and_an_arrival_happen_where_a_message_would(direct: bool) -> None:
    """An answer that a reaction wants again is read as that to the question was."""
    reacted = Reacted(key="r", address=HERE, at=0.0, sender=ANNE, target="t", reaction="🔄", direct=direct)
    joined = Joined(key="j", address=HERE, at=0.0, sender=ANNE, direct=direct)
    events: tuple[Event, ...] = (reacted, joined)
    assert {place_of(event) for event in events} == {"direct" if direct else "room"}
