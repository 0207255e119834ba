"""Files within Office files: those that can be read are parts, other objects and films are said to be
unread."""

from __future__ import annotations

from core.documents.build import Builder, UnpackBudget, Unreadable
from core.documents.detect import shape_of
from core.documents.limits import Limits
from core.documents.office.compound import CompoundFile
from core.documents.zip_package import Package

_FILMS = (".mp4", ".m4v", ".mov", ".avi", ".wmv", ".mpg", ".mpeg", ".mp3", ".m4a", ".wav", ".wma", ".aac")
_OFFICE = frozenset(("WordDocument", "Workbook", "Book", "PowerPoint Document", "EncryptedPackage"))
_NATIVE = "\x01Ole10Native"


def embedded(package: Package, builder: Builder) -> None:
    """The files within an OOXML file. Of the workbooks behind charts, the charts were read."""
    charted = {
        target
        for chart in package.names
        if "/charts/" in chart and chart.endswith(".xml")
        for _, target in package.relations(chart).values()
    }
    behind: list[str] = []
    for name in package.names:
        file = name.rpartition("/")[2]
        if ("/media/" in name and name.lower().endswith(_FILMS)) or (
            "/activeX/" in name and name.endswith(".bin")
        ):
            builder.warn("part_unread", file)
        elif name.endswith(".vtt"):  # subtitles of a film
            builder.part(file, package.read(name), unpacked=False)
        elif "/embeddings/" in name and name in charted:
            behind.append(name)
        elif "/embeddings/" in name:
            part_or_warning(file, package.read(name), builder)
    builder.behind((name.rpartition("/")[2], package.read(name)) for name in behind)


def part_or_warning(name: str, data: bytes, builder: Builder) -> None:
    """An object within a file: a part where it is a file of ours, else said to be unread."""
    if _is_file(data, name):
        builder.part(name, data)
    else:
        builder.warn("part_unread", name)


def object_of(file: CompoundFile) -> tuple[str, bytes] | None:
    """(name, data) of the file that an OLE object wraps: of any kind (Ole10Native, MS-OLEDS 2.3.6), of
    Office, or a PDF. None for an object that is no file."""
    if data := file.read("Package"):
        return "object", data
    if (data := file.read("CONTENTS")).startswith(b"%PDF"):
        return "object.pdf", data
    native = file.read(_NATIVE)
    if len(native) < 8:
        return None
    label, _, rest = native[6:].partition(b"\0")
    _, _, rest = rest.partition(b"\0")  # its path, then four bytes, and another path with its length
    at = 8 + int.from_bytes(rest[4:8], "little")
    size = int.from_bytes(rest[at : at + 4], "little")
    data = rest[at + 4 : at + 4 + size]
    return (label.decode("cp1252", "replace"), data) if data else None


def _is_file(data: bytes, name: str) -> bool:
    if (shape := shape_of(data, name)) != "cfb":
        return shape not in ("unknown", "text") or name.endswith(".txt")
    try:
        file = CompoundFile(data, UnpackBudget(Limits()))
        return bool(file.names & _OFFICE) or object_of(file) is not None
    except Unreadable:
        return False
