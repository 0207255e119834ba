"""What stands behind the end of a PDF or a picture in its file: no viewer shows it, and an archive there
opens as one."""

from __future__ import annotations

import io
import struct
import zipfile

from core.documents.build import Builder

_TAIL = 65_557
"""Bytes at the end of an archive in which its last record begins (APPNOTE 4.3.16)."""
_LAST, _END = b"PK\x05\x06", b"%%EOF"
_OWN = (b"endobj", b"startxref", b"endstream")
_LEAST = 16
"""Bytes behind a PDF that may say something: programs write line ends and zeros there."""


def read_appended(data: bytes, builder: Builder) -> None:
    """Read the archive that stands behind a PDF or a picture as a file in it; what else stands behind a PDF
    is said to be unread."""
    if archive := _archive(data):
        builder.part(f"{builder.name} (ZIP)", archive)
    elif _END in data:
        rest = data[data.rfind(_END) + len(_END) :]
        if len(rest.strip(b"\0\r\n\t ")) >= _LEAST and not any(word in rest for word in _OWN):
            builder.warn("part_unread", "%%EOF")


def _archive(data: bytes) -> bytes:
    """The ZIP archive that a file ends with; empty without one, and for one that is an object of the PDF."""
    _, last, rest = data[-_TAIL:].rpartition(_LAST)
    if not last or any(word in rest for word in _OWN):
        return b""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return data[min((info.header_offset for info in archive.infolist()), default=len(data)) :]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error):
        return b""
