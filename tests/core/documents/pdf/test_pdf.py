"""PDF: the reading order, headings, lists, tables and edges that a reader sees."""

from __future__ import annotations

import re

import pytest

from core.documents.document import Document, Limits
from core.documents.file_reader import read
from core.documents.pdf.page_rows import join
from tests.core.documents import make

LEFT = [
    "Les ateliers de l'automne ont réuni les",
    "agents de trois directions. Ils se tien-",
    "nent en novembre, de neuf heures à dix-",
    "sept heures, dans la grande salle.",
    "Chacun y prend la parole à son tour.",
]
RIGHT = [
    "Les propositions retenues seront mises",
    "en œuvre en mars. Un bilan sera dressé",
    "au bout de six mois, puis chaque année,",
    "et rendu public sur l'intranet, avec les",
    "noms des sous-",
]


def pages(*texts: list[make.Text], **options: object) -> Document:
    return read(make.pdf(texts, **options), name="a.pdf")  # pyright: ignore[reportArgumentType]


def test_two_columns_are_read_one_after_the_other() -> None:
    """Even when their lines stand at the same heights, and the file writes them row by row."""
    rows = [item for pair in zip(make.lines(LEFT), make.lines(RIGHT, x=310), strict=True) for item in pair]
    text = pages(rows).to_markdown()
    assert text.index("Chacun y prend la parole") < text.index("Les propositions retenues")
    assert "agents de trois directions. Ils se tiennent en novembre" in text


def test_a_title_over_columns_comes_first() -> None:
    """What spans the columns is read before them, what spans below after them."""
    rows = [(72.0, 740.0, 20.0, "Un titre qui court sur les deux colonnes de la page")]
    rows += make.lines(RIGHT, x=310) + make.lines(LEFT)
    rows += [(72.0, 560.0, 11.0, "Une phrase pleine largeur clôt la page, sous les deux colonnes, et finit.")]
    text = pages(rows).to_markdown()
    places = [text.index(part) for part in ("Un titre", "Les ateliers", "Les propositions", "Une phrase")]
    assert places == sorted(places)


def test_lines_are_joined_and_hyphens_mended() -> None:
    """A word cut at the line end is one word again; paragraphs stay apart."""
    text = pages(make.lines([*LEFT, "", "Un autre paragraphe commence ici."])).to_markdown()
    assert text.split("\n\n") == [
        "Les ateliers de l'automne ont réuni les agents de trois directions. Ils se tiennent en novembre, de "
        "neuf heures à dix-sept heures, dans la grande salle. Chacun y prend la parole à son tour.",
        "Un autre paragraphe commence ici.",
    ]


@pytest.mark.parametrize(
    ("above", "below", "joined"),
    [
        ("la prési-", "dence", "la présidence"),
        ("le sous-", "préfet", "le sous-préfet"),
        ("a-t-", "il dit", "a-t-il dit"),
        ("c’est-à-", "dire", "c’est-à-dire"),
        ("celui-", "ci", "celui-ci"),
        ("Jean-", "Pierre", "Jean-Pierre"),
        ("de 10 -", "20", "de 10 - 20"),
        ("dix-", "sept", "dix-sept"),
        ("rendez-", "vous", "rendez-vous"),
        ("le mi-", "nistère", "le ministère"),
        ("sous-", "crire", "souscrire"),
    ],
)
def test_hyphens_follow_spelling(above: str, below: str, joined: str) -> None:
    """A hyphen that belongs to the word stays."""
    assert join(above, below) == joined


def test_headings_are_larger_or_bold() -> None:
    """Levels go by size; bold lines of the text's own size come last."""
    text = pages(
        [
            (72, 760, 22, "Rapport annuel"),
            (72, 720, 15, "Première partie"),
            *make.lines(
                ["Le texte courant de cette partie est écrit en corps onze,", "sur deux lignes."], y=700
            ),
            (72, 655, 11, "*Moyens"),
            *make.lines(["Le texte courant reprend ensuite, en maigre, sur une ligne."], y=635),
        ]
    )
    assert [(s.level, s.heading) for s in text.sections] == [
        (1, "Rapport annuel"),
        (2, "Première partie"),
        (3, "Moyens"),
    ]


