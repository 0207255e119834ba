"""Columns are read one after the other though the file writes its lines across the page, or in no order."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Callable

import pytest

from core.documents.file_reader import read
from core.documents.pdf.gutters import numbered_as_read
from core.documents.pdf.page_content import Word
from tests.core.documents import make

Texts = list[make.Text]
Written = Callable[[Texts], Texts]


class Composer:
    """Sets lines of new words at places of a page, in the order in which they are read."""

    def __init__(self) -> None:
        self._words = list(map("".join, itertools.product("bcdflmnprst", "aeiou", "lmnrst", "aeiou", "mnst")))
        random.Random(5).shuffle(self._words)
        self.texts: Texts = []

    def lines(
        self, x: float, y: float, count: int, words: int, *, size: float = 10, step: float = 12
    ) -> None:
        """Lines of about so many words from a place down; each fourth begins a sentence."""
        for number in range(count):
            line = [self._words.pop() for _ in range(words - (number % 3 == 2))]
            if number % 4 == 0:
                line[0] = line[0].capitalize()
            self.texts.append((x, y - number * step, size, " ".join(line)))


def _across(texts: Texts) -> Texts:
    return sorted(texts, key=lambda text: (-text[1], text[0]))


def _in_no_order(texts: Texts) -> Texts:
    return random.Random(3).sample(texts, len(texts))


@pytest.fixture(
    params=[_across, _in_no_order, lambda texts: _across(texts)[::-1]], ids=["across", "no", "up"]
)
def written(request: pytest.FixtureRequest) -> Written:
    """The order in which a program writes the lines of a page."""
    return request.param


def _read(texts: Texts, drawing: str = "") -> list[str]:
    text = read(make.pdf([texts], drawing=drawing), name="a.pdf").to_markdown()
    return re.findall(r"\w+", text.lower())


def _said(texts: Texts) -> list[str]:
    return " ".join(text for *_, text in texts).lower().split()


def test_two_columns_under_a_title(written: Written) -> None:
    """The title first, then each column from its first line to its last."""
    page = Composer()
    page.lines(50, 780, 2, 6, size=18, step=22)
    page.lines(50, 720, 40, 6)
    page.lines(310, 720, 33, 6)
    assert _read(written(page.texts)) == _said(page.texts)


def test_three_columns_of_which_one_has_a_figure(written: Written) -> None:
    """A place without words in one column ends no other."""
    page = Composer()
    page.lines(50, 760, 45, 4)
    page.lines(225, 760, 12, 4)
    page.lines(225, 480, 22, 4)
    page.lines(400, 760, 30, 4)
    assert _read(written(page.texts)) == _said(page.texts)


def test_a_short_title_of_both_columns_parts_them(written: Written) -> None:
    """What stands above it is read before it, though it does not reach over the second column."""
    page = Composer()
    for y, x in ((760, 50), (760, 310)):
        page.lines(x, y, 20, 6)
    page.lines(50, 490, 1, 2, size=15)
    for x in (50, 310):
        page.lines(x, 460, 20, 6)
    assert _read(written(page.texts)) == _said(page.texts)


def test_columns_whose_lines_do_not_stand_level(written: Written) -> None:
    """A note of smaller letters beside the text is read after it."""
    page = Composer()
    page.lines(50, 760, 40, 8, size=11, step=13.5)
    page.lines(420, 755, 25, 4, size=8, step=9.5)
    assert _read(written(page.texts)) == _said(page.texts)


def test_a_ruled_table_between_columns(written: Written) -> None:
    """It is read between what stands above and below it."""
    page = Composer()
    for x in (50, 310):
        page.lines(x, 760, 15, 6)
    for y, x in itertools.product((540, 520, 500), (60, 230, 400)):
        page.lines(x, y, 1, 1)
    for x in (50, 310):
        page.lines(x, 460, 15, 6)
    rules = [f"50 {y} m 550 {y} l S" for y in (555, 535, 515, 495)]
    rules += [f"{x} 555 m {x} 495 l S" for x in (50, 220, 390, 550)]
    said = [word for word in _read(written(page.texts), " ".join(rules)) if word != "br"]
    assert said == _said(page.texts)


def test_cells_of_several_lines_are_read_row_by_row(written: Written) -> None:
    """A table without lines whose cells are prose: each row begins level, with large letters."""
    page = Composer()
    y = 760
    for lines in ((3, 2, 4), (2, 4, 1), (4, 4, 3), (1, 3, 2), (3, 1, 4)):
        for x, count in zip((50, 225, 400), lines, strict=True):
            page.lines(x, y, count, 4)
        y -= 12 * max(lines) + 10
    read_ = [word for word in _read(written(page.texts)) if word != "br"]
    assert read_ == _said(page.texts)


def test_a_table_of_short_cells_stays_one() -> None:
    """Cells of a line each are rows, however many words they have."""
    rows = [
        ("Direction des achats", "Bureau des marchés publics"),
        ("Service du courrier", "Loge du gardien"),
    ]
    texts = [
        (x, 760 - 14 * number, 10, text)
        for number, row in enumerate(rows * 5)
        for x, text in zip((50.0, 300.0), row, strict=True)
    ]
    text = read(make.pdf([texts]), name="a.pdf").to_markdown()
    assert text.count("| Direction des achats | Bureau des marchés publics |") == 5


def test_what_the_file_writes_in_columns_is_left_as_it_is() -> None:
    """Its own order says more than the gaps."""
    words = [
        Word("mot", x + 20 * at, y, x + 20 * at + 16, y + 10, 10)
        for x in (50, 300)
        for y in range(50, 400, 12)
        for at in range(8)
    ]
    words = [word._replace(place=number) for number, word in enumerate(words)]
    assert numbered_as_read(words, []) == words


def test_rows_of_figures_are_read_row_by_row(written: Written) -> None:
    """A word and its figures stay beside each other below a paragraph, in whatever order they are written."""
    composer = Composer()
    composer.lines(60, 780, 4, 9)
    for row in range(8):
        composer.texts.append((60, 700 - 16 * row, 10, f"poste{row} annuel"))
        composer.texts += [(280 + 100 * at, 700 - 16 * row, 10, f"{row}{at}7,{at}0") for at in range(3)]
    found = [
        word for word in _read(written(composer.texts)) if word.startswith("poste") or word[1:].endswith("7")
    ]
    assert found == [word for row in range(8) for word in (f"poste{row}", f"{row}07", f"{row}17", f"{row}27")]


def test_lists_beside_each_other_are_two(written: Written) -> None:
    """Entries of two boxes of a slide are read box by box, though none goes on in small letters."""
    texts: Texts = []
    for x in (60, 330):
        texts += [(x, 700 - 18 * row, 12, f"• Point{row}de{x} est bien là") for row in range(6)]
    found = [word for word in _read(written(texts)) if word.startswith("point")]
    assert found == [f"point{row}de{x}" for x in (60, 330) for row in range(6)]
