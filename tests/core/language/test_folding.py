"""Folding: how a text reads without accents; what reads the same becomes the same, and leads back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.language.folding import fold, plain_letters, unaccented


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


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Éléonore à Noël", "Eleonore a Noel"),
        ("e\u0301te\u0301", "ete"),
        ("DІFFUSІОΝ", "DIFFUSION"),
        ("ＳＥＣＲＥＴ １２", "SECRET 12"),
        ("𝐒𝐞𝐜 Ⓢ 🅂 🇸", "Sec S S S"),
        ("1\u00a0234\u202f567 – 8", "1 234 567 - 8"),
        ("DIF\u00adFU\u200bSION", "DIFFUSION"),
        ("conﬁdentiel, cœur, n° №", "confidentiel, coeur, n° No"),
        ("l’État", "l'Etat"),
        ("a\r\nb\rc\u2028d", "a \nb\nc\nd"),
        ("٣٤", "34"),
        ("a\x0bb\x1ec", "a\nb\nc"),
        ("&#120279;&#x1D5DC;&#X46;", "DIF"),
        ("\x1b[1;31mD\x01I\x7fF\x9f\x1b[0m\ufffcF", "DIFF"),
        ("l\x92\xe9t\xe9 \x93A\x94 \x96 B", 'l\'ete "A" - B'),
        ("_Né_ le __3__, a_b_c _ d, _x", "*Ne* le __3__, a_b_c _ d, _x"),
        ("l`été, `a` ｀b｀", "l'ete, `a` `b`"),
    ],
)
def test_what_reads_the_same_becomes_the_same(text: str, folded: str) -> None:
    """Accents, look-alikes, widths, spaces, dashes, ligatures, line ends."""
    assert plain_letters(text).text == folded


def test_what_stands_for_another_is_replaced_by_nothing() -> None:
    """Whatever the order in which a text's characters are replaced, the outcome is the same."""
    every = "".join(map(chr, range(0x20000)))
    assert plain_letters(plain_letters(every).text).text == plain_letters(every).text


@given(st.text(st.characters() | st.sampled_from("aé\u200b\u0301ﬁœ\u00ad\r\n ")))
def test_every_place_leads_back(text: str) -> None:
    """Origins grow and lie in the text; a span is never empty."""
    folded = plain_letters(text)
    origins = [folded.origin(i) for i in range(len(folded.text))]
    assert origins == sorted(origins)
    assert all(0 <= origin < len(text) for origin in origins)
    for i in range(len(origins)):
        start, end = folded.span(i, i + 1)
        assert 0 <= start < end <= len(text)
