"""Names and numbers that somebody typed without capitals."""

import pytest

from core.sensitivity.personal.small_letters import with_capitals


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("le dossier de mme delorme est complet", "le dossier de Mme Delorme est complet"),
        ("mon passeport 19fv12345 est perdu", "mon passeport 19FV12345 est perdu"),
        ("Corrige STP : « merci à mme delorme »", "Corrige STP : « merci à Mme Delorme »"),
        ("mme la directrice est absente", "mme la directrice est absente"),
        ("https://exemple.fr/a1b2c3d4", "https://exemple.fr/a1b2c3d4"),
        ("Il Y A Trop De Majuscules : mme delorme", "Il Y A Trop De Majuscules : mme delorme"),
    ],
)
def test_names_and_numbers_of_a_small_line_get_their_capitals(typed: str, read: str) -> None:
    """Other words, addresses, and lines that have capitals of their own stay as they are."""
    assert with_capitals(typed) == read
