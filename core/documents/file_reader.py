"""Reads the bytes of a file into a Document. Pure: opens no file and keeps nothing. Runs in the sandbox.

Whatever a format module raises on a bad file becomes a document with a reason. Only MemoryError goes on up:
then the whole process is in doubt.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from typing import Any, BinaryIO

from core.documents.build import Builder, built
from core.documents.detect import Shape, shape_of
from core.documents.document import Document, Limits, unread_document
from core.documents.mail import eml
from core.documents.nesting import Nesting, UnpackBudget
from core.documents.office import containers, flat_office
from core.documents.pdf import pdf_file
from core.documents.reading_errors import Unreadable
from core.documents.text import html, plain_text, rtf

_PANIC = "PanicException"
"""A library in Rust (calamine) raises this where it has a fault. It is no Exception and cannot be
imported."""
_TAIL = 65_557
"""Bytes at the end of an archive in which its last record begins (APPNOTE 4.3.16)."""
_LAST, _END = b"PK\x05\x06", b"%%EOF"
_OWN = (b"endobj", b"startxref", b"endstream")
_LEAST = 16
"""Bytes behind a PDF that count as content. Programs write a few line ends and zeros there."""


def read(data: bytes, *, name: str, limits: Limits | None = None) -> Document:
    """The document in `data`. Raises MemoryError only."""
    limits = limits or Limits()
    return read_within(data, name, limits, outermost(limits))


def outermost(limits: Limits) -> Nesting:
    """Return how files within a file are read that itself lies in no other."""
    return Nesting(read=read_within, budget=UnpackBudget(limits))


def read_task(file: BinaryIO, arguments: dict[str, Any], limits: Limits) -> Document:
    """Run `read` as a task of the fork server."""
    data = file.read(limits.file_size + 1)
    return read(data, name=str(arguments["name"]), limits=limits)


def read_many_task(file: BinaryIO, arguments: dict[str, Any], limits: Limits) -> list[Document]:
    """Read several files that stand one behind the other. The arguments are `names` and `sizes` in bytes."""
    return [
        read(file.read(size), name=str(name), limits=limits)
        for name, size in zip(arguments["names"], arguments["sizes"], strict=True)
    ]


def read_within(data: bytes, name: str, limits: Limits, nesting: Nesting) -> Document:
    """Read a file inside another, with which it shares the budget of what may be unpacked."""
    builder = Builder(name, "unknown", limits, nesting)
    if not data:
        return unread_document(name, "unknown", "empty")
    if len(data) > limits.file_size:
        return unread_document(name, "unknown", "too_big", limits.file_size)
    return built(builder, lambda _: feed(data, builder))


def feed(data: bytes, builder: Builder) -> None:
    """Have the module of its format read the data. Raises what the module raises."""
    shape = shape_of(data, builder.name)
    try:
        if shape in ("pdf", "image"):
            _read_appended(data, builder)
        _READERS[shape](data, builder)
    except RecursionError:
        raise Unreadable("nested") from None
    except BaseException as error:
        if type(error).__name__ == _PANIC:
            raise Unreadable("damaged", _PANIC) from None
        raise


def _read_appended(data: bytes, builder: Builder) -> None:
    """Read the archive that stands behind a PDF or a picture as a file in it, though no viewer shows it.
    Anything else behind a PDF gives a caution."""
    if archive := _archive(data):
        builder.part(f"{builder.name} (ZIP)", archive)
    elif _END in data:
        rest = data[data.rfind(_END) + len(_END) :]
        if len(rest.strip(b"\0\r\n\t ")) >= _LEAST and not any(word in rest for word in _OWN):
            builder.warn("part_unread", "%%EOF")


def _archive(data: bytes) -> bytes:
    """Return the ZIP archive that a file ends with. Empty if there is none, or if it is an object of a
    PDF."""
    _, last, rest = data[-_TAIL:].rpartition(_LAST)
    if not last or any(word in rest for word in _OWN):
        return b""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return data[min((info.header_offset for info in archive.infolist()), default=len(data)) :]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error):
        return b""


def _read_image(data: bytes, builder: Builder) -> None:
    builder.kind = "image"
    builder.said(builder.said_in_picture(data))
    raise Unreadable("scan")


def _read_unknown(data: bytes, builder: Builder) -> None:
    raise Unreadable("unknown_format")


_READERS: dict[Shape, Callable[[bytes, Builder], None]] = {
    "pdf": pdf_file.read,
    "zip": containers.read,
    "cfb": containers.read_compound,
    "rtf": rtf.read,
    "html": html.read,
    "eml": eml.read,
    "tnef": eml.read_wrapped,
    "signed": eml.read_signed,
    "sealed": plain_text.read_sealed,
    "xml": flat_office.read,
    "text": plain_text.read,
    "image": _read_image,
    "unknown": _read_unknown,
}
