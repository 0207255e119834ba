"""Tables whose rows are parted by lines, and whose columns by space only."""

from __future__ import annotations

from core.documents.file_reader import read
from tests.core.documents import make
from tests.core.documents.make import Text

_XS = (53.0, 173.0, 363.0, 493.0)
_HEAD: list[Text] = [
    (x, 730.0, 9.0, text) for x, text in zip(_XS, ("Affaire", "Objet", "Échéance", "Montant"), strict=True)
]


def page(texts: list[Text], lines: tuple[float, ...]) -> str:
    drawing = " ".join(f"0.3 w 47 {y} m 548 {y} l S" for y in lines)
    return read(make.pdf([texts], drawing=drawing), name="a.pdf").to_markdown()


def cells(top: float, *columns: tuple[str, ...]) -> list[Text]:
    """A row of the table as programs write it: one cell after the other, each in its lines."""
    return [
        (x, top - 11 * number, 9.0, line)
        for x, column in zip(_XS, columns, strict=True)
        for number, line in enumerate(column)
    ]


def test_lines_of_a_cell_stay_in_its_row() -> None:
    """Each amount stays beside its matter, however many lines that has; an empty cell is one."""
    texts = [
        *_HEAD,
        *cells(
            713,
            ("Société Armor Dragages c/", "État"),
            (
                "Résiliation du marché de dragage du chenal",
                "et contestation du décompte général des",
                "intérêts",
            ),
            ("Audience le 3 décembre", "2026"),
            ("1 840",),
        ),
        *cells(
            674,
            ("Commune de", "Plouguerneau"),
            ("Recours contre l'arrêté de protection de", "l'estran"),
            (),
            ("12",),
        ),
        *cells(
            646,
            ("Mme Zoé Lanfranchi",),
            ("Indemnité d'éviction",),
            ("Mémoire en défense avant le", "20 août 2026, délai non", "prorogeable selon le greffe"),
            ("67,5",),
        ),
    ]
    assert page(texts, (725, 686, 658, 619)).split("\n") == [
        "| Affaire | Objet | Échéance | Montant |",
        "| --- | --- | --- | --- |",
        "| Société Armor Dragages c/ État | Résiliation du marché de dragage du chenal et contestation du "
        "décompte général des intérêts | Audience le 3 décembre 2026 | 1 840 |",
        "| Commune de Plouguerneau | Recours contre l'arrêté de protection de l'estran |  | 12 |",
        "| Mme Zoé Lanfranchi | Indemnité d'éviction | Mémoire en défense avant le 20 août 2026, délai non "
        "prorogeable selon le greffe | 67,5 |",
    ]


def test_rows_that_no_line_parts_stay_rows() -> None:
    """Lines below the head, above the total and at the end: what the file writes row by row is no cell."""
    rows = (
        ("Bac", "entretien", "mai", "12"),
        ("Pont", "peinture", "juin", "340"),
        ("Quai", "dragage", "août", "5"),
    )
    texts = [*_HEAD]
    for number, row in enumerate(rows):
        texts += cells(713 - 14 * number, *((text,) for text in row))
    texts += cells(664, ("Total",), ("trois",), ("été",), ("357",))
    assert page(texts, (725, 678, 658)).split("\n")[2:] == [
        "| Bac | entretien | mai | 12 |",
        "| Pont | peinture | juin | 340 |",
        "| Quai | dragage | août | 5 |",
        "| Total | trois | été | 357 |",
    ]


def test_lines_to_write_on_are_no_table() -> None:
    """A form with empty lines, on which people write by hand, is read."""
    assert page([(72.0, 700.0, 11.0, "Observations")], (600, 570, 540, 510)) == "Observations"
