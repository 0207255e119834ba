"""What stands behind the end of a PDF or a picture: an archive is read as one, the rest is told of a PDF."""

from __future__ import annotations

import pytest

from core.documents.document import Document
from core.documents.file_reader import read
from tests.core.documents import make
from tests.core.documents.test_picture_words import picture
from tests.core.documents.unusual_office import W

ARCHIVE = make.zipped({"a.txt": W})
PDF = make.pdf_of(
    [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots[4 0 R]>>",
        b"<</Type/Annot/Subtype/Text/Rect[1 1 9 9]/Contents(Bonjour)>>",
    ]
)


def unread(document: Document) -> list[str]:
    return [caution.about for caution in document.warnings if caution.code == "part_unread"]


@pytest.mark.parametrize("file", [PDF, picture("PNG"), picture("JPEG"), picture("GIF")])
def test_an_archive_behind_a_file_is_a_part_of_it(file: bytes) -> None:
    """The file is what it was, and the files of the archive are read."""
    document = read(file + ARCHIVE, name="a")
    assert (document.type, document.places) == ((plain := read(file, name="a")).type, plain.places)
    assert W in " ".join(each.to_markdown() for each in document.walk())


def test_an_archive_that_a_pdf_has_as_an_object_does_not_stand_behind_it() -> None:
    """It is an attachment, or nothing."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 0/Kids[]>>", make.stream(ARCHIVE)]
    assert read(make.pdf_of(objects), name="a.pdf").parts == ()


@pytest.mark.parametrize(
    ("rest", "about"), [(b"\n7z\xbc\xaf\x27\x1c" + b"x" * 20, ["%%EOF"]), (b"\r\n" + b"\0" * 99, [])]
)
def test_other_bytes_behind_a_pdf_are_told(rest: bytes, about: list[str]) -> None:
    """Line ends and zeros say nothing."""
    assert unread(read(PDF + rest, name="a.pdf")) == about


@pytest.mark.parametrize("at", [-4, -20, -40, -60])
def test_a_damaged_archive_leaves_the_file_readable(at: int) -> None:
    """Whatever of it is damaged: what it holds is read, or told to be unread."""
    data = bytearray(PDF + ARCHIVE)
    data[at : at + 4] = b"\xff" * 4
    document = read(bytes(data), name="a.pdf")
    assert document.readable
    assert any(W in each.to_markdown() or unread(each) for each in document.walk())
