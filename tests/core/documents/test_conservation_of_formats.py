"""Nothing visible is lost in any format: a word of its own in each place of a generated file is found again.

Each format has a table of shapes, one for each place where a word can be seen; files of any of them in any
order are read.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.documents.document import Document
from core.documents.file_reader import read
from tests.core.documents import make

Shapes = tuple[str, ...]
ODF = "urn:oasis:names:tc:opendocument:xmlns:"
_SPACES = " ".join(
    f'xmlns:{name}="{ODF}{name}:1.0"'
    for name in ("office", "style", "text", "table", "presentation", "chart", "form")
)
SPACES = f'{_SPACES} xmlns:draw="{ODF}drawing:1.0" xmlns:svg="svg" xmlns:xlink="xlink" xmlns:dc="dc"'

ODF_BOXES: Shapes = (
    "<draw:frame><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>",
    "<draw:frame><svg:title>{}</svg:title><svg:desc>{}</svg:desc></draw:frame>",
    "<draw:custom-shape><text:p>{}</text:p></draw:custom-shape>",
    "<draw:g><draw:rect><text:p>{}</text:p></draw:rect><draw:connector><text:p>{}</text:p></draw:connector>"
    "</draw:g>",
    "<draw:path><text:p>{}</text:p></draw:path>",
    "<draw:inconnu><text:p>{}</text:p></draw:inconnu>",
    '<draw:frame><draw:object xlink:href="./Object 1"/></draw:frame>',
)
ODT: Shapes = (
    *(f"<text:p>{box}</text:p>" for box in ODF_BOXES),
    '<text:h text:outline-level="1">{}</text:h>',
    "<text:p>{}<text:span>{}</text:span><text:note><text:note-body><text:p>{}</text:p></text:note-body>"
    "</text:note>"
    "</text:p>",
    "<text:p><office:annotation><text:p>{}</text:p></office:annotation></text:p>",
    "<text:p><text:ruby><text:ruby-base>{}</text:ruby-base><text:ruby-text>{}</text:ruby-text>"
    "</text:ruby></text:p>",
    "<text:list><text:list-header><text:p>{}</text:p></text:list-header><text:list-item><text:p>{}</text:p>"
    "</text:list-item></text:list>",
    "<text:numbered-paragraph><text:p>{}</text:p></text:numbered-paragraph>",
    '<text:section text:display="none"><text:p>{}</text:p></text:section>',
    "<table:table><table:table-row><table:table-cell><text:p>{}</text:p><table:table><table:table-row>"
    "<table:table-cell><text:p>{}</text:p></table:table-cell></table:table-row></table:table>"
    "</table:table-cell>"
    "<table:table-cell><text:p>{}</text:p></table:table-cell></table:table-row></table:table>",
    "<text:table-of-content><text:index-body><text:p>{}</text:p></text:index-body></text:table-of-content>",
    '<office:forms><form:form><form:button form:label="{}"/><form:text form:current-value="{}"/></form:form>'
    "</office:forms>",
)
ODS: Shapes = (
    *(f"<table:shapes>{box}</table:shapes>" for box in ODF_BOXES),
    "<table:table-row><table:table-cell><text:p>{}</text:p><text:p>{}</text:p></table:table-cell>"
    "</table:table-row>",
    "<table:table-row><table:table-cell><office:annotation><text:p>{}</text:p></office:annotation>"
    "</table:table-cell>"
    "</table:table-row>",
    '<table:table-row table:visibility="collapse"><table:table-cell><text:p>{}</text:p></table:table-cell>'
    "</table:table-row>",
    f"<table:table-row><table:table-cell>{ODF_BOXES[0]}</table:table-cell></table:table-row>",
    "<table:desc>{}</table:desc>",
)
ODP: Shapes = (
    *ODF_BOXES,
    '<draw:frame presentation:class="title"><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>',
    "<draw:frame><table:table><table:table-row><table:table-cell><text:p>{}</text:p></table:table-cell>"
    "</table:table-row></table:table></draw:frame>",
    "<office:annotation><text:p>{}</text:p></office:annotation>",
    '<presentation:notes><draw:frame presentation:class="notes"><draw:text-box><text:p>{}</text:p>'
    "</draw:text-box>"
    "</draw:frame></presentation:notes>",
    '<presentation:notes><draw:frame presentation:class="header"><draw:text-box><text:p>{}</text:p>'
    "</draw:text-box></draw:frame></presentation:notes>",
)
DRAWN = "<a:p><a:r><a:t>{}</a:t></a:r></a:p>"
SHAPE = (
    '<p:sp><p:nvSpPr><p:cNvPr descr="{}"/><p:nvPr>%s</p:nvPr></p:nvSpPr><p:txBody>'
    + DRAWN
    + "</p:txBody></p:sp>"
)
PPTX: Shapes = (
    SHAPE % "",
    SHAPE % '<p:ph type="title"/>',
    SHAPE % '<p:ph type="ftr"/>',
    SHAPE % '<p:ph type="body"/>',
    f"<p:grpSp>{SHAPE % ''}<p:grpSp>{SHAPE % ''}</p:grpSp></p:grpSp>",
    f"<p:graphicFrame><a:tbl><a:tr><a:tc>{DRAWN}</a:tc><a:tc>{DRAWN}</a:tc></a:tr></a:tbl></p:graphicFrame>",
    f"<p:inconnu>{DRAWN}</p:inconnu>",
    f"<mc:AlternateContent><mc:Choice>{SHAPE % ''}</mc:Choice></mc:AlternateContent>",
)
XLSX: Shapes = (
    '<row><c t="inlineStr"><is><t>{}</t></is></c></row>',
    '<row hidden="1"><c t="inlineStr"><is><r><t>{}</t></r><r><t> {}</t></r></is></c></row>',
    '<row><c t="str"><f>A1</f><v>{}</v></c></row>',
)
RTF: Shapes = (
    "{}\\par ", "{{\\header {}}}", "{{\\footerf {}}}", "{{\\footnote {}}}", "{{\\v {}}}",
    "{{\\*\\annotation {}}}",
    "{{\\field{{\\*\\fldinst X}}{{\\fldrslt {}}}}}\\par ", "\\trowd\\intbl {}\\cell {}\\cell\\row\\pard ",
    "{{\\shp{{\\*\\shpinst{{\\sp{{\\sn wzDescription}}{{\\sv {}}}}}{{\\shptxt {}\\par}}}}}}",
    "{{\\object{{\\*\\objdata 00}}{{\\result {}}}}}\\par ", "{{\\*\\mmath{{\\*\\moMath{{\\mr {}}}}}}}",
    "{{\\listtext 1.\\tab}}{}\\par ",
)  # fmt: skip
MARKDOWN: Shapes = (
    "# {}\n\n", "{}\n", "| {} | {} |\n| --- | --- |\n| {} | {} |\n", "```\n{}\n```\n", "> {}\n\n",
                    "- {}\n", "![{}](x.png)\n", "<b>{}</b>\n", "[^1]: {}\n", "{}\n===\n",
                    "<!-- {} -->\n")  # fmt: skip
CSV: Shapes = ("{};{}\n", '"{} ""{}""";{}\n', '"{}\n{}";x\n', ";;{}\n", "{}\n")


