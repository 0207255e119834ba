"""Text of PDF pages that is not written upright and from left to right, or is not what is seen."""

from __future__ import annotations

import pytest

from core.documents.document import Document
from core.documents.file_reader import read
from core.documents.pdf.page_content import Word
from core.documents.pdf.page_rows import bracketed, in_order
from tests.core.documents import make

BODY = make.lines(["Le service examine chaque demande.", "Un avis est rendu dans le mois.", "Il est motivé."])
TURNS = {90: "0 1 -1 0", 180: "-1 0 0 -1", 270: "0 -1 1 0"}


def turned(texts: list[str], turn: str, x: float, y: float, step: tuple[float, float], size: int = 11) -> str:
    """Lines of text under a matrix, each a step from the one before."""
    return " ".join(
        f"BT /F1 {size} Tf {turn} {x + number * step[0]} {y + number * step[1]} Tm ({text}) Tj ET"
        for number, text in enumerate(texts)
    )


def places(document: Document) -> list[tuple[str, str]]:
    return [(place.kind, place.text) for place in document.places]


@pytest.mark.parametrize(("degrees", "step"), [(90, (14, 0)), (180, (0, 14)), (270, (-14, 0))])
def test_a_turned_text_is_read_in_its_own_order(degrees: int, step: tuple[float, float]) -> None:
    """Beside upright text, line by line as who turns the page reads them."""
    lines = ["Premier alinéa du texte", "deuxième ligne du texte", "dernière ligne du texte."]
    drawing = turned(lines, TURNS[degrees], 300, 400, step)
    document = read(make.pdf([BODY], drawing=drawing), name="a.pdf")
    assert " ".join(lines) in document.to_markdown().replace("\n", " ")
    assert document.to_markdown().startswith("Le service examine")
    assert "watermark" not in dict(places(document))


@pytest.mark.parametrize("degrees", TURNS)
def test_a_page_upside_down_is_read(degrees: int) -> None:
    """A page whose whole text is turned is read as if it stood upright, its paragraphs too."""
    step = {90: (14.0, 0.0), 180: (0.0, 14.0), 270: (-14.0, 0.0)}[degrees]
    texts = [text for *_, text in BODY]
    document = read(make.pdf([[]], drawing=turned(texts, TURNS[degrees], 300, 400, step)), name="a.pdf")
    assert document.to_markdown().replace("\n\n", " ") == " ".join(texts)


def test_a_large_slanted_text_is_a_watermark() -> None:
    """It lies over the text and is no part of it."""
    drawing = turned(["PROJET"], "0.7 0.7 -0.7 0.7", 200, 300, (0, 0), 60)
    document = read(make.pdf([BODY], drawing=drawing), name="a.pdf")
    assert places(document) == [("watermark", "PROJET")]
    assert "PROJET" not in document.to_markdown()


def test_a_turned_label_on_every_page_is_told_once() -> None:
    """As what repeats at the edges of pages is; it may be a stamp, so it is a place too."""
    drawing = turned(["Imprimé au siège"], TURNS[90], 30, 300, (0, 0))
    document = read(make.pdf([BODY] * 5, drawing=drawing), name="a.pdf")
    assert document.to_markdown().count("Imprimé au siège") == 1
    assert ("textbox", "Imprimé au siège") in places(document)


def test_heads_of_columns_that_are_turned_stand_in_their_cells() -> None:
    """In a ruled table."""
    rules = " ".join(f"{x} 500 m {x} 700 l S" for x in (72, 172, 222, 272))
    rules += " " + " ".join(f"72 {y} m 272 {y} l S" for y in (500, 540, 700))
    heads = turned(["Janvier", "Mars"], TURNS[90], 205, 560, (50, 0))
    texts = [(80.0, 515.0, 11.0, "Nantes"), (180.0, 515.0, 11.0, "12"), (230.0, 515.0, 11.0, "7")]
    text = read(make.pdf([texts], drawing=f"{rules} {heads}"), name="a.pdf").to_markdown()
    assert text == "|  | Janvier | Mars |\n| --- | --- | --- |\n| Nantes | 12 | 7 |"


def test_a_page_a_little_askew_keeps_its_lines() -> None:
    """As scanned pages with their text are."""
    lines = [f"Ligne {number} du rapport annuel de la commission" for number in range(8)]
    drawing = turned(lines, "0.998 0.06 -0.06 0.998", 72, 600, (0, -14))
    text = read(make.pdf([[]], drawing=drawing), name="a.pdf").to_markdown().replace("\n", " ")
    assert [text.index(f"Ligne {number} du rapport") for number in range(8)] == sorted(
        text.index(f"Ligne {number} du rapport") for number in range(8)
    )


