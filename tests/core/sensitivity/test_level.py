"""The ladder of levels."""

import pytest

from core.sensitivity.level import Level, Sublevel


@pytest.mark.parametrize("text", ["N2", "n2", " N2 "])
def test_a_level_is_read_from_its_name(text: str) -> None:
    """Case and surrounding space do not matter."""
    assert Level.parse(text) is Level.N2


@pytest.mark.parametrize("sublevel", list(Sublevel))
def test_a_sublevel_names_the_last_level(sublevel: Sublevel) -> None:
    """Both halves of N4 are N4."""
    assert Level.parse(sublevel) is Level.N4


@pytest.mark.parametrize("text", ["", "2", "N5", "N", "secret"])
def test_anything_else_is_refused_by_name(text: str) -> None:
    """A wrong level stops with what was written and what is allowed."""
    with pytest.raises(ValueError, match=r"unknown level .*expected one of N0, N1, N2, N3, N4"):
        Level.parse(text)


def test_levels_are_ordered_and_written_by_name() -> None:
    """Levels compare as numbers and read as names, in f-strings too."""
    assert max(Level.N1, Level.N3) is Level.N3
    assert f"{Level.N3}" == str(Level.N3) == "N3"
    assert (Level.N3.french, Level.N3.english) == ("Confidentiel", "Legally protected")
