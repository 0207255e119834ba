"""The turns of phrase are data: what the code asks for is there, and nothing else is."""

from __future__ import annotations

from typing import get_args

from bots.summariser.rules.phrases import Phrase, pattern, says, sections


def test_every_phrase_is_written_down() -> None:
    """Each phrase that the code may ask for has its ways of saying it, and each of those is asked for."""
    asked = set(get_args(Phrase))
    assert {name for name in sections() if not name.endswith("*")} == asked
    assert all(pattern(phrase).pattern for phrase in asked)


def test_a_line_that_goes_on() -> None:
    """An indented line belongs to the one before; a space is any white space."""
    assert says("clause", "merci, paul") is None
    assert says("clause", "je relis, paul verifie le plan") is not None
    assert says("given_later", "je confie la  relecture a ") is not None