def test_lists_keep_their_marks_and_depth() -> None:
    """Bullets and numbers begin entries; an indented bullet is deeper."""
    texts: list[make.Text] = [
        (72, 700, 11, "Il faut :"), (80, 684, 11, "• un ordre du jour ;"), (100, 668, 11, "• par écrit ;"),
        (80, 652, 11, "• une salle."), (72, 630, 11, "1. Lire"), (72, 614, 11, "2. Écrire"),
    ]  # fmt: skip
    assert pages(texts).to_markdown() == (
        "Il faut :\n\n- un ordre du jour ;\n  - par écrit ;\n- une salle.\n1. Lire\n2. Écrire"
    )


def test_repeated_edges_are_told_once_and_are_places() -> None:
    """The first occurrence stays in the text; page numbers are the labels of their pages."""
    words = ("une", "deux", "trois", "quatre", "cinq")
    body = [make.lines([f"Page {word} du texte, avec ses phrases."]) for word in words]
    edges = [
        [(250.0, 810.0, 10.0, "DIFFUSION RESTREINTE"), *texts, (280.0, 30.0, 9.0, f"{number} / 5")]
        for number, texts in enumerate(body, 1)
    ]
    document = pages(*edges)
    assert [(place.kind, place.text, place.page) for place in document.places] == [
        ("header", "DIFFUSION RESTREINTE", None)
    ]
    assert document.pages[0].to_markdown() == "DIFFUSION RESTREINTE\n\nPage une du texte, avec ses phrases."
    assert document.pages[1].to_markdown() == "Page deux du texte, avec ses phrases."
    assert [page.name for page in document.pages] == ["1 / 5", "2 / 5", "3 / 5", "4 / 5", "5 / 5"]


PLANTED = {
    "register": lambda n: [(72.0, 800.0, 11.0, f"Le registre {n} compte {n * 37 % 101} lignes")],
    "votes": lambda n: [(72.0, 800.0, 11.0, f"Bureau {n} : {n * 53 % 97} votes exprimés")],
    "totals": lambda n: [(72.0, 40.0, 11.0, f"Total de la page : {n * 1013} euros")],
    "articles": lambda n: [(72.0, 800.0, 11.0, f"Article {n} – De la commission {chr(96 + n)}")],
    "records": lambda n: [(72.0, 800.0, 11.0, f"Fiche {n}")],
    "number and total": lambda n: [(72.0, 40.0, 11.0, f"Lot {n}"), (400.0, 40.0, 11.0, f"{n * 711}")],
    "letterhead": lambda n: [
        (72.0, 815.0, 11.0, "MINISTÈRE DE LA VILLE"),
        (72.0, 800.0, 9.0, "12 rue Haute"),
    ],
    "running head": lambda n: [(72.0, 805.0, 9.0, f"Chapitre {chr(96 + (n + 1) // 2)} des ateliers")],
}


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 12])
@pytest.mark.parametrize("name", PLANTED)
def test_no_row_at_an_edge_is_lost(name: str, count: int) -> None:
    """Records, totals and votes at the edges of pages look like headers; every one of them is in the text."""
    rows = [PLANTED[name](number) for number in range(1, count + 1)]
    made = [[*row, *make.lines(["Le texte de la page", "tient en deux lignes."])] for row in rows]
    text = " ".join(pages(*made).to_markdown().replace("#", "").split())
    for row in rows:
        for _, _, _, words in row:
            assert words in text


@pytest.mark.parametrize("count", [2, 5])
def test_a_page_is_never_emptied(count: int) -> None:
    """Copies of one short page are nothing but edges."""
    document = pages(*([(72.0, 800.0, 11.0, "Attestation de présence")] for _ in range(count)))
    assert [page.to_markdown() for page in document.pages] == ["Attestation de présence"] * count


def test_a_stamp_on_one_page_stands_alone_in_the_text() -> None:
    """It does not repeat, so it is text: a line of its own, which the assessment sees."""
    document = pages([(250, 810, 10, "CONFIDENTIEL PERSONNEL"), *make.lines(["Le texte."])])
    assert document.to_markdown() == "CONFIDENTIEL PERSONNEL\n\nLe texte."


