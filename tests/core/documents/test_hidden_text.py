"""Text that people cannot see is not in the text: it stands in a place of its own, where it is assessed.

Each file says « VISIBLE », which is read; what only a program sees says « CACHE », what is seen in an unusual
way « CLAIR ».
"""

from __future__ import annotations

import pytest

from core.documents.file_reader import read
from tests.core.documents import make
from tests.core.documents.unusual_office import pptx

_HIDDEN = "CACHE consigne"
_SEEN = "CLAIR texte"


def _pdf(content: str, resources: bytes = b"", catalogue: bytes = b"", *objects: bytes) -> bytes:
    lines = (
        "BT /F1 11 Tf 72 700 Td (VISIBLE ligne de texte) Tj ET BT /F1 11 Tf 72 680 Td (et une autre) Tj ET "
    )
    return make.pdf_of(
        [
            b"<</Type/Catalog/Pages 2 0 R%s>>" % catalogue,
            b"<</Type/Pages/Count 1/Kids[4 0 R]>>",
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 5 0 R"
            b"/Resources<</Font<</F1 3 0 R>>%s>>>>" % resources,
            make.stream((lines + content).encode("cp1252")),
            *objects,
        ]
    )


def _shown(text: str, size: float = 11, y: int = 600) -> str:
    return f"BT /F1 {size} Tf 72 {y} Td ({text}) Tj ET "


_INK = b"/ExtGState<</G0<</ca 0>>/G1<</BM/Multiply>>>>"
_LAYER = (
    b"/Properties<</L 6 0 R>>",
    b"/OCProperties<</OCGs[6 0 R]/D<</OFF[6 0 R]>>>>",
    b"<</Type/OCG/Name(x)>>",
)
_BOX = "60 590 300 30 re f "


def _form(content: str) -> bytes:
    """A drawing that pages show as a whole."""
    resources = b"/Resources<</Font<</F1 3 0 R>>/XObject<</Y 7 0 R>>%s>>" % _INK
    return make.stream(
        content.encode(), b"/Subtype/Form/BBox[0 0 595 842]/Group<</S/Transparency>>" + resources
    )


_DO = b"/XObject<</X 6 0 R>>" + _INK
_PDFS = {
    "white": _pdf("1 g " + _shown(_HIDDEN)),
    "nearly white": _pdf("0.985 g " + _shown(_HIDDEN)),
    "without ink": _pdf("3 Tr " + _shown(_HIDDEN)),
    "tiny": _pdf(_shown(_HIDDEN, 1)),
    "covered in white": _pdf(_shown(_HIDDEN) + "1 g " + _BOX),
    "covered in black": _pdf(_shown(_HIDDEN) + "0 g " + _BOX),
    "covered by a picture": _pdf(
        _shown(_HIDDEN) + "q 300 0 0 30 60 590 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \xff EI Q"
    ),
    "blue on blue": _pdf("0 0 1 rg " + _BOX + _shown(_HIDDEN)),
    "black on black": _pdf("0 g " + _BOX + _shown(_HIDDEN)),
    "transparent": _pdf("/G0 gs " + _shown(_HIDDEN), _INK),
    "cut off": _pdf("q 10 10 5 5 re W n " + _shown(_HIDDEN) + "Q"),
    "on a layer that is off": _pdf("/OC /L BDC " + _shown(_HIDDEN) + "EMC", *_LAYER),
    "in a transparent drawing": _pdf("/G0 gs /X Do", _DO, b"", _form(_shown(_HIDDEN))),
    "in a drawing within one": _pdf("/X Do", _DO, b"", _form("/G0 gs /Y Do"), _form(_shown(_HIDDEN))),
    "seen: in a drawing": _pdf("/G1 gs /X Do", _DO, b"", _form(_shown(_SEEN))),
    "off the page": _pdf(_shown(_HIDDEN, y=-100)),
    "seen: white on black": _pdf("0 g " + _BOX + "1 g " + _shown(_SEEN)),
    "seen: on a light ground": _pdf("1 1 0.8 rg " + _BOX + "0 g " + _shown(_SEEN)),
    "seen: marked with a pen": _pdf(_shown(_SEEN) + "/G1 gs 1 1 0 rg " + _BOX, _INK),
}
_STYLES = (
    "color:#fff", "color:#00000000", "color:rgba(0,0,0,0)", "color:rgb(0 0 0 / 0)", "color:hsl(0,0%,100%)",
    "color:GhostWhite", "color:white !important", "font-size:1px", "font:1px/1 Arial", "font-size:calc(0px)",
    "position:absolute;left:-9999px", "position:absolute;top:-200vh", "margin-top:-5000px",
    "transform:translateX(-9999px)", "transform:scale(0)", "transform:rotateX(90deg)", "opacity:0",
    "opacity:0%",
    "filter:opacity(0)", "clip-path:circle(0)", "clip-path:inset(100%)", "content-visibility:hidden",
    "max-height:0;overflow-y:hidden", "background:#00f;color:#00f", "display: var(--x, none)",
    "-webkit-text-fill-color:transparent", "text-indent:-9999em",
)  # fmt: skip
_PAGES = {style: f'<p style="{style}">{_HIDDEN}</p>' for style in _STYLES} | {
    "font": f'<font color="#FFFFFE">{_HIDDEN}</font>',
    "attribute": f"<p hidden>{_HIDDEN}</p>",
    "closed dialog": f"<dialog>{_HIDDEN}</dialog>",
    "seen: open dialog": f"<dialog open>{_SEEN}</dialog>",
    "seen: details": f"<details><summary>plus</summary>{_SEEN}</details>",
    "seen: table on a dark ground": f'<table bgcolor="#000"><tr><td><font color=white>{_SEEN}</font></table>',
}


