"""What cameras and programs write into the file of a picture is read, wherever the picture stands."""

from __future__ import annotations

import io
import zlib
from typing import Any

import pytest
from PIL import Image, PngImagePlugin, TiffImagePlugin

from core.documents.document import Document
from core.documents.file_reader import read
from core.documents.parts import parts_of
from core.documents.picture_words import read as words_in
from core.documents.sandbox.sandbox import Sandbox
from core.sensitivity.assess import assess
from core.sensitivity.level import Level
from tests.core.documents import make

WORDS = "Relevé du zébulon"
PACKET = (
    '<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt>'
    f"<rdf:li>{WORDS}</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"
)
DETAILS = 0x8769


def picture(kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (200, 100), "white").save(file, kind, **options)
    return file.getvalue()


def exif(tag: int, value: Any, directory: int = 0) -> Image.Exif:
    made = Image.Exif()
    (made.get_ifd(directory) if directory else made)[tag] = value
    return made


def chunk(name: str, text: str) -> PngImagePlugin.PngInfo:
    made = PngImagePlugin.PngInfo()
    made.add_itxt(name, text, zip=name == "Comment")
    return made


def photoshop(caption: bytes) -> bytes:
    """A JPEG with a caption as agencies write it (IPTC-IIM 4.2, 2:120)."""
    field = b"\x1c\x02\x78" + len(caption).to_bytes(2, "big") + caption
    block = b"8BIM\x04\x04\0\0" + len(field).to_bytes(4, "big") + field + bytes(len(field) % 2)
    data, segment = picture("JPEG"), b"Photoshop 3.0\0" + block
    return data[:2] + b"\xff\xed" + (len(segment) + 2).to_bytes(2, "big") + segment + data[2:]