def test_text_that_repeats_near_an_edge_stays() -> None:
    """A sentence at the top of several pages of a long document is no header."""
    made = [
        make.lines(
            ["Aucun attribut n'est requis." if n % 3 == 1 else f"Page {chr(97 + n)}.", "Suite."], y=780
        )
        for n in range(20)
    ]
    assert "Aucun attribut" in pages(*made).pages[1].to_markdown()


def test_code_keeps_its_lines() -> None:
    """Lines in a font for code are not joined."""
    text = [*make.lines(LEFT), (72.0, 600.0, 11.0, "*x = 1"), (90.0, 586.0, 11.0, "*y = 2")]
    data = make.pdf([text]).replace(b"/BaseFont/Helvetica-Bold", b"/BaseFont/Courier       ")
    assert read(data, name="a.pdf").to_markdown().endswith("```\nx = 1\n   y = 2\n```")


def test_a_diagonal_watermark_is_a_place_not_text() -> None:
    """It does not cut the sentences it lies across."""
    drawing = "q 0.7 0.7 -0.7 0.7 200 300 cm BT /F1 60 Tf 0 0 Td (CONFIDENTIEL) Tj ET Q"
    document = pages(make.lines(LEFT), drawing=drawing)
    assert [(p.kind, p.text) for p in document.places if p.kind == "watermark"] == [
        ("watermark", "CONFIDENTIEL")
    ]
    assert "CONFIDENTIEL" not in document.to_markdown()


def test_a_ruled_table_is_a_table() -> None:
    """Cells follow the lines, text wrapped within a cell is joined."""
    drawing = " ".join(f"72 {y} m 500 {y} l S" for y in (720, 700, 660))
    drawing += " " + " ".join(f"{x} 660 m {x} 720 l S" for x in (72, 250, 500))
    texts: list[make.Text] = [
        (76, 705, 11, "Direction"), (254, 705, 11, "Sujet"), (76, 685, 11, "Achats"),
        (254, 685, 11, "Marchés de moins de 40 000 euros et"), (254, 671, 11, "simplification des pièces"),
    ]  # fmt: skip
    assert pages(texts, drawing=drawing).to_markdown() == (
        "| Direction | Sujet |\n| --- | --- |\n"
        "| Achats | Marchés de moins de 40 000 euros et simplification des pièces |"
    )


def test_words_in_columns_are_a_table_without_lines() -> None:
    """Aligned pieces make columns."""
    rows = [("Poste", "Montant", "Part"), ("Restauration", "300", "24 %"), ("Impression", "934", "76 %")]
    texts = [
        (72.0 + 150 * x, 700.0 - 16 * y, 11.0, cell)
        for y, row in enumerate(rows)
        for x, cell in enumerate(row)
    ]
    assert pages(texts).to_markdown() == (
        "| Poste | Montant | Part |\n| --- | --- | --- |\n"
        "| Restauration | 300 | 24 % |\n| Impression | 934 | 76 % |"
    )


def test_a_turned_page_reads_as_it_is_shown() -> None:
    """/Rotate turns the reading order too."""
    drawing = "q 0 1 -1 0 300 100 cm BT /F1 12 Tf 0 0 Td (Au-dessus) Tj 0 -20 Td (Au-dessous) Tj ET Q"
    assert pages([], drawing=drawing, rotate=90).to_markdown().split() == ["Au-dessus", "Au-dessous"]


def test_a_scan_is_said_to_be_one() -> None:
    """Without text layer a page is unreadable until it is recognised."""
    document = read(make.scan(), name="a.pdf")
    assert (document.readable, document.reason, document.detail) == (False, "scan", "1")


def test_info_is_read() -> None:
    """Title and keywords of the PDF itself."""
    data = make.pdf([make.lines(["Texte."])], info=b"<</Title(Bilan)/Keywords(Diffusion Restreinte)>>")
    document = read(data, name="a.pdf")
    assert (document.title, document.properties["Keywords"]) == ("Bilan", "Diffusion Restreinte")


