"""What is said of a refusal gives a cause and a rule that hold."""

from __future__ import annotations

import pytest

from core.policy.decision import Refusal
from core.sensitivity.level import Finding, Level
from core.texts import Contacts, texts

SAY = texts("fr", Contacts())


def refusal(why: str, ceiling: Level | None) -> Refusal:
    return Refusal(why=why, level=Level.N2, ceiling=ceiling, audience="slack", offers=("elsewhere",))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("why", ["channel", "person", "no_model"])
def test_why_where_nothing_was_found_in_the_message(why: str) -> None:
    """It is the conversation's level that was refused: the message is not said to be « donc » of it, no
    passage is to be left out, and nothing is offered by number again."""
    said = SAY.why_refused(refusal(why, Level.N0))
    assert SAY.refusal(refusal(why, Level.N0)).partition("\n")[0] in said
    assert "donc au niveau" not in said
    assert "1." not in said
    assert "`!nouveau`" in said


@pytest.mark.parametrize("why", ["channel", "person", "no_model"])
def test_where_no_level_is_allowed(why: str) -> None:
    """« Le plus haut niveau permis est aucun » is no sentence."""
    assert "est aucun" not in SAY.refusal(refusal(why, None))
    assert "est none" not in texts("en", Contacts()).refusal(refusal(why, None))


@pytest.mark.parametrize(("source", "where"), [("", "hors du texte"), ("a.pdf", "propriétés du document")])
def test_a_label_of_a_message_is_in_no_document(source: str, where: str) -> None:
    """That of a mail stands in its headers: « dans les propriétés du document » sent people to look for a
    file."""
    label = Finding(
        kind="label",
        level=Level.N3,
        strength="strong",
        why="property",
        place="property",
        excerpt="C",
        source=source,
    )
    assert where in SAY.found([label])
