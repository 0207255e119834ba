"""What a person wrote, said back to them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from connectors.tchap.render import plain_text
from core.language.commonmark import literal, readable
from core.sensitivity.level import Level
from core.texts import Contacts, texts
from core.texts.feedback_words import FeedbackTexts
from core.texts.file_texts import Receipt
from core.texts.speaker import LONGEST, echo, shown


@given(said=st.text(st.characters(exclude_categories=()), max_size=2000))
def test_an_echo_is_one_short_line(said: str) -> None:
    """However long, and whatever stands in it: line breaks, controls, backticks."""
    shown = echo(said)
    assert len(shown) <= LONGEST
    assert not set(shown) & set("`\n\r\0")


def test_a_word_is_said_back_as_it_was_written() -> None:
    """What is short is recognised."""
    assert echo("Réunion du 3.docx") == "Réunion du 3.docx"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_text_grows_with_what_it_echoes(language: str) -> None:
    """A refusal of 20,000 backticks, or of a file whose name is 60 kB long, is a few lines."""
    say, long = texts(language, Contacts()), "x\n" + "`" * 20_000 + "y" * 40_000
    said = [
        say.unknown_command(long, None),
        say.model_unknown(long, ["small"]),
        say.language_unknown(long),
        say.level_unknown(long, ceiling=Level.N2),
        say.file_unreadable(long, "vide"),
        say.file_part_unreadable(long, long, "vide"),
        say.file_unknown_type(long),
        say.file_too_large(long, 50_000_000),
        say.file_unclean(long),
        say.file_unavailable(long),
        say.file_received(
            [Receipt(name=long, type="pdf", title=long, level=Level.N1)], several=False, embedded=False
        ),
        say.question_wanted([long]),
    ]
    assert max(map(len, said)) < 1000


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_name_says_more_than_a_name(language: str) -> None:
    """People choose what they and their rooms are called: neither a link nor a line is made of that."""
    name, say = "a »\n\n[ici](https://evil.example) \u202e", texts(language, Contacts())
    said = [
        say.identity_changed(name),
        say.distress_alone("", room=name),
        say.not_taken_here(name),
        say.asked_here("", room=name),
        say.posted([name], name),
        FeedbackTexts(language).handed(person=name, level=Level.N1, why="", question="", answer=""),
    ]
    for each in said:
        assert r"\[ici\](" in each
        assert "\u202e" not in each
        assert "a »\n" not in each


@given(said=st.text(st.sampled_from("ab_*[]()<>`#|~\\&;! .")))
def test_what_is_said_back_is_shown_as_it_was_written(said: str) -> None:
    """Whatever CommonMark would make of it (`a_b.pdf`, `[x](y).pdf`), and where its source is read."""
    tokens = MarkdownIt("commonmark").parse(f"« {literal(said)} »")
    assert plain_text(tokens) == f"« {said} »"
    assert readable(literal(said)) == said


def test_a_line_within_a_word_needs_no_sign() -> None:
    """A mail is read as plain text, too."""
    assert shown("rapport_final_v2.pdf") == "rapport_final_v2.pdf"
