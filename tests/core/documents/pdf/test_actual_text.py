"""Marked contents that say which text their letters stand for."""

from __future__ import annotations

import tracemalloc

import pytest

from core.documents.document import Document
from core.documents.file_reader import read
from tests.core.documents import make

FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"


def page(content: bytes, font: bytes = FONT, *more: bytes) -> Document:
    """A page of a content in a font."""
    head = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
    ]
    return read(make.pdf_of([*head, make.stream(content), font, *more]), name="a.pdf")


def marked(said: str, drawn: bytes, at: int = 700) -> bytes:
    """A line of letters, and what is said of them."""
    value = (b"\xfe\xff" + said.encode("utf-16-be")).hex().encode()
    show = b"BT /F1 11 Tf 72 %d Td " % at
    return b"/Span<</ActualText<" + value + b">>>BDC " + show + drawn + b" ET EMC "


def test_what_is_seen_is_read_where_something_else_is_said() -> None:
    """The letters are in the text, in their order; what is said of them is a place."""
    document = page(
        marked("Note", b"(Note) Tj")
        + marked("Bon appétit", b"(DIFFUSION RESTREINTE) Tj", 650)
        + marked("Fin", b"(Fin) Tj", 600)
    )
    assert document.to_markdown().split() == ["Note", "DIFFUSION", "RESTREINTE", "Fin"]
    assert [(place.kind, place.text) for place in document.places] == [("alternative", "Bon appétit")]


@pytest.mark.parametrize(
    ("said", "drawn"),
    [
        ("Le Ministère", b"(LE MINIST\xc8RE) Tj"),
        ("fin", b"(nif) Tj"),
        ("minis\xadtère", b"(minis-t\xe8re) Tj"),
    ],
)
def test_what_is_said_is_read_where_the_letters_are_the_same(said: str, drawn: bytes) -> None:
    """In other cases, another order, or with a hyphen that is no letter."""
    document = page(marked(said, drawn))
    assert document.to_markdown().replace("-", "") == said.replace("\xad", "")
    assert not document.places


def test_letters_that_no_font_tells_are_recognised_where_too_little_is_said() -> None:
    """Glyphs without a map below « x » are looked at; below as many letters they are what is said."""
    font = b"<</Type/Font/Subtype/Type0/BaseFont/A/Encoding/Identity-H/DescendantFonts[6 0 R]>>"
    below = b"<</Type/Font/Subtype/CIDFontType2/BaseFont/A/CIDSystemInfo"
    below += b"<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW 500>>"
    letters = b"<" + b"".join(b"%04x" % (600 + at) for at in range(20)) + b"> Tj"
    assert page(marked("x", letters), font, below).pictures
    document = page(marked("Diffusion restreinte", letters), font, below)
    assert not document.pictures
    assert document.to_markdown() == "Diffusion restreinte"


def test_what_is_said_of_many_letters_is_kept_once() -> None:
    """A long text that is said of a thousand pieces of a line takes no more room than of one."""
    tracemalloc.start()
    try:
        document = page(marked("x" * 9_000, b"(ab) Tj " * 1_000))
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()
    assert {place.kind for place in document.places} == {"alternative"}
