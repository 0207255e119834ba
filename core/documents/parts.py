"""A document as what the assessment of its level takes: its text, and each place round it by itself."""

from __future__ import annotations

from collections.abc import Iterator

from core.documents.document import Document, PlaceKind
from core.sensitivity.level import Part, Place

_PLACES: dict[PlaceKind, Place] = {
    "header": "header",
    "footer": "footer",
    "watermark": "header",
    "master": "header",
    "note": "notes",
    "comment": "notes",
    "hidden": "notes",
    "subject": "subject",
    "head": "property",
}
"""Where markings count otherwise than in a text box."""


def parts_of(document: Document) -> tuple[Part, ...]:
    """All of a document and of the files in it: text with form feeds between pages, places, properties."""
    return tuple(part for each in document.walk() for part in _parts(each))


def _parts(document: Document) -> Iterator[Part]:
    text = "\f".join(page.to_markdown() for page in document.pages)
    for place in document.places:
        if place.kind == "head":  # who wrote to whom is no list of persons in what was written
            text = text.replace(place.text, "", 1)
    if text.strip():
        yield Part(text=text)
    for place in document.places:
        yield Part(text=place.text, place=_PLACES.get(place.kind, "textbox"))
    for name, value in document.properties.items():
        yield Part(text=value, place="property", name=name)
    if document.pictures and document.pictures_are_beside_text:
        yield Part(text="", place="unread")
    if document.name:
        yield Part(text=document.name, place="filename")
