"""XML of any kind: fields, tables, prose; nothing in it is known by name."""

from __future__ import annotations

import base64

import pytest

from core.documents.detect import shape_of
from core.documents.document import Limits
from core.documents.file_reader import read
from core.documents.parts import parts_of
from core.sensitivity.assess import assess
from core.sensitivity.level import Level

DECLARED = '<?xml version="1.0" encoding="UTF-8"?>'


def markdown(xml: str) -> str:
    return read(f"{DECLARED}{xml}".encode(), name="a.xml").to_markdown()


def test_a_value_stands_under_its_name_and_those_of_what_it_stands_in() -> None:
    """An invoice has a seller and a buyer, both with a name."""
    assert markdown(
        '<i:Invoice xmlns:i="urn:i"><i:ID>7</i:ID><i:Seller><i:Party><i:Name>Ada</i:Name>'
        "<i:City>Metz</i:City></i:Party></i:Seller>"
        '<i:Total><i:Due currency="EUR">5.00</i:Due></i:Total></i:Invoice>'
    ) == (
        "| Invoice |  |\n| --- | --- |\n| ID | 7 |\n\n| Invoice › Seller › Party |  |\n| --- | --- |\n"
        "| Name | Ada |\n| City | Metz |\n\n"
        "| Invoice |  |\n| --- | --- |\n| Total › Due | 5.00 |\n| Total › Due currency | EUR |"
    )


def test_a_law_is_read_with_its_fields() -> None:
    """Its number and state, then its text."""
    assert markdown(
        "<ARTICLE><META><NUM>L4242-2</NUM><ETAT>VIGUEUR</ETAT></META>"
        "<CONTENU><p>L’<em>amende</em> est de 3 750 euros.</p></CONTENU></ARTICLE>"
    ) == (
        "| ARTICLE › META |  |\n| --- | --- |\n| NUM | L4242-2 |\n| ETAT | VIGUEUR |\n\n"
        "L’amende est de 3 750 euros."
    )


def test_what_only_attributes_say_is_read() -> None:
    """As accounts and diagrams do; where the schema is found says nothing."""
    assert markdown(
        '<f xmlns:s="http://www.w3.org/2001/XMLSchema-instance" s:schemaLocation="x y">'
        '<Nom V="Ferréol"/><task id="b" name="Contrôle"/><code list="http://x.invalid/y"/></f>'
    ).endswith("| Nom | Ferréol |\n| task id | b |\n| task name | Contrôle |")


def test_an_address_that_is_a_value_is_read() -> None:
    """As in the contacts of a data set, or in a list of pages."""
    pages = "".join(f"<url><loc>https://a.example/{n}</loc></url>" for n in "ab")
    assert ("https://a.example/a" in (said := markdown(f"<s>{pages}</s>")), "/b" in said) == (True, True)


def test_elements_of_one_name_are_rows() -> None:
    """Under the names of all their fields; of rows beyond the cap the document tells."""
    points = '<p lat="1"><ele>8</ele></p><p lat="2"><ele>9</ele><name>Puits</name></p>'.replace("p ", "pt ")
    points = points.replace("</p>", "</pt>")
    assert markdown(f"<t>{points}</t>") == (
        "| lat | ele | name |\n| --- | --- | --- |\n| 1 | 8 |  |\n| 2 | 9 | Puits |"
    )
    found = read(f"{DECLARED}<t>{points * 20}</t>".encode(), name="a.gpx", limits=Limits(rows=5))
    assert [caution.code for caution in found.warnings] == ["rows_left_out"]


def test_cells_of_one_name_are_the_columns_of_their_row() -> None:
    """Each in the column that it names, else behind the one before it, and as wide as it says."""
    assert markdown(
        "<t><r><c>Site</c><c>Cote</c><c>Avis</c></r><r><c>Agen</c><c Index='3'><d>bon</d></c></r>"
        "<r><c MergeAcross='1'>Total</c><c>2</c></r></t>"
    ).endswith("| Agen |  | bon |\n| Total |  | 2 |")


def test_words_between_elements_are_prose() -> None:
    """With the elements in a line, and paragraphs by themselves."""
    assert markdown("<a><p>L’<em>amende</em>\n   double.</p><n>Vu<br/>le <b>code</b></n></a>") == (
        "L’amende double.\n\nVu\nle code"
    )


def test_markup_in_a_value_is_a_page() -> None:
    """As the descriptions of places on maps are."""
    assert markdown("<a><b/><d><![CDATA[<p>por<b>tée</b> 17 milles</p>allumé]]></d></a>").endswith(
        "| d | portée 17 milles<br>allumé |"
    )


def test_a_file_in_a_value_is_a_part() -> None:
    """As the delivery note in an invoice is."""
    said = base64.b64encode(("NIVEAU N2\n\n" + "Bon de livraison. " * 20).encode()).decode()
    found = read(f"{DECLARED}<i><n>1</n><f filename='bl.txt'>{said}</f></i>".encode(), name="a.xml")
    assert (found.parts[0].name, said[:20] in found.to_markdown()) == ("bl.txt", False)
    assert assess(parts_of(found)).level == Level.N2


