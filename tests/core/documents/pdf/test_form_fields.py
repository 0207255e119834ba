"""What is filled into a form stands where people see it."""

from __future__ import annotations

import re

from core.documents.file_reader import read
from core.documents.pdf.marks import beside_labels
from core.documents.pdf.page_content import Word
from tests.core.documents import make

ASKED = (
    ("Commune", "Saint-Jean-de-Maurienne"),
    ("Montant", "1 284 500 euros"),
    ("Responsable", "M. Gaspard Quintin"),
    ("Observations", "Une tranche en mai 2027.\\nUne autre en 2028."),
)


def form() -> bytes:
    """A page whose labels are text, and whose values are in fields without a look of their own."""
    rows = len(ASKED)
    texts = [(60, 790, "Demande de subvention pour 2026")]
    texts += [(60, 745 - 40 * row, label) for row, (label, _) in enumerate(ASKED)]
    texts += [
        (60, 745 - 40 * rows, "Urgence"),
        (200, 743 - 40 * rows, "faible"),
        (290, 743 - 40 * rows, "forte"),
    ]
    shown = " ".join(f"BT /F1 10 Tf {x} {y} Td ({text}) Tj ET" for x, y, text in texts)
    numbers = [6 + row for row in range(rows)]
    fields = b" ".join(b"%d 0 R" % number for number in numbers)
    return make.pdf_of(
        [
            b"<</Type/Catalog/Pages 2 0 R/AcroForm<</NeedAppearances true/DA(/F1 10 Tf 0 g)"
            b"/DR<</Font<</F1 5 0 R>>>>/Fields[%s]>>>>" % fields,
            b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Annots[%s]"
            b"/Resources<</Font<</F1 5 0 R>>>>>>" % fields,
            make.stream(shown.encode()),
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
            *(
                b"<</Type/Annot/Subtype/Widget/FT/Tx/Ff 4096/T(f%d)/V(%s)/DA(/F1 10 Tf 0 g)/F 4"
                b"/Rect[180 %d 480 %d]>>" % (row, value.encode(), 740 - 40 * row, 760 - 40 * row)
                for row, (_, value) in enumerate(ASKED)
            ),
        ]
    )


def test_a_value_follows_what_asks_for_it() -> None:
    """The file writes all values behind all labels, one of them in two lines; each is read behind its own."""
    text = re.sub(r"\s+", " ", read(form(), name="a.pdf").to_markdown())
    asked = " ".join(f"{label} {value}" for label, value in ASKED).replace("\\n", " ")
    assert text == f"Demande de subvention pour 2026 {asked} Urgence faible forte"


def test_a_value_behind_another_that_the_page_itself_shows_is_kept() -> None:
    """Some programs write a value onto the page, below a field that is empty."""
    words = [
        Word(text, x, 0, x + 10, 10, 10, place=place)
        for place, (text, x) in enumerate((("Nom", 0), ("Paul", 20), ("12", 60)))
    ]
    found = beside_labels(words, [(55, -1, 75, 11), (15, -1, 35, 11)], lambda x, y: (x, y))
    assert [word.text for word in found] == ["Nom", "Paul", "12"]


def test_a_box_to_tick_stands_before_what_it_asks() -> None:
    """Ticked or not, however its look is drawn: of lines, or as a letter of a font of signs."""
    signs = (("Oui", "<</Yes 6 0 R/Off 7 0 R>>", "Yes"), ("Non", "<</Yes 6 0 R/Off 7 0 R>>", "Off"))
    fields = b" ".join(b"%d 0 R" % (8 + at) for at in range(2))
    shown = "BT /F1 10 Tf 60 700 Td (Oui) Tj ET BT /F1 10 Tf 60 670 Td (Non) Tj ET"
    look = b"/Type/XObject/Subtype/Form/BBox[0 0 12 12]/Resources<</Font<</Z 5 0 R>>>>"
    data = make.pdf_of(
        [
            b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[%s]>>>>" % fields,
            b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Annots[%s]/Resources<</Font"
            b"<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>" % fields,
            make.stream(shown.encode()),
            b"<</Type/Font/Subtype/Type1/BaseFont/ZapfDingbats>>",
            make.stream(b"BT /Z 10 Tf 2 2 Td (4) Tj ET", look),
            make.stream(b"0 0 12 12 re S", look),
            *(
                f"<</Type/Annot/Subtype/Widget/FT/Btn/T({name})/AS/{state}/V/{state}/AP<</N {looks}>>/F 4"
                f"/Rect[40 {698 - 30 * at} 52 {710 - 30 * at}]>>".encode()
                for at, (name, looks, state) in enumerate(signs)
            ),
        ]
    )
    assert read(data, name="a.pdf").to_markdown() == "☒ Oui\n\n☐ Non"
