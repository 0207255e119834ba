"""What of a letter asks for something is told from what it says."""

from __future__ import annotations

import pytest

from core.understanding.letter import wanted_in

LETTER = """Bonjour,

Je reviens vers vous : le budget complet est joint. Concentre-toi sur les délais.
Qui signe ?
Le texte est en anglais.
Merci, Anne"""


def test_the_sentences_that_ask() -> None:
    """A wish, a question; neither what is said nor the greeting."""
    assert wanted_in("", LETTER) == (["Concentre-toi sur les délais."], ["Qui signe ?"])


@pytest.mark.parametrize(
    ("title", "counts"),
    [("Synthèse détaillée", True), ("Synthèse en anglais", True), ("Budget des ateliers", False)],
)
def test_a_title_counts_where_it_surely_asks(title: str, counts: bool) -> None:
    """« Budget des ateliers » says what the mail is about."""
    assert wanted_in(title, "") == ([title] if counts else [], [])


@pytest.mark.parametrize("words", ["Plus court s’il te plaît", "plus détaillé", "En docx", "En anglais"])
def test_a_form_alone_is_a_wish(words: str) -> None:
    """As people write below what they were sent."""
    assert wanted_in("", words) == ([words], [])
