"""Patterns and lists of words in data files."""

from __future__ import annotations

import pytest

from core.language.pattern_file import PatternFile, read_sections

FILE = PatternFile(
    {
        "day": "lundi|mardi",
        "when": "\nle ({day})\n(?: ({hour}))?",
        "place": {
            "pattern": r"\b(?:{words}|en {country})\b",
            "words": ["ici", "l[aà]"],
            "country": ["{land}"],
        },
        "land": "france",
        "formats": {"docx": "word doc", "pdf": "pdf"},
        "forms": {"short": "court\ne?", "long": "longue?"},
    }
)


def test_the_lines_of_an_expression_are_one_and_may_name_other_entries() -> None:
    """An entry, or what the module gives."""
    found = FILE.pattern("when", hour=r"\d h").fullmatch("le mardi 9 h")
    assert found is not None
    assert found.groups() == ("mardi", "9 h")


@pytest.mark.parametrize(
    ("text", "found"), [("ici", True), ("là", True), ("en france", True), ("icimême", False)]
)
def test_lists_stand_where_their_pattern_says(text: str, found: bool) -> None:
    """They may name entries too."""
    assert bool(FILE.pattern("place").search(text)) is found


def test_an_entry_that_is_not_there_is_an_error_at_once() -> None:
    """A name that is mistyped is no rule that never finds anything."""
    with pytest.raises(KeyError):
        FILE.pattern("when")


def test_words_lead_to_the_list_that_names_them() -> None:
    """In the order of the file."""
    assert list(FILE.words("formats").items()) == [("word", "docx"), ("doc", "docx"), ("pdf", "pdf")]


def test_a_table_of_expressions_is_compiled_by_name() -> None:
    """Their lines are one as well."""
    assert [name for name, pattern in FILE.patterns("forms").items() if pattern.fullmatch("courte")] == [
        "short"
    ]


def test_a_section_lists_ways_of_saying() -> None:
    """A name stands for what is given above it, a section too; a line may be indented to go on."""
    text = "# {NOBODY}\nROLES = (chef|cheffe)\n\n[who]\n{ROLES} de\n   service\nadjoint\n[told*]\nle {WHO}\n"
    assert read_sections(text) == {
        "who": ["(chef|cheffe) de service", "adjoint"],
        "told*": ["le ((chef|cheffe) de service|adjoint)"],
    }


def test_a_name_that_nothing_gives_is_an_error() -> None:
    """A name that is mistyped is no way of saying that never comes."""
    with pytest.raises(KeyError):
        read_sections("[who]\n{ROLE}\n")
