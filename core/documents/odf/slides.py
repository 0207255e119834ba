"""The slides of an OpenDocument presentation: title first, then from top to bottom, then the notes."""

from __future__ import annotations

import re

from core.documents.build import Builder
from core.documents.odf.body import BLOCKS, OdfReader
from core.documents.zip_package import Element, attribute, children, tag


def write(reader: OdfReader, builder: Builder, body: Element) -> None:
    builder.unit = "slide"
    for slide in children(body, "page"):
        builder.page()
        shapes = [shape for shape in slide if tag(shape) not in ("notes", "annotation")]
        for annotation in children(slide, "annotation"):
            builder.place("comment", "\n".join(reader.lines(annotation)), page=builder.page_number)
        shapes.sort(key=_spot)
        if shapes and attribute(shapes[0], "class") != "title":
            lines = list(reader.lines(shapes[0]))
            if len(lines) == 1 and len(lines[0]) <= 100:
                builder.heading(2, lines[0])
                del shapes[0]
        for shape in shapes:
            _shape(reader, builder, shape)
        _notes(reader, builder, slide)


def _notes(reader: OdfReader, builder: Builder, slide: Element) -> None:
    """What the speaker has below the slide."""
    for frame in (frame for notes in children(slide, "notes") for frame in children(notes, "frame")):
        if attribute(frame, "class") == "notes" and (lines := list(reader.lines(frame))):
            builder.place("note", "\n".join(lines), page=builder.page_number)
            builder.raw("\n".join(f"> {line}" for line in lines))


def _shape(reader: OdfReader, builder: Builder, shape: Element) -> None:
    if attribute(shape, "class") == "title":
        builder.heading(2, " ".join(reader.lines(shape)))
    elif tag(shape) == "frame":
        if not attribute(shape, "class"):
            reader.frame(shape)
        else:
            for inner in children(shape, "text-box"):
                reader.blocks(inner)
            for table in children(shape, "table"):
                reader.table(table)
            for item in children(shape, "object"):
                reader.embedded(attribute(item, "href").removeprefix("./"))
    elif tag(shape) in BLOCKS:
        builder.place("textbox", "\n".join(reader.lines(shape)), page=builder.page_number)
        reader.blocks(shape)


def _spot(shape: Element) -> tuple[bool, int, float]:
    """Titles first, then from top to bottom and left to right."""
    return attribute(shape, "class") != "title", round(_length(shape, "y")), _length(shape, "x")


def _length(shape: Element, name: str) -> float:
    """A coordinate in centimetres; 0 without one."""
    match = re.fullmatch(r"(-?[\d.]{1,12})(cm|mm|in|pt|px)?", attribute(shape, name))
    try:
        value = float(match[1]) if match else 0.0
    except ValueError:
        return 0.0
    return value * {"mm": 0.1, "in": 2.54, "pt": 2.54 / 72, "px": 2.54 / 96}.get(
        match[2] if match else "", 1.0
    )
