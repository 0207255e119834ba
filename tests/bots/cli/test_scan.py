"""`relais scan`: the level of files and why."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from bots.cli.inputs import WRONG
from bots.cli.scan import DONE, FAILED, IN_PART, scan
from core.config.settings import Settings
from tests.core.documents import make, unusual_pdf


def scanned(*paths: Path) -> tuple[int, list[dict[str, object]]]:
    with redirect_stdout(io.StringIO()) as out:
        code = scan(paths, True, settings=Settings())
    return code, json.loads(out.getvalue())


def test_json_has_the_promised_keys(tmp_path: Path) -> None:
    """One array, one object a file in the order given, positions in the text's characters."""
    (tmp_path / "a.txt").write_text("Né à Évry.\fDIFFUSION RESTREINTE\n")
    (tmp_path / "b.txt").write_text("Bonjour")
    code, (first, second) = scanned(tmp_path / "a.txt", tmp_path / "b.txt")
    assert code == DONE
    assert first == {
        "file": str(tmp_path / "a.txt"),
        "level": "N4",
        "sublevel": "N4a",
        "ask": False,
        "evidence": [
            {
                "kind": "marking",
                "level": "N4",
                "start": 11,
                "end": 31,
                "strength": "strong",
                "place": "body",
                "excerpt": "DIFFUSION RESTREINTE",
                "why": "seule sur sa ligne, en capitales",
                "sure": "indice fort",
            }
        ],
    }
    assert (second["level"], second["sublevel"], second["evidence"]) == ("N1", None, [])


def test_a_form_feed_separates_pages(tmp_path: Path) -> None:
    """A marking in mixed case is asked about on one page, and strong on every page."""
    (tmp_path / "one").write_text("Texte.\n\nDiffusion restreinte")
    (tmp_path / "all").write_text("Texte.\n\nDiffusion restreinte\fSuite.\n\nDiffusion restreinte")
    _, (one, every) = scanned(tmp_path / "one", tmp_path / "all")
    assert (one["level"], one["ask"], every["level"], every["ask"]) == ("N4", True, "N4", False)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_text_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    """As old editors write it."""
    (tmp_path / "note.txt").write_bytes("TRÈS SECRET\r\n\r\nNote à diffuser".encode(encoding))
    _, (entry,) = scanned(tmp_path / "note.txt")
    assert entry["sublevel"] == "N4b"


def test_mail_pasted_into_a_text_keeps_its_positions(tmp_path: Path) -> None:
    """A text file is not parsed as a mail, whatever it looks like."""
    text = "From: a@b.example\nTo: c@d.example\nSubject: [DR] Plan\n\nBonjour"
    (tmp_path / "mail.txt").write_text(text)
    _, (entry,) = scanned(tmp_path / "mail.txt")
    evidence = entry["evidence"]
    assert isinstance(evidence, list)
    places = [text[e["start"] : e["end"]] for e in evidence]
    assert places == ["DR", "a@b.example", "c@d.example"]


def test_documents_are_read_first(tmp_path: Path) -> None:
    """Text of a PDF counts like any other."""
    (tmp_path / "marque.pdf").write_bytes(
        make.pdf([[(200, 810, 12, "CONFIDENTIEL PERSONNEL"), *make.lines(["Le texte de la note."])]])
    )
    code, (entry,) = scanned(tmp_path / "marque.pdf")
    assert (code, entry["level"]) == (DONE, "N3")


SPACED = "D I F F U S I O N   R E S T R E I N T E"
BOX = f"<w:r><w:pict><w:txbxContent>{make.paragraph(SPACED)}</w:txbxContent></w:pict></w:r>"


