"""Marks and texts that stand in the drawings of Word, PowerPoint and Excel files."""

from __future__ import annotations

from core.documents.document import Document, Limits
from core.documents.file_reader import read
from core.documents.parts import parts_of
from core.documents.texts import missing
from core.sensitivity.assess import assess
from core.sensitivity.level import Level
from tests.core.documents import make
from tests.core.documents.make import paragraph

CHART = """
<c:chartSpace xmlns:c="c" xmlns:a="a"><c:chart>
<c:title><a:p><a:r><a:t>Effectifs par site</a:t></a:r></a:p></c:title>
<c:plotArea><c:barChart><c:ser>
<c:tx><c:strRef><c:strCache><c:pt idx="0"><c:v>2026</c:v></c:pt></c:strCache></c:strRef></c:tx>
<c:cat><c:strCache><c:pt idx="0"><c:v>Lyon</c:v></c:pt>
<c:pt idx="1"><c:v>Lille</c:v></c:pt></c:strCache></c:cat>
<c:val><c:numCache><c:pt idx="0"><c:v>12</c:v></c:pt><c:pt idx="1"><c:v>7</c:v></c:pt></c:numCache></c:val>
</c:ser></c:barChart>
<c:valAx><c:title><a:p><a:r><a:t>Agents</a:t></a:r></a:p></c:title></c:valAx>
</c:plotArea></c:chart></c:chartSpace>
""".strip()


def places(document: Document) -> set[tuple[str, str]]:
    assert document.readable, document
    return {(place.kind, place.text) for place in document.places}


def test_words_own_watermark_is_a_place() -> None:
    """Word writes « Filigrane » as the attribute of a VML shape in the header."""
    header = (
        f'<w:hdr xmlns:w="{make.W}" xmlns:v="v"><w:p><w:r><w:pict><v:shape alt="Filigrane">'
        '<v:textpath string="CONFIDENTIEL DÉFENSE"/></v:shape></w:pict></w:r></w:p></w:hdr>'
    )
    data = make.docx(paragraph("Note"), {"word/header1.xml": header}, kinds={"word/header1.xml": "header"})
    found = places(read(data, name="a.docx"))
    assert {("watermark", "CONFIDENTIEL DÉFENSE"), ("alternative", "Filigrane")} <= found


def test_alternative_texts_are_places() -> None:
    """What a picture is said to show is read to who does not see it."""
    drawing = (
        '<w:p><w:r><w:drawing><wp:inline xmlns:wp="wp"><wp:docPr id="1" descr="Tampon SECRET"/>'
        "</wp:inline></w:drawing></w:r></w:p>"
    )
    assert ("alternative", "Tampon SECRET") in places(read(make.docx(paragraph("Note") + drawing), name="a"))


def test_a_diagram_is_read_as_it_is_shown() -> None:
    """Its file has the points as they were added; the links between them say their order."""
    points = "".join(
        f'<dgm:pt modelId="{key}"><dgm:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t></dgm:pt>'
        for key, text in (("3", "Travaux"), ("1", "Concertation"), ("2", "Enquête"), ("4", "Débat"))
    )
    links = "".join(
        f'<dgm:cxn srcId="{above}" destId="{key}" srcOrd="{order}"/>'
        for above, key, order in (("0", "3", "2"), ("0", "1", "0"), ("0", "2", "1"), ("1", "4", "0"))
    )
    model = (
        '<dgm:dataModel xmlns:dgm="d" xmlns:a="a"><dgm:ptLst><dgm:pt modelId="0" type="doc"/>'
        f"{points}</dgm:ptLst><dgm:cxnLst>{links}</dgm:cxnLst></dgm:dataModel>"
    )
    frame = (
        '<w:p><w:r><w:drawing xmlns:a="a"><a:graphic><a:graphicData uri="x/diagram">'
        f'<dgm:relIds xmlns:dgm="d" xmlns:r="{make.OFFICE}" r:dm="r0"/></a:graphicData>'
        "</a:graphic></w:drawing></w:r></w:p>"
    )
    data = make.docx(
        frame, {"word/diagrams/data1.xml": model}, kinds={"word/diagrams/data1.xml": "diagramData"}
    )
    assert read(data, name="a.docx").to_markdown() == "- Concertation\n  - Débat\n- Enquête\n- Travaux"


