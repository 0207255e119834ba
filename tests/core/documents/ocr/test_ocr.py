"""Scans: recognised where Tesseract is installed, said to be unread where not."""

from __future__ import annotations

import base64
import io
import re
import zlib
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont, ImageOps

from core.documents.document import Document, Limits, Section
from core.documents.ocr.pixels import image_task
from core.documents.ocr.recognised_page import layout_task
from core.documents.ocr.recognition import Ocr
from core.documents.pdf.pdf_file import render
from core.documents.sandbox.sandbox import Failure, Sandbox
from core.documents.texts import missing
from tests.core.documents import make

NOTE = Path(__file__).parents[3] / "data" / "documents" / "note.pdf"


def scan_of(data: bytes, number: int) -> bytes:
    """A page of a PDF as a PDF of one picture."""
    image = render(data, number, 200)
    (width, height), pixels = image.size, image.tobytes()
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
            pytest.skip("Tesseract’s data are not installed")
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
            pytest.skip("Tesseract’s data are not installed")
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

    async def none(ocr: Ocr) -> str:
        return ""

    monkeypatch.setattr(Ocr, "languages", none)
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
            pytest.skip("Tesseract’s data are not installed")
        document = await ocr.read(make.scan(), name="scan.pdf")
    assert (document.readable, document.reason) == (False, "ocr_empty")


def test_specks_are_dropped_and_doubtful_words_kept(tmp_path: Path) -> None:
    """A sign of low confidence is dirt; a word is still a word."""
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
    assert made.pages[0].sections == (Section(page=1, text="Bonjour l’équipe"),)


def picture(*lines: str, size: tuple[int, int] = (900, 300), ink: int = 0, paper: int = 255) -> Image.Image:
    """Black words on white, as large as those of a stamp."""
    image = Image.new("L", size, paper)
    for number, line in enumerate(lines):
        ImageDraw.Draw(image).text((40, 40 + 70 * number), line, fill=ink, font=ImageFont.load_default(48))
    return image


def file_of(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


LINES = (
    "Compte rendu de la visite du site de Lyon",
    "Les propositions retenues seront examinées en avril",
    "La direction générale demande un bilan annuel",
    "Le prochain comité aura lieu au ministère",
)
PAGE = picture(*LINES, size=(1600, 1000))


async def recognised(data: bytes, name: str) -> Document:
    async with Sandbox() as sandbox:
        ocr = Ocr(sandbox)
        if not await ocr.languages():
            pytest.skip("Tesseract’s data are not installed")
        return await ocr.read(data, name=name)


@pytest.mark.parametrize("turn", [90, 180, 270])
async def test_a_turned_page_is_read(turn: int) -> None:
    """Upside down or on its side: the direction is found by the letters."""
    document = await recognised(file_of(PAGE.rotate(turn, expand=True)), "scan.png")
    assert "propositions retenues" in document.to_markdown()


async def test_the_direction_that_a_camera_wrote_is_obeyed() -> None:
    """EXIF says by how much a photograph is to be turned before anybody sees it."""
    exif = Image.Exif()
    exif[0x0112] = 6
    document = await recognised(file_of(PAGE.rotate(90, expand=True), "JPEG", exif=exif, quality=90), "a.jpg")
    assert "propositions retenues" in document.to_markdown()


@pytest.mark.parametrize(("size", "drawn"), [((900, 1150), (1800, 2300)), ((1080, 1920), (1080, 1920))])
def test_a_small_picture_is_drawn_twice_as_large(size: tuple[int, int], drawn: tuple[int, int]) -> None:
    """The accents of a screenshot are a pixel high."""
    file = io.BytesIO(file_of(Image.new("L", size, 255)))
    pixels = base64.b64decode(image_task(file, {"frame": 0, "turn": 0}, Limits())["pixels"])
    assert pixels.split(b"\n")[0] == b"P5 %d %d 255" % drawn


async def test_all_pages_of_a_fax_are_read() -> None:
    """A TIFF of several pages tells how many there are once the first of them is opened."""
    first, second = picture("Bordereau d'envoi"), picture("DIFFUSION RESTREINTE")
    document = await recognised(file_of(first, "TIFF", save_all=True, append_images=[second]), "fax.tif")
    assert [number for number, page in enumerate(document.pages, 1) if page.sections] == [1, 2]
    assert "DIFFUSION RESTREINTE" in document.to_markdown()
    assert not missing(document)


async def test_a_pale_page_is_read() -> None:
    """A worn stamp or a bad copy: contrast is stretched first."""
    document = await recognised(file_of(picture(*LINES, size=(1600, 1000), ink=243)), "pale.png")
    assert "propositions retenues" in document.to_markdown()


async def test_light_words_on_dark_grounds_are_read() -> None:
    """A screen in dark colours, each message on a ground of its own."""
    image = Image.new("L", (800, 500), 24)
    pen = ImageDraw.Draw(image)
    for number, line in enumerate(
        ("La digue tient ?", "Oui, mais 3 pompes en panne", "Qui prévient le port ?")
    ):
        pen.rounded_rectangle((30, 20 + 160 * number, 760, 130 + 160 * number), 18, fill=(45, 75)[number % 2])
        pen.text((50, 60 + 160 * number), line, fill=235, font=ImageFont.load_default(28))
    document = await recognised(file_of(image), "discussion.png")
    assert "Oui, mais 3 pompes en panne" in document.to_markdown()


@pytest.mark.parametrize("angle", [25, -40])
async def test_a_stamp_that_is_set_aslant_is_read(angle: int) -> None:
    """Over the level lines of a page that is recognised: it is a place of its page, and changes no line."""
    stamp = Image.new("L", (760, 90), 255)
    ImageDraw.Draw(stamp).text((20, 15), "DIFFUSION RESTREINTE", fill=0, font=ImageFont.load_default(60))
    stamp = stamp.rotate(angle, expand=True, fillcolor=255)
    page = PAGE.copy()
    page.paste(0, (800, 280), ImageOps.invert(stamp))
    document = await recognised(file_of(page, "TIFF"), "note.tif")
    assert "Compte rendu de la visite" in document.to_markdown()
    (stamp_text,) = document.places
    assert (stamp_text.kind, stamp_text.page) == ("picture", 1)
    assert "DIFFUSION RESTREINTE" in stamp_text.text.splitlines()


async def test_a_page_that_is_held_askew_is_read() -> None:
    """Where what stands aslant is more than what lies level, it is the page."""
    document = await recognised(file_of(PAGE.rotate(30, expand=True, fillcolor=255)), "photo.png")
    assert "demande un bilan annuel" in document.to_markdown()


async def test_a_level_mark_above_a_text_that_is_held_askew_is_read() -> None:
    """What stands aslant is the page then, and the level line a place of it."""
    page = Image.new("L", (1700, 2200), 255)
    ImageDraw.Draw(page).text((100, 60), "DIFFUSION RESTREINTE", fill=0, font=ImageFont.load_default(44))
    text = picture(*LINES, size=(1400, 900)).convert("L").rotate(20, expand=True, fillcolor=255)
    page.paste(0, (60, 500), ImageOps.invert(text))
    document = await recognised(file_of(page, "TIFF"), "note.tif")
    assert "propositions retenues" in document.to_markdown()
    assert [place.text for place in document.places] == ["DIFFUSION RESTREINTE"]


async def test_a_stamp_that_is_a_picture_on_a_page_of_text_is_read() -> None:
    """It is a place of its page; nothing is missing any more."""
    stamp = file_of(picture("CONFIDENTIEL DEFENSE", size=(900, 160)), "JPEG")
    head = b"/Type/XObject/Subtype/Image/Width 900/Height 160/ColorSpace/DeviceGray/BitsPerComponent 8"
    data = make.pdf_of(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>"
            b"/Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
            make.stream(
                b"BT /F1 11 Tf 72 500 Td (Note sur le budget de 2026) Tj ET q 270 0 0 48 150 760 cm /I Do Q"
            ),
            make.stream(stamp, head + b"/Filter/DCTDecode"),
        ]
    )
    document = await recognised(data, "note.pdf")
    assert document.to_markdown() == "Note sur le budget de 2026"
    assert [(place.kind, place.text, place.page) for place in document.places] == [
        ("picture", "CONFIDENTIEL DEFENSE", 1)
    ]
    assert not missing(document)