def odf(kind: str, body: str) -> bytes:
    """An OpenDocument around its body, with a chart that may be shown in it and a master with words."""
    chart = (
        f"<office:document-content {SPACES}><office:body><chart:chart><chart:title><text:p>mot9001</text:p>"
        "</chart:title><chart:axis><chart:title><text:p>mot9002</text:p></chart:title></chart:axis>"
        "<table:table><table:table-row><table:table-cell><text:p>mot9003</text:p></table:table-cell>"
        "</table:table-row></table:table></chart:chart></office:body></office:document-content>"
    )
    master = (
        f"<office:document-styles {SPACES}><office:master-styles><style:master-page><style:header>"
        "<text:p>mot9004</text:p></style:header><draw:custom-shape><text:p>mot9005</text:p></draw:custom-shape>"
        "</style:master-page></office:master-styles></office:document-styles>"
    )
    return make.zipped(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "META-INF/manifest.xml": "<m/>",
            "content.xml": f"<office:document-content {SPACES}><office:body>{body}</office:body>"
            "</office:document-content>",
            "styles.xml": master,
            "Object 1/content.xml": chart,
        }
    )


def odt(shapes: str) -> bytes:
    return odf("text", f"<office:text>{shapes}</office:text>")


def ods(shapes: str) -> bytes:
    return odf("spreadsheet", f"<office:spreadsheet><table:table>{shapes}</table:table></office:spreadsheet>")


