"""Sentences of administrative text: where one ends, and that none is lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.language.sentences import split


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("M. Dupont signe. Il part.", ["M. Dupont signe.", "Il part."]),
        ("Voir art. L. 110-1 (cf. p. 3). Fin.", ["Voir art. L. 110-1 (cf. p. 3).", "Fin."]),
        ("Le 1er janv. 2026 à 8 h. Puis rien", ["Le 1er janv. 2026 à 8 h.", "Puis rien"]),
        (
            "La note n° 12 coûte 3.5 M€. 12 agents partent.",
            ["La note n° 12 coûte 3.5 M€.", "12 agents partent."],
        ),
        ("« C’est fini. » Le ministre part…  Non !", ["« C’est fini. »", "Le ministre part…", "Non !"]),
        (
            "J.-C. Martin et A. Durand, etc. Les autres aussi.",
            ["J.-C. Martin et A. Durand, etc.", "Les autres aussi."],
        ),
        ("1. Objet de la note. Le reste.", ["1. Objet de la note.", "Le reste."]),
        ("Est-ce tout ? Oui.", ["Est-ce tout ?", "Oui."]),
        ("", []),
    ],
)
def test_sentences(text, sentences):
    """French abbreviations, initials, articles and numbering end no sentence."""
    assert split(text) == sentences


@given(text=st.text(alphabet="aA .!?»«1…\u00a0"))
def test_sentences_lose_nothing(text):
    """Put together, the sentences are the text."""
    assert re.sub(r"\s", "", "".join(split(text))) == re.sub(r"\s", "", text)