def _run(properties: str, text: str = _HIDDEN, paragraph: str = "") -> str:
    return f"<w:p><w:pPr>{paragraph}</w:pPr><w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r></w:p>"


def _cell(properties: str, text: str, table: str = "") -> str:
    white = _run('<w:color w:val="FFFFFF"/>', text)
    return (
        f"<w:tbl><w:tblPr>{table}</w:tblPr><w:tr><w:tc><w:tcPr>{properties}</w:tcPr>{white}</w:tc>"
        f"<w:tc>{_run('', 'deux')}</w:tc></w:tr></w:tbl>"
    )


_WHITE, _DARK = '<w:color w:val="FFFFFF"/>', '<w:shd w:val="clear" w:fill="003366"/>'
_INK = '<w14:textFill xmlns:w14="w14">{}</w14:textFill>'
_DOCX = {
    "white": _run(_WHITE),
    "tiny": _run('<w:sz w:val="2"/>'),
    "hidden": _run("<w:vanish/>"),
    "white by its style": _run('<w:rStyle w:val="white"/>'),
    "hidden by the style of another one": _run('<w:rStyle w:val="based"/>'),
    "tiny by the style of the paragraph": _run("", paragraph='<w:pStyle w:val="tiny"/>'),
    "black on black": _run('<w:color w:val="000000"/><w:shd w:val="clear" w:fill="000000"/>'),
    "white in a cell": _cell("", _HIDDEN),
    "without ink": _run(_INK.format("<w14:noFill/>")),
    "transparent": _run(_INK.format('<w14:solidFill><w14:alpha w14:val="100000"/></w14:solidFill>')),
    "seen: outlined": _run(_INK.format("<w14:noFill/>") + '<w14:textOutline xmlns:w14="w14"/>', _SEEN),
    "seen: nearly opaque": _run(
        _INK.format('<w14:solidFill><w14:alpha w14:val="5000"/></w14:solidFill>'), _SEEN
    ),
    "in lines": _run(_WHITE).replace(" consigne", '</w:t><w:br/><w:t xml:space="preserve"> consigne'),
    "seen: a shape in a white run": _run(_WHITE).replace(
        f"<w:t>{_HIDDEN}</w:t>", f"<w:txbxContent>{make.paragraph(_SEEN)}</w:txbxContent>"
    ),
    "seen: on a shade": _run(_WHITE + _DARK, _SEEN),
    "seen: in a shaded paragraph": _run(_WHITE, _SEEN, _DARK),
    "seen: highlighted": _run(_WHITE + '<w:highlight w:val="black"/>', _SEEN),
    "seen: in a shaded cell": _cell(_DARK, _SEEN),
    "seen: in a table of a shaded style": _cell("", _SEEN, '<w:tblStyle w:val="dark"/>'),
    "seen: hidden by its style only": _run('<w:rStyle w:val="hidden"/><w:vanish w:val="0"/>', _SEEN),
}
_WORD_STYLES = (
    f'<w:styles xmlns:w="{make.W}">'
    f'<w:style w:type="character" w:styleId="white"><w:rPr>{_WHITE}</w:rPr></w:style>'
    '<w:style w:type="character" w:styleId="hidden"><w:rPr><w:vanish/></w:rPr></w:style>'
    '<w:style w:type="character" w:styleId="based"><w:basedOn w:val="hidden"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="tiny"><w:rPr><w:sz w:val="2"/></w:rPr></w:style>'
    f'<w:style w:type="table" w:styleId="dark"><w:tcPr>{_DARK}</w:tcPr></w:style></w:styles>'
)
_RTF = {
    "white": rf"{{\cf1 {_HIDDEN}}}",
    "tiny": rf"{{\fs2 {_HIDDEN}}}",
    "hidden": rf"{{\v {_HIDDEN}}}",
    "seen: highlighted": rf"{{\cf1\highlight2 {_SEEN}}}",
}


