"""Strings in the dictionaries of a PDF, which PDFium does not give."""

from __future__ import annotations

import base64
import zlib

import pytest

from core.documents.document import Document
from core.documents.file_reader import read
from tests.core.documents import make, unusual_office, unusual_pdf

PACKET = b"<x:xmpmeta xmlns:x='x'><r:Description xmlns:r='r' r:Classification='SECRET'/></x:xmpmeta>"


def document(*objects: bytes, trailer: bytes = b"", page: bytes = b"/Annots[5 0 R]") -> Document:
    found = read(
        make.pdf_of(
            [
                b"<</Type/Catalog/Pages 2 0 R>>",
                b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
                b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1<<"
                b"/Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>%s>>" % page,
                make.stream(b"BT /F1 11 Tf 72 700 Td (Note de service) Tj ET"),
                *objects,
            ],
            trailer,
        ),
        name="a.pdf",
    )
    assert found.readable, found
    return found


def places(found: Document) -> str:
    return "\n".join(place.text for place in found.places)


TOOLTIPS = [
    rb"(d\351j\340 (une (fois (encore))) vu)",
    rb"(d\351j\340 \(une (fois (encore\)\))) vu)",
    b"<64E96AE02028756E652028666F69732028656E636F726529292920767>",
]


@pytest.mark.parametrize("string", TOOLTIPS)
def test_a_string_ends_with_its_last_bracket(string: bytes) -> None:
    """Brackets nest as deep as they like, or are written with a backslash."""
    found = document(b"<</Type/Annot/Subtype/Widget/FT/Tx/T(c)/TU %s/Rect[0 0 9 9]>>" % string)
    assert "déjà (une (fois (encore" in places(found)


def test_the_word_encrypt_seals_no_file() -> None:
    """A text that holds `/Encrypt` is no encryption: strings are still read."""
    found = document(
        b"<</Type/Annot/Subtype/Widget/FT/Tx/T(/Encrypt 3 0 R)/TU(SECRET MEDICAL)/Rect[0 0 9 9]>>"
    )
    assert "SECRET MEDICAL" in places(found)


def test_a_file_without_a_password_is_read_though_encrypted() -> None:
    """Forms are often sealed against changes only (7.6.3): whoever opens them reads their strings."""
    found = read(make.sealed_pdf(PACKET), name="a.pdf")
    assert "Note de service" in found.to_markdown()
    assert "SECRET MEDICAL" in places(found)
    assert found.properties["xmp:Classification"] == "SECRET"


def test_objects_of_a_stream_may_stand_in_any_order() -> None:
    """Each reaches to the next place, not to that of the next number."""
    first, second = b"<</Type/Annot/Subtype/Text/Subj(PREMIER MOT)>>", b"<</Subj(SECOND MOT)>>"
    head = b"9 %d 8 0 " % (len(first) + 1)
    body = head + first + b" " + second
    packed = base64.a85encode(zlib.compress(body)) + b"~>"
    extra = b"/Type/ObjStm/N 2/First %d/Filter[/ASCII85Decode/FlateDecode]" % len(head)
    found = document(make.stream(packed, extra), page=b"")
    assert "PREMIER MOT" in places(found)
    assert "SECOND MOT" in places(found)


@pytest.mark.parametrize(
    ("what", "code"),
    [
        (make.stream(b"no flate", b"/Type/ObjStm/N 1/First 4/Filter/FlateDecode"), "damaged_part"),
        (make.stream(b"\x80\x0b", b"/Filter/LZWDecode"), "part_unread"),
        (b"<</Type/Annot/Subtype/Widget/FT/Tx/T(c)/TU(without end/Rect[0 0 9 9]>>", "damaged_part"),
    ],
)
def test_what_cannot_be_unpacked_is_said(what: bytes, code: str) -> None:
    """A filter that is not known, a damaged stream, a string that does not end."""
    assert code in [caution.code for caution in document(what, page=b"").warnings]


@pytest.mark.parametrize(
    "name",
    [
        "template of a page", "page that was taken out", "form that nothing draws", "form that nothing knows",
        "form within one that nothing draws", "letters apart in a form that nothing draws",
        "annotation: look of one that is hidden",
    ],
)  # fmt: skip
def test_what_no_page_shows_is_hidden_text(name: str) -> None:
    """Letters in fonts, read as those of a page are."""
    file, data = unusual_pdf.FILES[f"pdf: {name}"]
    document = read(data, name=file)
    assert [(place.kind, place.text) for place in document.places] == [("hidden", unusual_office.W)]
    assert [each.code for each in document.warnings] == ["hidden_text"]


def test_a_form_that_a_page_draws_is_no_hidden_text() -> None:
    """Nor is the look of an annotation that is shown."""
    for name in ("form in a form", "annotation: stamp by its look", "annotation: signature by its look"):
        file, data = unusual_pdf.FILES[f"pdf: {name}"]
        assert read(data, name=file).places == ()