def test_a_file_shown_in_the_text_is_read() -> None:
    """An `altChunk` is HTML or another document that Word shows in its place."""
    body = f'{paragraph("Avant")}<w:altChunk xmlns:r="{make.OFFICE}" r:id="r0"/>{paragraph("Après")}'
    parts = {"word/bloc.html": "<html><body><p>DIFFUSION RESTREINTE</p></body></html>"}
    document = read(make.docx(body, parts, kinds={"word/bloc.html": "aFChunk"}), name="a.docx")
    assert document.to_markdown() == "Avant\n\nDIFFUSION RESTREINTE\n\nAprès"


def test_a_mark_in_a_file_shown_in_the_text_counts() -> None:
    """As it would in the file by itself, wherever it is shown."""
    chunk = "<html><body><p>Le forage a 86 mètres.</p><p>NIVEAU N2</p></body></html>"
    body = f'{paragraph("Avant.")}<w:altChunk xmlns:r="{make.OFFICE}" r:id="r0"/>{paragraph("Après.")}'
    data = make.docx(body, {"word/bloc.html": chunk}, kinds={"word/bloc.html": "aFChunk"})
    assert assess(parts_of(read(data, name="a.docx"))).level == Level.N2


def test_a_file_shown_many_times_is_read_once() -> None:
    """Nine times within each other on nine levels: what is shown reaches the cap of the text, and that is
    told."""
    data = make.docx(paragraph("Fond du document"))
    for _ in range(9):
        body = f'<w:altChunk xmlns:r="{make.OFFICE}" r:id="r0"/>' * 9
        data = make.docx(body, {"word/c.docx": data}, kinds={"word/c.docx": "aFChunk"})
    document = read(data, name="a.docx", limits=Limits(output=100_000))
    assert "Fond du document" in document.to_markdown()
    assert "text_left_out" in [each.code for each in document.warnings]


def test_more_files_than_are_shown_are_told() -> None:
    """Each one that is another costs what a file costs; the text behind them is read."""
    body = "".join(f'<w:altChunk xmlns:r="{make.OFFICE}" r:id="r{n}"/>' for n in range(9))
    parts = {f"word/{n}.html": f"<html><body><p>Bloc {n}</p></body></html>" for n in range(9)}
    data = make.docx(body + paragraph("Fin"), parts, kinds=dict.fromkeys(parts, "aFChunk"))
    document = read(data, name="a.docx", limits=Limits(parts=3))
    assert document.to_markdown() == "Bloc 0\n\nBloc 1\n\nBloc 2\n\nFin"
    assert [each.caution.code for each in missing(document) if each.caution] == ["parts_left_out"]


def test_a_missing_chunk_is_unread() -> None:
    """What cannot be found may say anything."""
    body = f'{paragraph("Avant")}<w:altChunk xmlns:r="{make.OFFICE}" r:id="r9"/>'
    assert [each.reason for each in read(make.docx(body), name="a.docx").unread] == ["damaged"]


def test_a_chart_in_word_is_read_with_its_titles() -> None:
    """Title, axes, and categories with their values as a table, where the chart stands."""
    frame = (
        '<w:p><w:r><w:drawing><a:graphic xmlns:a="a"><a:graphicData uri="x/chart">'
        f'<c:chart xmlns:c="c" xmlns:r="{make.OFFICE}" r:id="r0"/>'
        "</a:graphicData></a:graphic></w:drawing></w:r></w:p>"
    )
    parts = {"word/charts/chart1.xml": CHART}
    data = make.docx(paragraph("Avant") + frame, parts, kinds={"word/charts/chart1.xml": "chart"})
    text = read(data, name="a.docx").to_markdown()
    assert "| Lyon | 12 |" in text
    assert text.index("Avant") < text.index("Effectifs par site") < text.index("Agents")


def test_what_no_reader_comes_by_is_a_place() -> None:
    """A paragraph in an element that is not known is not lost, and one that was read is not said twice."""
    body = f"{paragraph('Vu de tous')}<w:nouveau>{paragraph('Bloc inconnu du lecteur')}</w:nouveau>"
    assert places(read(make.docx(body), name="a.docx")) == {("other", "Bloc inconnu du lecteur")}


def test_words_cut_into_runs_are_no_rest() -> None:
    """Runs, tabs, breaks, notes and hidden runs cut paragraphs without any word of theirs being unread."""
    body = (
        "<w:p><w:r><w:t>Rap</w:t></w:r><w:r><w:t>port</w:t><w:tab/><w:t>annuel</w:t><w:br/><w:t>de</w:t></w:r>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>caché</w:t></w:r></w:p>"
    )
    assert places(read(make.docx(body), name="a.docx")) == {("hidden", "caché")}
