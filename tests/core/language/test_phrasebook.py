"""What all sentences share: how numbers and dates are written."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from core.language.phrasebook import Phrasebook, read_sentences


def test_numbers_and_dates_are_written_as_in_the_language() -> None:
    """Groups of three and decimals; the first of a month, with its year or without."""
    french, english = Phrasebook("fr"), Phrasebook("en")
    assert (french.number(1234567), english.number(1234567)) == ("1\u202f234\u202f567", "1,234,567")
    assert (french.number(1234.56, 1), english.number(1234.56, 1)) == ("1\u202f234,6", "1,234.6")
    assert (french.date(date(2026, 3, 1)), english.date(date(2026, 3, 1))) == (
        "1er mars 2026",
        "1 March 2026",
    )
    assert (french.day(date(2026, 3, 1)), english.day(date(2026, 3, 1))) == ("1er mars", "1 March")


def test_a_sentence_of_one_language_is_an_error(tmp_path: Path) -> None:
    """It is found where the file is read, not when somebody is to be told."""
    file = tmp_path / "said.toml"
    file.write_text('[hello]\nfr = "Bonjour"\n')
    with pytest.raises(KeyError, match="en"):
        read_sentences(file)


def test_words_go_with_their_number(tmp_path: Path) -> None:
    """Nought and one and a half are singular in French, plural in English."""
    file = tmp_path / "said.toml"
    file.write_text('[kept]\nfr = "{days:g} {days:jour|jours}"\nen = "{days:g} {days:day|days}"\n')
    french, english = Phrasebook("fr", file), Phrasebook("en", file)
    told = [(french.say("kept", days=n), english.say("kept", days=n)) for n in (0, 1, 1.5, 2)]
    assert told == [
        ("0 jour", "0 days"),
        ("1 jour", "1 day"),
        ("1,5 jour", "1.5 days"),
        ("2 jours", "2 days"),
    ]