FILES = {
    "description": picture("JPEG", exif=exif(0x010E, WORDS.encode())),
    "comment of Windows": picture("JPEG", exif=exif(0x9C9C, WORDS.encode("utf-16-le"))),
    "comment of a camera": picture(
        "JPEG", exif=exif(0x9286, b"UNICODE\0" + WORDS.encode("utf-16-be"), DETAILS)
    ),
    "comment of JPEG": picture("JPEG", comment=WORDS.encode()),
    "caption": photoshop(WORDS.encode()),
    "caption in Latin letters": photoshop(WORDS.encode("latin-1")),
    "JPEG with XMP": picture("JPEG", xmp=PACKET.encode()),
    "PNG": picture("PNG", pnginfo=chunk("Comment", WORDS)),
    "PNG with XMP": picture("PNG", pnginfo=chunk("XML:com.adobe.xmp", PACKET)),
    "PNG with EXIF": picture("PNG", exif=exif(0x010E, WORDS.encode())),
    "GIF": picture("GIF", comment=WORDS.encode()),
    "WebP": picture("WEBP", exif=exif(0x010E, WORDS.encode())),
    "TIFF": picture("TIFF", tiffinfo={700: PACKET.encode()}),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_what_a_picture_says_of_itself_is_a_property(name: str) -> None:
    """Its pixels wait for recognition all the same."""
    document = read(FILES[name], name="a.img")
    assert (document.type, document.reason) == ("image", "scan")
    assert WORDS in document.properties.values()


def test_several_keywords_are_all_kept() -> None:
    """Under one name."""
    data = picture("JPEG", xmp=PACKET.replace(WORDS, "a</rdf:li><rdf:li>b").encode())
    assert read(data, name="a.jpg").properties == {"XMP description": "a; b"}


@pytest.mark.parametrize("before", [b"mot. " * 1_000, b"Bonjour, voici le plan."])
def test_a_description_is_kept_to_its_end_and_line_by_line(before: bytes) -> None:
    """Longer than a property, too: a marking may stand there."""
    data = picture("JPEG", comment=before + b"\nTLP:RED\nmerci de lire")
    assert assess(parts_of(read(data, name="a.jpg"))).level == Level.N3


def test_what_people_wrote_comes_before_what_programs_did() -> None:
    """Programs that develop photographs write hundreds of settings."""
    settings = "".join(f"<s{n}>{n}</s{n}>" for n in range(300))
    data = picture("JPEG", xmp=PACKET.replace("<dc:description>", settings + "<dc:description>").encode())
    assert read(data, name="a.jpg").properties["XMP description"] == WORDS


def test_the_pixels_of_a_png_are_not_unpacked_for_its_words() -> None:
    """They would take more memory than a document has."""
    data = bytearray(picture("PNG"))
    data[16:24] = (13_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    words = b"tEXtComment\0" + b"zebulon"
    end = len(data) - 12
    data[end:end] = (len(words) - 4).to_bytes(4, "big") + words + zlib.crc32(words).to_bytes(4, "big")
    document = read(bytes(data), name="a.png")
    assert (document.properties["PNG Comment"], document.warnings) == ("zebulon", ())


def test_the_frames_of_a_fax_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """For 100,000 of them that took minutes."""
    frame = Image.new("1", (9, 9))
    file = io.BytesIO()
    frame.save(file, "TIFF", save_all=True, append_images=[frame] * 3, tiffinfo={270: "zebulon"})
    monkeypatch.setattr(TiffImagePlugin.TiffImageFile, "n_frames", property(lambda file: file._n_frames))
    assert [text for name, text in words_in(file.getvalue())[0] if name == "EXIF ImageDescription"] == [
        "zebulon"
    ] * 4


def fax(frames: int, said: dict[int, dict[int, bytes | str]]) -> bytes:
    """A TIFF file of frames, some of which have tags."""
    file = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(file) as writer:
        for frame in range(frames):
            Image.new("1", (9, 9)).save(writer, "TIFF", tiffinfo=said.get(frame, {}))
            writer.newFrame()
    return file.getvalue()


@pytest.mark.parametrize(("frames", "unread"), [(100, []), (101, ["EXIF (p. 101…)"])])
def test_frames_that_are_not_asked_are_told(frames: int, unread: list[str]) -> None:
    """What is said of the hundred first is read."""
    document = read(fax(frames, {99: {270: "zebulon"}}), name="a.tif")
    assert document.properties["EXIF ImageDescription"] == "zebulon"
    assert [each.about for each in document.warnings] == unread


def test_the_first_frame_of_many_says_all_that_a_single_one_does() -> None:
    """Its XMP, too, which the last one has not."""
    assert WORDS in [text for _, text in words_in(fax(2, {0: {700: PACKET.encode()}}))[0]]


async def test_the_jail_reads_the_same() -> None:
    """No decoder imports anything for the first time in the jail, where it would fail."""
    async with Sandbox() as sandbox:
        for data in FILES.values():
            assert await sandbox.read(data, name="a.img") == read(data, name="a.img")


def in_word(data: bytes, side: int) -> bytes:
    drawing = (
        '<w:p><w:r><w:t>Bonjour</w:t><w:drawing><wp:inline xmlns:wp="wp">'
        f'<wp:extent cx="{side}" cy="{side}"/>'
        '<a:blip xmlns:a="a" xmlns:r="r" r:embed="r0"/></wp:inline></w:drawing></w:r></w:p>'
    )
    return make.docx(drawing, {"word/media/image1.jpeg": data}, kinds={"word/media/image1.jpeg": "image"})


def in_pdf(data: bytes) -> bytes:
    return make.pdf_of(
        [
            b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Annots[6 0 R]"
            b"/Resources<</XObject<</I 5 0 R>>>>>>",
            make.stream(b"q 595 0 0 842 0 0 cm /I Do Q"),
            make.stream(data, b"/Type/XObject/Subtype/Image/Width 200/Height 100/ColorSpace/DeviceRGB"
                              b"/BitsPerComponent 8/Filter/DCTDecode"),
            b"<</Type/Annot/Subtype/Text/Rect[1 1 9 9]/Contents(TLP:RED)>>",
        ]
    )  # fmt: skip


def said(document: Document) -> set[str]:
    return {place.text for place in document.places}


@pytest.mark.parametrize("side", [4_000_000, 100_000])
def test_a_picture_within_a_document_says_it_too(side: int) -> None:
    """Whether it is large enough to be recognised or not."""
    assert WORDS in said(read(in_word(FILES["description"], side), name="a.docx"))


def test_what_stands_round_a_scan_is_kept() -> None:
    """A PDF of pictures alone has comments, and what its pictures say; they count before it is recognised."""
    document = read(in_pdf(FILES["caption"]), name="a.pdf")
    assert (document.reason, document.detail) == ("scan", "1")
    assert said(document) == {WORDS, "TLP:RED"}
    assert assess(parts_of(document)).level == Level.N3


def test_damage_is_told() -> None:
    """Of what a picture says of itself."""
    data = picture("JPEG", xmp=PACKET.replace("</rdf:RDF>", "").encode())
    assert [each.code for each in read(data, name="a.jpg").warnings] == ["part_unread"]
