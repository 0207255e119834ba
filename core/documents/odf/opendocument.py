"""OpenDocument texts, presentations and spreadsheets (ODF 1.3), zipped or flat."""

from __future__ import annotations

import re

from core.documents import metafiles
from core.documents.build import Builder, Unreadable
from core.documents.odf import odf_drawings, sheets, slides
from core.documents.odf.body import OdfReader
from core.documents.pictures import matters
from core.documents.zip_package import Element, Package, attribute, child, each, find_all, parse, tag


def read(package: Package, builder: Builder) -> None:
    """A zipped document. Sets properties, pages and places."""
    manifest = package.xml("META-INF/manifest.xml")
    if next(find_all(manifest, "encryption-data"), None) is not None:
        raise Unreadable("encrypted")
    content = package.xml("content.xml")
    styles = package.xml("styles.xml")
    _properties(package.xml("meta.xml"), builder)
    _write(OdfReader(builder, (content, styles), package), builder, content, styles)
    _beside(package, (content, styles), builder)
    for root, edge in ((content, False), (styles, True)):
        for frame in find_all(root, "frame"):
            _picture(frame, package, builder, edge=edge)


def _picture(frame: Element, package: Package, builder: Builder, *, edge: bool) -> None:
    """The picture in a frame, where it may bear text."""
    name = attribute(child(frame, "image"), "href").removeprefix("./")
    width, height = (_points(attribute(frame, side)) for side in ("width", "height"))
    if name not in package.infos or not matters(width, height, top=0.0 if edge else None):
        return
    if name.lower().endswith(metafiles.NAMES):
        text, more = metafiles.metafile_text(package.read(name))
        builder.place("picture", text)
        if not more:
            return
    builder.picture_file(name, package.read(name))


def _points(length: str) -> float:
    """A length such as `2.5cm` in points; one that is not known is large."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(cm|mm|in|pt|px)", length)
    return float(match[1]) * _POINTS[match[2]] if match else 1_000.0


_POINTS = {"pt": 1.0, "in": 72.0, "cm": 28.35, "mm": 2.835, "px": 0.75}


def read_flat(data: bytes, builder: Builder) -> None:
    """A document in a single XML file."""
    root = parse(data)
    if tag(root) != "document":
        raise Unreadable("unknown_format")
    kind = attribute(root, "mimetype").rpartition(".")[2]
    builder.kind = {"presentation": "odp", "spreadsheet": "ods"}.get(kind, "odt")  # type: ignore[assignment]
    _properties(root, builder)
    _write(OdfReader(builder, (root,)), builder, root, root)
    _beside(None, (root,), builder)


def _beside(package: Package | None, roots: tuple[Element | None, ...], builder: Builder) -> None:
    for root in roots:
        odf_drawings.marks(root, builder)
    odf_drawings.rest(package, roots, builder)


def _properties(root: Element | None, builder: Builder) -> None:
    meta = next(find_all(root, "meta"), None)
    for item in each(meta):
        name = attribute(item, "name") if tag(item) == "user-defined" else tag(item)
        if tag(item) != "document-statistic":
            builder.property(name, "".join(item.itertext()))


def _write(reader: OdfReader, builder: Builder, content: Element | None, styles: Element | None) -> None:
    reader.masters(child(styles, "master-styles"))
    for kind in each(child(content, "body")):
        match tag(kind):
            case "spreadsheet":
                sheets.write(reader, builder, kind)
            case "presentation" | "drawing":
                slides.write(reader, builder, kind)
            case _:
                reader.text(kind)
    reader.notes()
