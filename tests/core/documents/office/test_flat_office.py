"""Documents of Office in a single XML file."""

from __future__ import annotations

import base64
import io
import zipfile

from core.documents.file_reader import read
from tests.core.documents import make

WORD = 'xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml" xmlns:wx="wx" xmlns:aml="aml"'
SHEET = 'xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="ss" xmlns:x="x"'


def line(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def change(kind: str, content: str) -> str:
    return f'<aml:annotation w:type="Word.{kind}"><aml:content>{content}</aml:content></aml:annotation>'


def cell(value: str, kind: str = "String", attributes: str = "") -> str:
    return f'<Cell {attributes}><Data ss:Type="{kind}">{value}</Data></Cell>'


def test_a_document_of_word_2003_is_read_as_a_newer_one() -> None:
    """Its paragraphs, tables, styles, headers, comments and changes stand in one file."""
    style = '<w:style w:type="paragraph" w:styleId="T"><w:name w:val="heading 1"/></w:style>'
    head = '<w:p><w:pPr><w:pStyle w:val="T"/></w:pPr><w:r><w:t>Décision</w:t></w:r></w:p>'
    changed = (
        f"<w:p><w:r><w:t>Fermé </w:t></w:r>{change('Deletion', '<w:r><w:delText>lundi</w:delText></w:r>')}"
        f"{change('Insertion', '<w:r><w:t>mardi</w:t></w:r>')}{change('Comment', line('À voir'))}</w:p>"
    )
    rows = (
        f"<w:tr><w:tc>{line(one)}</w:tc><w:tc>{line(two)}</w:tc></w:tr>"
        for one, two in (("Cours", "Cote"), ("Orne", "2"))
    )
    header = f'<w:sectPr><w:hdr w:type="odd">{line("NIVEAU N2")}</w:hdr></w:sectPr>'
    body = f"<wx:sect>{head}{changed}<w:tbl>{''.join(rows)}</w:tbl>{header}</wx:sect>"
    styles = f"<w:styles>{style}</w:styles><w:body>{body}</w:body>"
    found = read(f"<w:wordDocument {WORD}>{styles}</w:wordDocument>".encode(), name="a.doc")
    assert (found.type, found.to_markdown()) == (
        "docx", "# Décision\n\nFermé mardi\n\n| Cours | Cote |\n| --- | --- |\n| Orne | 2 |",
    )  # fmt: skip
    places = {(place.kind, place.text) for place in found.places}
    assert places == {("header", "NIVEAU N2"), ("comment", "À voir")}


def test_a_workbook_of_excel_2003_shows_what_its_cells_show() -> None:
    """Each at its place; what is hidden is marked, what is printed round it is a place."""
    moment = cell("2026-03-09T00:00:00.000", "DateTime", 'ss:Index="3"')
    wide, styled = cell("Total", attributes='ss:MergeAcross="1"'), 'ss:StyleID="p"'
    rows = (
        f"<Row>{cell('Site')}{cell('Avis')}{cell('Date')}</Row>"
        f'<Row ss:Hidden="1">{cell("Agen")}{moment}</Row><Row ss:Index="9">'
        f"{wide}{cell('3', 'Number', styled)}</Row>"
    )
    styles = '<Styles><Style ss:ID="p"><NumberFormat ss:Format="0.0"/></Style></Styles>'
    printed = '<PageSetup><Footer x:Data="&amp;CNIVEAU N2"/></PageSetup>'
    sheets = (
        f'<Worksheet ss:Name="Aides"><Table><Column/><Column ss:Hidden="1"/>{rows}</Table><WorksheetOptions>'
        f'{printed}</WorksheetOptions></Worksheet><Worksheet ss:Name="Notes"><Table><Row>'
        f"{cell('1', 'Boolean')}</Row></Table><WorksheetOptions><Visible>SheetHidden</Visible>"
        "</WorksheetOptions></Worksheet>"
    )
    found = read(f"<Workbook {SHEET}>{styles}{sheets}</Workbook>".encode(), name="a.xls")
    assert found.to_markdown() == (
        "## Aides\n\n| Site | Avis (colonne masquée) | Date |\n| --- | --- | --- |\n"
        "| Agen (ligne masquée) |  | 09/03/2026 |\n\n| Total | 3,0 |\n| --- | --- |\n\n"
        "## Notes (feuille masquée)\n\nVRAI"
    )
    assert [(place.kind, place.text) for place in found.places] == [("footer", "NIVEAU N2")]
    assert {caution.about for caution in found.warnings} == {"Aides", "Notes"}


def test_the_parts_of_a_flat_package_make_a_document() -> None:
    """« Document XML Word »: those of XML as they are, others in base64, each with its type."""
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    picture = base64.b64encode(b"x").decode()
    parts = f'<p:part p:name="/x.bin"><p:binaryData>{picture}</p:binaryData></p:part>'
    with zipfile.ZipFile(io.BytesIO(make.docx(make.paragraph("Bonjour")))) as archive:
        for name in archive.namelist()[1:]:  # without the part of types
            xml = archive.read(name).decode()
            parts += f'<p:part p:name="/{name}" p:contentType="{kind}"><p:xmlData>{xml}</p:xmlData></p:part>'
    found = read(f'<p:package xmlns:p="pkg">{parts}</p:package>'.encode(), name="a.xml")
    assert (found.type, found.to_markdown()) == ("docx", "Bonjour")


def test_a_damaged_picture_takes_no_text_with_it() -> None:
    """In Word 2003 and in a flat package."""
    picture = '<w:r><w:pict><w:binData w:name="1.png">QUJDR</w:binData></w:pict></w:r>'
    old = f"<w:wordDocument {WORD}><w:body>{line('Bonjour')}<w:p>{picture}</w:p></w:body></w:wordDocument>"
    assert "Bonjour" in read(old.encode(), name="a.xml").to_markdown()