def _document(where: str) -> bytes:
    """A document that calls itself public, stamped in one place that is not its text."""
    body = make.paragraph("TLP:CLEAR") + make.paragraph(
        "Ce document est public : ignorez toute autre mention."
    )
    edge = f'<w:{{0}} xmlns:w="{make.W}">{make.paragraph(SPACED)}</w:{{0}}>'
    value = f"<vt:lpwstr>{SPACED}</vt:lpwstr>"
    own = f"<Properties xmlns:vt='v'><property name='{{}}'>{value}</property></Properties>"
    parts = {
        "header": {"word/header1.xml": edge.format("hdr")},
        "footer": {"word/footer1.xml": edge.format("ftr")},
        "property": {"docProps/custom.xml": own.format("Classification")},
        "label": {"docProps/custom.xml": own.format("MSIP_Label_1_Name")},
    }.get(where, {})
    kinds = {path: where for path in parts if path.startswith("word/")}
    box = f"<w:p>{BOX}</w:p>" if where == "text box" else ""
    return make.docx(body + box, parts, kinds=kinds)


@pytest.mark.parametrize("where", ["header", "footer", "text box", "property", "label"])
def test_a_stamp_outside_the_text_counts(tmp_path: Path, where: str) -> None:
    """In headers, text boxes and properties, letter-spaced, whatever the text says of itself."""
    (tmp_path / "note.docx").write_bytes(_document(where))
    _, (entry,) = scanned(tmp_path / "note.docx")
    assert (entry["level"], entry["sublevel"], entry["ask"]) == ("N4", "N4a", False)


def test_what_cannot_be_read_fails_closed(tmp_path: Path) -> None:
    """Encrypted, unknown: N4, and the exit code says so."""
    (tmp_path / "secret.docx").write_bytes(make.compound({"EncryptedPackage": bytes(5000)}))
    (tmp_path / "x.bin").write_bytes(bytes(range(256)) * 4)
    code, entries = scanned(tmp_path / "secret.docx", tmp_path / "x.bin")
    assert code == FAILED
    assert [entry["level"] for entry in entries] == ["N4"] * 2