def _doc(
    formats: bytes, text: str = _HIDDEN, *, mark: str = "\r", more: bytes = b"", boxed: bool = False
) -> bytes:
    return make.word97(f"VISIBLE{mark}", f"{text}\r", formats, more, boxed=boxed)


_VANISH, _WHITE_INK = b"\x3c\x08\1", b"\x70\x68\xff\xff\xff\0"
_DOC = {
    "hidden": _doc(_VANISH),
    "hidden in a cell": _doc(_VANISH, mark="\x07"),
    "tiny": _doc(b"\x43\x4a\2\0"),
    "white": _doc(_WHITE_INK),
    "white by its number": _doc(b"\x42\x2a\x08"),
    "hidden in a box": _doc(_VANISH, boxed=True),
    "seen: not hidden": _doc(b"\x3c\x08\0", _SEEN),
    "seen: white in a box": _doc(_WHITE_INK, _SEEN, boxed=True),
    "seen: white on a ground": _doc(_WHITE_INK + b"\x66\x48\x10\0", _SEEN),
    "seen: white in a mark": _doc(_WHITE_INK + b"\x0c\x2a\1", _SEEN),
    "seen: white in a cell": _doc(_WHITE_INK, _SEEN, mark="\x07"),
    "seen: white in a file with grounds": _doc(_WHITE_INK, _SEEN, more=b"\x4d\xc6"),
}
_BOX = '<a:xfrm><a:off x="{}" y="{}"/><a:ext cx="1000" cy="1000"/></a:xfrm>'
_WHITE_FILL = '<a:solidFill><a:srgbClr val="FFFFFF"/></a:solidFill>'
_PICTURE = f"<p:pic><p:spPr>{_BOX.format(0, 0)}</p:spPr></p:pic>"
_BLUE = '<a:solidFill><a:srgbClr val="003366"/></a:solidFill>'


def _slide(look: str = "", text: str = _HIDDEN, *, shape: str = "", body: str = "", level: int = 0) -> str:
    run = f'<a:p><a:pPr lvl="{level}"/><a:r><a:rPr {look}</a:rPr><a:t>{text}</a:t></a:r></a:p>'
    return f"<p:sp><p:spPr>{shape}</p:spPr><p:txBody>{body}{run}</p:txBody></p:sp>"