def odp(shapes: str) -> bytes:
    return odf("presentation", f"<office:presentation><draw:page>{shapes}</draw:page></office:presentation>")


def pptx(shapes: str) -> bytes:
    """A presentation of one slide."""
    space = f'xmlns:p="p" xmlns:a="a" xmlns:mc="mc" xmlns:r="{make.OFFICE}"'
    types = (
        f'<Types xmlns="{make.PACKAGE}/content-types"><Override PartName="/ppt/presentation.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"/></Types>'
    )
    relations = (
        f'<Relationships xmlns="{make.PACKAGE}/relationships"><Relationship Id="r1" Type="{make.OFFICE}/%s"'
    )
    return make.zipped(
        {
            "[Content_Types].xml": types,
            "_rels/.rels": relations % "officeDocument" + ' Target="ppt/presentation.xml"/></Relationships>',
            "ppt/presentation.xml": f'<p:presentation {space}><p:sldIdLst><p:sldId r:id="r1"/></p:sldIdLst>'
            "</p:presentation>",
            "ppt/_rels/presentation.xml.rels": relations % "slide"
            + ' Target="slides/slide1.xml"/></Relationships>',
            "ppt/slides/slide1.xml": f"<p:sld {space}><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:sld>",
            "ppt/notesMasters/notesMaster1.xml": f"<p:x {space}><p:sp><p:txBody>"
            + DRAWN.format("mot9006")
            + "</p:txBody></p:sp></p:x>",
        }
    )


def rtf(shapes: str) -> bytes:
    return ("{\\rtf1\\ansi " + shapes + "}").encode()


FORMATS: dict[str, tuple[Shapes, Callable[[str], bytes]]] = {
    "odt": (ODT, odt), "ods": (ODS, ods), "odp": (ODP, odp), "pptx": (PPTX, pptx), "xlsx": (XLSX, make.xlsx),
    "rtf": (RTF, rtf), "md": (MARKDOWN, str.encode), "csv": (CSV, str.encode),
}  # fmt: skip


def words_of(document: Document) -> set[str]:
    """The words of a document, wherever they stand."""
    texts = [each.to_markdown() for each in document.walk()]
    texts += [place.text for each in document.walk() for place in each.places]
    texts += [value for each in document.walk() for value in each.properties.values()]
    return set(re.findall(r"mot\d+", " ".join(texts)))


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_no_word_of_a_file_is_lost(name: str, data: st.DataObject) -> None:
    """Whatever shapes of its format stand in it, in whatever order."""
    shapes, made_of = FORMATS[name]
    numbers = itertools.count()
    chosen = data.draw(st.lists(st.sampled_from(shapes), min_size=1, max_size=8))
    text = "".join(
        shape.format(*(f"mot{next(numbers)}" for _ in range(shape.count("{}")))) for shape in chosen
    )
    document = read(made_of(text), name=f"a.{name}")
    expected = set(re.findall(r"mot\d+", text))
    if "Object 1" in text:
        expected |= {"mot9001", "mot9002", "mot9003"}
    if name.startswith("od"):
        expected |= {"mot9004", "mot9005"}
    if name == "pptx":
        expected.add("mot9006")
    assert expected <= words_of(document)


