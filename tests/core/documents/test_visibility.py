"""Which pictures of a document are recognised, by how large they are said to stand there."""

from __future__ import annotations

import pytest

from core.documents.file_reader import read
from core.documents.visibility import points
from tests.core.documents import make
from tests.core.documents.unusual_odf import odf


@pytest.mark.parametrize(
    ("side", "matters"),
    [
        ("17cm", True),
        ("10.520833333333334in", True),
        ("17.00000000000000000000cm", True),
        ("9" * 1_000 + "cm", True),
        ("17", True),
        ("-17cm", True),
        ("100%", True),
        ("", True),
        ("0.2cm", False),
        ("0.020833333333333332in", False),
    ],
)
def test_a_picture_of_no_known_size_matters(side: str, matters: bool) -> None:
    """What marks a scan must be read, however its size is written: only what is surely small is left out."""
    frame = f'<draw:frame svg:width="{side}" svg:height="{side}"><draw:image xlink:href="Pictures/1.png"/>'
    data = odf("text", f"<text:p>Note{frame}</draw:frame></text:p>", {"Pictures/1.png": b"x"})
    assert bool(read(data, name="a.odt").pictures) == matters


@pytest.mark.parametrize(
    ("side", "matters"),
    [
        ("400pt", True),
        ("15.00000000000000000000in", True),
        ("400", True),
        ("4.0.0in", True),
        ("5pt", False),
        ("5", False),
    ],
)
def test_so_does_one_of_a_shape(side: str, matters: bool) -> None:
    """The same where Word says a size as a style sheet does, in pixels without a unit."""
    shape = (
        f'<w:p><w:r><w:t>Note</w:t></w:r><w:r><w:pict><v:shape style="width:{side};height:{side}">'
        '<v:imagedata xmlns:r="r" r:id="r0"/></v:shape></w:pict></w:r></w:p>'
    )
    data = make.docx(shape, {"word/media/1.png": b"x"}, kinds={"word/media/1.png": "image"})
    assert bool(read(data, name="a.docx").pictures) == matters


def test_a_length_has_the_unit_that_is_usual_there() -> None:
    """Without one, and where none is usual, it is no length."""
    assert points("2.54cm", 0.0) == points("1in", 0.0) == points("1", 0.0, usual="in") == 72.0
    assert points("1", 7.0) == points("1e3cm", 7.0) == points("1" * 99, 7.0, usual="pt") == 7.0
