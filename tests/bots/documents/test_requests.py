"""What free words ask of documents."""

from __future__ import annotations

import pytest

from bots.documents.requests import DocumentWish, as_file, command, free
from core.understanding import understand


@pytest.mark.parametrize(
    ("text", "form", "file"),
    [
        ("résume", "short", None),
        ("Résume ce document stp", "short", None),
        ("Peux-tu me résumer ça en cinq lignes ?", "short", None),
        ("Fais-moi une note d’une page pour le directeur", "note", None),
        ("Bonjour, pourriez-vous rédiger une synthèse détaillée ?", "detailed", None),
        ("Une synthèse en Word, s’il te plaît", "note", "docx"),
        ("Compare ces deux rapports", "note", None),
        ("Summarise this as pdf", "short", "pdf"),
        ("Can you write me a short summary?", "short", None),
        ("Il me faut une note en odt", "note", "odt"),
    ],
)
def test_asked_for(text: str, form: str, file: str | None) -> None:
    """The form and the type of file, however politely they are asked for."""
    wish = free(text)
    assert wish is not None
    assert (wish.form, wish.file) == (form, file)


@pytest.mark.parametrize(
    "text",
    [
        "Que dit le résumé de la page 2 ?",
        "Le résumé est-il exact ?",
        "Quelle note a eu le candidat ?",
        "Quand a lieu la réunion ?",
        "Bonjour",
        "Explique la synthèse budgétaire",
        "Résume notre conversation",
        "Compare le budget de 2025 à celui de 2026",
    ],
)
def test_not_asked_for(text: str) -> None:
    """Questions that only speak of a summary stay questions."""
    assert free(text) is None


def test_the_words_travel_when_they_say_more() -> None:
    """« résume » alone asks for the form; anything more is for the model to read too."""
    assert free("Résume") == DocumentWish(form="short")
    said = free("Fais-moi une note pour le directeur")
    assert said is not None
    assert said.question == "Fais-moi une note pour le directeur"


@pytest.mark.parametrize(
    ("argument", "wish"),
    [
        ("", DocumentWish(form="short")),
        ("note", DocumentWish(form="note")),
        ("Détaillé en docx", DocumentWish(form="detailed", file="docx")),
        ("court pour le préfet", DocumentWish(form="short", question="pour le préfet")),
    ],
)
def test_the_command(argument: str, wish: DocumentWish) -> None:
    """`!résumer [court|note|détaillé]`, a type of file, and further words."""
    assert command(argument) == wish


@pytest.mark.parametrize(
    "text",
    [
        "compare",
        "Compare-les",
        "Compare rapport-2025.pdf et rapport-2026.pdf",
        "Quelles sont les différences entre les deux versions ?",
        "Donne-moi les points communs de ces documents",
    ],
)
def test_comparisons(text: str) -> None:
    """Each is a note over all documents, whose words travel when they say more."""
    wish = free(text)
    assert wish is not None
    assert wish.form == "note"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("La même en PDF", "pdf"),
        ("Envoie-la-moi en Word stp", "docx"),
        ("en odt", "odt"),
        ("Mets cette synthèse au format markdown", "md"),
        ("Can you send it as pdf please?", "pdf"),
        ("Une synthèse en Word", None),
        ("Que dit la note en pdf ?", None),
        ("Traduis le document en Word", None),
    ],
)
def test_the_last_answer_as_a_file(text: str, kind: str | None) -> None:
    """Only words that ask for nothing new."""
    assert as_file(understand(text, document=True)) == kind
