"""OpenDocument texts, presentations and spreadsheets (ODF 1.3), zipped or flat.

A sheet becomes tables parted by its empty rows; a slide its title, the rest from top to bottom, the notes.
"""

from __future__ import annotations

from core.documents import metafiles
from core.documents.build import Builder, Unreadable
from core.documents.cleaning import with_masks
from core.documents.odf import odf_drawings
from core.documents.odf.body import BLOCKS, OdfReader, cells_of, is_masked, masked_columns, rows_of
from core.documents.visibility import LARGE, matters, points
from core.documents.xml import Element, attribute, child, children, each, find_all, tag, text_in
from core.documents.zip_package import Package

_CENTIMETRE = 28.35
"""In points."""
_LONGEST_TITLE = 100
"""Characters of a title that is only known by its place."""


def read(package: Package, builder: Builder) -> None:
    """A zipped document. Sets properties, pages and places."""
    manifest = package.xml("META-INF/manifest.xml")
    if next(find_all(manifest, "encryption-data"), None) is not None:
        raise Unreadable("encrypted")
    content = (
        package.up_to("content.xml", "table-row", builder.limits.rows)
        if builder.kind == "ods" and package.is_large("content.xml")
        else package.main("content.xml")
    )
    styles = package.xml("styles.xml")
    _properties(package.xml("meta.xml"), builder)
    _write(OdfReader(builder, (content, styles), package), builder, content, styles)
    _beside(package, (content, styles), builder)
    for root, edge in ((content, False), (styles, True)):
        for frame in find_all(root, "frame"):
            _picture(frame, package, builder, edge=edge)


def _picture(frame: Element, package: Package, builder: Builder, *, edge: bool) -> None:
    """Read the picture in a frame, where it may bear text. `edge`: the frame stands in a header or footer."""
    name = attribute(child(frame, "image"), "href").removeprefix("./")
    if name not in package.infos:
        return
    sides = (points(attribute(frame, side), LARGE) for side in ("width", "height"))
    width, height = (side if side >= 0 else LARGE for side in sides)
    if not matters(width, height, top=0.0 if edge else None):
        builder.describe_picture(package.read(name))
        return
    if name.lower().endswith(metafiles.NAMES):
        text, more = metafiles.metafile_text(package.read(name))
        builder.place("picture", text)
        if not more:
            return
    builder.picture_file(name, package.read(name))


def read_flat(root: Element, builder: Builder) -> None:
    """A document in a single XML file."""
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
    for item in each(next(find_all(root, "meta"), None)):
        name = attribute(item, "name") if tag(item) == "user-defined" else tag(item)
        if tag(item) != "document-statistic":
            builder.property(name, text_in(item))


def _write(reader: OdfReader, builder: Builder, content: Element | None, styles: Element | None) -> None:
    reader.masters(child(styles, "master-styles"))
    for kind in each(child(content, "body")):
        match tag(kind):
            case "spreadsheet":
                write_sheets(reader, builder, kind)
            case "presentation" | "drawing":
                write_slides(reader, builder, kind)
            case _:
                reader.text(kind)
    reader.notes()


def write_sheets(reader: OdfReader, builder: Builder, body: Element) -> None:
    builder.unit = "sheet"
    for sheet in children(body, "table"):
        builder.sheet_page(attribute(sheet, "name"), masked=reader.styles.hides_table(sheet))
        if next(filter(is_masked, find_all(sheet, "table-row", "table-column")), None) is not None:
            builder.warn("hidden_cells", attribute(sheet, "name"))
        rows = (([reader.cell(cell) for cell in cells_of(row)], is_masked(row)) for row in rows_of(sheet))
        builder.sheet(with_masks(rows, masked_columns(sheet)))
        for shapes in children(sheet, "shapes"):
            reader.blocks(shapes)


def write_slides(reader: OdfReader, builder: Builder, body: Element) -> None:
    builder.unit = "slide"
    for slide in children(body, "page"):
        builder.slide_page(masked=reader.styles.hides_slide(slide))
        _write_slide(reader, builder, slide)


def _write_slide(reader: OdfReader, builder: Builder, slide: Element) -> None:
    for annotation in children(slide, "annotation"):
        builder.place("comment", "\n".join(reader.lines(annotation)), page=builder.page_number)
    shapes = sorted((shape for shape in slide if tag(shape) not in ("notes", "annotation")), key=_spot)
    if shapes and (title := _untagged_title(reader, shapes[0])):
        builder.heading(2, title)
        del shapes[0]
    for shape in shapes:
        _write_shape(reader, builder, shape)
    for notes in children(slide, "notes"):
        for frame in children(notes, "frame"):
            if attribute(frame, "class") == "notes":
                builder.speaker_note("\n".join(reader.lines(frame)))


def _untagged_title(reader: OdfReader, topmost: Element) -> str:
    """The single short line of a slide's topmost shape, where the slide says of no shape that it is the
    title; empty otherwise. Titles come first in the order of shapes."""
    if attribute(topmost, "class") == "title":
        return ""
    lines = list(reader.lines(topmost))
    return lines[0] if len(lines) == 1 and len(lines[0]) <= _LONGEST_TITLE else ""


def _write_shape(reader: OdfReader, builder: Builder, shape: Element) -> None:
    kind = attribute(shape, "class")
    if kind == "title":
        builder.heading(2, " ".join(reader.lines(shape)))
    elif tag(shape) == "frame" and not kind:
        reader.frame(shape)
    elif tag(shape) == "frame":
        _write_placeholder(reader, shape)
    elif tag(shape) in BLOCKS:
        builder.place("textbox", "\n".join(reader.lines(shape)), page=builder.page_number)
        reader.blocks(shape)


def _write_placeholder(reader: OdfReader, frame: Element) -> None:
    """Write a frame that has a place in the slide's layout. Its text is no text box."""
    for inner in children(frame, "text-box"):
        reader.blocks(inner)
    for table in children(frame, "table"):
        reader.table(table)
    for item in children(frame, "object"):
        reader.embedded(item)


def _spot(shape: Element) -> tuple[bool, int, float]:
    """Titles first, then from top to bottom and left to right; a group stands where its first shape does."""
    at = next((each for each in shape.iter() if attribute(each, "y")), shape)
    left, top = (points(attribute(at, side), 0.0, usual="cm") for side in ("x", "y"))
    return attribute(shape, "class") != "title", round(top / _CENTIMETRE), left
