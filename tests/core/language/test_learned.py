"""Words that sound alike are one to a reader, however they are written."""

import pytest

from core.language.learned import sound_of


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
