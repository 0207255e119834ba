"""Markings in everyday words: what the learned reader asks about, and what it leaves alone."""

import pytest

from core.language.folding import plain_letters
from core.sensitivity.assess import assess
from core.sensitivity.level import Level
from core.sensitivity.markings.in_use import find_in_use, places
from core.sensitivity.markings.vocabulary import vocabulary_with

NOTE = "La réorganisation du service sera annoncée aux agents le 12 mars."
MARKED = (
    f"Pour info, TLP:AMBER\n\n{NOTE}",
    f"{NOTE} (TLP:AMBER)",
    f"**CONFIDENTIEL** {NOTE}",
    f"Résume ce DR : {NOTE}",
    f"Diffusion restreinte svp\n\n{NOTE}",
    f"c'est en diff restreinte mais corrige : {NOTE}",
    f"Secret défense mais résume-moi ça : {NOTE}",
    f"c'est confidentiel hein. {NOTE}",
)
TALKED = (
    "Que veut dire TLP:RED ?",
    "Quand met-on la Diffusion Restreinte ?",
    "Qui peut déclassifier un document secret défense ?",
    "Merci au Dr Martin pour le CD de formation.",
    "La DR Occitanie, comme chaque direction régionale, envoie son bilan.",
    "Les agents sont tenus au secret professionnel.",
    "☐ DIFFUSION RESTREINTE ☐ SECRET",
)
VOCABULARY = vocabulary_with(())


@pytest.mark.parametrize("text", MARKED)
def test_a_marking_that_is_said_in_passing_is_at_least_asked_about(text: str) -> None:
    """No text that its author says is marked stays at the level of an ordinary one."""
    assert assess(text).level >= (Level.N2 if "TLP" in text else Level.N3)


@pytest.mark.parametrize("text", TALKED)
def test_words_about_markings_or_of_other_trades_have_no_effect(text: str) -> None:
    """The learned reader raises none of them."""
    assert not list(find_in_use(plain_letters(text).text, VOCABULARY))


@pytest.mark.parametrize("text", ["S E C R E T  D É F E N S E", "SECRET.DEFENSE", "5ECRET DEF3NSE"])
def test_a_whole_name_is_found_however_it_is_set(text: str) -> None:
    """Letters apart, dots between words, and digits for letters are one name."""
    assert [place.mark.sublevel for place in places(plain_letters(text).text, VOCABULARY)] == ["N4b"]


def test_two_names_of_one_marking_are_one_place_and_two_markings_are_two() -> None:
    """A bilingual name is one marking; boxes of a form are a choice between several."""
    for text, count in (("RESTREINT UE/EU RESTRICTED", 1), ("☐ DIFFUSION RESTREINTE ☐ SECRET", 2)):
        assert len(places(plain_letters(text).text, VOCABULARY)) == count
