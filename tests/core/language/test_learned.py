"""Words that sound alike are one to a reader; the language that somebody writes in is told where plain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.language.learned import mostly_in, sound_of, written_in


@pytest.mark.parametrize(
    ("one", "other"),
    [("quoi", "koi"), ("que", "ke"), ("chaque", "chak"), ("envoyez", "envoyer"), ("phrase", "frase")],
)
def test_spellings_of_one_sound_are_alike(one: str, other: str) -> None:
    """« koi » is « quoi »."""
    assert sound_of(one) == sound_of(other)


def test_words_of_other_sounds_are_not() -> None:
    """« chat » is no « cas », « qui » no « que »."""
    assert len({sound_of(word) for word in ("chat", "cas", "qui", "que", "fait")}) == 5


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How do I send you a file?", "en"),
        ("what did I miss?", "en"),
        ("Comment on fait pour t’envoyer un fichier ?", "fr"),
        ("Traduis : the meeting is cancelled", None),
        ("Please translate « le quai est fermé pour travaux »", None),
        ("ok", None),
        ("D I F F U S I O N   R E S T R E I N T E", None),
        ("Diffusion restreinte", None),
        ("", None),
    ],
)
def test_only_what_is_plain_is_told(text: str, language: str | None) -> None:
    """A few words, or both languages at once, say nothing."""
    assert written_in(text) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("help", "en"),
        ("delete my data", "en"),
        ("try again", "en"),
        ("aide", "fr"),
        ("efface tout", "fr"),
        ("recommence", "fr"),
        ("stop", None),
        ("export word", None),
        ("N2", None),
        ("", None),
    ],
)
def test_a_few_words_are_told_where_only_one_language_has_them(text: str, language: str | None) -> None:
    """What everybody writes says nothing."""
    assert mostly_in(text) == language


@given(st.text(max_size=300))
def test_any_text_can_be_asked_about(text: str) -> None:
    """No text fails."""
    assert written_in(text) in ("fr", "en", None)
