"""Documents of Office in a single XML file: OpenDocument, Word and Excel 2003, and the parts of a newer one
behind each other (« Flat OPC »). Any other XML is read as what it is."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime

from core.documents.build import Builder, Unreadable
from core.documents.cleaning import clean, with_masks
from core.documents.odf import opendocument
from core.documents.office import containers
from core.documents.office.number_formats import header_text, shown
from core.documents.office.word import WordReader
from core.documents.text import plain_text, xml_text
from core.documents.text.encoding import from_base64
from core.documents.xml import (
    Element,
    attribute,
    child,
    children,
    each,
    etree,
    find_all,
    number,
    parse,
    tag,
    text_in,
)
from core.documents.zip_package import Package

_CHANGES = {"Deletion": "del", "Insertion": "ins"}
_WRAPPERS = ("{*}sect", "{*}sub-section", "{*}pBdrGroup", "{*}content")
_KINDS = {"styles": "styles", "hdr": "header", "ftr": "footer"}
"""What a newer document has in parts of their own, and how it refers to them."""
_FORMATS = {"Percent": "0.00%", "Fixed": "0.00", "Standard": "#,##0.00", "": "General"}

_REMARKS = (etree.Comment, etree.ProcessingInstruction)
_OF_PROGRAMS = re.compile(r"xml-(?:stylesheet|model)\Z|mso-")
"""The instructions that say with what a file is opened or shown."""


def read(data: bytes, builder: Builder) -> None:
    """Any XML file. Sets the builder's type."""
    try:
        root = parse(data, remarks=True)
    except Unreadable:
        plain_text.read(data, builder)
        builder.warn("damaged_part", "XML")
        return
    before, after = (root.itersiblings(*_REMARKS, preceding=first) for first in (True, False))
    for said in (*before, *root.iter(*_REMARKS), *after):
        if said.tag is etree.Comment or not _OF_PROGRAMS.match(said.target):
            builder.hide(clean(said.text or ""))
    etree.strip_tags(root, *_REMARKS)
    if root.tag == "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}document":
        opendocument.read_flat(root, builder)
    elif tag(root) == "wordDocument":
        _word(root, builder)
    elif tag(root) == "Workbook" and children(root, "Worksheet"):
        _workbook(root, builder)
    elif tag(root) == "package" and children(root, "part"):
        containers.read(_zipped(dict(_parts(root))), builder)
    else:
        builder.kind = "text"
        xml_text.write(root, builder)


def _parts(root: Element) -> Iterator[tuple[str, bytes]]:
    """The parts of a package by their names, and the one that tells of what type each is."""
    types = etree.Element("Types")
    for part in children(root, "part"):
        name, content = attribute(part, "name"), next(iter(each(child(part, "xmlData"))), None)
        etree.SubElement(types, "Override", PartName=name, ContentType=attribute(part, "contentType"))
        data = from_base64(text_in(part)) if content is None else etree.tostring(content)
        yield name.lstrip("/"), data
    yield "[Content_Types].xml", etree.tostring(types)


def _zipped(parts: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _word(root: Element, builder: Builder) -> None:
    """A document of Word 2003: what a newer one has in parts of its own stands within it."""
    builder.kind = "docx"
    for item in each(child(root, "DocumentProperties")):
        builder.property(tag(item), text_in(item))
    for note in list(find_all(root, "annotation")):
        kind = attribute(note, "type").rpartition(".")[2]
        note.tag = _CHANGES.get(kind, note.tag)
        if kind == "Comment":
            builder.place("comment", text_in(note))
            note.clear(keep_tail=True)
    etree.strip_tags(root, *_WRAPPERS)
    for picture in find_all(root, "binData"):
        builder.picture_file(attribute(picture, "name"), from_base64(text_in(picture)))
        picture.text = None
    parts = {"word/document.xml": etree.tostring(root)}
    relations = ""
    for at, part in enumerate(find_all(root, *_KINDS)):
        parts[f"word/{at}.xml"] = etree.tostring(part)
        relations += f'<r Id="r{at}" Type="/{_KINDS[tag(part)]}" Target="{at}.xml"/>'
    parts["word/_rels/document.xml.rels"] = f"<r>{relations}</r>".encode()
    package = Package(_zipped(parts), builder.budget, builder.limits)
    WordReader(package, "word/document.xml", builder).read()


def _workbook(root: Element, builder: Builder) -> None:
    """A workbook of Excel 2003."""
    builder.kind, builder.unit = "xlsx", "sheet"
    for item in each(child(root, "DocumentProperties")):
        builder.property(tag(item), text_in(item))
    codes = {
        attribute(style, "ID"): attribute(child(style, "NumberFormat"), "Format")
        for style in find_all(child(root, "Styles"), "Style")
    }
    for sheet in children(root, "Worksheet"):
        name, options = attribute(sheet, "Name"), child(sheet, "WorksheetOptions")
        masked = bool(text_in(child(options, "Visible")))
        builder.sheet_page(name, masked=masked)
        hidden = find_all(child(sheet, "Table"), "Row", "Column")
        if any(attribute(item, "Hidden") == "1" for item in hidden):
            builder.warn("hidden_cells", name)
        for place in find_all(options, "Header", "Footer"):
            kind = "header" if tag(place) == "Header" else "footer"
            builder.place(kind, header_text(attribute(place, "Data")), page=builder.page_number)
        for comment in list(find_all(sheet, "Comment")):
            builder.place("comment", text_in(comment), page=builder.page_number)
            comment.getparent().remove(comment)
        builder.sheet(with_masks(_rows(child(sheet, "Table"), codes), list(_masked_columns(sheet))))


def _rows(table: Element | None, codes: Mapping[str, str]) -> Iterator[tuple[list[str], bool]]:
    """The rows of a sheet and whether each is hidden; an empty one where some are left out."""
    at = 0
    for row in children(table, "Row"):
        at, before = number(row, "Index", at + 1), at
        if at > before + 1:
            yield [], False
        for cell in children(row, "Cell"):
            if (data := child(cell, "Data")) is not None:
                data.text = _shown(data, codes.get(attribute(cell, "StyleID"), ""))
        yield xml_text.row_of(row), attribute(row, "Hidden") == "1"


def _shown(data: Element, code: str) -> str:
    """What a cell shows of its value."""
    text = text_in(data)
    try:
        match attribute(data, "Type"):
            case "Number":
                return shown(float(text), _FORMATS.get(code, code), french=True)
            case "DateTime":
                moment = datetime.fromisoformat(text)
                return f"{moment:%d/%m/%Y %H:%M}".removesuffix(" 00:00")
            case "Boolean":
                return "VRAI" if text == "1" else "FAUX"
            case _:
                return text
    except ValueError:
        return text


def _masked_columns(sheet: Element) -> Iterator[range]:
    at = -1
    for column in find_all(child(sheet, "Table"), "Column"):
        at = number(column, "Index", at + 2) - 1
        end = at + number(column, "Span")
        if attribute(column, "Hidden") == "1":
            yield range(at, end + 1)
        at = end
