"""Word, Excel, RTF, HTML, mail, archives: what is particular to each."""

from __future__ import annotations

import io
import re
import sys
import zipfile
from collections import Counter

import pytest

from core.documents.document import Document, Limits
from core.documents.file_reader import read
from core.documents.nesting import UnpackBudget
from core.documents.parts import parts_of
from core.documents.texts import reason
from core.documents.zip_package import Package
from tests.core.documents import make
from tests.core.documents.make import paragraph

STRICT = {
    make.W: "http://purl.oclc.org/ooxml/wordprocessingml/main",
    make.OFFICE: "http://purl.oclc.org/ooxml/officeDocument/relationships",
}


def of(data: bytes, name: str = "x") -> Document:
    document = read(data, name=name)
    assert document.readable, document
    return document


def cells(*rows: tuple[str, ...]) -> str:
    return "".join("<w:tr>" + "".join(f"<w:tc>{cell}</w:tc>" for cell in row) + "</w:tr>" for row in rows)


def test_strict_word_is_read() -> None:
    """ISO 29500 Strict has other namespaces and the same elements."""
    data = make.docx(paragraph("Texte strict"))
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            part = old.read(name).decode()
            for transitional, strict in STRICT.items():
                part = part.replace(transitional, strict)
            new.writestr(name, part)
    assert of(buffer.getvalue()).to_markdown() == "Texte strict"


def test_nested_tables_are_read() -> None:
    """A table in a cell stands in its cell, row by row."""
    inner = f"<w:tbl>{cells((paragraph('c'), paragraph('d')))}</w:tbl>"
    table = f"<w:tbl>{cells((paragraph('a'), paragraph('b')), (inner, paragraph('e')))}</w:tbl>"
    assert of(make.docx(table)).to_markdown() == "| a | b |\n| --- | --- |\n| c – d | e |"


def test_a_table_of_one_column_is_a_frame() -> None:
    """Letters are often laid out in tables: what is in them is text."""
    table = f"<w:tbl>{cells((paragraph('Objet') + paragraph('Suite'),))}</w:tbl>"
    assert of(make.docx(table)).to_markdown() == "Objet\n\nSuite"