_GROUP = (
    '<p:grpSp><p:grpSpPr><a:xfrm><a:off x="{}" y="0"/><a:ext cx="2000" cy="2000"/><a:chOff x="0" y="0"/>'
    '<a:chExt cx="1000" cy="1000"/></a:xfrm></p:grpSpPr>{}</p:grpSp>'
)
_FRAME = f'<p:spPr>{_BOX.format(0, 0)}<a:noFill/><a:ln w="900000"/></p:spPr>'
_TURNED = (
    '<p:grpSp><p:grpSpPr><a:xfrm rot="5400000"><a:off x="2000" y="3000"/><a:ext cx="4000" cy="500"/>'
    '<a:chOff x="0" y="0"/><a:chExt cx="4000" cy="500"/></a:xfrm></p:grpSpPr><p:sp><p:spPr><a:xfrm>'
    f'<a:off x="0" y="0"/><a:ext cx="4000" cy="500"/></a:xfrm>{_BLUE}</p:spPr></p:sp></p:grpSp>'
)
_CELL = (
    f"<p:graphicFrame><a:tbl><a:tr><a:tc><a:txBody><a:p><a:r><a:rPr>{_BLUE}</a:rPr><a:t>{_HIDDEN}</a:t></a:r>"
    f"</a:p></a:txBody><a:tcPr>{_BLUE}</a:tcPr></a:tc></a:tr></a:tbl></p:graphicFrame>"
)
_PPTX = {
    "off the slide": _slide(">", shape=_BOX.format(9_000, 0)),
    "above the slide": _slide(">", shape=_BOX.format(0, -1_000)),
    "in a group off the slide": _GROUP.format(8_000, _slide(">", shape=_BOX.format(600, 0))),
    "in a hidden group": '<p:grpSp><p:nvGrpSpPr><p:cNvPr id="4" name="x" hidden="1"/></p:nvGrpSpPr>'
    f"<p:grpSp>{_slide('>')}</p:grpSp></p:grpSp>",
    "tiny": _slide('sz="100">'),
    "tiny by its box": _slide(
        ">", body='<a:lstStyle><a:lvl2pPr><a:defRPr sz="100"/></a:lvl2pPr></a:lstStyle>', level=1
    ),
    "tiny once it fits": _slide('sz="1000">', body='<a:bodyPr><a:normAutofit fontScale="10000"/></a:bodyPr>'),
    "without ink": _slide("><a:noFill/>"),
    "transparent": _slide(
        '><a:solidFill><a:srgbClr val="000000"><a:alpha val="0"/></a:srgbClr></a:solidFill>'
    ),
    "in the colour of its shape": _slide(f">{_BLUE}", shape=_BLUE),
    "in the colour of its cell": _CELL,
    "white on the slide": _slide(f">{_WHITE_FILL}"),
    "white beside a picture": _PICTURE + _slide(f">{_WHITE_FILL}", shape=_BOX.format(2_000, 2_000)),
    "white under a picture": _slide(f">{_WHITE_FILL}", shape=_BOX.format(100, 100)) + _PICTURE,
    "marked in its colour": _slide(f">{_BLUE}<a:highlight><a:srgbClr val='003366'/></a:highlight>"),
    "white without an outline": _slide(f"><a:ln><a:noFill/></a:ln>{_WHITE_FILL}"),
    "without ink and outline": _slide("><a:ln><a:noFill/></a:ln><a:noFill/>"),
    "white with a white outline": _slide(f"><a:ln>{_WHITE_FILL}</a:ln>{_WHITE_FILL}"),
    "white by its name": _slide('><a:solidFill><a:prstClr val="white"/></a:solidFill>'),
    "white that lets through": _slide(
        '><a:solidFill><a:srgbClr val="FFFFFF"><a:alpha val="50000"/></a:srgbClr></a:solidFill>'
    ),
    "white by its box": _slide(
        ">", body=f"<a:lstStyle><a:lvl1pPr><a:defRPr>{_WHITE_FILL}</a:defRPr></a:lvl1pPr></a:lstStyle>"
    ),
    "transparent in percent": _slide(
        '><a:solidFill><a:srgbClr val="000000"><a:alpha val="0%"/></a:srgbClr></a:solidFill>'
    ),
    "white in a link of its own colour": _slide(
        f'>{_WHITE_FILL}<a:hlinkClick><a:ext><x:hlinkClr xmlns:x="x" val="tx"/></a:ext></a:hlinkClick>'
    ),
    "seen: a link": _slide(f">{_WHITE_FILL}<a:hlinkClick/>", _SEEN),
    "seen: transparent with an outline": _slide(
        f'><a:ln>{_BLUE}</a:ln><a:solidFill><a:srgbClr val="0"><a:alpha val="0"/></a:srgbClr></a:solidFill>',
        _SEEN,
    ),
    "seen: white on a thick line": f"<p:cxnSp>{_FRAME}</p:cxnSp>"
    + _slide(f">{_WHITE_FILL}", _SEEN, shape=_BOX.format(100, 100)),
    "seen: white on a frame": f"<p:sp>{_FRAME}</p:sp>"
    + _slide(f">{_WHITE_FILL}", _SEEN, shape=_BOX.format(100, 100)),
    "seen: white on a turned group": _TURNED
    + _slide(f">{_WHITE_FILL}", _SEEN, shape=_BOX.format(3_500, 1_200)),
    "seen: white on a picture": _PICTURE + _slide(f">{_WHITE_FILL}", _SEEN, shape=_BOX.format(900, 900)),
    "seen: white somewhere": _PICTURE + _slide(f">{_WHITE_FILL}", _SEEN),
    "seen: white in a mark": _slide(f">{_WHITE_FILL}<a:highlight>{_BLUE[13:-14]}</a:highlight>", _SEEN),
    "seen: white with an outline": _slide(f"><a:ln>{_BLUE}</a:ln>{_WHITE_FILL}", _SEEN),
    "seen: white in a style": _slide(f">{_WHITE_FILL}", _SEEN).replace(
        "<p:txBody>",
        '<p:style><a:fillRef idx="1"><a:schemeClr val="accent1"/></a:fillRef></p:style><p:txBody>',
    ),
    "seen: at the edge": _slide(">", _SEEN, shape=_BOX.format(8_999, 0)),
    "seen: in a group": _GROUP.format(6_000, _slide(">", _SEEN, shape=_BOX.format(600, 0))),
    "seen: outlined": _slide("><a:ln/><a:noFill/>", _SEEN),
    "seen: on a shape": _slide('><a:solidFill><a:srgbClr val="FFFFFF"/></a:solidFill>', _SEEN, shape=_BLUE),
    "seen: small": _slide('sz="800">', _SEEN),
}
_COLOURS = r"\red255\green255\blue255;\red0\green0\blue0;"
_ODT = {
    "white": '<style:text-properties fo:color="#ffffff"/>',
    "tiny": '<style:text-properties fo:font-size="1pt"/>',
    "hidden": '<style:text-properties text:display="none"/>',
    "seen: on a ground": '<style:paragraph-properties fo:background-color="#003366"/>'
    '<style:text-properties fo:color="#ffffff"/>',
}
_INK_OF = '<style:text-properties fo:color="{}"/>'.format
_ODS = {
    "white": _INK_OF("#ffffff"),
    "white in a border": f'<style:table-cell-properties fo:border="1pt"/>{_INK_OF("#ffffff")}',
    "in the colour of its cell": '<style:table-cell-properties fo:background-color="#003366"/>'
    f"{_INK_OF('#003366')}",
    "hidden": '<style:text-properties text:display="none"/>',
    "seen: white in a dark cell": '<style:table-cell-properties fo:background-color="#003366"/>'
    f"{_INK_OF('#ffffff')}",
    "seen: white where a condition may colour the cell": f"{_INK_OF('#ffffff')}<style:map/>",
}
_FILL = '<style:graphic-properties draw:fill="{}" draw:fill-color="{}"/>'.format
_ODP = {
    "in the colour of its box": _FILL("solid", "#003366") + _INK_OF("#003366"),
    "hidden": '<style:text-properties text:display="none"/>',
    "seen: white on its box": _FILL("solid", "#003366") + _INK_OF("#ffffff"),
    "seen: white on a gradient": _FILL("gradient", "#ffffff") + _INK_OF("#ffffff"),
    "seen: white on what is not known": _INK_OF("#ffffff"),
}
_URN = "urn:oasis:names:tc:opendocument:xmlns:"


