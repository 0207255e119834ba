"""ZIP files: which of the Office formats they are, or an archive of files. And old Office files."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from core.documents.build import Builder, Unreadable
from core.documents.document import Type
from core.documents.mail import msg
from core.documents.odf import opendocument
from core.documents.office import (
    drawings,
    epub,
    excel,
    old_excel,
    old_powerpoint,
    old_word,
    powerpoint,
    word,
)
from core.documents.office.compound import CompoundFile, embedded, object_of
from core.documents.text.encoding import decode
from core.documents.xml import attribute, child, children, each, find_all, local, tag, text_in
from core.documents.zip_package import Package

_TYPES = "[Content_Types].xml"
_PROGRAMS = {"Macros", "_VBA_PROJECT_CUR"}
"""Where old Word and old Excel keep macros (MS-OVBA 2.2.1)."""
_MAIN: dict[str, Type] = {
    "wordprocessingml": "docx", "word": "docx", "presentationml": "pptx", "spreadsheetml": "xlsx",
    "powerpoint": "pptx", "excel": "xlsx",
}  # fmt: skip
_ODF: dict[str, Type] = {"text": "odt", "presentation": "odp", "spreadsheet": "ods", "graphics": "odp"}
_READERS: dict[Type, Any] = {
    "docx": word.WordReader,
    "pptx": powerpoint.PowerPointReader,
    "xlsx": excel.ExcelReader,
}


def read(data: bytes, builder: Builder) -> None:
    """Any file that begins as a ZIP archive. Sets the builder's type."""
    package = Package(data, builder.budget, builder.limits)
    if _TYPES in package.infos:
        _read_ooxml(package, data, builder)
    elif "content.xml" in package.infos and "META-INF/manifest.xml" in package.infos:
        kind = package.read("mimetype").decode("ascii", "replace") if "mimetype" in package.infos else ""
        builder.kind = _ODF.get(kind.rpartition("opendocument.")[2].partition("-")[0].strip(), "odt")
        opendocument.read(package, builder)
    else:
        builder.kind = "zip"
        _read_archive(package, builder)
        return
    for part in package.damaged:
        builder.warn("damaged_part", part)
    pictures = any("media/" in name or name.startswith("Pictures/") for name in package.names)
    if pictures and not builder.size and not builder.pictured:
        raise Unreadable("scan")


def read_compound(data: bytes, builder: Builder) -> None:
    """A Microsoft compound file: an encrypted document, an Outlook message, old Office, or a wrapped file."""
    file = CompoundFile(data, builder.budget)
    for name in sorted(file.names & _PROGRAMS):
        builder.warn("part_unread", name)
    _read_compound(file, data, builder)


def _read_compound(file: CompoundFile, data: bytes, builder: Builder) -> None:
    names = file.names
    if "EncryptedPackage" in names:
        raise Unreadable("encrypted")
    if "__properties_version1.0" in names:
        msg.read(data, builder)
    elif "WordDocument" in names:
        old_word.read(file, builder)
    elif names & {"Workbook", "Book"}:
        builder.kind = "xls"
        if old_excel.is_encrypted(file):
            raise Unreadable("encrypted")
        old_excel.read(data, builder, old_excel.of_xls(file.read("Workbook")))
        old_excel.places(file, builder)
    elif "PowerPoint Document" in names:
        old_powerpoint.read(file, builder)
    elif inner := object_of(file.read):  # last: a document may hold a stream of that name as well
        builder.part(*inner, unpacked=False)
    else:
        raise Unreadable("unknown_format")


def _read_ooxml(package: Package, data: bytes, builder: Builder) -> None:
    for part in (_TYPES, "_rels/.rels"):  # without which nobody knows what the file is
        package.main(part)
    main = next(package.related("", "officeDocument"), None)
    if main is None:
        raise Unreadable("unknown_format")
    _describe(package, builder)
    kind = _kind(package, main)
    if main.endswith(".bin"):
        builder.kind = "xlsb"
        sheets = _binary_sheets(package, main)
        old_excel.read(data, builder, old_excel.of_xlsb(package, sheets))
        old_excel.binary_formulas(package, sheets, builder)
    elif kind is None:
        raise Unreadable("unknown_format")
    else:
        builder.kind = kind
        _READERS[kind](package, main, builder).read()
    embedded(package, builder)
    drawings.rest(package, builder)
    drawings.pictures(package, builder)


def _describe(package: Package, builder: Builder) -> None:
    """docProps/core.xml, app.xml and custom.xml, and the sensitivity labels of docMetadata/LabelInfo.xml."""
    for item in each(package.xml("docProps/core.xml")):
        builder.property(tag(item), text_in(item))
    for name in ("Company", "Manager", "Application"):
        builder.property(name, text_in(child(package.xml("docProps/app.xml"), name)))
    for item in children(package.xml("docProps/custom.xml"), "property"):
        builder.property(attribute(item, "name"), text_in(item))
    for number, label in enumerate(find_all(package.xml("docMetadata/LabelInfo.xml"), "label"), 1):
        described = " ".join(f"{local(key)}={value}" for key, value in label.attrib.items())
        builder.property(f"LabelInfo {number}", described)


def _binary_sheets(package: Package, main: str) -> list[str]:
    """The parts of the sheets of a binary workbook, by the numbers in their names."""
    sheets = [name for kind, name in package.relations(main).values() if kind.endswith("sheet")]
    return sorted(sheets, key=lambda name: (len(name), name))


def _kind(package: Package, main: str) -> Type | None:
    """By the content type of the main part, its own or that of its extension (ISO 29500-2, 10.1.2)."""
    types = package.xml(_TYPES)
    parts = children(types, "Override")
    own = [each for each in parts if attribute(each, "PartName").lstrip("/").lower() == main.lower()]
    extension = main.rpartition(".")[2].lower()
    usual = [each for each in children(types, "Default") if attribute(each, "Extension").lower() == extension]
    for item in (*own, *usual):
        described = attribute(item, "ContentType").lower()
        for mark, kind in _MAIN.items():
            if mark in described:
                return kind
    return None


_LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


def _read_archive(package: Package, builder: Builder) -> None:
    """Read each member of an archive as a part. Names are kept as they are, since nothing is written to a
    disk.

    A book (`epub`) is an archive whose members are read in the order of its pages. Raises Unreadable for a
    bomb, and for an archive of which no member opens without a password. Any other member fails alone.
    """
    builder.property("comment", package.comment)
    builder.rest(("other", decode(info.comment)[0]) for info in package.infos.values())
    names = [name for name in package.names if not name.startswith(_LITTER) and not name.endswith(_LITTER)]
    if not names:
        raise Unreadable("empty")
    if all(package.is_locked(name) for name in names):
        raise Unreadable("encrypted")
    if epub.is_book(package):
        names = epub.read_book(package, names, builder)
    for name in names:
        try:
            data = package.read(name)
        except Unreadable as error:
            if error.reason == "expands":
                raise
            builder.unread_part(_member(package, name), error.reason)
            continue
        builder.part(_member(package, name), data)


def _member(package: Package, name: str) -> str:
    """The member's name. Without the UTF-8 flag most tools write the system's own encoding."""
    if package.infos[name].flag_bits & 0x800:
        return name
    for encoding in ("utf-8", "cp850"):
        with suppress(UnicodeError):
            return name.encode("cp437").decode(encoding)
    return name
