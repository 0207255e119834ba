"""Parts of archives, and where links lead."""

from __future__ import annotations

import io
import zipfile

import pytest

from core.documents.cleaning import target_of
from core.documents.file_reader import read
from core.documents.mail.incoming import read as read_mail
from tests.core.documents import make

BROKEN = ("http://[votre-site]/x", "http://[lien]", "https://℀.com", "https://%E2%84%80.com")


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("https://agence.example/a?token=123", "agence.example"),
        ("#haut", ""),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("http://[votre-site]/x", "http://[votre-site]/x"),
        ("https://%E2%84%80.com", "https://℀.com"),
    ],
)
def test_where_a_link_leads(link: str, target: str) -> None:
    """The host of a page; what only looks like an address counts as text."""
    assert target_of(link) == target


@pytest.mark.parametrize("link", BROKEN)
def test_a_link_that_is_no_address_leaves_the_file_readable(link: str) -> None:
    """A page, and a mail with that page in it."""
    page = f'<p>Bonjour</p><a href="{link}">ici</a>'
    assert read(page.encode(), name="a.html").readable
    assert "Bonjour" in read_mail(f"From: a@b.example\nContent-Type: text/html\n\n{page}".encode()).own


@pytest.mark.parametrize("part", ["[Content_Types].xml", "_rels/.rels", "word/document.xml"])
def test_a_file_without_its_directory_is_damaged(part: str) -> None:
    """A part without which nobody knows what the file is, or what it says, is cut short: it is damaged, which
    its person can mend, and no unknown format."""
    cut = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(make.docx(make.paragraph("a")))) as whole,
        zipfile.ZipFile(cut, "w") as file,
    ):
        for name in whole.namelist():
            data = whole.read(name)
            file.writestr(name, data[:-5] if name == part else data)
    assert read(cut.getvalue(), name="a.docx").reason == "damaged"
