"""The forms of a file's text that are examined."""

from __future__ import annotations

from core.documents.document import Document, Page, Section
from core.provenance.verifying import LONGEST, texts_of


def test_no_more_of_a_file_is_looked_at_than_is_examined() -> None:
    """A file of millions of lines is cut before its lines are looked at, and has one form without edges."""
    section = Section(page=1, text="a\n" * LONGEST)
    long = Document(name="x", type="text", pages=(Page(number=1, sections=(section,)),))
    assert [len(text) for text in texts_of(long)] == [LONGEST]
