"""Plain text, Markdown and CSV in any usual encoding."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.documents.file_reader import read
from core.documents.text.encoding import decode, is_text
from core.documents.texts import reason
from tests.core.documents import make

ARMOUR = b"-----BEGIN PGP MESSAGE-----\n\nhQEMA9gKJ\n=abcd\n-----END PGP MESSAGE-----\n"
FRENCH = "L’été dernier, à Nîmes, l’élève a reçu « 300 € » : où était-ce ? Ça dépend, naïveté comprise."
PLAIN = "Arrete : l'ete dernier, à Nîmes, l'élève a reçu 300 francs. Déjà çà et là, où était-ce ?"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_french_is_read_in_modern_encodings(encoding: str) -> None:
    """With a mark or without, whatever the system that wrote it."""
    assert decode(FRENCH.encode(encoding))[0] == FRENCH


@pytest.mark.parametrize("encoding", ["latin-1", "iso8859-15", "mac-roman", "cp850"])
def test_french_is_read_in_old_encodings(encoding: str) -> None:
    """The encoding whose accented letters look like French is the right one."""
    assert decode(PLAIN.encode(encoding))[0] == PLAIN


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("Привет, это обычный русский текст без всякой разметки.", "cp1251"),
     ("Αυτό είναι ένα συνηθισμένο ελληνικό κείμενο.", "cp1253")],
)  # fmt: skip
def test_other_scripts_are_recognised(text: str, encoding: str) -> None:
    """Where nothing looks French, statistics decide."""
    assert decode(text.encode(encoding))[0] == text


def test_a_declared_encoding_is_believed() -> None:
    """A mail says how its text is written."""
    assert decode("Łódź".encode("iso8859-2"), "iso-8859-2") == ("Łódź", False)


def test_a_wrongly_declared_utf8_is_not() -> None:
    """What is declared UTF-8 and is not was written on Windows."""
    assert decode("déjà".encode("cp1252"), "utf-8")[0] == "déjà"


@given(st.binary(max_size=200))
def test_any_bytes_decode(data: bytes) -> None:
    """Decoding never fails."""
    assert isinstance(decode(data)[0], str)


def test_binary_is_not_text() -> None:
    """An executable is not read as text."""
    assert not is_text(bytes(range(256)) * 4)
    assert read(b"\x7fELF" + bytes(200), name="notes.txt").reason == "unknown_format"


def test_markdown_headings_make_sections() -> None:
    """ATX and underlined headings; code is left alone."""
    document = read(b"Titre\n=====\n\nUn.\n\n## Sous-titre\n\n```\n# non\n```\n\n[a](b)\n", name="a.txt")
    assert [(s.level, s.heading, s.text) for s in document.sections] == [
        (1, "Titre", "Un."),
        (2, "Sous-titre", "```\n# non\n```\n\n[a](b)"),
    ] or document.type == "text"


def test_form_feeds_make_pages() -> None:
    """As printers see it."""
    document = read(b"un\fdeux", name="a.txt")
    assert [(page.number, page.to_markdown()) for page in document.pages] == [(1, "un"), (2, "deux")]


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_csv_is_a_table_whatever_its_name(delimiter: str) -> None:
    """The delimiter is found in the content."""
    rows = ["nom,ville,date", "A,Paris,2026", "B,Lyon,2025", "C,Lille,2024"]
    text = "\n".join(rows).replace(",", delimiter)
    document = read(text.encode(), name="export.txt")
    assert document.type == "csv"
    assert document.to_markdown().startswith("| nom | ville | date |\n| --- | --- | --- |\n| A | Paris |")


def test_prose_with_commas_is_no_table() -> None:
    """Sentences are not rows."""
    text = "Oui, non.\nUn, deux.\nTrois, quatre.\nCinq, six."
    assert read(text.encode(), name="a.txt").type == "text"


def test_rows_beyond_the_cap_are_said() -> None:
    """Nothing is left out in silence."""
    from core.documents.document import Limits

    text = "a;b\n" * 50
    document = read(text.encode(), name="a.csv", limits=Limits(rows=10))
    assert [warning.code for warning in document.warnings] == ["rows_left_out"]


def test_an_empty_file_is_said_to_be_empty() -> None:
    """Nothing, or only blanks."""
    assert read(b"", name="a.txt").reason == "empty"
    assert read(b" \n\n", name="a.txt").reason == "empty"


def test_the_title_of_an_event_is_a_place() -> None:
    """A stamp that is all of it stands alone there, as in the subject of a mail."""
    title = "SUMMARY;LANGUAGE=fr:DIFFUSION\r\n  RESTREINTE"
    card = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{title}\r\nEND:VEVENT\r\nEND:VCALENDAR"
    found = read(card.encode(), name="a.ics")
    assert [place.text for place in found.places if place.kind == "subject"] == ["DIFFUSION RESTREINTE"]


def test_who_speaks_in_subtitles_is_said() -> None:
    """Other tags are dropped, the words between them joined."""
    cue = b"<v.a Ada Byron>Bon<c.red>jour</c> <00:01.500>tous</v>"
    found = read(b"WEBVTT\n\n00:01.000 --> 00:02.000\n%s\n" % cue, name="a.vtt")
    assert "Ada Byron : Bonjour tous" in found.to_markdown()


@pytest.mark.parametrize("number", ["0", "9999", "-1", ""])
def test_an_encoding_that_nobody_knows_is_that_of_windows(number: str) -> None:
    """In RTF, as some programs write it."""
    found = read(f"{{\\rtf1\\ansi\\ansicpg{number} caf\\'e9 \\par}}".encode(), name="a.rtf")
    assert "café" in found.to_markdown()


def test_a_comment_in_markdown_is_hidden() -> None:
    """No reader shows it. In code it is code, and one that does not end is text."""
    text = (
        "# Titre\n\nAvant <!-- interne : DR\n\nsuite --> après `<!-- a -->`\n\n```\n<!-- b -->\n```\n\n<!-- c"
    )
    found = read(text.encode(), name="a.md")
    assert found.to_markdown() == "# Titre\n\nAvant  après `<!-- a -->`\n\n```\n<!-- b -->\n```\n\n<!-- c"
    assert [(place.kind, place.text) for place in found.places] == [("hidden", "interne : DR\n\nsuite")]


def test_the_record_of_its_origin_is_no_text() -> None:
    """relais writes it at the end of its Markdown."""
    found = read(b"# Titre\n\nTexte\n\n<!-- relais-provenance: abc -->\n", name="a.md")
    assert (found.to_markdown(), found.places, found.warnings) == ("# Titre\n\nTexte", (), ())


def card(*lines: str) -> str:
    text = "\r\n".join(("BEGIN:VCARD", *lines, "END:VCARD", ""))
    return read(text.encode(), name="a.vcf").to_markdown()


def test_a_card_says_who_is_reached_how() -> None:
    """Names of properties in words, escapes as letters."""
    assert card(
        "VERSION:3.0", "FN:Baptiste Nguyên", "ORG:DDTM;Service eau\\, mer", "item1.TEL;TYPE=CELL:06 12"
    ) == ("Nom : Baptiste Nguyên\nOrganisme : DDTM, Service eau, mer\nTéléphone : 06 12")


def test_a_broken_value_of_an_old_card_joins_its_own_lines_only() -> None:
    """The `=` that ends base64 breaks none."""
    value = "TITLE;ENCODING=QUOTED-PRINTABLE:Cheffe de =\r\nla pr=C3=A9vention"
    assert card("FN:A", value, "KEY;ENCODING=b:eA=") + "|" == "Nom : A\nFonction : Cheffe de la prévention|"


def test_a_card_is_in_the_encoding_that_it_says() -> None:
    """Outlook writes windows-1252 and says so: of few letters nobody can guess it."""
    name = "FN;CHARSET=windows-1252;ENCODING=QUOTED-PRINTABLE:Tom=E1s N=FA=F1ez"
    assert card("VERSION:2.1", name) == "Nom : Tomás Núñez"


def test_a_picture_in_a_card_is_recognised_and_no_text() -> None:
    """Its letters in base64 say nothing to anybody."""
    photo = base64.b64encode(make.photo()).decode()
    found = read(f"BEGIN:VCARD\r\nFN:A\r\nPHOTO;ENCODING=b:{photo}\r\nEND:VCARD\r\n".encode(), name="a.vcf")
    assert found.to_markdown() == "Nom : A"
    assert len(found.pictures) == 1


def test_a_file_in_an_event_is_a_part() -> None:
    """It hangs on the invitation as on a mail."""
    event = "SUMMARY:x\r\nATTACH;FILENAME=a.txt;ENCODING=BASE64;VALUE=BINARY:RElGRlVTSU9OIFJFU1RSRUlOVEU="
    found = read(
        f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\nEND:VCALENDAR".encode(), name="a"
    )
    assert [(part.name, part.to_markdown()) for part in found.parts] == [("a.txt", "DIFFUSION RESTREINTE")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=6;BYDAY=TU",
            "Récurrence : toutes les 2 semaines, 6 fois, mardi",
        ),
        (
            "RRULE:FREQ=MONTHLY;UNTIL=20261231T000000Z",
            "Récurrence : tous les mois, jusqu’au 2026-12-31 00:00 UTC",
        ),
        ("RRULE:FREQ=HOURLY", "Récurrence : FREQ=HOURLY"),
        ("EXDATE;TZID=Europe/Paris:20261103T143000", "Sauf : 2026-11-03 14:30 (Europe/Paris)"),
        ("RECURRENCE-ID:20261103T143000Z", "À la place de : 2026-11-03 14:30 UTC"),
        (
            "ATTENDEE;CN=M. Joubert;PARTSTAT=DECLINED:mailto:a@b.invalid",
            "Participants : M. Joubert (décliné)",
        ),
    ],
)
def test_an_event_says_when_it_comes_back_and_who_comes(line: str, said: str) -> None:
    """Days that are left out or moved, and answers, too."""
    text = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\n{line}\r\nEND:VEVENT\r\nEND:VCALENDAR"
    assert said in read(text.encode(), name="a.ics").to_markdown().splitlines()


def test_a_table_may_say_its_delimiter() -> None:
    """The line for Excel is no row, whatever stands in the rows below."""
    document = read("sep=;\r\nRoute;Coût, en €\r\nD 942;1,5\r\n".encode(), name="x.txt")
    assert document.to_markdown() == "| Route | Coût, en € |\n| --- | --- |\n| D 942 | 1,5 |"


def test_a_file_in_json_is_a_part() -> None:
    """As a notebook keeps its pictures, and an export the files of a case; a key is none."""
    file = base64.b64encode(("NIVEAU N2\n\n" + "Le devis est joint. " * 20).encode()).decode()
    key = "4f" * 200
    found = read(json.dumps({"titre": "Été", "pièce": file, "clé": key}).encode(), name="a.json")
    assert found.to_markdown().startswith(f'{{"titre": "Été", "pièce": "", "clé": "{key}"}}')
    assert [part.to_markdown()[:9] for part in found.parts] == ["NIVEAU N2"]


@pytest.mark.parametrize(
    "data",
    [
        ARMOUR, b"\n" + ARMOUR + ARMOUR, b"\x85\x01\x0c\x03" + bytes(range(200)),
        b"\x8c\x0d\x04\x09\x03\x08" + bytes(range(200)), b"age-encryption.org/v1\n-> X25519 abc\n",
        b"$ANSIBLE_VAULT;1.1;AES256\n33613362\n6263\n",
    ],
)  # fmt: skip
def test_a_file_encrypted_to_a_key_says_so(data: bytes) -> None:
    """In armour it would pass for a text, in binary form for an unknown format."""
    document = read(data, name="a.txt")
    assert document.reason == "encrypted"
    assert "I have no key" in reason(document, language="en")


def test_a_text_beside_an_encrypted_message_is_read() -> None:
    """The message is a part that is unread; a public key is a text."""
    document = read(b"Bonjour,\n" + ARMOUR + b"Voici la suite.\n", name="a.txt")
    assert document.to_markdown() == "Bonjour,\n\nVoici la suite."
    assert [part.reason for part in document.unread] == ["encrypted"]
    assert read(ARMOUR.replace(b"MESSAGE", b"PUBLIC KEY BLOCK"), name="a.asc").readable
