"""A saved mail as a document: the same walk, with quotes and signatures, failing closed."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.documents.document import Document
from core.documents.file_reader import read
from core.documents.mail import entity, incoming
from core.documents.mail.walk import walk
from core.documents.parts import parts_of
from core.sensitivity.assess import assess
from core.sensitivity.level import Level, Part

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


def mail(head: bytes, body: bytes) -> bytes:
    return b"From: a@b.example\r\nSubject: Essai\r\nMIME-Version: 1.0\r\n" + head + b"\r\n\r\n" + body


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_name_of_a_file_in_raw_letters_keeps_its_accents(encoding: str) -> None:
    """Many programs write it as it is, without RFC 2231."""
    head = b'Content-Type: multipart/mixed; boundary="x"'
    name = "Relevé d\N{RIGHT SINGLE QUOTATION MARK}été.txt".encode(encoding)
    part = b'--x\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename="%s"\r\n\r\nTexte'
    document = read(mail(head, part % name + b"\r\n--x--\r\n"), name="a.eml")
    assert [each.name for each in document.parts] == ["Relevé d’été.txt"]


@pytest.mark.parametrize(
    ("declared", "actual"),
    [("iso-2022-jp", "utf-8"), ("utf-8", "iso-2022-jp"), ("iso-2022-jp", "iso-2022-jp")],
)
def test_japanese_is_read_whatever_is_declared(declared: str, actual: str) -> None:
    """Bytes above 127 are no ISO-2022, and its shifts are no UTF-8."""
    data = mail(f"Content-Type: text/plain; charset={declared}".encode(), "会議は火曜日です。".encode(actual))
    assert "会議は火曜日です。" in read(data, name="a.eml").to_markdown()


@pytest.mark.parametrize("described", [b"audio/basic", b"application/octet-stream"])
def test_sound_is_not_read_as_text(described: bytes) -> None:
    """It is a part that nobody has read."""
    head = b'Content-Type: multipart/mixed; boundary="x"'
    sound = b"RIFFabcdWAVEfmt lmnopqrstuvwxyz " * 9
    part = (
        b"--x\r\nContent-Type: %s\r\nContent-Disposition: attachment; filename=a.wav\r\n\r\n%s\r\n--x--\r\n"
    )
    document = read(mail(head, b"--x\r\n\r\nBonjour\r\n" + part % (described, sound)), name="a.eml")
    assert [each.reason for each in document.unread] == ["unknown_format"]


def test_a_broken_last_form_does_not_win() -> None:
    """Of several forms without a plain one, the last that shows something is read."""
    head = b'Content-Type: multipart/alternative; boundary="x"'
    html = b"--x\r\nContent-Type: text/html\r\n\r\n<p>Le rapport est pr\xc3\xaat.</p>\r\n"
    broken = b"--x\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!\r\n--x--\r\n"
    assert "Le rapport est prêt." in read(mail(head, html + broken), name="a.eml").to_markdown()


def test_a_line_that_begins_with_end_ends_no_file() -> None:
    """Of a file in a text (uuencode), only a line that says `end` is the last."""
    head = b"From: a@b.example\nSubject: x\n\n"
    files = head + b"Voici.\nbegin 644 a.txt\n#86)C\n`\nend\nendive braisee\nend\nFin."
    found = read(files, name="x.eml")
    assert [part.name for part in found.parts] == ["a.txt"]
    assert "endive braisee" in found.to_markdown()
    words = head + b"begin 644 chairs\nwere moved\nendive braisee\n"
    assert "endive braisee" in read(words, name="x.eml").to_markdown()


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (
            "Le mot de passe du \nserveur est Tulipe.\nMerci.",
            "Le mot de passe du serveur est Tulipe.\nMerci.",
        ),
        ("> Le rapport \n> est lu.\n>> Avant \nRéponse", "> Le rapport est lu.\n>> Avant \nRéponse"),
        (" De la part \nde Léa\n-- \nMarc", "De la part de Léa\n-- \nMarc"),
    ],
)
def test_lines_that_flow_are_joined(written: str, words: str) -> None:
    """A sentence that a program cut into lines is one again, within a quotation too (RFC 3676)."""
    kind = "Content-Type: text/plain; charset=utf-8; format=flowed"
    walked = walk(f"Subject: x\n{kind}\n\n{written}".encode())
    assert [leaf.data.decode() for leaf in walked.leaves] == [words]


@pytest.mark.parametrize(
    "written",
    [
        "DIFFUSION RESTREINTE \nBonjour,\nvoici le compte rendu.",
        "Bonjour, \nDIFFUSION RESTREINTE\n",
        "> DIFFUSION RESTREINTE \n> Bonjour,",
    ],
)
def test_a_mark_on_a_line_that_flows_counts(written: str) -> None:
    """Programs leave a space at the end of a line that its author ended: the mark stands alone for who wrote
    it, in a mail that is answered as in one that is sent as a file."""
    kind = "Content-Type: text/plain; charset=utf-8; format=flowed"
    mail = f"Subject: x\n{kind}\n\n{written}".encode()
    assert assess(parts_of(read(mail, name="x.eml"))).level == Level.N4
    assert assess((Part(text=incoming.read(mail).broken, place="property"),)).level == Level.N4


def test_a_line_that_a_program_cut_is_no_line_of_its_own() -> None:
    """Of the texts that programs cut, nothing is read twice."""
    words = b"Le compte rendu de la commission de mardi est joint a ce message et \nne quitte pas le service."
    assert entity.unflowed(words, spaced=True)[1] == b""


def test_a_text_that_is_sent_as_a_file_stays_as_it_is() -> None:
    """Whatever its part says of its lines."""
    kind = "Content-Type: text/plain; format=flowed\nContent-Disposition: attachment; filename=a.txt"
    (leaf,) = walk(f"Subject: x\n{kind}\n\na \nb".encode()).leaves
    assert leaf.data == b"a \nb"
