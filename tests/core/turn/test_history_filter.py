"""What is assessed of a conversation that is read back."""

from __future__ import annotations

from core.connector import Past, Person, Range
from core.turn.room import parts_of


def test_names_of_people_are_assessed() -> None:
    """A display name reaches the prompt, so it is assessed like a text; each once."""
    marked, other = Person(id="@a:x", name="TLP:RED"), Person(id="@b:x", name="Ada")
    past = Past(id="$1", sender=marked, text="Bonjour", at=0.0, link="")
    found = Range(messages=(past, past), members=(other,))
    assert [part.text for part in parts_of(found)] == ["Bonjour", "Bonjour", "Ada", "TLP:RED"]