def test_pages_beyond_the_cap_are_said() -> None:
    """The first pages are read, the rest is announced."""
    data = make.pdf([make.lines([f"Page {number}."]) for number in range(5)])
    document = read(data, name="a.pdf", limits=Limits(pages=2))
    assert (len(document.pages), [w.code for w in document.warnings]) == (2, ["pages_left_out"])


def test_a_table_below_two_columns_is_not_cut_by_them() -> None:
    """It runs across the gutter, after a space: it is read whole, after both columns."""
    table = [
        ("Piézomètre", "mars 2025", "mars 2026"),
        ("Aubrelle nord", "58", "27"),
        ("Étang noir", "44", "19"),
    ]
    rows = [
        (x, 560.0 - 14 * number, 11.0, cell)
        for number, cells in enumerate(table)
        for x, cell in zip((80.0, 225.0, 350.0), cells, strict=True)
    ]
    text = pages(make.lines(LEFT) + make.lines(RIGHT, x=310) + rows).to_markdown()
    assert "| Étang noir | 44 | 19 |" in text
    assert text.index("sous-") < text.index("| Piézomètre | mars 2025 | mars 2026 |")


def test_headings_below_each_other_are_two() -> None:
    """A numbered one begins anew, as does one below a line that had room; a long one goes on."""
    heads = [
        (200.0, 740.0, 18.0, "Rapport d'analyse"),
        (72.0, 718.0, 18.0, "1. Objet du marché"),
        (72.0, 600.0, 18.0, "Un titre de chapitre si long qu'il prend deux"),
        (72.0, 578.0, 18.0, "lignes de la page"),
    ]
    found = pages(heads + make.lines(LEFT, y=690) + make.lines(LEFT, y=550))
    assert [section.heading for section in found.sections if section.heading] == [
        "Rapport d'analyse",
        "1. Objet du marché",
        "Un titre de chapitre si long qu'il prend deux lignes de la page",
    ]


def test_accents_drawn_over_their_letters_are_composed() -> None:
    """As TeX's older fonts draw them; an accent beside its letter stays one."""
    over = "BT /F1 11 Tf 72 660 Td [(math) (\\264) 333 (ematiques)] TJ ET"
    text = pages([(72.0, 700.0, 11.0, "le signe ´e seul")], drawing=over).to_markdown()
    assert "mathématiques" in text
    assert "´e seul" in text


def test_words_of_two_fonts_are_parted() -> None:
    """A narrow space between an upright and a bold word is one."""
    text = pages([(72.0, 700.0, 11.0, "Le seuil"), (113.6, 700.0, 11.0, "*minimal est bas")]).to_markdown()
    assert "seuil minimal" in text


def tagged(shown: list[tuple[str, float, float, str]], tree: bytes, owners: bytes) -> bytes:
    """A PDF whose texts are (tag, x, y, text), each with its own marked content; `tree` are the elements of
    the structure, from object 5 on, `owners` those of each text."""
    last = 5 + tree.count(b"\n")
    content = "".join(
        f"/{tag} <</MCID {number}>> BDC BT /F1 11 Tf {x} {y} Td ({text}) Tj ET EMC\n"
        for number, (tag, x, y, text) in enumerate(shown)
    )
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/MarkInfo<</Marked true>>/StructTreeRoot 4 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/StructParents 0"
        b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>>>>>>>"
        % last,
        b"<</Type/StructTreeRoot/K 5 0 R/ParentTree<</Nums[0[%s]]>>>>" % owners,
        *tree.strip().split(b"\n"),
        make.stream(content.encode("cp1252")),
    ]
    return make.pdf_of(objects)