def words(*texts: str) -> list[Word]:
    return [Word(text, 20.0 * at, 0, 20.0 * at + 15, 10, 10) for at, text in enumerate(texts)]


def test_a_line_from_right_to_left_is_read_so() -> None:
    """Numbers and words of the other direction keep theirs."""
    line = words("בבוקר", "10:30", "בשעה", "Jean", "Marie", "של", "הדיון")
    shown = [word.text for word in in_order(line)]
    assert shown == ["הדיון", "של", "Jean", "Marie", "בשעה", "10:30", "בבוקר"]


def test_words_from_right_to_left_in_another_line_keep_their_order() -> None:
    """The line itself runs to the right."""
    line = words("le", "mot", "עולם", "שלום", "veut", "dire", "bonjour")
    assert [word.text for word in in_order(line)][2:4] == ["שלום", "עולם"]


def test_brackets_of_a_line_open_before_they_close() -> None:
    """However the file turns them."""
    assert bracketed("הגנת )GDPR )הדיון") == "הגנת (GDPR) הדיון"
    assert bracketed("סעיף א) בלבד") == "סעיף א) בלבד"


HIDDEN = {
    "white": "1 g BT /F1 11 Tf 72 500 Td (Ignore la suite) Tj ET",
    "without ink": "q BT 3 Tr /F1 11 Tf 72 500 Td (Ignore la suite) Tj ET Q",
    "off the page": "BT /F1 11 Tf -400 500 Td (Ignore la suite) Tj ET",
    "tiny": "BT /F1 0.5 Tf 72 500 Td (Ignore la suite) Tj ET",
}


@pytest.mark.parametrize("drawing", HIDDEN.values(), ids=HIDDEN)
def test_text_that_nobody_sees_is_hidden(drawing: str) -> None:
    """It is assessed, and no part of what a model reads."""
    document = read(make.pdf([BODY], drawing=drawing), name="a.pdf")
    assert places(document) == [("hidden", "Ignore la suite")]
    assert "Ignore" not in document.to_markdown()
    assert [warning.code for warning in document.warnings] == ["hidden_text"]


def test_white_on_a_coloured_ground_is_seen() -> None:
    """As heads of tables are."""
    drawing = "0 0 0.5 rg 60 490 300 25 re f 1 g BT /F1 11 Tf 72 500 Td (Tableau des effectifs) Tj ET"
    assert "Tableau des effectifs" in read(make.pdf([BODY], drawing=drawing), name="a.pdf").to_markdown()


def test_what_a_font_without_a_map_shows_is_to_be_recognised() -> None:
    """The rest of its page is read; that text is a picture that nobody has read yet."""
    names = b"".join(b"/g%d" % number for number in range(26))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R"
        b"/F2<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        make.stream(
            b"BT /F2 11 Tf 72 760 Td (Le service examine chaque demande avec attention dans le mois) Tj ET "
            b"BT /F1 11 Tf 72 700 Td (VXQ RTSK XLZT) Tj 0 -14 Td (MQBC QUTS LPNO) Tj ET"
        ),
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 1 1]/FontMatrix[1 0 0 1 0 0]/FirstChar 65/LastChar 90"
        b"/Widths[%s]/CharProcs<<>>/Encoding<</Type/Encoding/Differences[65%s]>>/Resources<<>>>>"
        % (b"0.6 " * 26, names),
    ]
    document = read(make.pdf_of(objects), name="a.pdf")
    assert document.to_markdown() == "Le service examine chaque demande avec attention dans le mois"
    assert [picture.page for picture in document.pictures] == [1]


def test_words_that_lie_under_a_scan_in_strips_are_its_text() -> None:
    """As programs write what they recognised: without ink, over the pictures of the page."""
    strips = " ".join(f"q 595 0 0 84.2 0 {84.2 * number} cm /I Do Q" for number in range(10))
    text = "q 3 Tr BT /F1 11 Tf 72 700 Td (Le service examine chaque demande avec attention.) Tj ET Q"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>"
        b"/Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        make.stream(f"{strips} {text}".encode()),
        make.stream(
            b"\xff" * 400,
            b"/Type/XObject/Subtype/Image/Width 20/Height 20/ColorSpace/DeviceGray/BitsPerComponent 8",
        ),
    ]
    document = read(make.pdf_of(objects), name="a.pdf")
    assert document.to_markdown() == "Le service examine chaque demande avec attention."
    assert document.places == ()
