"""What stands above or below the line, or is drawn as a sign, makes no other number of what is beside it."""

from __future__ import annotations

import pytest
from lxml import etree

from core.documents.document import Document
from core.documents.file_reader import read
from core.documents.formulas import on_one_line
from tests.core.documents import make, unusual_office
from tests.core.documents.test_conservation_of_formats import SPACES
from tests.core.documents.unusual_odf import odf

_HIGH = '<w:rPr><w:vertAlign w:val="superscript"/></w:rPr>'
_LEVEL = '<w:vertAlign w:val="baseline"/>'
_RICH = '<r><t>10</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>6</t></r>'
_SUPER = '<style:style style:name="S"><style:text-properties style:text-position="super 58%"/></style:style>'
_SPAN = '<text:p>10<text:span text:style-name="S">6</text:span></text:p>'
_SLIDE = (
    '<p:sp><p:txBody><a:p><a:r><a:t>10</a:t></a:r><a:r><a:rPr baseline="30000"/><a:t>6</a:t></a:r></a:p>'
    "</p:txBody></p:sp>"
)
_POWER = "<m:sSup><m:e><m:r><m:t>(1+r)</m:t></m:r></m:e><m:sup><m:r><m:t>t</m:t></m:r></m:sup></m:sSup>"
_TEN = "<m:sSup><m:e><m:r><m:t>10</m:t></m:r></m:e><m:sup><m:r><m:t>6</m:t></m:r></m:sup></m:sSup>"
_SUM = (
    '<m:oMath><m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:sub><m:r><m:t>t=1</m:t></m:r></m:sub>'
    "<m:sup><m:r><m:t>30</m:t></m:r></m:sup><m:e><m:f><m:num><m:r><m:t>B</m:t></m:r></m:num>"
    f"<m:den>{_POWER}</m:den></m:f></m:e></m:nary></m:oMath>"
)
_ON_A_LINE = "∑_(t=1)³⁰ B/((1+r)^t)"
_MATH = "<math><mi>V</mi><mo>=</mo><mfrac><mn>12</mn><msup><mn>10</mn><mn>6</mn></msup></mfrac></math>"


def of(data: bytes, name: str = "x") -> Document:
    document = read(data, name=name)
    assert document.readable, document
    return document


def run(text: str, properties: str = "") -> str:
    return f"<w:r>{properties}<w:t>{text}</w:t></w:r>"


@pytest.mark.parametrize(
    "data",
    [
        make.docx(f"<w:p>{run('10')}{run('6', _HIGH)}</w:p>"),
        odf("text", _SPAN, styles="", automatic=_SUPER),
        rb"{\rtf1\ansi 10{\super 6}\par}",
        rb"{\rtf1\ansi 10\super 6\nosupersub\par}",
        b"<!doctype html><p>10<sup>6</sup></p>",
        b'<!doctype html><p>10<span style="vertical-align: super">6</span></p>',
        unusual_office.pptx(_SLIDE),
        make.xlsx(f'<row r="1"><c r="A1" t="inlineStr"><is>{_RICH}</is></c></row>'),
    ],
    ids=["docx", "odt", "rtf group", "rtf", "html", "html by css", "pptx", "xlsx"],
)
def test_a_raised_figure_is_no_part_of_the_number_before(data: bytes) -> None:
    """« 10⁶ » is no 106, in any format, and nothing stands round the text for it."""
    document = of(data)
    assert "10⁶" in document.to_markdown()
    assert "106" not in document.to_markdown()
    assert not [place for place in document.places if place.text == "106"]


def test_raised_letters_stay_as_they_are() -> None:
    """« 1er » is what people write and look for."""
    assert of(make.docx(f"<w:p>{run('1')}{run('er', _HIGH)}</w:p>")).to_markdown() == "1er"


