"""`relais read`: what was read, for people and for programs."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from bots.cli.read import DONE, FAILED, IN_PART, read
from core.config.settings import Settings
from tests.core.documents import make, unusual_office

KEYS = {
    "file", "type", "markdown", "pages", "headings", "properties", "markings", "readable", "reason",
    "warnings", "places",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "note.md").write_text("# Titre\n\nTexte.\n\n## Suite\n\nFin.")
    (tmp_path / "marque.pdf").write_bytes(
        make.pdf([[(200, 810, 12, "CONFIDENTIEL PERSONNEL"), *make.lines(["Le texte de la note."])]])
    )
    (tmp_path / "secret.docx").write_bytes(make.compound({"EncryptedPackage": bytes(5000)}))
    return tmp_path


def test_markdown_is_printed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One file: its Markdown and nothing else."""
    assert read([folder / "note.md"], False) == DONE
    assert capsys.readouterr().out == "# Titre\n\nTexte.\n\n## Suite\n\nFin.\n"


def test_json_has_the_promised_keys(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An array with one object a file, in the order given."""
    names = ["note.md", "marque.pdf", "secret.docx"]
    assert read([folder / name for name in names], True) == FAILED
    entries = json.loads(capsys.readouterr().out)
    assert [set(entry) for entry in entries] == [KEYS] * 3
    assert [entry["type"] for entry in entries] == ["markdown", "pdf", "unknown"]
    assert [entry["readable"] for entry in entries] == [True, True, False]
    assert [entry["text"] for entry in entries[0]["headings"]] == ["Titre", "Suite"]
    assert [page["number"] for page in entries[1]["pages"]] == [1]


def test_markings_are_named_with_their_level(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A stamp found in the file, and what it means."""
    read([folder / "marque.pdf"], True)
    (entry,) = json.loads(capsys.readouterr().out)
    assert [(found["text"], found["level"]) for found in entry["markings"]] == [
        ("CONFIDENTIEL PERSONNEL", "N3")
    ]


def test_an_unreadable_file_is_explained(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In French or English, on the error stream; the others are read all the same."""
    assert read([folder / "secret.docx", folder / "note.md"], False) == FAILED
    shown = capsys.readouterr()
    assert "protégé par un mot de passe" in shown.err
    assert "Texte." in shown.out
    read([folder / "secret.docx"], False, settings=Settings(language="en"))
    assert "protected by a password" in capsys.readouterr().err


def test_a_missing_file_is_explained(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a trace of Python."""
    assert read([folder / "absent.pdf"], True) == FAILED
    (entry,) = json.loads(capsys.readouterr().out)
    assert (entry["readable"], entry["markdown"]) == (False, "")
    assert "chemin" in entry["reason"]


def test_a_file_inside_that_is_unread_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An archive is read; what is locked in it is named."""
    path = folder / "tout.zip"
    path.write_bytes(make.zipped({"a.txt": "lisible", "b.docx": (folder / "secret.docx").read_bytes()}))
    assert read([path], False) == IN_PART
    shown = capsys.readouterr()
    assert "lisible" in shown.out
    assert "b.docx" in shown.err


def test_a_file_that_is_too_deep_inside_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Programs that read the JSON are told as people are."""
    path = folder / "tout.zip"
    path.write_bytes(make.zipped({"b.zip": make.zipped({"c.zip": make.zipped({"d.txt": "profond"})})}))
    assert read([path], True) == IN_PART
    (entry,) = json.loads(capsys.readouterr().out)
    assert entry["warnings"] == ["Fichier contenu non lu\u00a0: d.txt."]


def test_a_film_that_is_unread_is_told_by_the_exit_code(folder: Path) -> None:
    """It has no text of a level, but was not read; a file within that is empty was."""
    film, empty = folder / "film.pptx", folder / "vide.zip"
    film.write_bytes(unusual_office.FILES["pptx: film"][1])
    empty.write_bytes(make.zipped({"a.txt": "Bonjour", "b.txt": ""}))
    assert read([film], True) == IN_PART
    assert read([empty], True) == DONE


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`-` stands for what is piped in."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"Bonjour")))
    assert read([Path("-")], False) == DONE
    assert capsys.readouterr().out == "Bonjour\n"


def test_progress_is_for_terminals(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which file is being read is shown on a terminal, and wiped; elsewhere nothing is."""
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stderr", terminal)
    read([folder / "note.md", folder / "marque.pdf"], False)
    assert "lecture 2/2\u00a0: marque.pdf" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_what_stands_round_the_text_is_printed_below(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Headers, comments, alternative texts: each by the name of its place; what is in the text is not said
    again."""
    header = f'<w:hdr xmlns:w="{make.W}">{make.paragraph("Bureau 12")}</w:hdr>'
    path = folder / "avec.docx"
    path.write_bytes(
        make.docx(make.paragraph("Texte."), {"word/h.xml": header}, kinds={"word/h.xml": "header"})
    )
    assert read([path], False) == DONE
    assert capsys.readouterr().out == "Texte.\n\n---\n\n- en-tête\u00a0: Bureau 12\n"
