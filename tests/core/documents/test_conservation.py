"""Nothing visible is lost: every word of a file is in its text, in a place, or in a file within it."""

from __future__ import annotations

import itertools
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from core.documents.document import Document
from core.documents.file_reader import read
from tests.core.documents import make

SHAPES = st.recursive(
    st.just(()),
    lambda inner: st.lists(st.tuples(st.integers(0, 7), inner), max_size=4).map(tuple),
    max_leaves=12,
)
HTML = ("<p>{}</p>", "<div>{}</div>", "<table><tr><td>{}</td><td>{}</td></tr><tr><td>{}<td>{}</table>",
        "<ul><li>{}</li></ul>", "<h2>{}</h2>", "<main><section>{}</section></main>", "<b>{}</b>",
        "<details><summary>{}</summary>{}</details>")  # fmt: skip
WORD = (
    "<w:p><w:r><w:t>{}</w:t></w:r></w:p>",
    "<w:sdt><w:sdtContent><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:sdtContent></w:sdt>",
    "<w:p><w:ins><w:r><w:t>{}</w:t></w:r></w:ins></w:p>",
    "<w:p><w:hyperlink><w:r><w:t>{}</w:t></w:r></w:hyperlink></w:p>",
    "<w:inconnu><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:inconnu>",
    "<w:p><w:r><w:pict><v:shape><v:textbox><w:txbxContent><w:p><w:r><w:t>{}</w:t></w:r></w:p>"
    "</w:txbxContent></v:textbox></v:shape></w:pict></w:r></w:p>",
    "<w:p><w:smartTag><w:r><w:t>{}</w:t></w:r></w:smartTag></w:p>",
    "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>{}</w:t></w:r></w:p>",
)


def words_of(document: Document) -> set[str]:
    """The words of a document, wherever they stand."""
    texts = [each.to_markdown() for each in document.walk()]
    texts += [place.text for each in document.walk() for place in each.places]
    return set(re.findall(r"mot\d+", " ".join(texts)))


def html_of(shape: tuple, numbers: itertools.count) -> str:
    """Elements within each other, a word of its own before, in and after each."""
    made: list[str] = []
    for kind, inner in shape:
        filled = HTML[kind]
        while "{}" in filled:
            filled = filled.replace("{}", f" mot{next(numbers)} {html_of(inner, numbers)} ", 1)
        made.append(f"mot{next(numbers)} {filled} mot{next(numbers)}")
    return " ".join(made)


@settings(max_examples=60, deadline=None)
@given(SHAPES)
def test_no_word_of_a_page_is_lost(shape: tuple) -> None:
    """However elements of HTML stand within each other, as browsers understand them."""
    numbers = itertools.count()
    page = f"<html><body>mot{next(numbers)} {html_of(shape, numbers)}</body></html> mot{next(numbers)}"
    assert words_of(read(page.encode(), name="a.html")) == set(re.findall(r"mot\d+", page))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 7), st.booleans()), min_size=1, max_size=10))
def test_no_word_of_a_word_file_is_lost(blocks: list[tuple[int, bool]]) -> None:
    """Blocks of every kind, in cells of a table or not, hidden ones and unknown ones among them."""
    numbers = itertools.count()
    made: list[str] = []
    for kind, in_table in blocks:
        block = WORD[kind].format(f"mot{next(numbers)}")
        other = WORD[0].format(f"mot{next(numbers)}")
        cells = f"<w:tc>{block}</w:tc><w:tc>{other}</w:tc>"
        made.append(f"<w:tbl><w:tr>{cells}</w:tr><w:tr>{cells}</w:tr></w:tbl>" if in_table else block)
    body = "".join(made)
    assert words_of(read(make.docx(body), name="a.docx")) == set(re.findall(r"mot\d+", body))