@pytest.mark.parametrize("part", ["word/document.xml", "word/header1.xml"])
async def test_a_picture_in_word_is_read(part: str) -> None:
    """In the text when it is large, in a header always."""
    width = 9_000_000 if part == "word/document.xml" else 3_600_000
    drawing = (
        f'<w:p xmlns:w="{make.W}"><w:r><w:drawing><wp:inline xmlns:wp="wp">'
        f'<wp:extent cx="{width}" cy="640000"/>'
        f'<a:blip xmlns:a="a" xmlns:r="{make.OFFICE}" r:embed="p"/></wp:inline></w:drawing></w:r></w:p>'
    )
    link = f'<Relationship Id="p" Type="{make.OFFICE}/image" Target="media/image1.png"/>'
    links = f'<Relationships xmlns="{make.PACKAGE}/relationships">{link}</Relationships>'
    parts: dict[str, str | bytes] = {"word/media/image1.png": file_of(picture("DIFFUSION RESTREINTE"))}
    body = make.paragraph("Note")
    kinds: dict[str, str] = {}
    if part == "word/document.xml":
        body += drawing
        parts["word/_rels/document.xml.rels"] = links
    else:
        parts[part] = f'<w:hdr xmlns:w="{make.W}">{drawing}</w:hdr>'
        parts["word/_rels/header1.xml.rels"] = links
        kinds[part] = "header"
    document = await recognised(make.docx(body, parts, kinds=kinds), "note.docx")
    assert ("picture", "DIFFUSION RESTREINTE") in {(place.kind, place.text) for place in document.places}


async def test_a_page_that_cannot_be_recognised_stays_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed page is no page without text."""

    async def fails(_ocr: Ocr, _task: str, _pixels: bytes) -> object:
        raise Failure("time", "60")

    async with Sandbox() as sandbox:
        ocr = Ocr(sandbox)
        if not await ocr.languages():
            pytest.skip("Tesseract’s data are not installed")
        monkeypatch.setattr(Ocr, "_recognise", fails)
        document = await ocr.read(make.scan(), name="scan.pdf")
        shown = await ocr.read(file_of(PAGE), name="scan.png")
    assert (document.reason, shown.reason) == ("time", "time")
    assert missing(document)
    assert missing(shown)
