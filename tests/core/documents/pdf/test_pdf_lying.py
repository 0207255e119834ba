"""Fonts whose maps say other letters than those that are seen."""

from __future__ import annotations

from core.documents.file_reader import read
from tests.core.documents import make

SEEN = b"le rapport secret sur les effectifs du ministere est diffuse aux directions du departement"


def written(letters: bytes) -> bytes:
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


def test_an_honest_font_is_read_as_it_says() -> None:
    """A page in a language needs no look."""
    document = read(written(bytes(range(97, 123))), name="a.pdf")
    assert not document.pictures
    assert document.to_markdown() == SEEN.decode()
