"""Letters that reach down beside the first lines of a paragraph."""

from __future__ import annotations

import pytest

from core.documents.file_reader import read
from tests.core.documents import make

BELOW = [(60.0, 670.0, 11.0, "Les haies sont replantées partout."), (60.0, 655.0, 11.0, "Elles abritent.")]


def page(capital: str, *lines: str) -> str:
    beside = [(102.0, 715.0 - 15 * at, 11.0, line) for at, line in enumerate(lines)]
    return read(make.pdf([[(60.0, 690.0, 44.0, capital), *beside, *BELOW]]), name="a.pdf").to_markdown()


def test_a_capital_begins_the_word_beside_it() -> None:
    """The lines beside it and below are one paragraph."""
    assert page("D", "epuis la tempête, le trait de", "côte recule de onze mètres.").startswith(
        "Depuis la tempête, le trait de côte recule de onze mètres."
    )


def test_a_capital_that_is_a_word_stays_one() -> None:
    """« À la demande », not « Àla demande »."""
    assert "À la demande du maire" in page("À", "la demande du maire, le", "quai ferme.")


@pytest.mark.parametrize("lines", [("Abattage", "Abri"), ("une ligne seulement",)])
def test_a_large_letter_above_entries_or_beside_one_line_is_left(lines: tuple[str, ...]) -> None:
    """As in an index."""
    assert f"A{lines[0]}" not in page("A", *lines)
