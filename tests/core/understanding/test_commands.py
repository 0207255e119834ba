"""Greetings, thanks and signatures are no part of what is wanted; a few words say what was wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.understanding.commands import bare_request, short_answer


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Bonjour, résume ce fil svp. Cordialement, J. Martin", "résume ce fil"),
        (
            "Bonjour,\nqui fait quoi suite à ces mails ?\nMerci\nChef UT 76",
            "qui fait quoi suite à ces mails ?",
        ),
        ("@Assistant résume", "résume"),
        ("fini pour ce point. @Assistant nouvelle discussion stp", "fini pour ce point. nouvelle discussion"),
        ("Hello, please write to me in English. Thanks!", "please write to me in English."),
        ("relais, aide-moi", "aide-moi"),
    ],
)
def test_what_is_wanted_is_left(text: str, left: str) -> None:
    """Whoever is called, and however politely."""
    assert bare_request(text) == left


@pytest.mark.parametrize("text", ["merci beaucoup", "bonjour", "Merci de traduire : le quai", "stp", ""])
def test_a_courtesy_alone_stays(text: str) -> None:
    """It is what is said, or the beginning of what is wanted."""
    assert bare_request(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "Oui vas-y stp. Non, annule",
        "Oui c'est ça, merci. Euh non",
        "Oui efface stp, sauf mes documents",
        "Résume ce fil svp, depuis lundi",
        "Traduis ce document stp, en anglais",
        "Super boulot, merci. Maintenant résume le fil",
        "Fais un best-of du fil",
    ],
)
def test_what_goes_on_after_thanks_is_read(text: str) -> None:
    """A request, a condition or a change of mind after « stp » or « merci » is no signature."""
    assert bare_request(text) == text


@given(st.text(max_size=400))
def test_any_text_can_be_read(text: str) -> None:
    """No text fails, and words are left of every text that has some."""
    assert bool(bare_request(text).strip()) == bool(text.strip())


def test_of_a_long_mail_only_the_beginning_may_be_a_judgement() -> None:
    """A mail may have a million characters, and whoever judges says so first."""
    assert short_answer("Faux : " + "rien de tel. " * 80_000).verdicts == ("wrong",)
    assert short_answer("rien de tel. " * 80_000 + "Faux").verdicts == ()
