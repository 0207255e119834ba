"""No file costs more than its length: every reader of texts is linear on hostile ones."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable

import pytest

from core.documents.file_reader import read
from core.documents.mail.incoming import read as read_mail
from tests.core.documents import make
from tests.core.documents.unusual_office import pptx
from tests.rig.growth import LIMIT, assert_linear, cpu, ratio

LENGTH = 100_000
HEAD = "From: a@b.example\nTo: c@d.example\nSubject: x\n"

UNITS = {
    "backticks": "`", "marks": "# ", "hashes": "#", "bars": "|", "cells": "| a ", "semicolons": ";",
    "quoted": ">", "quoted lines": ">\n", "empty lines": "\n", "spaces": " ", "blank lines": " \n",
    "tabs": "\t", "stars": "**a ", "brackets": "[", "links": "[a](", "underlines": "=\n", "dashes": "-\n",
    "senders": "De : a@b.fr\n", "attributions": "Le 3 mars 2026, a@b.fr a écrit :\n", "dates": "Le 3 mars ",
    "forwards": "-----Message transféré-----\n", "signatures": "-- \n", "headers": "Subject: x\n",
    "open fields": '"a;', "quotes": '"', "form feeds": "\f", "returns": "\r", "nulls": "\0a",
    "capitals": "SECRET ", "openings": "<", "comments": "<!--", "paragraphs": "<p>a", "entities": "&",
    "fences": "```\n~~~\n", "setext": "a\n==\n", "soft hyphens": "\xad", "accents": "é́",
    "encoded words": "=?utf-8?q?a?=", "base64 words": "=?utf-8?b?", "folds": "a=\n", "rows": "<tr><td>a",
    "groups": "{", "controls": "\\a", "unicode": "\\u233?", "options": "<select><option>a",
    "styles": "<style>", "sections": "<![CDATA[", "strings of CSS": "content:\\\"",
    "templates": "<template>a", "scripts": "<script>a</script>",
    "kept data": ' data-a="', "bare data": " data-a=a",
    "instructions": "<?a ", "overrides": "rtl <a bidi-override ",
    "closings": "cdt\n", "lines": "a\n", "matter": "a:\n b\n", "lists of matter": "- a\n \n",
    "armours": "-----BEGIN PGP SIGNED MESSAGE-----\n\na\n",
    "heads of armours": "-----BEGIN PGP SIGNED MESSAGE-----\n",
}  # fmt: skip
READERS: dict[str, Callable[[str], object]] = {
    "text": lambda text: read(text.encode(), name="a.txt"),
    "markdown": lambda text: read(f"# T\n\n# U\n\n{text}".encode(), name="a.md"),
    "table": lambda text: read(f"a;b\n{text}".encode(), name="a.csv"),
    "matter": lambda text: read(f"---\na: b\n{text}".encode(), name="a.md"),
    "style": lambda text: read(f'<html><style>p {{ content: "{text}</style><p>x'.encode(), name="a.html"),
    "html": lambda text: read(f"<html><body><p>x {text}".encode(), name="a.html"),
    "rtf": lambda text: read(f"{{\\rtf1 {text}".encode(), name="a.rtf"),
    "mail": lambda text: read(f"{HEAD}\n{text}".encode(), name="a.eml"),
    "question by mail": lambda text: read_mail(f"{HEAD}\n{text}".encode()),
    "header": lambda text: read(f"{HEAD}X-A: {' '.join(text.split())}\n\nx".encode(), name="a.eml"),
}


def alternative(text: str) -> bytes:
    """A mail of which an HTML form is not shown."""
    forms = ("text/plain", "x"), ("text/html", f"<p>x</p>{text}")
    parts = "".join(f"--b\nContent-Type: {kind}\n\n{body}\n" for kind, body in forms)
    return f"{HEAD}Content-Type: multipart/alternative; boundary=b\n\n{parts}--b--\n".encode()


def pdf(objects: str) -> bytes:
    return make.pdf_of(
        [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
         b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>", objects.encode("latin-1")]
    )  # fmt: skip


def packed(places: str) -> bytes:
    head = places.encode()
    return pdf(make.stream(head + head, b"/Type/ObjStm/First %d" % len(head)).decode("latin-1"))


def shapes(count: int) -> bytes:
    """Heads of shapes, each of which says that its text reaches to the end."""
    heads = b"".join(
        b"\x13\0\x0b\xf0" + (12 * (count - n) - 8).to_bytes(4, "little") + b"\xc0\x80" + b"\xff\xff"
        for n in range(count)
    )  # fmt: skip
    return make.compound({"WordDocument": b"\xec\xa5" + bytes(900), "1Table": heads, "Data": b""})


def pieces(count: int, *, runs: bool = False) -> bytes:
    """A text of Word 97 of many pieces, each the same; or of which many runs have a format."""
    data = bytearray(0x1000)
    data[:2], data[0x0A:0x0C] = b"\xec\xa5", b"\0\2"
    size, pages = (2, count // 50) if runs else (4 * count, 0)
    data += b"a" * (4 * count)
    data += bytes(-len(data) % 512)
    places = struct.pack(f"<{count + 1}I", *range(0, size * count + 1, size))
    text = b"\2" + struct.pack("<I", 12 * count + 4) + places
    text += struct.pack("<HIH", 0, 0x40000000 | 0x1000 << 1, 0) * count
    table = struct.pack(
        f"<{2 * pages + 1}I", *range(pages + 1), *range(len(data) // 512, len(data) // 512 + pages)
    )
    page = struct.pack("<81I", *[0x1001] * 80, 0x1002) + b"\xfc" * 80 + bytes(100)
    data += (page + b"\3\x3c\x08\1" + bytes(3) + b"\x50") * pages
    struct.pack_into("<i", data, 0x4C, size * count)
    struct.pack_into("<Ii", data, 0x1A2, 0, len(text))
    struct.pack_into("<Ii", data, 0xFA, len(text), len(table))
    return make.compound({"WordDocument": bytes(data), "1Table": text + table})


def sheets(count: int) -> bytes:
    """A workbook that names as many sheets, and begins as many, none of them named."""
    named = b"".join(b"\x85\0\5\0" + (1 << 30 | n).to_bytes(4, "little") + b"\0" for n in range(count))
    return make.compound({"Workbook": named + b"\x09\x08\0\0" * count})


def drawn(count: int) -> bytes:
    """A text with one drawing of 100 kB, shown many times."""
    blip = '<w:p><w:r><w:drawing><blip r:embed="r1"/></w:drawing></w:r></w:p>'
    relation = make.PACKAGE + "/relationships"
    parts = {
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{relation}"><Relationship Id="r1" '
        f'Type="{make.OFFICE}/image" Target="media/a.svg"/></Relationships>',
        "word/media/a.svg": "<svg><text>" + "<!--a-->" * 12_000 + "</text></svg>",
    }
    return make.docx(blip * count, parts)


def styled(count: int) -> bytes:
    """Styles that are based on one that says as many things."""
    styles = f'<w:style w:styleId="b"><w:rPr>{"<w:x/>" * count}</w:rPr></w:style>' + "".join(
        f'<w:style w:styleId="s{n}"><w:basedOn w:val="b"/></w:style>' for n in range(count)
    )
    runs = "".join(
        f'<w:p><w:r><w:rPr><w:rStyle w:val="s{n}"/></w:rPr><w:t>a</w:t></w:r></w:p>' for n in range(count)
    )
    parts = {"word/styles.xml": f'<w:styles xmlns:w="{make.W}">{styles}</w:styles>'}
    return make.docx(runs, parts, kinds={"word/styles.xml": "styles"})


def odf_styled(count: int) -> bytes:
    """The same as one file of an OpenDocument, by attributes."""
    said = " ".join(f'a{n}="1"' for n in range(count))
    styles = f'<s:style s:name="b"><s:text-properties {said}/></s:style>' + "".join(
        f'<s:style s:name="s{n}" s:parent-style-name="b"/>' for n in range(count)
    )
    spans = "".join(f'<t:span t:style-name="s{n}">a</t:span>' for n in range(count))
    urn = "urn:oasis:names:tc:opendocument:xmlns:"
    return (
        f'<o:document xmlns:o="{urn}office:1.0" xmlns:t="{urn}text:1.0" xmlns:s="{urn}style:1.0" '
        f'o:mimetype="application/vnd.oasis.opendocument.text"><o:styles>{styles}</o:styles>'
        f"<o:body><o:text><t:p>{spans}</t:p></o:text></o:body></o:document>"
    ).encode()


def columns(count: int) -> bytes:
    """Lines far apart in two columns of the highest page, written across."""
    return written(
        f"BT /F1 1 Tf {x} {14_000 - n * 13_900 / count:.2f} Td (mot suite) Tj ET "
        for n in range(count // 8)
        for x in (50, 150, 300, 400)
    )


def scattered(count: int) -> bytes:
    """Rows of two words on the highest page, each row farther to the right: nothing stands in columns."""
    return written(
        f"BT /F1 9 Tf {50 + 7 * row % 60 + side} {14_000 - row * 28_000 / count:.2f} Td (mot{row}) Tj ET "
        for row in range(count // 2)
        for side in (0, 60)
    )


def written(lines: Iterable[str]) -> bytes:
    """The highest page with these operators."""
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    page = (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 14400 14400]/Contents 5 0 R"
        b"/Resources<</Font<</F1 3 0 R>>>>>>"
    )
    kids = b"<</Type/Pages/Count 1/Kids[4 0 R]>>"
    contents = make.stream("".join(lines).encode())
    return make.pdf_of([b"<</Type/Catalog/Pages 2 0 R>>", kids, font, page, contents])


def slide(shapes: str) -> bytes:
    return pptx(shapes, book='<p:sldSz cx="9000" cy="9000"/>')


def alike(count: int) -> bytes:
    """Slides of one layout, which refers to many files and has many shapes."""
    name, layout = "ppt/slides/s{}.xml", "ppt/slideLayouts/l.xml"
    slides = range(count // 4)
    parts = {
        "ppt/presentation.xml": "<p:presentation><p:sldIdLst>"
        + "".join(f'<p:sldId r:id="q{n}"/>' for n in slides)
        + "</p:sldIdLst></p:presentation>",
        layout
        + "".join(f"<{name.format(n)}#r slideLayout" for n in slides): "<p:sldLayout><p:cSld><p:spTree>"
        f"{PLACED * count}</p:spTree></p:cSld></p:sldLayout>",
        **{f"ppt/media/{n}.png<{layout}#r{n} image": "" for n in range(count)},
        **{
            f"{name.format(n)}<ppt/presentation.xml#q{n} slide": "<p:sld><p:cSld><p:spTree>"
            f"<p:sp>{BODY}</p:sp></p:spTree></p:cSld></p:sld>"
            for n in slides
        },
    }
    return pptx("", parts)


PLACED = '<p:sp><p:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="9" cy="9"/></a:xfrm></p:spPr></p:sp>'
X = "<a:x/>" * 10
RUN = "<a:r><a:t>a</a:t></a:r>"
BODY = f"<p:txBody><a:p>{RUN}</a:p></p:txBody>"
FILES: dict[str, Callable[[int], bytes]] = {
    "slides of one layout": lambda n: alike(n),
    "pieces of one text": lambda n: pieces(n),
    "runs at one place": lambda n: pieces(n, runs=True),
    "shapes of a group": lambda n: slide(f"<p:grpSp>{X * n}{PLACED * n}</p:grpSp>"),
    "runs of a slide": lambda n: slide(f"<p:sp><p:txBody><a:p>{X * n}{RUN * n}</a:p></p:txBody></p:sp>"),
    "paragraphs of a slide": lambda n: slide(
        f"<p:sp><p:txBody>{X * n}{f'<a:p>{RUN}</a:p>' * n}</p:txBody></p:sp>"
    ),
    "texts of a shape": lambda n: slide(f"<p:sp>{X * n}{BODY * n}</p:sp>"),
    "levels of a text": lambda n: slide(
        f"<p:sp><p:txBody><a:lstStyle>{X * n}</a:lstStyle>{f'<a:p>{RUN}</a:p>' * n}</p:txBody></p:sp>"
    ),
    "writing by hand": lambda n: slide(
        f"<mc:AlternateContent>{'<p:contentPart/>' * 8 * n}<mc:Fallback/></mc:AlternateContent>"
    ),
    "inks of letters": lambda n: make.docx(
        f"<w:p><w:r><w:rPr>{'<w:textFill><w:noFill/></w:textFill>' * 20 * n}</w:rPr><w:t>a</w:t></w:r></w:p>"
    ),
    "quotes of a field": lambda n: make.docx(
        f"<w:p><w:r><w:instrText>IF{' “' * 2 * n}</w:instrText><w:t>a</w:t></w:r></w:p>"
    ),
    "matter that ends nowhere": lambda n: b"---\n" + b"a: b\n\tb\n" * n + b"x",
    "matter without colons": lambda n: b"---\n" + b"- -\n" * n + b"x",
    "sections of an other form": lambda n: alternative("<![CDATA[" * n),
    "nested other form": lambda n: alternative("<div>" * n),
    "files in a text": lambda n: f"{HEAD}\n".encode() + b"begin 644 a\n#86)C\n" * n,
    "files with one end": lambda n: f"{HEAD}\n".encode() + b"begin 644 a\n#86)C\n" * n + b"end\n",
    "brackets of a string": lambda n: pdf("<</TU(" + "(" * n + "/TU(" * n + ">>"),
    "balanced brackets": lambda n: pdf("<</TU" + "(" * n + ")" * n + "/TU()>>"),
    "arrays of strings": lambda n: pdf("<<" + "/Opt[(a)" * n + ">>"),
    "arrays of pages": lambda n: pdf("<<" + "/Kids[1 0 R " * n + ">>"),
    "spaces before a string": lambda n: pdf("<</TU" + " " * n + "/TU" + " " * n + ">>"),
    "objects at one place": lambda n: packed("".join(f"{k} {n - k} " for k in range(n))),
    "shapes": lambda n: shapes(n),
    "sheets": lambda n: sheets(n),
    "drawings": lambda n: drawn(n),
    "styles of one": lambda n: styled(n),
    "styles of one in an OpenDocument": lambda n: odf_styled(n),
    "attributes of an element": lambda n: (
        f"<a xmlns='b'><b {' '.join(f'c{k}={k!r}' for k in map(str, range(4 * n)))}/>d</a>".encode()
    ),
    "elements of one name": lambda n: b"<a xmlns='b'>" + b"<b c='1'><d>2</d></b>" * n + b"</a>",
    "elements in each other": lambda n: (
        b"<a xmlns='b'>" + (b"<b>" * 99 + b"</b>" * 99 + b"<c/>") * n + b"</a>"
    ),
    "lines far apart": lambda n: columns(n),
    "scattered words": lambda n: scattered(n),
    "spaces in CSS": lambda n: b"<p style='color:rgb(1 1 1" + b" " * n + b"x'>a" + b"<p>b" * n,
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", UNITS)
def test_four_times_the_text_is_four_times_the_work(kind: str, reader: str) -> None:
    """CPU of 100 kB beside that of 25 kB: what is quadratic would be sixteen times as long."""
    unit = UNITS[kind]
    assert_linear(READERS[reader], unit * (LENGTH // len(unit)), enough=0.1)


@pytest.mark.parametrize("kind", FILES)
def test_four_times_the_file_is_four_times_the_work(kind: str) -> None:
    """CPU of a file of units beside that of one of four times as many, as soon as it can be measured: what is
    quadratic takes sixteen times as long, what is exponential never ends."""
    count = 500
    while count < 32_000 and cpu(read_as_any, FILES[kind](count)) < 0.035:
        count *= 2
    if count < 32_000:
        large = FILES[kind](4 * count)
        assert ratio(read_as_any, FILES[kind](count), large, cpu(read_as_any, large)) < LIMIT


def read_as_any(data: bytes) -> object:
    return read(data, name="a")
