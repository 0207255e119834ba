"""What is asked is read from the address, from the words above the document, and from the subject."""

from __future__ import annotations

import pytest

from bots.synthesis.asking import Asked, asked

LETTER = """Bonjour,

Vous trouverez ci-joint le rapport détaillé de la commission, que le préfet a reçu hier.
Cordialement,
Anne"""


def read(words: str, subject: str = "", tag: str = "") -> Asked:
    return asked(subject=subject, words=words, tag=tag)


@pytest.mark.parametrize(
    ("subject", "words", "tag", "form"),
    [
        ("Rapport", "", "", "note"),
        ("Tr: Synthèse courte du projet", "", "", "note"),
        ("Rapport", LETTER, "", "note"),
        ("Rapport", "Un résumé en cinq lignes, svp.", "", "short"),
        ("Synthèse détaillée", "", "", "detailed"),
        ("Rapport", LETTER + "\nPouvez-vous en faire une synthèse courte ?", "", "short"),
        ("Rapport", "Please write a detailed summary.", "", "detailed"),
        ("Rapport", "Qui paie les travaux ?", "", "question"),
        ("Rapport", "Peux-tu me dire qui paie ?", "", "question"),
        ("", "Merci. Qui rédige le compte rendu, et pour quand ?", "", "question"),
        ("", "Bob, voici la note. Assistant, qui rédige le compte rendu ?", "", "question"),
        ("Point ateliers", "Quel est l’ordre du jour de cette réunion ?", "", "question"),
        ("Rapport", "Peux-tu résumer ?", "", "note"),
        ("Rapport", "", "court", "short"),
        ("Rapport", "Une synthèse détaillée, svp", "note", "note"),
        ("Rapport", "Les délais", "question", "question"),
        ("Rapport", "", "détaillé+docx", "detailed"),
        ("", "Plus court s’il te plaît", "", "short"),
    ],
)
def test_the_form(subject: str, words: str, tag: str, form: str) -> None:
    """A page when nothing is said; the address counts most; a letter's own words are no request."""
    assert read(words, subject, tag).wish.form == form


def test_the_clause_below_a_mail_asks_for_nothing() -> None:
    """« Merci de le détruire » is for whoever got the mail by error."""
    clause = "Si vous recevez ce message par erreur, merci de le détruire et d’en avertir l’expéditeur."
    assert read(f"Voici le rapport.\n\n{clause}") == read("Voici le rapport.")
    assert clause not in read(f"Liste les dates.\n\n{clause}").wish.question


@pytest.mark.parametrize(
    ("subject", "words", "tag", "file", "language"),
    [
        ("Rapport", "Une note en docx stp", "", "docx", None),
        ("Rapport", "", "note+pdf", "pdf", None),
        ("Rapport", "", "note-odt.en", "odt", "en"),
        ("Rapport", "Fais une synthèse en anglais", "", None, "en"),
        ("Synthèse en anglais", "", "", None, "en"),
        ("Rapport", "Le texte est en anglais.", "", None, None),
        ("Report", "Please give me a summary in French, as a PDF", "", "pdf", "fr"),
    ],
)
def test_the_file_and_the_language(
    subject: str, words: str, tag: str, file: str | None, language: str | None
) -> None:
    """In requests and in the address only."""
    found = read(words, subject, tag)
    assert (found.wish.file, found.language) == (file, language)


def test_the_words_of_a_request_reach_the_model() -> None:
    """What is wanted beyond the form is said to it; a greeting is not."""
    words = "Bonjour,\nConcentre-toi sur le budget. Et qui décide ?\nMerci, Anne"
    assert read(words, "Rapport").wish.question == "Concentre-toi sur le budget. Et qui décide ?"
    assert read(LETTER, "Rapport").wish.question == ""
    assert read("Qui paie ?", "").wish.question == "Qui paie ?"


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("Et les délais ?", True),
        ("Merci beaucoup.", True),
        ("Plus court", False),
        ("La même chose en anglais", False),
        ("Fais-moi plutôt une synthèse détaillée", False),
        ("En docx", False),
    ],
)
def test_a_further_form_is_told_from_a_further_question(words: str, plain: bool) -> None:
    """Within a thread only the former begins the synthesis anew."""
    found = read(words)
    assert (found.plain or found.wish.form == "question") is plain
