"""How `!commands` are understood."""

from __future__ import annotations

import pytest

from bots.commands import parse


@pytest.mark.parametrize(
    ("text", "name", "argument"),
    [
        ("!aide", "help", ""),
        ("!modèle ministral-8b", "model", "ministral-8b"),
        ("!modele ministral-8b", "model", "ministral-8b"),
        ("!MODÈLE", "model", ""),
        ("  !niveau N2 ", "level", "N2"),
        ("！stop", "stop", ""),
        ("!données", "data", ""),
        ("!forget", "forget", ""),
    ],
)
def test_with_or_without_accents(text: str, name: str, argument: str) -> None:
    """A command is understood in any case, with or without accents, in French or English."""
    command = parse(text)
    assert command is not None
    assert (command.name, command.argument) == (name, argument)


@pytest.mark.parametrize("text", ["Bonjour", "!", "!!!", "! attention", "bonjour !aide", ""])
def test_ordinary_text_is_no_command(text: str) -> None:
    """Exclamation marks are not commands."""
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "near"), [("!aied", "aide"), ("!modelle", "modèle"), ("!nouvau", "nouveau")]
)
def test_a_near_miss_is_suggested(text: str, near: str) -> None:
    """A mistyped command is not obeyed: the one probably meant is named."""
    command = parse(text)
    assert command is not None
    assert command.name is None
    assert command.near == near


def test_a_far_miss_is_not() -> None:
    """Nothing is suggested when nothing resembles the word."""
    command = parse("!xyzzy")
    assert command is not None
    assert command.near is None
