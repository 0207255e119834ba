"""What the pages for agents tell people to write is understood."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.understanding import understand
from core.understanding.commands import spelled

PAGES = sorted((Path(__file__).parents[3] / "docs" / "agent").glob("*.md"))
_COMMAND = re.compile(r"`(![^`]+)`")
_PAIRED = re.compile(r"« ([^»]+?) » ?[,(] ?`(![^` ]+)[^`]*`")
"""A phrase and the command that does the same, told side by side."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_a_page_is_one(page: Path) -> None:
    """No page names a word that the bot would not know."""
    text = page.read_text(encoding="utf-8").replace("\u00a0", " ").replace("\u202f", " ")
    commands = [command for command in _COMMAND.findall(text) if len(command) > 1]
    assert not [each for each in commands if (known := spelled(each)) is None or known.kind is None]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_phrase_does_what_the_command_beside_it_does(page: Path) -> None:
    """« efface mes données », `!oublier`: one and the other are understood alike."""
    text = page.read_text(encoding="utf-8").replace("\u00a0", " ").replace("\u202f", " ")
    place = "room" if page.stem.startswith(("resumer", "salon")) else "direct"
    for phrase, command in _PAIRED.findall(text):
        said, ordered = understand(phrase, place=place), understand(command, place=place)
        same = said.kind == ordered.kind or (said.kind, ordered.kind) == ("about", "footprint")
        assert same, (phrase, said, command)
        assert said.sure, (phrase, said)
