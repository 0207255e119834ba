"""A saved mail as a document: the same walk, with quotes and signatures, failing closed."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.documents.document import Document
from core.documents.file_reader import read
from core.documents.parts import parts_of

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


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"From anne@a Mon Nov 23 10:00:00 2026\nFrom: a@b\nTo: c@d\nSubject: Note\n\nle texte", "boite"),
        (b"Subject: Note\n\nle texte", "note.eml"),
        (b"le texte, sans en-t\xc3\xaate", "note.eml"),
        (b"From : a@b\nTo : c@d\n\nle texte", "note"),
        (b"From: a@b\rTo: c@d\r\rle texte", "note"),
        (b"From: a@b\nTo: c@d\nSubject: x\nle texte, sans ligne vide", "note"),
        (b"From: a@b\nTo: c@d\nContent-Type: application/pdf\n\n%PDF-1.4", "note"),
    ],
)
def test_a_mail_is_one_however_it_begins(data: bytes, name: str) -> None:
    """By its first lines; by its name where these say nothing."""
    found = read(data, name=name)
    assert found.type == "eml"
    assert "le texte" in found.to_markdown() or b"%PDF" in data


def test_a_text_that_speaks_of_dates_is_no_mail() -> None:
    """One line like a header is not enough without the name."""
    assert read(b"Date: demain\n\nLe rendez-vous.", name="note.txt").type == "text"


def test_forwards_of_forwards_are_read() -> None:
    """Mails lie deeper within each other than archives may, and not without end."""
    data = b"From: a@b\nTo: c@d\n\nle fond"
    for _ in range(6):
        data = b"From: a@b\nTo: c@d\nContent-Type: message/rfc822\n\n" + data
    assert "le fond" in read(data, name="x.eml").to_markdown()
    for _ in range(20):
        data = b"From: a@b\nTo: c@d\nContent-Type: message/rfc822\n\n" + data
    assert [part.reason for part in read(data, name="x.eml").unread] == ["nested"]


ALTERNATIVE = (
    "From: a@b\nTo: c@d\nContent-Type: multipart/alternative; boundary=x\n\n--x\nContent-Type: text/plain\n\n"
    "{plain}\n--x\nContent-Type: text/html\n\n{html}\n--x--\n"
)


@pytest.mark.parametrize(
    ("plain", "html", "words"),
    [
        ("", "<p>Le texte riche</p>", "Le texte riche"),
        (
            "Bonjour, voir ci-dessous.",
            "Bonjour, voir ci-dessous.<blockquote>La citation</blockquote>",
            "citation",
        ),
        ("Seul le texte simple dit cela, et longuement", "<p>Autre chose tout à fait</p>", "longuement"),
        ("Le texte simple", "", "Le texte simple"),
    ],
)
def test_of_two_forms_no_words_are_lost(plain: str, html: str, words: str) -> None:
    """Whichever form says more is read; both when they say different things."""
    assert words in read(ALTERNATIVE.format(plain=plain, html=html).encode(), name="x.eml").to_markdown()


def test_what_stands_beside_an_encrypted_part_is_read() -> None:
    """And the encrypted part is told as one."""
    data = (
        b"From: a@b\nTo: c@d\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nle texte clair\n--x\n"
        b"Content-Type: multipart/encrypted; boundary=y\n\n--y--\n--x--\n"
    )
    found = read(data, name="x.eml")
    assert "le texte clair" in found.to_markdown()
    assert [part.reason for part in found.unread] == ["encrypted"]


def test_recipients_are_no_persons_of_the_text() -> None:
    """Headers are a place of their own: thirty recipients are no list of people in what was written."""
    people = ", ".join(f"Agent {number} <agent{number}@example.org>" for number in range(30))
    mail = f"From: chef@example.org\nTo: {people}\nSubject: Note\n\nBonjour à tous."
    found = read(mail.encode(), name="a.eml")
    body = [part.text for part in parts_of(found) if part.place == "body"]
    assert body == ["# Note\n\n\n\nBonjour à tous."]
    assert any(part.place == "property" and "agent29" in part.text for part in parts_of(found))
