"""Each sample under tests/data/documents is read as its `.expected.md` says.

The note, the workbook and the slides exist in many formats, made by LibreOffice and python-pptx from one
source: what they say must come out the same.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from core.documents.file_reader import read

FOLDER = Path(__file__).parents[2] / "data" / "documents"
SAMPLES = sorted(path.name for path in FOLDER.iterdir() if not path.name.endswith(".expected.md"))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_read_as_expected(name: str) -> None:
    """Text, headings, lists and tables come out in the order in which a reader sees them."""
    document = read((FOLDER / name).read_bytes(), name=name)
    assert document.to_markdown() + "\n" == (FOLDER / f"{name}.expected.md").read_text()


@pytest.mark.parametrize("name", SAMPLES)
def test_the_name_does_not_count(name: str) -> None:
    """The type comes from the content: under a wrong name a binary file is read the same."""
    if name.endswith((".md", ".csv", ".txt")):
        pytest.skip("plain text has nothing but its name and its look")
    data = (FOLDER / name).read_bytes()
    assert read(data, name="x.txt").type == read(data, name=name).type


@pytest.mark.parametrize("kind", ["docx", "odt", "fodt"])
def test_one_note_in_many_formats_says_the_same(kind: str) -> None:
    """The text does not depend on the format."""
    note = read((FOLDER / "note.odt").read_bytes(), name="note.odt")
    assert read((FOLDER / f"note.{kind}").read_bytes(), name="x").to_markdown() == note.to_markdown()


@pytest.mark.parametrize("kind", ["docx", "odt", "fodt", "rtf", "pdf"])
def test_headers_are_places_not_text(kind: str) -> None:
    """What stands on every page is kept where markings are looked for, and is out of the text."""
    document = read((FOLDER / f"note.{kind}").read_bytes(), name="x")
    places = {(place.kind, place.text) for place in document.places}
    assert ("header", "NON PROTÉGÉ") in places
    assert any(kind == "footer" and text.startswith("Secrétariat général") for kind, text in places)
    if kind != "pdf":  # of which no row on two pages only is a header for certain
        assert "NON PROTÉGÉ" not in document.to_markdown()


@pytest.mark.parametrize("kind", ["docx", "odt", "fodt", "rtf"])
def test_text_boxes_and_notes_are_text_and_places(kind: str) -> None:
    """They are read, and kept where markings are looked for."""
    document = read((FOLDER / f"note.{kind}").read_bytes(), name="x")
    places = {(place.kind, place.text) for place in document.places}
    assert ("textbox", "Inscription avant le 10 novembre") in places
    assert ("note", "La salle des Actes est au rez-de-chaussée.") in places


@pytest.mark.parametrize("kind", ["docx", "odt", "fodt", "rtf", "html"])
def test_properties_are_read(kind: str) -> None:
    """A document's own properties may carry its label."""
    document = read((FOLDER / f"note.{kind}").read_bytes(), name="x")
    assert document.properties["Classification"] == "Interne"


def test_a_pdf_has_its_title_and_pages() -> None:
    """Each section knows the page on which it stands."""
    document = read((FOLDER / "note.pdf").read_bytes(), name="x")
    assert document.title == "Note de service sur les ateliers"
    assert [(s.page, s.heading) for s in document.sections if s.heading] == [
        (1, "Note de service"),
        (1, "Objet des ateliers"),
        (1, "Ce qui est attendu"),
        (2, "Contexte"),
    ]


@pytest.mark.parametrize("kind", ["pptx", "odp"])
def test_slides_have_numbers_notes_and_masters(kind: str) -> None:
    """A slide is a page; what its master shows is a place."""
    document = read((FOLDER / f"presentation.{kind}").read_bytes(), name="x")
    assert (document.unit, len(document.pages)) == ("slide", 3)
    places = {(place.kind, place.text, place.page) for place in document.places}
    assert ("master", "NON PROTÉGÉ", None) in places
    assert ("note", "Remercier les équipes.", 1) in places


@pytest.mark.parametrize("kind", ["xlsx", "ods", "fods"])
def test_sheets_are_pages(kind: str) -> None:
    """A sheet is a page with a name; comments and headers are places."""
    document = read((FOLDER / f"budget.{kind}").read_bytes(), name="x")
    assert [(page.number, page.name) for page in document.pages] == [(1, "Dépenses"), (2, "Effectifs")]
    places = {(place.kind, place.text) for place in document.places}
    assert {("header", "NON PROTÉGÉ"), ("comment", "Devis reçu")} <= places