def _odt(name: str, properties: str) -> bytes:
    text = _SEEN if name.startswith("seen") else _HIDDEN
    return _odf(
        "text", properties, f'<text:p>VISIBLE <text:span text:style-name="S">{text}</text:span></text:p>'
    )


def _odf(kind: str, properties: str, body: str) -> bytes:
    """An OpenDocument in one file, with a style S of these properties."""
    spaces = "".join(
        f'xmlns:{name}="{_URN}{whole}:1.0" '
        for name, whole in (
            ("office", "office"), ("text", "text"), ("style", "style"), ("table", "table"),
            ("draw", "drawing"), ("presentation", "presentation"), ("fo", "xsl-fo-compatible"),
        )
    )  # fmt: skip
    return (
        f'<office:document {spaces}office:mimetype="application/vnd.oasis.opendocument.{kind}">'
        f'<office:automatic-styles><style:style style:name="S">{properties}</style:style>'
        f"</office:automatic-styles><office:body><office:{kind}>{body}</office:{kind}></office:body>"
        "</office:document>"
    ).encode()


def _ods(name: str, properties: str) -> bytes:
    text = _SEEN if name.startswith("seen") else _HIDDEN
    return _odf(
        "spreadsheet",
        properties,
        '<table:table table:name="F"><table:table-row><table:table-cell table:style-name="S" '
        f'table:number-columns-repeated="2" office:string-value="{text}"><text:p>{text}</text:p>'
        "</table:table-cell><table:table-cell><text:p>VISIBLE</text:p></table:table-cell></table:table-row>"
        "</table:table>",
    )