def test_tags_tell_headings_paragraphs_and_tables() -> None:
    """A heading that looks like its text, paragraphs without a space between them, a table without lines."""
    shown = [
        ("H1", 72.0, 700.0, "Article premier"),
        ("P", 72.0, 686.0, "La commission se réunit deux fois par an, sur la convocation de sa présidente."),
        ("P", 72.0, 672.0, "Elle rend un avis motivé dans le délai de deux mois à compter de sa saisine."),
        ("TD", 72.0, 640.0, "Membres"),
        ("TD", 120.0, 640.0, "douze, nommés pour"),
        ("TD", 120.0, 626.0, "trois ans"),
        ("TD", 72.0, 612.0, "Siège"),
        ("TD", 120.0, 612.0, "Nantes"),
    ]
    cell = b"<</Type/StructElem/S/TD/P %d 0 R/Pg 3 0 R/K%s>>\n"
    tree = (
        b"<</Type/StructElem/S/Document/P 4 0 R/K[6 0 R 7 0 R 8 0 R 9 0 R]>>\n"
        b"<</Type/StructElem/S/H1/P 5 0 R/Pg 3 0 R/K 0>>\n"
        b"<</Type/StructElem/S/P/P 5 0 R/Pg 3 0 R/K 1>>\n"
        b"<</Type/StructElem/S/P/P 5 0 R/Pg 3 0 R/K 2>>\n"
        b"<</Type/StructElem/S/Table/P 5 0 R/K[10 0 R 11 0 R]>>\n"
        b"<</Type/StructElem/S/TR/P 9 0 R/K[12 0 R 13 0 R]>>\n"
        b"<</Type/StructElem/S/TR/P 9 0 R/K[14 0 R 15 0 R]>>\n"
        + b"".join(cell % each for each in ((10, b" 3"), (10, b"[4 5]"), (11, b" 6"), (11, b" 7")))
    )
    owners = b" ".join(b"%d 0 R" % number for number in (6, 7, 8, 12, 13, 13, 14, 15))
    document = read(tagged(shown, tree, owners), name="a.pdf")
    assert document.to_markdown().split("\n\n") == [
        "# Article premier",
        "La commission se réunit deux fois par an, sur la convocation de sa présidente.",
        "Elle rend un avis motivé dans le délai de deux mois à compter de sa saisine.",
        "| Membres | douze, nommés pour trois ans |\n| --- | --- |\n| Siège | Nantes |",
    ]


def test_a_filled_form_shows_its_values() -> None:
    """What fields show is text of the page, where they stand; their names and values are a place too."""
    look = make.stream(b"BT /F1 11 Tf 2 4 Td (DURAND) Tj ET", b"/Type/XObject/Subtype/Form/BBox[0 0 100 16]"
        b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>")  # fmt: skip
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]>>>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Annots[5 0 R]"
        b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        make.stream(b"BT /F1 11 Tf 72 700 Td (Nom :) Tj ET"),
        b"<</Type/Annot/Subtype/Widget/FT/Tx/T(nom)/V(DURAND)/Rect[110 696 210 712]/F 4/AP<</N 6 0 R>>>>",
        look,
    ]
    document = read(make.pdf_of(objects), name="a.pdf")
    assert document.to_markdown() == "Nom : DURAND"
    assert ("field", "nom : DURAND") in {(place.kind, place.text) for place in document.places}


def test_text_that_is_not_what_is_seen_counts_as_a_scan() -> None:
    """A font that does not say which letters its own are: what could be copied is no text."""
    names = b"".join(b"/g%d" % number for number in range(26))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        make.stream(b"BT /F1 11 Tf 72 700 Td (V N R S K X L) Tj 0 -14 Td (M QU TS L P NO) Tj ET"),
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 1 1]/FontMatrix[1 0 0 1 0 0]/FirstChar 65/LastChar 90"
        b"/Widths[%s]/CharProcs<<>>/Encoding<</Type/Encoding/Differences[65%s]>>/Resources<<>>>>"
        % (b"0.6 " * 26, names),
    ]
    document = read(make.pdf_of(objects), name="a.pdf")
    assert (document.reason, document.detail) == ("scan", "1")


@pytest.mark.parametrize("repeated", [True, False])
def test_a_table_over_several_pages_keeps_its_head(repeated: bool) -> None:
    """Whether the file repeats it or not: each page's rows stand below what their columns are."""

    def page(number: int) -> list[make.Text]:
        rows = [("Ville", "Agents")] if repeated or not number else []
        rows += [(f"Ville{number}", str(100 * number + row)) for row in range(30)]
        at = [700.0 - 15 * row for row in range(len(rows))]
        return [
            (x, y, 11.0, text)
            for row, y in zip(rows, at, strict=True)
            for x, text in zip((72.0, 300.0), row, strict=True)
        ]

    document = read(make.pdf([page(number) for number in range(5)]), name="a.pdf")
    for shown in document.pages:
        assert shown.to_markdown().startswith("| Ville | Agents |\n| --- | --- |\n| Ville")
    assert all(str(100 * number + row) in document.to_markdown() for number in range(5) for row in range(30))


