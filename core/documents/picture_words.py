"""The texts in the file of a picture: descriptions, titles and comments that cameras and programs write
there.

Sources: EXIF 2.32, IPTC-IIM 4.2, XMP, the text chunks of PNG, the comments of JPEG and GIF.
"""

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
"""The number of the first text that Windows writes in UTF-16."""
_RECORD = 2
"""The record of IPTC that holds texts. The first record is about the transfer."""
_CODES = frozenset((0, 3, 22, 30, 35, 37, 38, 47, 50, 55, 60, 62, 63, 65, 70, 75, 130, 131, 135, 150, 200))
"""The fields of that record that are versions, dates, times and codes."""
_TIFF_XMP, _FRAMES = 700, 100
_PNG, _PNG_WORDS = b"\x89PNG\r\n\x1a\n", frozenset((b"tEXt", b"zTXt", b"iTXt", b"eXIf"))
_PIXEL = b"\0\0\0\1\0\0\0\1\x08\0\0\0\0"
"""A header of PNG: one pixel, grey."""
_OF_PROGRAMS = ("Software", "xmp", "XML:com.adobe.xmp", "date:", "Raw profile", "Creation Time")
_CHARACTERS = {b"ASCII\0\0\0": "ascii", b"UNICODE\0": "utf-16", b"JIS\0\0\0\0\0": "iso2022_jp"}
_WRITTEN = frozenset(("title", "description", "subject", "rights", "Headline", "Instructions", "UserComment"))
"""Values of XMP that people write."""


class FramesLeftOut(DocumentError):
    """A file has more frames than are read. The message names the others: `p. 101…`."""


def read(data: bytes) -> tuple[list[tuple[str, str]], str]:
    """Return the texts in a picture's file, each with its name, such as `EXIF ImageDescription`.

    The second value says what could not be read: frames (`p. 101…`) or the name of a decoder's error. It is
    empty if all was read. A file that is no picture has no texts. Raises MemoryError only.
    """
    said: list[tuple[str, str]] = []
    try:
        said.extend((name, text) for name, text in _said_in(data) if text.strip())
    except MemoryError:
        raise
    except FramesLeftOut as left_out:
        return said, str(left_out)
    except Exception as error:  # noqa: BLE001 - decoders fail in every way on bad files
        return said, type(error).__name__
    return said, ""


def is_written(name: str) -> bool:
    """True if people, and not programs, write the text of this name."""
    return name[:4] not in ("XMP ", "xmp:") or name[4:] in _WRITTEN


def _said_in(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield each text with its name. Raises whatever the decoders do on damaged data, and FramesLeftOut after
    the texts of the first hundred frames."""
    try:
        image: Any = Image.open(io.BytesIO(_without_pixels(data)))
    except Image.DecompressionBombError:
        raise
    except Exception:  # noqa: BLE001 - decoders fail in every way on bad files
        return
    yield from _frame(image)
    with suppress(EOFError):  # counting the frames takes the square of their number
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
    """Return a PNG with its texts and a single pixel, and any other file as it is.

    The texts may stand behind pixels that would take seconds, and too much memory, to unpack (PNG 1.2, 3.2).
    """
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
        if encoding == "utf-16":  # in the byte order of the file, which is unknown here
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
    """Return a text that was read as Latin-1 in the encoding in which it was written."""
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
    """Yield the comments of an image, those behind the pixels of a PNG included."""
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