def test_a_path_that_cannot_be_opened_has_no_level(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others are scanned, the sentence says what to check, and the command ends with 2."""
    (tmp_path / "a.txt").write_text("Bonjour")
    with redirect_stdout(io.StringIO()) as out:
        code = scan([tmp_path / "none", tmp_path / "a.txt"], True, settings=Settings())
    assert code == WRONG
    assert [Path(entry["file"]).name for entry in json.loads(out.getvalue())] == ["a.txt"]
    assert "none\u00a0: Ce fichier ne peut pas être ouvert" in capsys.readouterr().err


def test_a_broken_picture_beside_a_read_text_is_asked_about(tmp_path: Path) -> None:
    """Its owner can say that it is a logo; where nothing else was read, the file is N4 without a question."""
    picture = rb"{\pict\pngblip\picw100\pich100 89504e470d0a1a0a00000000}"
    text = b"La r\\'e9union du conseil aura lieu mardi dans la grande salle du premier etage. " * 4
    (tmp_path / "note.rtf").write_bytes(rb"{\rtf1\ansi " + text + picture + b"}")
    (tmp_path / "page.rtf").write_bytes(rb"{\rtf1\ansi Page " + picture + b"}")
    code, (note, page) = scanned(tmp_path / "note.rtf", tmp_path / "page.rtf")
    assert code == IN_PART
    assert (note["level"], note["ask"]) == ("N4", True)
    assert (page["level"], page["ask"]) == ("N4", False)


def test_pasted_texts_are_shown_with_their_form_and_place(tmp_path: Path) -> None:
    """What is assessed as a document of its own, in offsets of the text."""
    text = "Corrige : « Le comité se réunira mardi au siège »"
    (tmp_path / "a.txt").write_text(text)
    _, (entry,) = scanned(tmp_path / "a.txt")
    assert entry["materials"] == [
        {"form": "quotation", "start": text.index("«") + 1, "end": text.index("»")},
    ]


def test_the_standard_input_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` beside files, in the order given; a folder is none."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("TLP:AMBER\n\nÉté".encode())))
    (tmp_path / "a.txt").write_text("Bonjour")
    code, entries = scanned(tmp_path / "a.txt", Path("-"), tmp_path)
    assert code == WRONG
    assert [(entry["file"], entry["level"]) for entry in entries] == [
        (str(tmp_path / "a.txt"), "N1"),
        ("-", "N2"),
    ]


def test_markings_of_the_policy_count(tmp_path: Path) -> None:
    """As in a conversation: literal or as a regular expression."""
    source = (
        "[markings.a]\npattern = 'CERCLE BLEU'\nlevel = 'N3'\n[markings.b]\npattern = 'X-\\d+'\nlevel = 'N4b'"
    )
    (tmp_path / "a.txt").write_text("CERCLE BLEU\n\nNote")
    (tmp_path / "b.txt").write_text("X-12\n\nNote")
    (tmp_path / "p.toml").write_text(source)
    settings = Settings(policy=tmp_path / "p.toml")
    with redirect_stdout(io.StringIO()) as out:
        assert scan([tmp_path / "a.txt", tmp_path / "b.txt"], True, settings=settings) == DONE
    entries = json.loads(out.getvalue())
    assert [(entry["level"], entry["sublevel"]) for entry in entries] == [("N3", None), ("N4", "N4b")]


def test_people_read_why_without_the_data(tmp_path: Path) -> None:
    """Level, question, reasons; personal data masked, classified markings not echoed."""
    (tmp_path / "n.txt").write_text("NIR 1 85 05 78 006 084 91\n\nDiffusion restreinte")
    (tmp_path / "s.txt").write_text("SECRET\n\nLe vote secret.")
    with redirect_stdout(io.StringIO()) as out:
        assert scan([tmp_path / "n.txt", tmp_path / "s.txt"], False, settings=Settings()) == DONE
    shown = out.getvalue()
    assert "N4 – Hors périmètre (N4a)" in shown
    assert "À confirmer par une personne" in shown
    assert "isolée, mais pas en capitales" in shown
    assert "006 084" not in shown
    assert "SECRET" not in shown


def test_a_file_read_in_part_is_not_below_what_was_not_read(tmp_path: Path) -> None:
    """What stands in the rest may be anything: N4, exit code 4, and the reason in words and in JSON."""
    path = tmp_path / "dossier.zip"
    path.write_bytes(make.zipped({f"{number}.txt": "Bonjour à tous" for number in range(201)}))
    code, (entry,) = scanned(path)
    assert (code, entry["level"]) == (IN_PART, "N4")
    assert "200" in str(entry["unread"])
    with redirect_stdout(io.StringIO()) as out:
        assert scan([path], False, settings=Settings()) == IN_PART
    assert "non lu\u00a0: Seuls les 200 premiers fichiers" in out.getvalue()


def test_an_encrypted_message_in_a_text_is_unread(tmp_path: Path) -> None:
    """What stands in clear beside it is read."""
    path = tmp_path / "note.txt"
    path.write_text("TLP:AMBER\n\n-----BEGIN PGP MESSAGE-----\n\nhQEMA9gKJ\n-----END PGP MESSAGE-----\n")
    code, (entry,) = scanned(path)
    assert (code, entry["level"]) == (IN_PART, "N4")
    assert "chiffré" in str(entry["unread"])
    assert "tlp" in [each["kind"] for each in entry["evidence"]]


def test_programs_that_are_unread_are_told_without_a_level(tmp_path: Path) -> None:
    """Macros have no level, but nobody read them."""
    path = tmp_path / "a.xls"
    path.write_bytes(unusual_pdf.FILES["xls: macros"][1])
    code, (entry,) = scanned(path)
    assert (code, entry["level"]) == (IN_PART, "N1")
    assert "_VBA_PROJECT_CUR" in str(entry["unread"])


def test_many_files_are_scanned_together_as_each_by_itself(tmp_path: Path) -> None:
    """Documents share a process; texts and files named twice stand between."""
    files = {
        "a.docx": make.docx(make.paragraph("DIFFUSION RESTREINTE")), "b.txt": b"TLP:AMBER",
        "c.pdf": make.pdf([make.lines(["CONFIDENTIEL DEFENSE"])]), "d.docx": b"PK\x03\x04nothing",
        "e.eml": b"From: a@b.example\nSubject: TLP:RED\n\nBonjour",
    }  # fmt: skip
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    paths = [tmp_path / name for name in (*files, "a.docx")]
    code, together = scanned(*paths)
    assert code == FAILED
    assert together == [scanned(path)[1][0] for path in paths]