def test_boxes_of_a_grid_are_read_one_by_one() -> None:
    """Frames beside each other: row by row, each whole, however short its lines."""
    texts: list[make.Text] = []
    drawing = ""
    for number in range(4):
        x, y = 60 + 260 * (number % 2), 700 - 120 * (number // 2)
        texts += make.lines([f"Titre{number}", f"alpha{number} beta", f"gamma{number} delta"], x=x, y=y)
        drawing += f" {x - 8} {y - 60} 240 80 re S"
    found = words_in_order(make.pdf([texts], drawing=drawing))
    assert found == [
        word for n in range(4) for word in (f"Titre{n}", f"alpha{n}", "beta", f"gamma{n}", "delta")
    ]


def test_a_box_beside_a_text_does_not_cut_it() -> None:
    """A sidebar is read before or after the text beside it, whose lines stay together."""
    body = [f"ligne{n} du texte principal qui emplit toute la colonne de gauche" for n in range(9)]
    side = [f"encart{n} court" for n in range(5)]
    texts = make.lines(body, x=60, y=700) + make.lines(side, x=440, y=706, step=16)
    found = words_in_order(make.pdf([texts], drawing="430 620 130 105 re S"))
    for lines in (body, side):
        said = [word for line in lines for word in line.split()]
        start = found.index(said[0])
        assert found[start : start + len(said)] == said


def test_rows_of_a_grid_without_frames_begin_with_their_headings() -> None:
    """Bold headings at one height on both sides: what follows is the next row, not the next column."""
    prose = ["un texte assez long pour emplir la colonne", "et une autre ligne de ce texte là", "puis la fin"]
    texts: list[make.Text] = []
    for number in range(4):
        cell = [f"*Titre{number} de la case", *prose]
        texts += make.lines(cell, x=60 + 270 * (number % 2), y=700 - 80 * (number // 2))
    found = [word for word in words_in_order(make.pdf([texts])) if word.startswith("Titre")]
    assert found == [f"Titre{n}" for n in range(4)]


def words_in_order(data: bytes) -> list[str]:
    return re.findall(r"\w+", read(data, name="a.pdf").to_markdown())


def _outlined(x: float, y: float, *, round: bool = True) -> str:
    """A shape of the size of a capital letter, with curves or without."""
    if not round:
        return f"{x} {y} 9 12 re f"
    curves = (9, 0, 9, 6, 9, 6), (9, 12, 0, 12, 0, 9), (0, 6, 0, 3, 0, 0)
    drawn = (f"{x + a} {y + b} {x + c} {y + d} {x + e} {y + f} c" for a, b, c, d, e, f in curves)
    return f"{x} {y} m {' '.join(drawn)} f"


def test_letters_in_outlines_are_to_be_recognised() -> None:
    """A row of shapes with curves may be a stamp beside a text; it is one picture on however many pages."""
    stamp = " ".join(_outlined(200 + 11 * number, 800) for number in range(12))
    document = read(make.pdf([[(72, 600, 11, "Note de service")]] * 2, drawing=stamp), name="x.pdf")
    assert document.to_markdown().count("Note de service") == 2
    assert [picture.page for picture in document.pictures] == [1]


def test_bars_and_cells_are_no_letters() -> None:
    """Shapes without curves, shapes that stand apart, and single signs are drawings."""
    bars = [_outlined(200 + 11 * number, 800, round=False) for number in range(12)]
    apart = [_outlined(100 + 60 * number, 760) for number in range(7)]
    document = read(
        make.pdf([[(72, 600, 11, "Note de service")]], drawing=" ".join([*bars, *apart])), name="x.pdf"
    )
    assert not document.pictures