def _odp(name: str, properties: str) -> bytes:
    text = _SEEN if name.startswith("seen") else _HIDDEN
    box = "<draw:frame{}><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>".format
    shapes = box("", "VISIBLE") + box(' draw:style-name="S"', text)
    return _odf("presentation", properties, f"<draw:page>{shapes}</draw:page>")


def _docx(body: str) -> bytes:
    styles = {"word/styles.xml": _WORD_STYLES}
    return make.docx(make.paragraph("VISIBLE") + body, styles, kinds={"word/styles.xml": "styles"})


_FILES = {
    **{f"pdf {name}": data for name, data in _PDFS.items()},
    **{f"html {name}": f"<html><p>VISIBLE</p>{body}".encode() for name, body in _PAGES.items()},
    **{f"docx {name}": _docx(body) for name, body in _DOCX.items()},
    **{
        f"rtf {name}": rf"{{\rtf1{{\colortbl;{_COLOURS}}}VISIBLE\par {body}}}".encode()
        for name, body in _RTF.items()
    },
    **{
        f"pptx {name}": pptx(
            shapes + _slide(">", "VISIBLE", shape=_BOX.format(0, 0)), book='<p:sldSz cx="9000" cy="9000"/>'
        )
        for name, shapes in _PPTX.items()
    },
    **{f"doc {name}": data for name, data in _DOC.items()},
    **{f"odt {name}": _odt(name, properties) for name, properties in _ODT.items()},
    **{f"ods {name}": _ods(name, properties) for name, properties in _ODS.items()},
    **{f"odp {name}": _odp(name, properties) for name, properties in _ODP.items()},
}


@pytest.mark.parametrize("name", _FILES)
def test_what_people_do_not_see_stands_in_a_place(name: str) -> None:
    """And what they see in the text, however unusual its colours are."""
    document = read(_FILES[name], name="a")
    text = document.to_markdown()
    assert "VISIBLE" in text
    hidden = " ".join(place.text for place in document.places if place.kind == "hidden")
    if "seen" in name:
        assert "CLAIR" in text
        assert not hidden
    else:
        assert "CACHE" not in text
        assert "CACHE" in hidden
        assert "hidden_text" in {caution.code for caution in document.warnings}


@pytest.mark.parametrize(
    "shape", [_slide(">", shape=_BOX.format(0, -400_000)), _slide('sz="100">')], ids=["off", "tiny"]
)
def test_no_hidden_line_is_the_title_of_a_slide(shape: str) -> None:
    """A box above the others is the title of a slide that has none, unless people do not see it."""
    slide = (
        f"<p:sld><p:cSld><p:spTree>{shape}{_slide('>', 'VISIBLE', shape=_BOX.format(0, 0))}"
        "</p:spTree></p:cSld></p:sld>"
    )
    parts = {"ppt/slides/slide1.xml<ppt/presentation.xml#r1 slide": slide}
    document = read(pptx("", parts, book='<p:sldSz cx="9000" cy="9000"/>'), name="a")
    assert document.to_markdown().strip("# ") == "VISIBLE"
    assert [place.text for place in document.places if place.kind == "hidden"] == [_HIDDEN]


