"""Fonts whose maps say other letters than those that are seen."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image

from core.documents.document import Limits
from core.documents.file_reader import read
from core.documents.ocr.pixels import extract
from tests.core.documents import make

SEEN = b"le rapport secret sur les effectifs du ministere est diffuse aux directions du departement"


def written(letters: Sequence[int]) -> bytes:
    """A page in a font that says `letters` for a to z."""
    pairs = " ".join(f"<{97 + at:02x}> <{letter:04x}>" for at, letter in enumerate(letters))
    cmap = f"begincmap 1 begincodespacerange <00> <ff> endcodespacerange 26 beginbfchar {pairs} endbfchar"
    return make.pdf_of(
        [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
         b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
         make.stream(b"BT /F1 11 Tf 72 700 Td (" + SEEN + b") Tj ET"),
         b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding/ToUnicode 6 0 R>>",
         make.stream(cmap.encode())]
    )  # fmt: skip


def test_a_font_that_lies_is_recognised_too() -> None:
    """Its letters are in no language: what is seen must be looked at, and what is said is kept."""
    document = read(written(b"dkryfmtahovcjqxelszgnubipw"), name="a.pdf")
    assert document.pictures
    assert document.to_markdown()


def test_a_font_that_keeps_a_letter_to_itself_is_recognised() -> None:
    """A map may lead out of all alphabets: « r union » is what would be read, and sent to a model."""
    letters = [0xF0E9 if letter == ord("e") else letter for letter in range(97, 123)]
    assert read(written(letters), name="a.pdf").reason == "scan"


def test_an_honest_font_is_read_as_it_says() -> None:
    """A page in a language needs no look."""
    document = read(written(bytes(range(97, 123))), name="a.pdf")
    assert not document.pictures
    assert document.to_markdown() == SEEN.decode()


def test_letters_on_a_turned_page_are_recognised_as_they_are_read() -> None:
    """What must be looked at is drawn upright, where it stands once the page is turned."""
    data = written(b"dkryfmtahovcjqxelszgnubipw").replace(b"11 Tf 72 700 Td", b"11 Tf 0 1 -1 0 200 100 Tm")
    picture = Image.open(io.BytesIO(extract(data, "a.pdf", Limits(), picture=0)))
    assert picture.width > 5 * picture.height
    assert any(least < 100 for least, _ in [picture.convert("L").getextrema()])  # letters are in it
