"""A message is split into what a person asks and what they bring, by its form alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.language.materials import split

NOTE = "DIFFUSION RESTREINTE\nLe convoi part à cinq heures."
FORWARDED = "De : Anne <anne@exemple.fr>\nEnvoyé : lundi 2 mars 2026 10:02\nObjet : convoi\n\n"


@pytest.mark.parametrize(
    ("message", "instruction", "form"),
    [
        (f"corrige les fautes : {NOTE}", "corrige les fautes :", "after_colon"),
        (f"Qu’en penses-tu ?\n```\n{NOTE}\n```\nMerci", "Qu’en penses-tu ?\nMerci", "fence"),
        ("Résume\n> " + NOTE.replace("\n", "\n> ") + "\nMerci", "Résume\nMerci", "quote"),
        ("Résume\n&gt; " + NOTE.replace("\n", "\n&gt; "), "Résume", "quote"),
        (f"Pour info\n\n{FORWARDED}{NOTE}", "Pour info", "forward"),
        ("Résume\n- " + NOTE.replace("\n", "\n- "), "Résume", "list"),
        ("Résume\n| " + NOTE.replace("\n", " |\n| ") + " |", "Résume", "table"),
        (f"Relis « {NOTE} » vite", "Relis «\n» vite", "quotation"),
        (f"Relis “{NOTE}” vite", "Relis “\n” vite", "quotation"),
        (f'Relis "{NOTE}" vite', 'Relis "\n" vite', "quotation"),
    ],
)
def test_what_is_brought_is_told_from_what_is_asked(message: str, instruction: str, form: str) -> None:
    """Each form in which people paste a text gives that text, without the signs of its form."""
    found = split(message)
    assert found.instruction == instruction
    assert [(each.form, each.text.strip()) for each in found.materials] == [(form, NOTE)]


@pytest.mark.parametrize(
    "message",
    [
        "Que veut dire « TLP:RED » ?",
        "À 10:30, on se voit ?",
        "Bonjour !",
        "",
        "| a | b |\n|---|---|\n| c | d |",
        "Objet : TR: convoi\nDe : Anne <anne@exemple.fr>\nEnvoyé : lundi 2 mars 2026 10:02\nÀ : Paul\n",
    ],
)
def test_a_message_without_material_is_all_instruction(message: str) -> None:
    """A quoted word, an hour, a table of data and a mail’s head alone are no text that somebody brought."""
    assert (split(message).instruction, split(message).materials) == (message.strip(), ())


def test_a_mail_quoted_in_a_forwarded_mail_is_a_material_too() -> None:
    """Materials within materials are found, and each comes after the one that holds it."""
    found = split(f"Vu ?\n{FORWARDED}D’accord.\n> {NOTE.replace(chr(10), chr(10) + '> ')}\n")
    assert [each.form for each in found.materials] == ["forward", "quote"]
    assert found.materials[1].text == NOTE


@given(st.text(alphabet=">«»\"'`|-:. \n\rDeàa1*", max_size=200))
def test_every_character_of_a_material_stands_where_its_span_says(text: str) -> None:
    """Offsets lead back to what was sent, whatever stands in it."""
    for material in split(text).materials:
        for at, character in enumerate(material.text):
            start, end = material.span(at, at + 1)
            assert character == "\n" or text[start:end] == character
