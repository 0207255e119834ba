"""Marks outside the pages of a PDF: outline, XMP, values of fields that nothing draws."""

from __future__ import annotations

import zlib

import pytest

from core.documents.document import Document
from core.documents.file_reader import read
from core.documents.parts import parts_of
from core.sensitivity.assess import assess
from core.sensitivity.level import Level
from tests.core.documents import make

PAGE = [
    b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Annots[7 0 R]"
    b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
    make.stream(b"BT /F1 11 Tf 72 700 Td (Note de service) Tj ET"),
]
PACKET = (
    b"<?xpacket begin='' id='W5M0'?><x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='rdf'>"
    b"<rdf:Description xmlns:dc='dc' xmlns:pdfx='pdfx' pdfx:Classification='SECRET'><dc:title><rdf:Alt>"
    b"<rdf:li>Diffusion restreinte</rdf:li></rdf:Alt></dc:title></rdf:Description></rdf:RDF></x:xmpmeta>"
)


def document(catalog: bytes, *objects: bytes) -> Document:
    found = read(make.pdf_of([b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog, *PAGE, *objects]), name="a.pdf")
    assert found.readable, found
    return found


def test_the_outline_is_a_place() -> None:
    """What a viewer shows beside the pages; a title that stands in the text is not said twice."""
    found = document(
        b"/Outlines 5 0 R",
        b"<</Type/Outlines/First 6 0 R/Last 8 0 R/Count 2>>",
        b"<</Title(CONFIDENTIEL DEFENSE)/Parent 5 0 R/Next 8 0 R>>",
        b"null",
        b"<</Title(Note de service)/Parent 5 0 R/Prev 6 0 R>>",
    )
    assert [(place.kind, place.text) for place in found.places] == [("outline", "CONFIDENTIEL DEFENSE")]


@pytest.mark.parametrize("packed", [False, True])
def test_xmp_gives_properties(packed: bool) -> None:
    """The metadata that office suites and labelling tools write."""
    data, extra = (zlib.compress(PACKET), b"/Filter/FlateDecode") if packed else (PACKET, b"")
    found = document(b"/Metadata 5 0 R", make.stream(data, b"/Type/Metadata/Subtype/XML" + extra))
    assert found.properties["xmp:Classification"] == "SECRET"
    assert found.properties["xmp:title"] == "Diffusion restreinte"


def test_several_values_of_one_name_are_all_kept() -> None:
    """The last of the keywords took the place of all."""
    packet = PACKET.replace(b"</rdf:li>", b"</rdf:li><rdf:li>plan</rdf:li>")
    found = document(b"/Metadata 5 0 R", make.stream(packet, b"/Type/Metadata/Subtype/XML"))
    assert found.properties["xmp:title"] == "Diffusion restreinte; plan"
    assert assess(parts_of(found)).level == Level.N4


def test_a_value_that_stands_in_the_field_above_is_read() -> None:
    """A widget inherits name and value; without a look of its own no page shows them."""
    found = document(
        b"/AcroForm<</Fields[5 0 R]>>",
        b"<</FT/Tx/T(mention)/V(SECRET)/Kids[7 0 R]>>",
        b"null",
        b"<</Type/Annot/Subtype/Widget/Parent 5 0 R/Rect[110 696 210 712]/F 4>>",
    )
    assert ("field", "mention : SECRET") in {(place.kind, place.text) for place in found.places}


def test_what_a_list_offers_is_no_value() -> None:
    """Nobody chose it: a place of another kind."""
    found = document(
        b"/AcroForm<</Fields[5 0 R]>>",
        b"<</FT/Ch/Ff 131072/T(duree)/V(5 ans)/Opt[(un trimestre)(5 ans)]/Kids[7 0 R]>>",
        b"null",
        b"<</Type/Annot/Subtype/Widget/Parent 5 0 R/Rect[110 696 210 712]/F 4>>",
    )
    assert ("choice", "un trimestre") in {(place.kind, place.text) for place in found.places}
