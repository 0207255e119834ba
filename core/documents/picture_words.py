"""What a picture says of itself beside what it shows: the descriptions, titles and comments that cameras and
programs write into its file (EXIF 2.32, IPTC-IIM 4.2, XMP, text chunks of PNG, comments of JPEG and GIF)."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from PIL import Image, IptcImagePlugin

from core.documents import xmp
from core.documents.text.encoding import decode
from core.errors import DocumentError

_EXIF = {
    0x010D: "DocumentName", 0x010E: "ImageDescription", 0x013B: "Artist", 0x8298: "Copyright",
    0x9C9B: "XPTitle", 0x9C9C: "XPComment", 0x9C9D: "XPAuthor", 0x9C9E: "XPKeywords", 0x9C9F: "XPSubject",
}  # fmt: skip
_DETAILS, _USER_COMMENT = 0x8769, 0x9286
_WIDE = 0x9C9B
"""The first of the texts that Windows writes, in UTF-16."""
_RECORD = 2
"""Of IPTC: the record of texts (the first is about the transfer)."""
_CODES = frozenset((0, 3, 22, 30, 35, 37, 38, 47, 50, 55, 60, 62, 63, 65, 70, 75, 130, 131, 135, 150, 200))
"""Its fields that are versions, dates, times and codes."""
_TIFF_XMP, _FRAMES = 700, 100
_PNG, _PNG_WORDS = b"\x89PNG\r\n\x1a\n", frozenset((b"tEXt", b"zTXt", b"iTXt", b"eXIf"))
_PIXEL = b"\0\0\0\1\0\0\0\1\x08\0\0\0\0"
"""A header of PNG: one pixel, grey."""
_OF_PROGRAMS = ("Software", "xmp", "XML:com.adobe.xmp", "date:", "Raw profile", "Creation Time")
_CHARACTERS = {b"ASCII\0\0\0": "ascii", b"UNICODE\0": "utf-16", b"JIS\0\0\0\0\0": "iso2022_jp"}
DESCRIBED = frozenset(
    ("title", "description", "subject", "rights", "Headline", "Instructions", "UserComment")
)
"""Values of XMP that people write."""


class FramesLeftOut(DocumentError):
    """A file of more frames than are asked what they say: `p. 101…`."""


def said_in(data: bytes) -> Iterator[tuple[str, str]]:
    """Each text with its name, as `EXIF ImageDescription`. A file that is no picture says nothing. Raises
    whatever the decoders do on damaged data, and FramesLeftOut behind what the first hundred frames say."""
    try:
        image: Any = Image.open(io.BytesIO(_without_pixels(data)))
    except Image.DecompressionBombError:
        raise
    except Exception:  # noqa: BLE001 - decoders fail in every way on bad files
        return
    yield from _frame(image)
    with suppress(EOFError):  # to count the frames would take their square
        for frame in range(1, _FRAMES + 1 if image.format == "TIFF" else 1):
            image.seek(frame)
            if frame == _FRAMES:
                raise FramesLeftOut(f"p. {_FRAMES + 1}…")
            yield from _frame(image)


def _frame(image: Any) -> Iterator[tuple[str, str]]:
    yield from _exif(image)
    yield from _iptc(image)
    yield from _comments(image)
    for name, value in xmp.values(_packet(image)):
        yield f"XMP {name}", value


def _without_pixels(data: bytes) -> bytes:
    """A PNG with a single pixel and all that the file says in words: they may stand behind pixels that would
    take seconds, and more memory than a document has, to be unpacked (PNG 1.2, 3.2). Other files as they
    are."""
    if not data.startswith(_PNG):
        return data
    words: list[tuple[bytes, bytes]] = []
    at, kind = len(_PNG), b""
    while at + 8 <= len(data) and kind != b"IEND":
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if kind in _PNG_WORDS:
            words.append((kind, data[at + 8 : at + 8 + size]))
        at += 12 + size
    chunks = [(b"IHDR", _PIXEL), *words, (b"IDAT", zlib.compress(bytes(2))), (b"IEND", b"")]
    return _PNG + b"".join(
        len(said).to_bytes(4, "big") + kind + said + zlib.crc32(kind + said).to_bytes(4, "big")
        for kind, said in chunks
    )


def _exif(image: Any) -> Iterator[tuple[str, str]]:
    exif = image.getexif()
    for number, name in _EXIF.items():
        if value := exif.get(number):
            yield f"EXIF {name}", _text(value, wide=number >= _WIDE)
    comment = exif.get_ifd(_DETAILS).get(_USER_COMMENT, b"")
    if isinstance(comment, bytes):
        encoding = _CHARACTERS.get(comment[:8], "")
        body = comment[8:] if encoding or comment.startswith(bytes(8)) else comment
        if encoding == "utf-16":  # in the order of the bytes of the file, whatever that is
            comment = decode(body)[0] if b"\0" in body else body.decode("utf-8", "replace")
        else:
            comment = body.decode(encoding, "replace") if encoding else decode(body)[0]
    yield "EXIF UserComment", str(comment).strip("\0 ")


def _text(value: str | bytes | tuple[int, ...], *, wide: bool) -> str:
    if not isinstance(value, str):
        value = bytes(value)
        return (value.decode("utf-16-le", "replace") if wide else decode(value)[0]).strip("\0 ")
    return _as_written(value).strip("\0 ")


def _as_written(text: str) -> str:
    """A text that was read as Latin letters, whatever it was written in."""
    try:
        return decode(text.encode("latin-1"))[0]
    except UnicodeEncodeError:
        return text


def _iptc(image: Any) -> Iterator[tuple[str, str]]:
    for (record, number), value in (IptcImagePlugin.getiptcinfo(image) or {}).items():
        if record == _RECORD and number not in _CODES:
            for each in value if isinstance(value, list) else [value]:
                yield f"IPTC {record}:{number}", decode(each)[0].strip("\0 ")


def _comments(image: Any) -> Iterator[tuple[str, str]]:
    """What is written between the pixels, of a PNG behind them too."""
    texts: dict[str, Any] = getattr(image, "text", None) or {}
    for name, value in texts.items():
        if not name.startswith(_OF_PROGRAMS):
            yield f"PNG {name}", str(value)
    segments = [data for kind, data in getattr(image, "applist", ()) if kind == "COM"]
    for comment in segments or [image.info.get("comment", b"")]:
        yield "comment", decode(comment)[0] if isinstance(comment, bytes) else str(comment)


def _packet(image: Any) -> bytes:
    tags: Any = getattr(image, "tag_v2", {})
    packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or tags.get(_TIFF_XMP) or b""
    return packet.encode() if isinstance(packet, str) else bytes(packet)
