"""The document itself: JSON both ways, Markdown, and what of it is unread."""

from __future__ import annotations

import json
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from core.documents.document import Caution, CautionCode, Document, Page, Place, Reason, Section
from core.documents.sandbox.fork_server import fields
from core.documents.sandbox.sandbox import DOCUMENT
from core.documents.texts import caution, reason, recognising

words = st.text(max_size=20)
sections = st.tuples(st.integers(0, 6), words, words)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    pages = [
        Page(
            number=number,
            name=draw(words),
            sections=tuple(
                Section(page=number, level=level, heading=heading, text=text)
                for level, heading, text in draw(st.lists(sections, max_size=3))
            ),
        )
        for number in range(1, draw(st.integers(0, 3)) + 1)
    ]
    return Document(
        name=draw(words),
        type="pdf",
        unit="page",
        title=draw(words),
        pages=tuple(pages),
        properties=draw(st.dictionaries(words, words, max_size=3)),
        places=tuple(Place(kind="header", text=text) for text in draw(st.lists(words, max_size=2))),
        parts=(Document(name="a", type="text", reason="damaged"),) if draw(st.booleans()) else (),
        warnings=(Caution(code="scanned_pages", about="2"),) if draw(st.booleans()) else (),
    )


@given(documents())
def test_json_both_ways(document: Document) -> None:
    """What goes into JSON comes out of it."""
    sent = json.dumps(document, default=fields)
    assert DOCUMENT.validate_python(json.loads(sent)) == document


def test_markdown_holds_headings_text_and_parts() -> None:
    """Everything that was read, in order; the files inside under their names."""
    inner = Document(
        name="b.txt", type="text", pages=(Page(number=1, sections=(Section(page=1, text="dedans"),)),)
    )
    section = Section(page=1, level=2, heading="Titre", text="Texte.")
    document = Document(name="a", type="zip", pages=(Page(number=1, sections=(section,)),), parts=(inner,))
    assert document.to_markdown() == "## Titre\n\nTexte.\n\n# b.txt\n\ndedans"


def test_unread_finds_files_within() -> None:
    """To fail closed it is enough to ask whether anything is unread."""
    bad = Document(name="b", type="unknown", reason="encrypted")
    assert Document(name="a", type="zip", parts=(bad,)).unread == (bad,)


def test_every_reason_is_said_in_both_languages() -> None:
    """French with its typography, English beside it."""
    for code in get_args(Reason):
        document = Document(name="a", type="pdf", reason=code)
        french = reason(document)
        assert french != reason(document, language="en")
        assert " :" not in french.replace("\u00a0:", "")


def test_every_caution_is_said_in_both_languages() -> None:
    """A caution names what it is about."""
    assert caution(Caution(code="pages_left_out", about="1000")).startswith("Seules les 1000")
    for code in get_args(CautionCode):
        assert caution(Caution(code=code, about="x"), language="en")


def test_a_long_recognition_is_told_before() -> None:
    """How many pages, and about how long; a short one needs no word."""
    assert recognising(0, 199) == "199 pages à reconnaître, environ 4\u00a0min"
    assert recognising(150, 199, language="en") == "49 pages to recognise, about 60\u00a0s"
    assert recognising(0, 12) == ""
