"""A saved mail as a document: the same walk, with quotes and signatures, failing closed."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.documents.document import Document
from core.documents.reader import read

MAILS = Path(__file__).parents[3] / "data" / "mail"


def document(name: str) -> Document:
    return read((MAILS / name).read_bytes(), name=name)


def text(of: Document) -> str:
    return "\n".join(page.to_markdown() for page in of.pages)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("repondre.eml", "La synthèse du rapport."),
        ("repondre.eml", "Bureau 12"),
        ("transferer.eml", "Le budget est de 12 M€."),
        ("gb2312-qui-est-gbk.eml", "朱镕基"),
        ("invitation.eml", "Comité de pilotage"),
        ("smime-signe.eml", "Bonjour, voici le texte."),
        ("limites-doublees.eml", "Second texte."),
    ],
)
def test_all_that_a_client_shows_is_in_the_document(name: str, words: str) -> None:
    """Nothing is cut off: who reads a saved mail wants it whole."""
    assert words in text(document(name))


@pytest.mark.parametrize("name", ["smime-chiffre.eml", "pgp-chiffre.eml"])
def test_an_encrypted_mail_says_so(name: str) -> None:
    """It is not read, and not taken for an empty one."""
    assert document(name).reason == "encrypted"


def test_a_mail_inside_a_mail_is_a_part() -> None:
    """With its own subject and text."""
    (inner,) = document("message-inclus-base64.eml").parts
    assert inner.title == "Le message inclus"


@pytest.mark.parametrize("name", ["parties-sans-fin.eml", "references-enormes.eml"])
def test_what_a_cap_left_out_is_unread(name: str) -> None:
    """Such a mail counts as not read whole, wherever a level depends on it."""
    assert [part.reason for part in document(name).unread] == ["nested"]


@pytest.mark.parametrize("path", sorted(MAILS.glob("*.eml")), ids=lambda path: path.stem)
def test_no_shape_is_damaged(path: Path) -> None:
    """Not one of the nasty mails makes a reader fail."""
    assert read(path.read_bytes(), name=path.name).reason in (
        None,
        "encrypted",
        "empty",
        "nested",
        "unknown_format",
    )
