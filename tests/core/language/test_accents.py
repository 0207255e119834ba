"""How a text reads without accents."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.language.accents import fold, unaccented


def test_fold() -> None:
    """Case, accents, ligatures and typographic apostrophes are folded away."""
    assert fold("L’ÉTÉ, un Œuf, Straße") == "l'ete, un oeuf, strasse"


def test_unaccented() -> None:
    """Dashes, spaces and raised letters of an ordinal read as plain ones; units stay."""
    assert unaccented("Été – 1ᵉʳ\u00a0mars, 3 m²") == "ete - 1er mars, 3 m²"


@given(st.text())
def test_places_stay(text: str) -> None:
    """Every character becomes one."""
    assert len(unaccented(text)) == len(text)
