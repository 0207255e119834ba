"""What a scan shows where its invisible words do not stand."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw, ImageFont

from core.documents.file_reader import read
from core.documents.pdf.page_content import Word
from core.documents.pdf.page_looks import ink_beyond_words
from tests.core.documents import make

SIZE = (595, 842)
SAID = b"Le service examine chaque demande avec attention dans le mois qui suit."


def page(*lines: tuple[int, str], colour: str = "black") -> Image.Image:
    image = Image.new("RGB", SIZE, "#e8e8e4")
    for top, text in lines:
        ImageDraw.Draw(image).text((100, top), text, fill=colour, font=ImageFont.load_default(16))
    return image


def layer(top: float, text: str) -> list[Word]:
    return [Word(each, 90.0 + 10 * n, top, 330.0, top + 20, 16.0) for n, each in enumerate(text.split())]


def test_nothing_is_beyond_words_that_are_all_there() -> None:
    """The page is recognised no second time."""
    assert (
        ink_beyond_words(page((300, "La grue est en panne")), layer(300, "La grue est en panne"), 595.0) == []
    )


@pytest.mark.parametrize("colour", ["black", "#c8142d"])
def test_a_stamp_that_the_copier_did_not_read_is_found(colour: str) -> None:
    """In red too, which many copiers leave out."""
    image = page((300, "La grue est en panne"), (60, "DIFFUSION RESTREINTE"), colour=colour)
    ((left, top, right, bottom),) = ink_beyond_words(image, layer(300, "La grue est en panne"), 595.0)
    assert left <= 100 <= 250 <= right
    assert top <= 60 <= 76 <= bottom < 120


def test_what_stands_beyond_the_words_under_a_scan_is_recognised() -> None:
    """The words themselves are trusted: they are the text."""
    shown = page((60, "DIFFUSION RESTREINTE"))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>"
        b"/Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        make.stream(b"q 595 0 0 842 0 0 cm /I Do Q 3 Tr BT /F1 11 Tf 72 400 Td (" + SAID + b") Tj ET"),
        make.stream(
            shown.tobytes(),
            b"/Type/XObject/Subtype/Image/Width 595/Height 842/ColorSpace/DeviceRGB/BitsPerComponent 8",
        ),
    ]
    document = read(make.pdf_of(objects), name="a.pdf")
    assert document.to_markdown() == SAID.decode()
    assert [picture.page for picture in document.pictures] == [1]


def test_rules_and_the_dark_edge_of_a_scan_are_nothing() -> None:
    """Else each page of a table would be recognised."""
    image = page()
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 9, 842), fill="black")
    for at in range(200, 500, 25):
        draw.line((80, at, 500, at), fill="black")
    draw.line((200, 200, 200, 475), fill="black", width=2)
    assert ink_beyond_words(image, [], 595.0) == []


def test_many_marks_are_a_few_boxes() -> None:
    """A page of handwriting costs no more than a page."""
    lines = [(at, "un mot à la main") for at in range(60, 780, 60)]
    assert len(ink_beyond_words(page(*lines), [], 595.0)) == 4
