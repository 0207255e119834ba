"""Scans: recognised where Tesseract and bubblewrap are installed, said to be unread where not."""

from __future__ import annotations

import re
import zlib
from email.message import EmailMessage
from pathlib import Path

import pytest

from core.documents.ocr import recognition as ocr_module
from core.documents.ocr.recognised_page import layout_task
from core.documents.ocr.recognition import Ocr
from core.documents.pdf.pdf_file import render
from core.documents.sandbox.sandbox import Sandbox
from tests.core.documents import make

NOTE = Path(__file__).parents[3] / "data" / "documents" / "note.pdf"


def scan_of(data: bytes, number: int) -> bytes:
    """A page of a PDF as a PDF of one picture."""
    head, pixels = render(data, number, 200).split(b"255\n", 1)
    width, height = (int(value) for value in head.split()[1:3])
    picture = b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8" % (
        width, height,
    )  # fmt: skip
    return make.pdf_of(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
            b"/Resources<</XObject<</I 5 0 R>>>>>>",
            make.stream(b"q 595 0 0 842 0 0 cm /I Do Q"),
            make.stream(zlib.compress(pixels), picture + b"/Filter/FlateDecode"),
        ]
    )


async def test_scans_in_archives_and_mails_are_recognised() -> None:
    """A mail in an archive, with a scan attached: its words come out, and nothing is said to be unread."""
    scan = scan_of(NOTE.read_bytes(), 2)
    mail = EmailMessage()
    mail["Subject"] = "Avis"
    mail.set_content("Voici le scan.")
    mail.add_attachment(scan, maintype="application", subtype="pdf", filename="scan.pdf")
    data = make.zipped({"lisez-moi.txt": "Bonjour", "avis.eml": mail.as_bytes()})
    shown: list[tuple[int, int]] = []
    async with Sandbox() as sandbox:
        ocr = Ocr(sandbox)
        before = await sandbox.read(data, name="dossier.zip")
        if not await ocr.languages():
            pytest.skip("Tesseract or bubblewrap is not installed")
        document = await ocr.read(
            data, name="dossier.zip", progress=lambda done, total: shown.append((done, total))
        )
    assert [each.name for each in before.unread] == ["scan.pdf"]
    assert not document.unread
    assert "Depuis trois ans" in document.to_markdown()
    assert not [each for part in document.walk() for each in part.warnings if each.code == "part_unread"]
    assert shown == [(0, 1), (1, 1)]


async def test_a_scan_is_recognised() -> None:
    """Most words of a clean page come out, in order, and the reader is warned."""
    shown: list[tuple[int, int]] = []
    async with Sandbox() as sandbox:
        ocr = Ocr(sandbox)
        if not await ocr.languages():
            pytest.skip("Tesseract or bubblewrap is not installed")
        note = NOTE.read_bytes()
        wanted = set(re.findall(r"\w{4,}", (await sandbox.read(note, name="x")).pages[1].to_markdown()))
        document = await ocr.read(
            scan_of(note, 2), name="scan.pdf", progress=lambda done, total: shown.append((done, total))
        )
    assert document.readable
    assert [warning.code for warning in document.warnings] == ["ocr_used"]
    assert shown == [(0, 1), (1, 1)]
    found = set(re.findall(r"\w{4,}", document.to_markdown()))
    assert len(wanted & found) >= 0.95 * len(wanted)
    text = document.to_markdown()
    assert (
        text.index("Depuis trois ans") < text.index("Les propositions retenues") < text.index("prend effet")
    )


async def test_without_tesseract_a_scan_is_said_to_be_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """The person learns that the recognition is missing here."""
    monkeypatch.setattr(ocr_module.shutil, "which", lambda program: None)
    async with Sandbox() as sandbox:
        document = await Ocr(sandbox).read(make.scan(), name="scan.pdf")
    assert (document.readable, document.reason) == (False, "ocr_missing")


async def test_a_text_needs_no_recognition() -> None:
    """Other files are read as ever."""
    async with Sandbox() as sandbox:
        assert (await Ocr(sandbox).read(b"texte", name="a.txt")).to_markdown() == "texte"


async def test_no_word_in_a_picture_is_said() -> None:
    """An empty page stays unread: it may hold handwriting."""
    async with Sandbox() as sandbox:
        ocr = Ocr(sandbox)
        if not await ocr.languages():
            pytest.skip("Tesseract or bubblewrap is not installed")
        document = await ocr.read(make.scan(), name="scan.pdf")
    assert (document.readable, document.reason) == (False, "ocr_empty")


def test_specks_are_dropped_and_doubtful_words_kept(tmp_path: Path) -> None:
    """A sign of low confidence is dirt; a word is still a word."""
    from core.documents.limits import Limits

    head = "level\tpage\tblock\tpar\tline\tword\tleft\ttop\twidth\theight\tconf\ttext"
    rows = [
        head,
        "1\t1\t0\t0\t0\t0\t0\t0\t1654\t2339\t-1\t",
        "4\t1\t1\t1\t1\t0\t200\t300\t500\t40\t-1\t",
        "5\t1\t1\t1\t1\t1\t200\t300\t150\t40\t96\tBonjour",
        "5\t1\t1\t1\t1\t2\t365\t300\t20\t40\t10\t~",
        "5\t1\t1\t1\t1\t3\t400\t300\t150\t40\t12\tl’équipe",
    ]
    path = tmp_path / "table.tsv"
    path.write_text("\n".join(rows))
    with path.open("rb") as file:
        size = path.stat().st_size
        made = layout_task(file, {"name": "x", "sizes": [size], "dpi": 200}, Limits())
    assert made["pages"][0]["sections"] == [[0, "", "Bonjour l’équipe"]]