def test_a_character_style_raises() -> None:
    """The mark of a note written by hand is raised by its style; a run that says otherwise is not."""
    styles = (
        f'<w:styles xmlns:w="{make.W}"><w:style w:styleId="A" w:type="character">{_HIGH}</w:style></w:styles>'
    )
    styled = '<w:rPr><w:rStyle w:val="A"/>{}</w:rPr>'
    body = f"<w:p>{run('2027')}{run('1', styled.format(''))}{run('2', styled.format(_LEVEL))}</w:p>"
    data = make.docx(body, {"word/styles.xml": styles}, kinds={"word/styles.xml": "styles"})
    assert of(data).to_markdown() == "2027¹2"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (unusual_office.docx(f"<w:p>{_SUM}</w:p>"), _ON_A_LINE),
        (unusual_office.docx(f"<w:p><m:oMath>{_TEN}</m:oMath></w:p>"), "10⁶"),
        (unusual_office.docx(f"<w:p><m:oMathPara>{_SUM}</m:oMathPara></w:p>"), _ON_A_LINE),
        (
            unusual_office.pptx(f"<p:sp><p:txBody><a:p><a14:m>{_SUM}</a14:m></a:p></p:txBody></p:sp>"),
            _ON_A_LINE,
        ),
        (f"<!doctype html><p>x {_MATH}</p>".encode(), "V=12/10⁶"),
        (f"<!doctype html><table><tr><td>x<td>{_MATH}<tr><td>y<td>z</table>".encode(), "V=12/10⁶"),
        (
            odf(
                "text",
                '<text:p>x<draw:frame><draw:object xlink:href="./Object 1"/></draw:frame></text:p>',
                {"Object 1/content.xml": _MATH.replace("<math>", f"<math {SPACES}>")},
            ),
            "V=12/10⁶",
        ),
    ],
    ids=["docx", "docx power", "docx paragraph", "pptx", "html", "html table", "odt"],
)
def test_a_formula_is_a_line_that_says_what_stands_above(data: bytes, said: str) -> None:
    """Quotients, powers and the ends of sums stay what they are: `t=1` and `30` are no 130."""
    document = of(data)
    assert said in document.to_markdown()
    assert not [place for place in document.places if place.kind == "other"]


def test_signs_of_symbol_fonts_are_what_they_show() -> None:
    """A ticked box is no empty one, and « ≥ » no bullet; what is only drawn is one."""
    signs = (("Wingdings", "F0FE"), ("Wingdings", "F0A8"), ("Symbol", "F0B3"), ("Wingdings", "F04A"))
    runs = "".join(f'<w:r><w:sym w:font="{font}" w:char="{code}"/></w:r>' for font, code in signs)
    assert of(make.docx(f"<w:p>{runs}</w:p>")).to_markdown() == "☑☐≥•"


def test_legal_numbers_are_figures() -> None:
    """A level that is shown as in laws has figures, whatever the levels above have (17.9.4)."""
    levels = "".join(
        f'<w:lvl w:ilvl="{n}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/>'
        f"{legal}</w:lvl>"
        for n, form, text, legal in ((0, "upperRoman", "%1.", ""), (1, "decimal", "%1.%2", "<w:isLgl/>"))
    )
    numbering = (
        f'<w:numbering xmlns:w="{make.W}"><w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum>'
        '<w:num w:numId="7"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )
    body = "".join(
        make.paragraph(text, f'<w:numPr><w:ilvl w:val="{at}"/><w:numId w:val="7"/></w:numPr>')
        for text, at in (("un", 0), ("deux", 1))
    )
    data = make.docx(body, {"word/numbering.xml": numbering}, kinds={"word/numbering.xml": "numbering"})
    assert of(data).to_markdown() == "I. un\n  1.1 deux"


def test_an_entry_of_a_web_page_may_say_its_number() -> None:
    """The number of an entry is what its page gives it, and those below count on."""
    data = b"<!doctype html><ol start=4><li>a<li value=9>b<li>c</ol>"
    assert of(data).to_markdown() == "4. a\n9. b\n10. c"


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ('<mfenced open="[" close="]"><mi>a</mi><mi>b</mi></mfenced>', "[a, b]"),
        ("<msup><mi>a</mi><mn>2</mn><mtext>secret</mtext></msup>", "a2secret"),
        ("<mroot><mi>a</mi><mn>2</mn><mtext>secret</mtext></mroot>", "a2secret"),
        (f"{'<mrow>' * 210}<mi>a</mi>{'</mrow>' * 210}", "a"),
    ],
    ids=["signs of its own", "a power of three parts", "a root of three parts", "deep"],
)
def test_nothing_of_a_formula_is_left_out(formula: str, said: str) -> None:
    """What stands between brackets, whichever they are, and however deep."""
    assert on_one_line(etree.fromstring(f"<math>{formula}</math>")) == said
