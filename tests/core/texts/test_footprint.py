"""Footprints in words, at human scale."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sensitivity.level import Level
from core.texts import Contacts, texts

FRENCH, ENGLISH = texts("fr", Contacts()), texts("en", Contacts())
WATT_HOURS = st.floats(min_value=0.0, max_value=10_000.0)


def test_the_footer_names_who_wrote_and_at_what_level() -> None:
    """« IA · ministral-8b · N2 sensible », and nothing else for an answer."""
    assert FRENCH.footer(model="ministral-8b", level=Level.N2, footprint=None) == (
        "*IA · ministral-8b · N2 sensible*"
    )
    assert ENGLISH.footer(model="ministral-8b", level=Level.N2, footprint=None) == (
        "*AI · ministral-8b · N2 sensitive*"
    )


@pytest.mark.parametrize(
    ("wh", "words"),
    [
        ((0.0001, 0.0002), "moins d’une seconde"),
        ((0.036, 0.05), "16 à 22 secondes"),
        ((1.65, 1.65), "12 minutes"),
        ((80.0, 160.0), "10 à 20 heures"),
    ],
)
def test_a_footprint_is_a_lamp_that_is_lit(wh: tuple[float, float], words: str) -> None:
    """Everybody knows what that is."""
    told = FRENCH.footprint(wh=wh, gco2e=(0.004, 0.005), method="EcoLogits")
    assert told == f"autant qu’une ampoule allumée {words}, moins d’un gramme de CO₂ (EcoLogits)"


@given(WATT_HOURS, WATT_HOURS)
def test_no_footprint_is_in_scientific_notation(wh: float, gas: float) -> None:
    """Whatever the figure."""
    for each in (FRENCH, ENGLISH):
        told = each.footprint(wh=(wh, wh * 1.4), gco2e=(gas, gas * 1.4), method="EcoLogits")
        assert not re.search(r"\de[+-]?\d", told)