def test_text_boxes_are_read_once() -> None:
    """Word writes them twice, for new and old readers."""
    box = "<w:txbxContent>" + paragraph("DIFFUSION RESTREINTE") + "</w:txbxContent>"
    run = (
        f"<w:r><mc:AlternateContent><mc:Choice><w:drawing>{box}</w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    document = of(make.docx(f"<w:p>{run}</w:p>"))
    assert document.to_markdown() == "DIFFUSION RESTREINTE"
    assert [(place.kind, place.text) for place in document.places] == [("textbox", "DIFFUSION RESTREINTE")]


def test_a_text_box_in_a_header_is_a_place() -> None:
    """Stamps are drawn there."""
    header = (
        f'<w:hdr xmlns:w="{make.W}"><w:p><w:r><w:pict><w:txbxContent>{paragraph("SECRET")}</w:txbxContent>'
        "</w:pict></w:r></w:p></w:hdr>"
    )
    data = make.docx(paragraph("Texte"), {"word/header1.xml": header}, kinds={"word/header1.xml": "header"})
    assert [(place.kind, place.text) for place in of(data).places] == [("header", "SECRET")]


def test_deletions_do_not_count_and_insertions_do() -> None:
    """Tracked changes are read as accepted, and said."""
    body = (
        "<w:p><w:r><w:t>Le </w:t></w:r><w:del><w:r><w:delText>vieux</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>nouveau</w:t></w:r></w:ins></w:p>"
    )
    document = of(make.docx(body))
    assert document.to_markdown() == "Le nouveau"
    assert [warning.code for warning in document.warnings] == ["tracked_changes"]


def test_hidden_text_is_out_of_the_text_and_kept_aside() -> None:
    """A reader does not see it; an assessment must."""
    body = "<w:p><w:r><w:t>Vu</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>caché</w:t></w:r></w:p>"
    document = of(make.docx(body))
    assert document.to_markdown() == "Vu"
    assert [(place.kind, place.text) for place in document.places] == [("hidden", "caché")]


def test_hidden_text_of_an_opendocument() -> None:
    """A span of a hidden style (inherited), a hidden section and a hidden field are out of the text."""
    names = {
        name: f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0" for name in ("office", "style", "text")
    }
    spaces = " ".join(f'xmlns:{name}="{url}"' for name, url in names.items())
    data = (
        f'<office:document {spaces} office:mimetype="application/vnd.oasis.opendocument.text">'
        "<office:styles>"
        '<style:style style:name="H"><style:text-properties text:display="none"/></style:style>'
        '<style:style style:name="I" style:parent-style-name="H"/></office:styles><office:body><office:text>'
        '<text:p>Vu <text:span text:style-name="I">un</text:span>'
        '<text:hidden-text text:is-hidden="true">deux</text:hidden-text></text:p>'
        '<text:section text:display="none"><text:p>trois</text:p></text:section>'
        "</office:text></office:body></office:document>"
    )
    document = of(data.encode())
    assert document.to_markdown() == "Vu"
    assert [each.text for each in document.places if each.kind == "hidden"] == ["undeux", "trois"]


def test_heading_numbers_of_an_opendocument() -> None:
    """The outline numbers headings; a heading without a list's name has none, and counts for nothing."""
    names = {
        name: f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0" for name in ("office", "style", "text")
    }
    spaces = " ".join(f'xmlns:{name}="{url}"' for name, url in names.items())
    level = '<text:outline-level-style text:level="{}" style:num-format="{}" {}/>'
    heads = ((1, "Un", ""), (2, "Deux", ""), (2, "Trois", ""), (1, "Hors", "N"), (1, "Quatre", ""))
    body = "".join(
        f'<text:h text:outline-level="{rank}" text:style-name="{style}">{text}</text:h>'
        for rank, text, style in heads
    )
    data = (
        f'<office:document {spaces} office:mimetype="application/vnd.oasis.opendocument.text">'
        "<office:styles>"
        '<style:style style:name="N" style:list-style-name=""/><text:outline-style>'
        + level.format(1, "I", 'style:num-suffix="."')
        + level.format(2, "1", 'text:display-levels="2"')
        + f"</text:outline-style></office:styles><office:body><office:text>{body}"
        "</office:text></office:body></office:document>"
    )
    assert of(data.encode()).to_markdown().split("\n\n") == [
        "# I. Un", "## I.1 Deux", "## I.2 Trois", "# Hors", "# II. Quatre",
    ]  # fmt: skip


def test_heading_numbers_are_computed() -> None:
    """What Word shows as 1.1 stands nowhere in its text."""
    levels = "".join(
        f'<w:lvl w:ilvl="{n}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
        for n, form, text in ((0, "upperRoman", "%1."), (1, "decimal", "%1.%2"))
    )
    numbering = (
        f'<w:numbering xmlns:w="{make.W}"><w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum>'
        '<w:num w:numId="7"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )

    def heading(text: str, level: int) -> str:
        numbers = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="7"/></w:numPr>'
        return paragraph(text, f'{numbers}<w:outlineLvl w:val="{level}"/>')

    body = heading("Un", 0) + heading("Deux", 0) + heading("Trois", 1) + heading("Quatre", 1)
    data = make.docx(body, {"word/numbering.xml": numbering}, kinds={"word/numbering.xml": "numbering"})
    assert [s.heading for s in of(data).sections] == ["I. Un", "II. Deux", "II.1 Trois", "II.2 Quatre"]


def test_lists_of_one_definition_count_on() -> None:
    """As LibreOffice saves a list with paragraphs between its points: another list of the same definition
    goes on, one that says where it begins begins there, once."""
    level = (
        '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>'
    )
    begins = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="4"/></w:lvlOverride>'
    numbering = (
        f'<w:numbering xmlns:w="{make.W}"><w:abstractNum w:abstractNumId="0">{level}</w:abstractNum>'
        + (
            "".join(
                f'<w:num w:numId="{id}"><w:abstractNumId w:val="0"/>{begins if id == 9 else ""}</w:num>'
                for id in (7, 8, 9)
            )
            + "</w:numbering>"
        )
    )

    def point(list: int) -> str:
        return paragraph("x", f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{list}"/></w:numPr>')

    body = paragraph("suite").join(map(point, (7, 8, 7, 9, 9, 8)))
    data = make.docx(body, {"word/numbering.xml": numbering}, kinds={"word/numbering.xml": "numbering"})
    assert re.findall(r"\d+(?=\. x)", of(data).to_markdown()) == ["1", "2", "3", "4", "5", "6"]


def test_a_large_letter_begins_the_next_paragraph() -> None:
    """Word keeps it in a frame of its own."""
    framed = paragraph("L", '<w:framePr w:dropCap="drop" w:lines="3"/>')
    document = read(make.docx(framed + paragraph("a haie repousse.") + framed), name="a.docx")
    assert (document.to_markdown(), document.places) == ("La haie repousse.\n\nL", ())


def test_what_a_field_is_told_by_another_is_not_shown() -> None:
    """A field within the question of another; what the outer one answers is."""
    turn = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'.format
    text = "<w:r><w:t>{}</w:t></w:r>".format
    inner = f"{turn('begin')}{turn('separate')}{text('Madame')}{turn('end')}"
    answer = f"{turn('separate')}{text('la ')}{turn('begin')}{turn('separate')}{text('cheffe')}{turn('end')}"
    body = f"<w:p>{text('À ')}{turn('begin')}{inner}{answer}{turn('end')}{turn('end')}{text('.')}</w:p>"
    document = read(make.docx(body), name="a.docx")
    assert (document.to_markdown(), document.places) == ("À la cheffe.", ())


def test_pages_are_those_of_the_last_layout() -> None:
    """Word remembers where its pages ended; statements can then name their page."""
    turn = "<w:p><w:r><w:lastRenderedPageBreak/><w:t>deux</w:t></w:r></w:p>"
    document = of(make.docx(paragraph("un") + turn))
    assert [(page.number, page.to_markdown()) for page in document.pages] == [(1, "un"), (2, "deux")]


def test_labels_are_properties() -> None:
    """Microsoft's labels stand in a part of their own, or among custom properties."""
    labels = (
        '<clbl:labelList xmlns:clbl="c"><clbl:label id="{1}" enabled="1" method="Standard"/></clbl:labelList>'
    )
    named = '<property name="MSIP_Label_1_Name"><vt:lpwstr>C2 - Restreint</vt:lpwstr></property>'
    custom = f'<Properties xmlns:vt="v">{named}</Properties>'
    data = make.docx(paragraph("Texte"), {"docMetadata/LabelInfo.xml": labels, "docProps/custom.xml": custom})
    properties = of(data).properties
    assert properties["LabelInfo 1"] == "id={1} enabled=1 method=Standard"
    assert properties["MSIP_Label_1_Name"] == "C2 - Restreint"


def test_a_document_of_pictures_only_is_a_scan() -> None:
    """It is not empty: its text is in the pictures."""
    assert read(make.docx("", {"word/media/image1.png": "x"}), name="x").reason == "scan"


def test_formulas_without_value_are_said() -> None:
    """A workbook that was never calculated holds no figures."""
    document = of(make.xlsx('<row r="1"><c r="A1"><f>1+1</f></c><c r="B1" t="str"><v>x</v></c></row>'))
    assert [warning.code for warning in document.warnings] == ["formulas"]


def test_tables_apart_in_a_sheet_stay_apart() -> None:
    """An empty row ends a table."""
    rows = "".join(
        f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="B{n}"><v>0</v></c></row>' for n in (1, 2, 4, 5)
    )
    assert of(make.xlsx(rows)).to_markdown().count("| --- | --- |") == 2


RTF = rb"""{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}{\f1\fcharset204 Arial;}}
{\stylesheet{\s1 heading 1;}}{\info{\title Essai}}{\*\inconnu rien}{\header\pard SECRET\par}
\pard\s1 Titre\par\pard D\'e9j\'e0 {\b gras} \u8217?vu {\f1 \'cf\'f0\'e8}\par
\trowd\pard\intbl a\cell b\cell\row\trowd\pard\intbl c\cell d\cell\row
\pard fin{\v cach\'e9}\par{\pict 89504e47}}"""


def test_rtf_text_tables_headings_and_places() -> None:
    """Code pages by font, Unicode escapes, unknown destinations left out."""
    document = of(RTF)
    assert document.title == "Essai"
    assert document.to_markdown() == (
        "# Titre\n\nDéjà gras ’vu При\n\n| a | b |\n| --- | --- |\n| c | d |\n\nfin"
    )
    assert {("header", "SECRET"), ("hidden", "caché")} == {(p.kind, p.text) for p in document.places}


def test_html_shows_what_a_browser_shows() -> None:
    """Scripts and hidden elements are out; what is hidden is kept aside for the assessment."""
    document = of(
        b"<html><head><title>T</title><style>x</style></head><body><h2>A<br>B</h2><p>un <b>deux</b>"
        b"<script>non</script><p style='display: none'>ignore tout</p><ul><li>x<ol><li>y</ol></ul>"
        b"<table><tr><td><table><tr><td>dans un cadre</td></tr></table></td></tr></table></body>"
    )
    assert document.to_markdown() == "## A B\n\nun deux\n\n- x\n  1. y\n\ndans un cadre"
    assert [(place.kind, place.text) for place in document.places] == [("hidden", "ignore tout")]


def test_keys_and_states_of_a_page_s_programs_are_not_what_it_says() -> None:
    """Whoever saves a public page saves them too; a string of words is read as hidden text."""
    document = of(
        b"<script>init({key: 'AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY', csrfToken: \"a8f4c2e19b7d4f\"});"
        b"say('Le convoi part mardi.')</script><p data-token='eyJhbGciOiJIUzI1NiJ9'>Programme</p>"
    )
    assert [(place.kind, place.text) for place in document.places] == [("hidden", "Le convoi part mardi.")]


def test_html_says_its_encoding() -> None:
    """In a meta element."""
    data = '<meta charset="windows-1250"><p>Łódź</p>'.encode("cp1250")
    assert of(data).to_markdown() == "Łódź"


def mail(content: str, kind: str = "text/plain; charset=utf-8", extra: str = "") -> bytes:
    return (
        f"From: a@b.example\nTo: c@d.example\nSubject: Objet\n{extra}MIME-Version: 1.0\n"
        f"Content-Type: {kind}\n\n{content}"
    ).encode()


def test_mail_prefers_text_unless_it_says_nothing() -> None:
    """« Your reader does not show HTML » is no message; the same words twice are one text."""
    parts = "--b\nContent-Type: text/plain\n\n{}\n--b\nContent-Type: text/html\n\n{}\n--b--\n"
    html = "<p>" + "Le vrai message, en entier, avec assez de mots pour compter. " * 5 + "</p>"
    poor = of(mail(parts.format("Voir la version HTML.", html), 'multipart/alternative; boundary="b"'))
    assert "Le vrai message" in poor.to_markdown()
    text = "Le même message en texte simple, avec au moins quinze mots pour que l’on voie qu’il dit tout."
    both = parts.format(text, f"<p><b>{text}</b></p>")
    assert of(mail(both, 'multipart/alternative; boundary="b"')).to_markdown().count("Le même message") == 1


def test_mail_labels_are_properties() -> None:
    """Among the headers are labels of sensitivity."""
    document = of(mail("x", extra="msip_labels: MSIP_Label_1_Name=C1\nSensitivity: Company-Confidential\n"))
    assert document.properties["msip_labels"] == "MSIP_Label_1_Name=C1"
    assert document.properties["Sensitivity"] == "Company-Confidential"


def test_a_mail_in_a_mail_is_a_part() -> None:
    """With its own headers and text."""
    document = of(mail(mail("dedans").decode(), "message/rfc822"))
    assert [part.type for part in document.parts] == ["eml"]
    assert "dedans" in document.to_markdown()


def test_an_encrypted_mail_is_said_to_be() -> None:
    """S/MIME envelopes hide all of their text."""
    assert (
        read(mail("AAAA", "application/pkcs7-mime; smime-type=enveloped-data"), name="x").reason
        == "encrypted"
    )


def test_an_outlook_message_is_a_mail() -> None:
    """Subject, body and attachments."""
    document = of(make.msg("Réunion", "Bonjour,\r\n\r\nà demain.", {"note.txt": b"texte joint"}))
    assert (document.type, document.title) == ("msg", "Réunion")
    assert document.to_markdown() == "# Réunion\n\nBonjour,\n\nà demain.\n\n# note.txt\n\ntexte joint"


@pytest.mark.parametrize(
    ("words", "shown"), [("Quai nord", "1\u202f200"), ("Budget", "1\u202f200"), ("Name of it", "1,200")]
)
def test_numbers_are_written_as_in_french_unless_the_words_are_english(words: str, shown: str) -> None:
    """A thousand and a half is what « 1,200 » says to who reads French."""
    styles = f'<styleSheet xmlns="{make.SHEET}"><cellXfs><xf/><xf numFmtId="3"/></cellXfs></styleSheet>'
    links = "".join(
        f'<Relationship Id="{key}" Type="x/{kind}" Target="{target}"/>'
        for key, kind, target in (
            ("r1", "worksheet", "worksheets/sheet1.xml"),
            ("r2", "styles", "styles.xml"),
            ("r3", "sharedStrings", "sharedStrings.xml"),
        )
    )
    parts = {
        "xl/styles.xml": styles,
        "xl/sharedStrings.xml": f'<sst xmlns="{make.SHEET}"><si><t>{words}</t></si></sst>',
        "xl/_rels/workbook.xml.rels": f"<Relationships>{links}</Relationships>",
    }
    row = '<row><c t="s"><v>0</v></c><c s="1"><v>1200</v></c></row>'
    assert f"| {words} | {shown} |" in of(make.xlsx(row, parts)).to_markdown()


def test_an_archive_is_its_members() -> None:
    """Two levels deep, each member under its name; what is unread is said."""
    inner = make.zipped({"c.txt": "dedans"})
    document = of(make.zipped({"dossier/a.txt": "texte", "b.zip": inner, "d.bin": bytes(range(256))}))
    assert [(part.name, part.type) for part in document.walk()] == [
        ("x", "zip"), ("dossier/a.txt", "text"), ("b.zip", "zip"), ("c.txt", "text"), ("d.bin", "unknown"),
    ]  # fmt: skip
    assert [part.name for part in document.unread] == ["d.bin"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_members_of_one_name_are_all_read() -> None:
    """The last has the name, as in any program; the one before is numbered."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("note.txt", "111 balises")
        archive.writestr("note.txt", "222 balises")
    found = [(part.name, part.to_markdown()) for part in of(buffer.getvalue()).parts]
    assert found == [("note (1).txt", "111 balises"), ("note.txt", "222 balises")]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_numbers_of_members_of_one_name_are_looked_for_once() -> None:
    """Those that other members have already are passed by, however many members have one name."""
    buffer, many = io.BytesIO(), 200
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in [*(f"a ({n}).txt" for n in range(4 * many, 8 * many)), *["a.txt"] * many]:
            archive.writestr(name, "")
    looked = Counter[str]()
    sys.setprofile(lambda frame, event, _: looked.update([frame.f_code.co_qualname]))
    try:
        Package(buffer.getvalue(), UnpackBudget(Limits()), Limits())
    finally:
        sys.setprofile(None)
    assert looked["Package.__init__.<locals>.<genexpr>"] < 20 * many


def test_old_zip_names_are_read() -> None:
    """French names in archives made by old Windows."""
    info = zipfile.ZipInfo("x")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, "texte")
    data = buffer.getvalue().replace(b"x", "é".encode("cp850"))
    assert [part.name for part in of(data).parts] == ["é"]


@pytest.mark.parametrize(
    ("data", "reason", "detail"),
    [
        (make.compound({"EncryptedPackage": bytes(5000), "EncryptionInfo": b"x"}), "encrypted", ""),
        (make.compound({"WordDocument": bytes(5000)}), "legacy_office", "Word 6"),
        (make.compound({"Workbook": b"x"}), "damaged", "CalamineError"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "scan", ""),
        (b"Rar!\x1a\x07\x00" + bytes(100), "unknown_format", ""),
    ],
)
def test_what_cannot_be_read_has_its_reason(data: bytes, reason: str, detail: str) -> None:
    """The person learns what to do instead."""
    document = read(data, name="x")
    assert (document.readable, document.reason, document.detail) == (False, reason, detail)


def test_an_encrypted_opendocument_is_said_to_be() -> None:
    """Its manifest says so."""
    manifest = '<manifest xmlns:m="m"><m:file-entry><m:encryption-data/></m:file-entry></manifest>'
    parts = {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "x"}
    assert read(make.zipped(parts | {"META-INF/manifest.xml": manifest}), name="x").reason == "encrypted"


def test_a_table_beyond_the_cap_is_cut_between_rows() -> None:
    """Its beginning is kept."""
    rows = "".join(
        f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="B{n}"><v>7</v></c></row>' for n in range(1, 99)
    )
    document = read(make.xlsx(rows), name="x", limits=Limits(output=200))
    assert re.fullmatch(r"\| 1\d \| 7 \|", document.to_markdown().splitlines()[-1])
    assert [warning.code for warning in document.warnings] == ["text_left_out"]


def test_rows_beyond_the_cap_are_left_out() -> None:
    """The first are kept, the rest is announced."""
    rows = "".join(
        f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="B{n}"><v>7</v></c></row>' for n in range(1, 99)
    )
    document = read(make.xlsx(rows), name="x", limits=Limits(rows=3))
    assert document.to_markdown().endswith("| 3 | 7 |")
    assert [warning.code for warning in document.warnings] == ["rows_left_out"]


def test_the_whole_text_is_capped() -> None:
    """What is beyond is announced."""
    document = read(("mot " * 100 + "\n\n").encode() * 100, name="x", limits=Limits(output=1000))
    assert [warning.code for warning in document.warnings] == ["text_left_out"]
    assert len(document.to_markdown()) <= 1000


def test_raw_bytes_in_rtf_are_no_text() -> None:
    """`\\binN` is followed by N bytes of a picture, braces and backslashes among them."""
    document = of(rb"{\rtf1 Avant {\pict\pngblip\bin9 }}}{{\\\}ab} apr\'e8s la figure}")
    assert document.to_markdown() == "Avant après la figure"


def test_a_content_type_by_extension_is_enough() -> None:
    """Some programs name the type of the main part only as that of every `.xml`."""
    data = make.docx(paragraph("Compte rendu"))
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "[Content_Types].xml":
                part = part.replace(b'<Override PartName="/word/document.xml"', b'<Default Extension="xml"')
            new.writestr(name, part)
    assert of(buffer.getvalue()).to_markdown() == "Compte rendu"


def test_an_id_written_twice_does_not_damage_an_odt() -> None:
    """Of two paragraphs with one `xml:id` both are read."""
    content = (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:text="text"><office:body><office:text><text:p xml:id="a">Un</text:p>'
        '<text:p xml:id="a">Deux</text:p>'
        "</office:text></office:body></office:document-content>"
    )
    data = make.zipped(
        {"content.xml": content, "META-INF/manifest.xml": "<m/>", "mimetype": "x.opendocument.text"}
    )
    assert of(data).to_markdown() == "Un\n\nDeux"


def test_an_archive_that_opens_with_a_password_only_is_said_to_be_locked() -> None:
    """With what to do; where one file of it can be read, the others are named."""
    document = read(make.locked(make.zipped({"a.txt": "x", "b.txt": "y"})), name="rh.zip")
    assert document.reason == "encrypted"
    assert "verrouillée par un mot de passe" in reason(document)


def test_a_row_that_begins_later_keeps_its_columns() -> None:
    """`gridBefore`: the columns that a row of a Word table leaves out are empty cells."""
    cells = [f"<w:tc>{paragraph(text)}</w:tc>" for text in "abcd"]
    later = f'<w:tr><w:trPr><w:gridBefore w:val="1"/></w:trPr>{cells[3]}</w:tr>'
    table = f"<w:tbl><w:tr>{cells[0]}{cells[1]}</w:tr>{later}</w:tbl>"
    assert of(make.docx(table)).to_markdown() == "| a | b |\n| --- | --- |\n|  | d |"


def test_what_a_list_of_a_form_offers_is_a_choice() -> None:
    """It is told apart from what was filled in."""
    control = (
        '<w:sdt><w:sdtPr><w:dropDownList><w:listItem w:displayText="Drôme" w:value="26"/>'
        f"</w:dropDownList></w:sdtPr><w:sdtContent>{paragraph('Isère')}</w:sdtContent></w:sdt>"
    )
    found = of(make.docx(control))
    assert (found.to_markdown(), [(place.kind, place.text) for place in found.places]) == (
        "Isère",
        [("choice", "Drôme")],
    )


def epub(*chapters: str) -> bytes:
    names = [f"{9 - at}.xhtml" for at in range(len(chapters))]
    items = "".join(
        f'<item id="i{name}" href="{name}" media-type="application/xhtml+xml"/>' for name in names
    )
    spine = "".join(f'<itemref idref="i{name}"/>' for name in names)
    return make.zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container><rootfile full-path="B/c.opf"/></container>',
            "B/c.opf": '<package xmlns:dc="dc"><metadata><dc:title>Guide</dc:title></metadata><manifest>'
            '<item id="n" href="n.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
            f'<item id="t" href="t.ncx" media-type="application/x-dtbncx+xml"/>{items}</manifest>'
            f'<spine><itemref idref="n"/>{spine}</spine></package>',
            "B/t.ncx": "<ncx><text>Sommaire</text></ncx>",
            "B/n.xhtml": "<html><body><p>Sommaire</p></body></html>",
            **{
                f"B/{name}": f"<html><body><p>{text}</p></body></html>"
                for name, text in sorted(zip(names, chapters, strict=True))
            },
            "B/annexe.txt": "DIFFUSION RESTREINTE",
        }
    )


def test_a_book_is_read_in_the_order_of_its_spine() -> None:
    """Its plumbing and its table of contents are no text; what the spine leaves out follows."""
    found = of(epub("un", "deux", "trois"))
    assert [(part.name, part.to_markdown()) for part in found.parts] == [
        ("B/9.xhtml", "un"),
        ("B/8.xhtml", "deux"),
        ("B/7.xhtml", "trois"),
        ("B/annexe.txt", "DIFFUSION RESTREINTE"),
    ]
    assert found.title == "Guide"


def test_the_lists_of_a_book_are_read_in_the_order_of_its_manifest() -> None:
    """The same in every process."""
    with zipfile.ZipFile(io.BytesIO(epub("un"))) as book:
        members = {each: book.read(each).decode() for each in book.namelist()}
    named = [f"t{at}.ncx" for at in range(9)]
    items = "".join(
        f'<item id="{each}" href="{each}" media-type="application/x-dtbncx+xml"/>' for each in named
    )
    members["B/c.opf"] = members["B/c.opf"].replace("</manifest>", f"{items}</manifest>")
    found = of(make.zipped({**members, **{f"B/{each}": f"<ncx><text>{each}</text></ncx>" for each in named}}))
    assert [place.text for place in found.places if place.text in named] == named


@pytest.mark.parametrize(
    ("name", "said"),
    [("B/n.xhtml", "<html><body><p>TRÈS SECRET</p></body></html>"), ("META-INF/note.txt", "TRÈS SECRET")],
)
def test_nothing_in_a_book_goes_unread_for_what_it_is_called(name: str, said: str) -> None:
    """Neither in its list of chapters, which people turn to, nor beside what reading programs need."""
    with zipfile.ZipFile(io.BytesIO(epub("un"))) as book:
        members = {each: book.read(each) for each in book.namelist()}
    found = of(make.zipped({**members, name: said}))
    assert any(part.text == "TRÈS SECRET" for part in parts_of(found))