MAIL: tuple[tuple[str, str], ...] = (
    ("plain", "text/plain"), ("html", "text/html"), ("alternative", "text/html"), ("csv", "text/csv"),
    ("markdown", "text/markdown"), ("calendar", "text/calendar"), ("mail", "message/rfc822"),
)  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(MAIL), max_size=6))
def test_no_word_of_a_mail_is_lost(parts: list[tuple[str, str]]) -> None:
    """Header fields, each alternative, and files of any kind within."""
    numbers = itertools.count()

    def word() -> str:
        return f"mot{next(numbers)}"

    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = word(), f"{word()} <a@b.example>", f"{word()} <c@d.example>"
    mail.set_content(f"{word()}\n\n> {word()}\n\n-- \n{word()}\n")
    for kind, described in parts:
        if kind == "alternative" and mail.get_content_maintype() == "text":
            mail.add_alternative(f"<p>{word()}</p>", subtype="html")
        elif kind == "mail":
            inner = EmailMessage()
            inner["Subject"] = word()
            inner.set_content(word())
            mail.add_attachment(inner)
        elif kind == "calendar":
            event = f"SUMMARY:{word()}\r\nATTENDEE;CN={word()}:mailto:a@b.example\r\nCOMMENT:{word()}\r\n"
            ics = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{event}END:VEVENT\r\nEND:VCALENDAR\r\n"
            mail.add_attachment(ics.encode(), maintype="text", subtype="calendar", filename="a.ics")
        else:
            main, _, sub = described.partition("/")
            mail.add_attachment(word().encode(), maintype=main, subtype=sub, filename=f"{word()}.txt")
    document = read(bytes(mail), name="a.eml")
    names = {found for each in document.walk() for found in re.findall(r"mot\d+", each.name)}
    assert {f"mot{number}" for number in range(next(numbers))} <= words_of(document) | names


PDF: Shapes = (
    "BT /F1 11 Tf 72 {y} Td ({}) Tj ET",
    "BT /F2 16 Tf 72 {y} Td ({}) Tj ET",
    "BT /F1 9 Tf 72 {y} Td ({}) Tj 220 0 Td ({}) Tj ET",
    "BT /F1 11 Tf 0 1 -1 0 {x} 300 Tm ({}) Tj ET",
    "BT /F1 11 Tf -1 0 0 -1 400 {y} Tm ({}) Tj ET",
    "BT /F1 40 Tf 0.7 0.7 -0.7 0.7 200 {y} Tm ({}) Tj ET",
    "1 g BT /F1 11 Tf 72 {y} Td ({}) Tj ET 0 g",
    "q 3 Tr BT /F1 11 Tf 72 {y} Td ({}) Tj ET Q",
    "0 0 1 rg 60 {y} 200 20 re f 1 g BT /F1 11 Tf 72 {y} Td ({}) Tj ET 0 g",
    "72 {y} m 300 {y} l S BT /F1 11 Tf 72 {y} Td ({}) Tj ET",
    "BT /F1 0.6 Tf 72 {y} Td ({}) Tj ET",
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(PDF), max_size=20), min_size=1, max_size=6),
    st.sampled_from((0, 90, 180)),
)
def test_no_word_of_a_pdf_is_lost(pages: list[list[str]], rotate: int) -> None:
    """Text of any direction, size and colour, on pages of any kind; what repeats at edges is told once."""
    numbers = itertools.count()
    drawings: list[str] = []
    said: list[str] = []
    for shapes in pages:
        content: list[str] = []
        for row, shape in enumerate(shapes):
            words = [f"mot{next(numbers)}" for _ in range(shape.count("({})"))]
            filled = shape.replace("({})", "(%s)").format(y=800 - 37 * row, x=20 + 27 * row)
            content.append(filled % tuple(words))
            said += words
        drawings.append(" ".join(content))
    body = [make.lines(["Le service examine chaque demande."], y=60)] * len(pages)
    document = read(make.pdf(body, drawings=drawings, rotate=rotate), name="a.pdf")
    assert set(said) <= words_of(document)
