"""ZIP files: which of the Office formats they are, or an archive of files. And old Office files."""

from __future__ import annotations

from typing import Any

from core.documents import archive
from core.documents.build import Builder, Unreadable
from core.documents.document import Type
from core.documents.mail import msg
from core.documents.odf import opendocument
from core.documents.office import (
    drawings,
    excel,
    old_excel,
    old_numbers,
    old_powerpoint,
    old_word,
    powerpoint,
    word,
)
from core.documents.office.compound import CompoundFile, embedded, object_of
from core.documents.zip_package import Package, attribute, children, has_pictures, office_properties

_TYPES = "[Content_Types].xml"
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
        archive.read(package, builder)
        return
    for part in package.damaged:
        builder.warn("damaged_part", part)
    if not builder.size and not builder.pictured and has_pictures(package):
        raise Unreadable("scan")


def read_compound(data: bytes, builder: Builder) -> None:
    """A Microsoft compound file: an encrypted document, an Outlook message, old Office, or a wrapped file."""
    file = CompoundFile(data, builder.budget)
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
        old_excel.read(data, builder, old_numbers.of_xls(file.read("Workbook")))
        old_excel.places(file, builder)
    elif "PowerPoint Document" in names:
        old_powerpoint.read(file, builder)
    elif inner := object_of(file):  # last: a document may hold a stream of that name as well
        builder.part(*inner, unpacked=False)
    else:
        raise Unreadable("unknown_format")


def _read_ooxml(package: Package, data: bytes, builder: Builder) -> None:
    for part in (_TYPES, "_rels/.rels"):  # without which nobody knows what the file is
        package.main(part)
    main = next(package.related("", "officeDocument"), None)
    if main is None:
        raise Unreadable("unknown_format")
    kind = _kind(package, main)
    if main.endswith(".bin"):
        builder.kind = "xlsb"
        office_properties(package, builder)
        old_excel.read(data, builder, old_numbers.of_xlsb(package, _binary_sheets(package, main)))
    elif kind is None:
        raise Unreadable("unknown_format")
    else:
        builder.kind = kind
        _READERS[kind](package, main, builder).read()
    embedded(package, builder)
    drawings.rest(package, builder)
    drawings.pictures(package, builder)


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