def test_a_key_in_a_value_is_no_file() -> None:
    """A signed file has a signature and a certificate, which hold no text."""
    said = base64.b64encode(bytes(range(256)) * 2).decode()
    found = read(f"{DECLARED}<i><n>1</n><SignatureValue>{said}</SignatureValue></i>".encode(), name="a.xml")
    assert (found.parts, said in found.to_markdown()) == ((), True)
    named = read(f"{DECLARED}<i><n>1</n><f filename='a.7z'>{said}</f></i>".encode(), name="a.xml")
    assert [part.reason for part in named.unread] == ["unknown_format"]


@pytest.mark.parametrize("said", ["0f1e2d3c4b5a6978" * 32, "a" * 257, "le projet avance bien " * 16])
def test_a_long_number_is_no_file(said: str) -> None:
    """Nor is prose, whatever its letters: it stays where it is, in JSON too."""
    for name, text in (
        ("a.xml", f"{DECLARED}<i><n>7</n><v>{said}</v></i>"),
        ("a.json", f'{{"v": "{said}"}}'),
    ):
        found = read(text.encode(), name=name)
        assert (found.parts, said.strip() in found.to_markdown()) == ((), True)


def test_prose_with_the_name_of_a_file_stays() -> None:
    """An archive of pages tells of each what its file was called."""
    said = "le projet avance bien " * 16
    found = read(f"{DECLARED}<i><f filename='a.txt'>{said}</f><n>7</n></i>".encode(), name="a.xml")
    assert said.strip() in found.to_markdown()


@pytest.mark.parametrize(
    "rows",
    [
        "<r><a>MARK <b>x</b></a><c>1</c></r><r><a>y</a><c>2</c></r>",
        "<r><a><b>x</b> MARK</a><c>1</c></r><r><a>y</a><c>2</c></r>",
        "<r>MARK <c>1</c><c>2</c></r><r><c>3</c><c>4</c></r>",
    ],
)
def test_words_beside_an_element_stay_in_a_row(rows: str) -> None:
    """Whatever stands before or behind it."""
    assert "MARK" in markdown(f"<t>{rows}</t>")


@pytest.mark.parametrize(
    "xml",
    [
        "<t><r n='DIFFUSION RESTREINTE'><c>1</c><c>2</c></r><r><c>3</c><c>4</c></r></t>",
        "<t><r><c n='DIFFUSION RESTREINTE'>1</c><c>2</c></r><r><c>3</c><c>4</c></r></t>",
        "<t><p n='DIFFUSION RESTREINTE'>Il pleut.</p><x>y</x></t>",
        "<t><x>Il <b n='DIFFUSION RESTREINTE'>pleut</b>.</x><x>y</x></t>",
        "<!DOCTYPE t [<!ENTITY n 'DIFFUSION RESTREINTE'>]><t><a>&n;</a><b>x</b></t>",
    ],
)
def test_a_mark_that_no_text_shows_counts(xml: str) -> None:
    """In an attribute of a row, a cell, a paragraph or a word, or in what an entity stands for."""
    found = read(f"{DECLARED}{xml}".encode(), name="a.xml")
    assert assess(parts_of(found)).level == Level.N4


def test_a_mark_in_a_field_counts() -> None:
    """A level is the whole value of a field, whatever the field is called."""
    found = read(f"{DECLARED}<m><use><s>DIFFUSION RESTREINTE</s></use><t>x</t></m>".encode(), name="a.xml")
    assert assess(parts_of(found)).level == Level.N4


def test_comments_are_hidden_text() -> None:
    """No program shows them."""
    found = read(
        f"{DECLARED}<!-- brouillon --><a><b>1</b><!-- interne --><c>2</c></a>".encode(), name="a.xml"
    )
    assert [place.text for place in found.places if place.kind == "hidden"] == ["brouillon", "interne"]


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        (f"{DECLARED}<!-- x --><!DOCTYPE a [<!ENTITY b 'c'>]>\n<a>1</a>", "xml"),
        ("<mxfile host='x'><d/></mxfile>\n", "xml"),
        ("<rss xmlns:a='b'><title>x</title><d><![CDATA[<p>y</p>]]></d></rss>", "xml"),
        (f"{DECLARED}<html xmlns='x'><body/></html>", "html"),
        (f"{DECLARED}<svg xmlns='x'/>", "html"),
        ("<p>Bonjour</p>", "html"),
        ("<3 à tous, et <b>merci", "text"),
    ],
)
def test_xml_is_told_by_its_first_line_or_element_or_its_end(text: str, shape: str) -> None:
    """A web page is none, whatever it begins with, nor is a text with a sign."""
    assert (shape_of(text.encode()), shape_of(text.encode("utf-16"))) == (shape, shape)


def test_xml_that_is_damaged_is_shown_as_it_is() -> None:
    """Nothing of it gets lost; entities within entities bring nothing in."""
    assert markdown("<a><b>1</a>").endswith("<a><b>1</a>")
    laughs = '<!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]><l c="x">&b;</l>'
    assert markdown(laughs).count("lol") < 3


def test_the_encoding_that_xml_declares_is_its_own() -> None:
    """Nothing is guessed."""
    data = '<?xml version="1.0" encoding="ISO-8859-1"?><a><b>Été</b><c>œil</c></a>'.replace("œ", "o")
    found = read(data.encode("latin-1"), name="a.xml")
    assert ("Été" in found.to_markdown(), found.warnings) == (True, ())
