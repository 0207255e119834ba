"""A compound file (MS-CFB) with its streams: what old Office writes. Opened with suspicion, within the
budget.

Of files within Office files those that can be read are parts; other objects and films are said to be unread.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from typing import Any

import olefile

from core.documents.build import Builder, UnpackBudget, Unreadable
from core.documents.detect import shape_of
from core.documents.document import Limits
from core.documents.zip_package import Package

_DESCRIBED = (
    "title", "subject", "author", "keywords", "comments", "last_saved_by", "company", "category",
)  # fmt: skip
_PROPERTIES = "\x05DocumentSummaryInformation"
_WIDE = 1_200
"""The number of UTF-16 among code pages."""
_NARROW_TEXT, _WIDE_TEXT = 0x1E, 0x1F
_MOST = 500
"""Properties that are read."""
_OleFile: Any = olefile.OleFileIO  # hardly typed
_FILMS = (".mp4", ".m4v", ".mov", ".avi", ".wmv", ".mpg", ".mpeg", ".mp3", ".m4a", ".wav", ".wma", ".aac")
_PROGRAMS = ("/vbaProject.bin", "/model/item.data")
"""Macros, and the tables of Power Pivot."""
_OFFICE = frozenset(("WordDocument", "Workbook", "Book", "PowerPoint Document", "EncryptedPackage"))
_NATIVE = "\x01Ole10Native"


class CompoundFile:
    """The streams of a compound file by path. Raises Unreadable for a damaged one."""

    def __init__(self, data: bytes, budget: UnpackBudget) -> None:
        try:
            self._file = _OleFile(io.BytesIO(data))
            self.paths = {"/".join(path) for path in self._file.listdir()}
        except (OSError, ValueError, IndexError) as error:
            raise Unreadable("damaged", type(error).__name__) from None
        self._budget = budget

    @property
    def names(self) -> set[str]:
        """What stands at the top."""
        return {path.partition("/")[0] for path in self.paths}

    def read(self, path: str) -> bytes:
        """A stream; empty without it."""
        if path not in self.paths:
            return b""
        self._budget.spend(self._file.get_size(path))
        try:
            return self._file.openstream(path).read()
        except (OSError, ValueError, IndexError) as error:
            raise Unreadable("damaged", type(error).__name__) from None

    def describe(self, builder: Builder) -> None:
        """Title, author and the like, and the file's own properties (MS-OLEPS)."""
        try:
            meta = self._file.get_metadata()
        except Exception:  # noqa: BLE001 - the library fails in every way on bad files
            return
        for name in _DESCRIBED:
            value: Any = getattr(meta, name, None)
            text = value.decode("cp1252", "replace") if isinstance(value, bytes) else str(value or "")
            builder.property(name, text.strip("\0 "))
        for name, text in own_properties(self.read(_PROPERTIES)):
            builder.property(name, text)


def embedded(package: Package, builder: Builder) -> None:
    """Read the files within an OOXML file as parts. The workbooks behind charts come last: the charts
    themselves have been read."""
    charted = _chart_targets(package)
    workbooks: list[tuple[str, str]] = []
    for name in package.names:
        file = name.rpartition("/")[2]
        if _is_unreadable(name):
            builder.warn("part_unread", file)
        elif name.endswith(".vtt"):  # subtitles of a film
            builder.part(file, package.read(name), unpacked=False)
        elif "/embeddings/" in name and name in charted:
            workbooks.append((file, name))
        elif "/embeddings/" in name:
            part_or_warning(file, package.read(name), builder)
    builder.behind((file, package.read(name)) for file, name in workbooks)


def _chart_targets(package: Package) -> set[str]:
    """The parts that the charts of a package refer to."""
    charts = (name for name in package.names if "/charts/" in name and name.endswith(".xml"))
    return {target for chart in charts for _, target in package.relations(chart).values()}


def _is_unreadable(name: str) -> bool:
    """True for films, programs and ActiveX controls."""
    is_film = "/media/" in name and name.lower().endswith(_FILMS)
    is_control = "/activeX/" in name and name.endswith(".bin")
    return is_film or is_control or name.endswith(_PROGRAMS)


def part_or_warning(name: str, data: bytes, builder: Builder) -> None:
    """An object within a file: a part where it is a file of ours, else said to be unread."""
    if _is_file(data, name):
        builder.part(name, data)
    else:
        builder.warn("part_unread", name)


def object_of(read: Callable[[str], bytes]) -> tuple[str, bytes] | None:
    """(name, data) of the file that an OLE object wraps, of which `read` gives the streams: a file of any
    kind (Ole10Native, MS-OLEDS 2.3.6), of Office, or a PDF. None for an object that is no file."""
    if data := read("Package"):
        return "object", data
    if (data := read("CONTENTS")).startswith(b"%PDF"):
        return "object.pdf", data
    native = read(_NATIVE)
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
        return bool(file.names & _OFFICE) or object_of(file.read) is not None
    except Unreadable:
        return False


def own_properties(stream: bytes) -> Iterator[tuple[str, str]]:
    """The texts that people or labels put into a file under names of their own: the second set of properties
    (MS-OLEPS, 2.21 and 2.18.1). What is damaged says nothing."""
    try:
        if stream[0x18:0x1C] != b"\2\0\0\0":
            return
        section = stream[struct.unpack_from("<I", stream, 0x40)[0] :]
        count = struct.unpack_from("<I", section, 4)[0]
        places = dict(struct.unpack_from("<II", section, 8 + 8 * at) for at in range(min(count, _MOST)))
        page = struct.unpack_from("<H", section, places[1] + 4)[0] if 1 in places else 1252
        names = dict(_names(section, places[0], page)) if 0 in places else {}
        for number, at in places.items():
            if number in names and (text := _text(section, at, page)):
                yield names[number], text
    except (struct.error, LookupError):
        return


def _names(section: bytes, at: int, page: int) -> Iterator[tuple[int, str]]:
    """The dictionary of a set: the name of each number."""
    count, at = struct.unpack_from("<I", section, at)[0], at + 4
    for _ in range(min(count, _MOST)):
        number, size = struct.unpack_from("<II", section, at)
        length = size * 2 if page == _WIDE else size
        yield number, _decoded(section[at + 8 : at + 8 + length], page)
        at += 8 + (length + 3 & ~3 if page == _WIDE else length)


def _text(section: bytes, at: int, page: int) -> str:
    """A value that is a text; empty for others."""
    kind, size = struct.unpack_from("<II", section, at)
    if kind == _NARROW_TEXT:
        return _decoded(section[at + 8 : at + 8 + size], page)
    return _decoded(section[at + 8 : at + 8 + 2 * size], _WIDE) if kind == _WIDE_TEXT else ""


def _decoded(data: bytes, page: int) -> str:
    names = {_WIDE: "utf-16-le", 65_001: "utf-8", 10_000: "mac_roman"}
    return data.decode(names.get(page, f"cp{page}"), "replace").partition("\0")[0].strip()
