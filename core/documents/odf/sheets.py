"""The sheets of an OpenDocument spreadsheet: tables parted by empty rows."""

from __future__ import annotations

from core.documents.build import Builder
from core.documents.odf.body import OdfReader, cells_of, rows_of
from core.documents.zip_package import Element, attribute, children


def write(reader: OdfReader, builder: Builder, body: Element) -> None:
    builder.unit = "sheet"
    left = builder.limits.rows
    for sheet in children(body, "table"):
        builder.page(attribute(sheet, "name"))
        builder.heading(2, attribute(sheet, "name"))
        if reader.hides_cells(sheet):
            builder.warn("hidden_cells", attribute(sheet, "name"))
        block: list[list[str]] = []
        for row in rows_of(sheet):
            cells = [reader.cell(cell) for cell in cells_of(row)]
            if any(cells) and left:
                left -= 1
                block.append(cells)
            elif any(cells):
                builder.warn("rows_left_out", builder.limits.rows)
                break
            elif block:
                builder.table(block)
                block = []
        builder.table(block)
        for shapes in children(sheet, "shapes"):
            reader.blocks(shapes)