_LAYOUT, _MASTER = "ppt/slideLayouts/slideLayout1.xml", "ppt/slideMasters/slideMaster1.xml"
_THEME = (
    '<a:theme><a:themeElements><a:clrScheme><a:lt1><a:sysClr val="window" lastClr="FFFFFF"/></a:lt1>'
    '</a:clrScheme><a:fmtScheme><a:bgFillStyleLst><a:solidFill><a:schemeClr val="phClr"/></a:solidFill>'
    "<a:gradFill/></a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>"
)
_OWN = f"<p:bg><p:bgPr>{_BLUE}</p:bgPr></p:bg>"
_STYLE = '<p:bg><p:bgRef idx="{}"><a:schemeClr val="bg1"/></p:bgRef></p:bg>'
_HOLDER = '<p:sp><p:nvSpPr><p:nvPr><p:ph type="body"/></p:nvPr></p:nvSpPr><p:spPr>{}</p:spPr></p:sp>'
_GROUNDS = {
    "its own": (_BLUE, _OWN, "", ""),
    "a theme's": (_WHITE_FILL, "", _STYLE.format(1001), ""),
    "seen: white on its own": (_WHITE_FILL, _OWN, "", ""),
    "seen: on a picture": (_WHITE_FILL, "<p:bg><p:bgPr><a:blipFill/></p:bgPr></p:bg>", "", ""),
    "seen: on a theme's gradient": (_WHITE_FILL, "", _STYLE.format(1002), ""),
    "seen: on a band of the master": (_WHITE_FILL, "", "", _PICTURE),
    "seen: on a placeholder that its master fills": (
        _WHITE_FILL, f"<p:spTree>{_HOLDER.format('')}</p:spTree>", "", _HOLDER.format(_BLUE)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", _GROUNDS)
def test_letters_in_the_colour_of_their_slide_are_hidden(name: str) -> None:
    """Its ground is its own, or that of its layout or master by the theme; a picture may bear any colour."""
    ink, own, style, band = _GROUNDS[name]
    words = _SEEN if "seen" in name else _HIDDEN
    shapes = _slide(f">{ink}", words, shape=_BOX.format(100, 100)) + _slide(">", "VISIBLE")
    slide = "ppt/slides/slide1.xml"
    parts = {
        f"{slide}<ppt/presentation.xml#r1 slide": "<p:sld><p:cSld>"
        f"{own}<p:spTree>{shapes}</p:spTree></p:cSld></p:sld>".replace("</p:spTree><p:spTree>", ""),
        f"{_LAYOUT}<{slide}#r5 slideLayout": "<p:sldLayout><p:cSld/></p:sldLayout>",
        f"{_MASTER}<{_LAYOUT}#r6 slideMaster": f"<p:sldMaster><p:cSld>{style}<p:spTree>{band}</p:spTree>"
        '</p:cSld><p:clrMap bg1="lt1"/></p:sldMaster>',
        f"ppt/theme/theme1.xml<{_MASTER}#r7 theme": _THEME,
    }
    document = read(pptx("", parts, book='<p:sldSz cx="9000" cy="9000"/>'), name="a")
    hidden = [place.text for place in document.places if place.kind == "hidden"]
    assert hidden == ([] if "seen" in name else [_HIDDEN])
    assert (words in document.to_markdown()) is ("seen" in name)


def test_a_slide_that_is_not_shown_is_told() -> None:
    """Of an OpenDocument as of PowerPoint."""
    hides = '<style:drawing-page-properties presentation:visibility="hidden"/>'
    slide = '<draw:page draw:style-name="S"><draw:frame><draw:text-box><text:p>a</text:p></draw:text-box>'
    document = read(_odf("presentation", hides, f"{slide}</draw:frame></draw:page>"), name="a")
    assert [caution.code for caution in document.warnings] == ["hidden_text"]


def test_hidden_text_of_word_97_stands_where_the_file_says() -> None:
    """The file counts units of UTF-16, of which an emoji has two; each is one character of the text."""
    document = read(make.word97("😀😀😀 vu ", "CACHE 😀\r", b"\x3c\x08\1", wide=True), name="a")
    assert [(place.kind, place.text) for place in document.places] == [("hidden", "CACHE 😀")]
    assert document.to_markdown().strip() == "😀😀😀 vu"


def test_a_word_97_file_without_its_formats_is_read() -> None:
    """Where the runs stand outside the file, it is told that a part is damaged, and the text is read."""
    document = read(make.word97("VISIBLE ", "texte\r", runs_at=900_000), name="a")
    assert "VISIBLE texte" in document.to_markdown()
    assert "damaged_part" in {caution.code for caution in document.warnings}


def test_hidden_words_stay_apart() -> None:
    """Spaces and ends of lines of hidden text are told with it: its words are assessed as written."""
    white = _ODT["white"]
    odt = _odt("white", white).replace(_HIDDEN.encode(), b"CACHE<text:s/>un<text:line-break/>deux")
    docx = _docx(_run(_WHITE, "CACHE</w:t><w:tab/><w:t>un</w:t><w:br/><w:t>deux"))
    for data in (odt, docx):
        hidden = [place.text for place in read(data, name="a").places if place.kind == "hidden"]
        assert [text.split() for text in hidden] == [["CACHE", "un", "deux"]]


def test_hidden_text_stands_in_no_other_place() -> None:
    """Two hidden words of a paragraph are two, also where they end a word that is seen; the paragraph is not
    found again as one that was not read, with them in it."""
    between = b'CACHE</text:span> vu <text:span text:style-name="S">un'
    odt = _odt("white", _ODT["white"]).replace(_HIDDEN.encode(), between)
    run = f"<w:r><w:rPr>{_WHITE}</w:rPr><w:t>{{}}</w:t></w:r>"
    body = f"<w:p>{run.format('CACHE')}<w:r><w:t> vu</w:t></w:r>{run.format('un')}</w:p>"
    rtf = _FILES["rtf white"].replace(_HIDDEN.encode(), b"CACHE}{ vu }{\\cf1 un")
    drawn = "<a:r><a:rPr>{}</a:rPr><a:t>{}</a:t></a:r>".format
    runs = drawn(_WHITE_FILL, "CACHE") + drawn("", "vu") + drawn(_WHITE_FILL, "un")
    slide = pptx(f"<p:sp><p:spPr/><p:txBody><a:p>{runs}</a:p></p:txBody></p:sp>")
    lines = pptx(
        "<p:sp><p:spPr/><p:txBody><a:p>"
        f"{drawn(_WHITE_FILL, 'CACHE')}<a:br/>{drawn(_WHITE_FILL, 'un')}</a:p></p:txBody></p:sp>"
    )
    for data in (odt, _docx(body), rtf, slide, lines):
        places = [(place.kind, place.text.split()) for place in read(data, name="a").places]
        assert ("hidden", ["CACHE", "un"]) in places
        assert not any("CACHE" in words for kind, words in places if kind != "hidden")


def test_cells_that_show_nothing_stand_in_a_place() -> None:
    """By a format that hides them, whose words are told and not their number; or in white on nothing."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    styles = (
        f'<styleSheet xmlns="{main}"><numFmts><numFmt numFmtId="170" formatCode=";;;"/></numFmts>'
        '<fonts><font/><font><color rgb="FFFFFFFF"/></font></fonts><fills><fill>'
        '<patternFill patternType="none"/></fill><fill>'
        '<patternFill patternType="solid"><fgColor rgb="FF003366"/></patternFill></fill></fills><cellXfs>'
        '<xf numFmtId="0" fontId="0" fillId="0"/><xf numFmtId="170" fontId="0" fillId="0"/>'
        '<xf numFmtId="0" fontId="1" fillId="0"/><xf numFmtId="0" fontId="1" fillId="1"/></cellXfs>'
        "</styleSheet>"
    )
    texts = ("VISIBLE", "CACHE un", "CACHE deux", "CLAIR")
    shared = f'<sst xmlns="{main}">' + "".join(f"<si><t>{text}</t></si>" for text in texts) + "</sst>"
    cells = "".join(f'<c r="{"ABCD"[at]}1" t="s" s="{at}"><v>{at}</v></c>' for at in range(4))
    kinds = (
        ("worksheet", "worksheets/sheet1.xml"),
        ("styles", "styles.xml"),
        ("sharedStrings", "shared.xml"),
    )
    relations = "".join(
        f'<Relationship Id="r{number}" Type="{make.OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(kinds, 1)
    )
    parts = {
        "xl/styles.xml": styles,
        "xl/shared.xml": shared,
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{make.PACKAGE}/relationships">{relations}'
        "</Relationships>",
    }
    document = read(make.xlsx(f'<row r="1">{cells}</row>', parts), name="a.xlsx")
    assert "| VISIBLE | CLAIR |" in document.to_markdown()
    assert "CACHE" not in document.to_markdown()
    assert [place.text for place in document.places if place.kind == "hidden"] == ["CACHE un", "CACHE deux"]
