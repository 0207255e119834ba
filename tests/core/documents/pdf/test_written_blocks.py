"""What stands beside each other on a PDF page is read block by block, as the file writes it."""

from __future__ import annotations

import pytest

from core.documents.file_reader import read
from tests.core.documents import make

Texts = list[make.Text]


def cell(words: str, x: float, y: float) -> Texts:
    """Lines below each other, which are short and of unlike widths."""
    return make.lines(words.split("/"), x=x, y=y, size=10, step=12)


def text_of(*blocks: Texts) -> str:
    return read(make.pdf([[line for block in blocks for line in block]]), name="a.pdf").to_markdown()


def in_order(text: str, *words: str) -> bool:
    places = [text.index(word) for word in words]
    return places == sorted(places)


GRID = [
    cell("Accueil/ouvert tous/les matins", 50, 700),
    cell("Archives/sur rendez-vous/du lundi/au jeudi", 200, 700),
    cell("Cantine/fermée en août", 350, 700),
    cell("Courrier/levé à midi", 50, 600),
    cell("Garage/clés à la/loge du gardien", 200, 600),
    cell("Salles/à réserver/en ligne", 350, 600),
]
NAMES = ("Accueil", "matins", "Archives", "jeudi", "Cantine", "août", "Courrier", "midi", "Garage", "Salles")


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4, 5), (4, 1, 5, 0, 3, 2)])
def test_a_grid_is_read_row_by_row_and_cell_by_cell(order: tuple[int, ...]) -> None:
    """However narrow its cells are, and in whatever order the file draws them."""
    assert in_order(text_of(*(GRID[number] for number in order)), *NAMES)


def test_columns_whose_paragraphs_stand_level_are_columns() -> None:
    """A space that crosses both does not make rows of them, where the file goes on below first."""
    left = [
        cell("Premier alinéa de la/colonne de gauche qui/dit", 50, 700),
        cell("Deuxième alinéa de la/même colonne.", 50, 600),
    ]
    right = [
        cell("Troisième alinéa à la/droite de la page et/voilà", 300, 700),
        cell("Quatrième alinéa qui/la termine.", 300, 600),
    ]
    assert in_order(text_of(*left, *right), "Premier", "Deuxième", "Troisième", "Quatrième")


def test_lines_of_a_cell_stay_in_it() -> None:
    """A table without lines whose cells have several lines, each written from its first to its last."""
    rows = [
        ("Achats", "commande de/chaises pour/la salle", "en cours"),
        ("Voirie/et réseaux", "pose de/bancs", "fait"),
    ]
    cells = [
        cell(words, x, 700 - 60 * number)
        for number, row in enumerate(rows)
        for x, words in zip((50, 150, 300), row, strict=True)
    ]
    assert text_of(*cells) == (
        "| Achats | commande de chaises pour la salle | en cours |\n| --- | --- | --- |\n"
        "| Voirie<br>et réseaux | pose de bancs | fait |"
    )


def test_spaces_of_a_spaced_out_line_part_nothing() -> None:
    """Lines that are spaced out to end at one edge are prose, however wide their spaces are."""
    lines = ("la salle ouvre tard le soir", "le soir tard la salle ouvre", "ouvre la salle le soir tard")
    drawing = " ".join(
        f"BT /F1 10 Tf 30 Tw 50 {700 - 12 * number} Td ({line}) Tj ET" for number, line in enumerate(lines)
    )
    data = make.pdf([cell("Avis", 50, 740)], drawing=drawing)
    assert " ".join(lines) in read(data, name="a.pdf").to_markdown()


def test_an_entry_of_a_table_of_contents_is_no_heading() -> None:
    """Though it is bold or large: it leads to a page."""
    text = text_of(
        make.lines(["Table des matières"], x=50, y=760, size=16),
        make.lines(["Les locaux ............ 12", "Les horaires .......... 31"], x=50, y=720, size=14),
        make.lines(["Une phrase de texte suit, qui donne la taille usuelle des lettres."] * 6, x=50, y=600),
    )
    assert "\n\nLes locaux … 12" in text
