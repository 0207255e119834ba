"""What the drawings of any OOXML file say: charts, diagrams, alternative texts, WordArt; and what is left.

ECMA-376 part 1, 20 and 21 (DrawingML), part 4, 19 (VML). The three formats share these parts. What a reader
of one of them does not come by is found here: a paragraph of which a word was not read becomes a place
(`rest`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from operator import itemgetter

from core.documents import metafiles
from core.documents.build import Builder
from core.documents.cleaning import clean, raised
from core.documents.formulas import on_one_line
from core.documents.office import said_in_attributes
from core.documents.visibility import LARGE, matters, points
from core.documents.xml import (
    Element,
    attribute,
    child,
    children,
    find_all,
    number,
    parse,
    relation_id,
    tag,
    text_in,
)
from core.documents.zip_package import Package

_VISIBLE = (
    "word/", "ppt/slides/", "ppt/notesSlides/", "ppt/charts/", "ppt/diagrams/", "ppt/drawings/",
    "xl/charts/", "xl/diagrams/", "xl/drawings/",
)  # fmt: skip
_SETTINGS = (*said_in_attributes.SETTINGS, "word/people", "word/commentsE", "word/commentsI")
_NOT_SHOWN = frozenset(("del", "moveFrom", "rPh", "externalData", "layout", "delText"))
_BETWEEN = frozenset(
    (
        "br", "cr", "tab", "ptab", "noBreakHyphen", "sym", "footnoteReference", "endnoteReference", "drawing",
        "pict", "object",
    )
)  # fmt: skip
"""What stands between two words of a paragraph."""
_POINTS = 1_000


_POINT = 12_700
"""English metric units in a point."""
_MEASURE = re.compile(r"(width|height)\s*:\s*([\d.]+(?:pt|in|cm|mm|px)?)")
_RASTER = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".jfif")


def pictures(package: Package, builder: Builder) -> None:
    """Read the pictures of all parts that may bear text. Those in headers and masters count as pictures at
    the edge of a page. A file that several places show is read once."""
    read: set[str] = set()
    for image, file, is_edge in _images(package):
        if file in read:
            continue
        if file in package.infos:
            if _read_picture(image, file, package, builder, is_edge=is_edge):
                read.add(file)
        elif attribute(image, "link"):
            builder.warn("pictures_left_out")
    if any(child(forms, "Fallback") is None for forms in _handwriting(package)):
        builder.warn("pictures_left_out")


def _read_picture(image: Element, file: str, package: Package, builder: Builder, *, is_edge: bool) -> bool:
    """Read one picture. Return False if it is too small to matter where it stands: another place may show it
    larger."""
    name = file.lower()
    if name.endswith((".svg", *metafiles.NAMES)):
        _drawn(file, package.read(file), builder)
        return True
    if not name.endswith(_RASTER):
        builder.warn("pictures_left_out")
        return True
    size = _size(image)
    if size is None or matters(*size, top=0.0 if is_edge else None):
        builder.picture_file(file, package.read(file))
        return True
    builder.describe_picture(package.read(file))
    return False


def _handwriting(package: Package) -> set[Element | None]:
    """The elements that hold handwriting in several forms, of which a program shows one: programs without ink
    show the picture in `Fallback`. None stands for handwriting that has a single form."""
    shown = (name for name in package.names if name.startswith(_SHOWN) and name.endswith(".xml"))
    inks = (ink for name in shown for ink in find_all(package.xml(name), "contentPart"))
    return {next(ink.iterancestors("{*}AlternateContent"), None) for ink in inks}


def _drawn(name: str, data: bytes, builder: Builder) -> None:
    """The words of a picture that is drawn in lines and letters."""
    if name.lower().endswith(".svg"):
        words = find_all(parse(data, loose=True), "text", "title")
        builder.place("picture", "\n".join(" ".join(each.itertext()) for each in words))
        return
    text, more = metafiles.metafile_text(data)
    builder.place("picture", text)
    if more:
        builder.warn("pictures_left_out")


def _images(package: Package) -> Iterator[tuple[Element, str, bool]]:
    """Each picture with its file, and whether it stands at the edge of a page."""
    for name in package.names:
        if not (name.startswith(_SHOWN) and name.endswith((".xml", ".vml"))):
            continue
        edge = "header" in name or "footer" in name or "slideMaster" in name or "slideLayout" in name
        for image in find_all(package.xml(name), "blip", "imagedata", "svgBlip"):
            yield image, package.target(name, attribute(image, "embed") or relation_id(image)), edge


_SHOWN = (
    "word/document", "word/header", "word/footer", "ppt/slides/", "ppt/slideMasters/", "ppt/slideLayouts/",
    "xl/drawings/",
)  # fmt: skip


def _size(image: Element) -> tuple[float, float] | None:
    """Width and height in points, from the nearest element that gives them."""
    for above in image.iterancestors():
        for inner in (child(above, "extent"), child(above, "spPr", "xfrm", "ext")):
            width, height = attribute(inner, "cx"), attribute(inner, "cy")
            if width.isdecimal() and height.isdecimal():
                return int(width) / _POINT, int(height) / _POINT
        if tag(above) in ("shape", "rect"):
            measures = _MEASURE.findall(attribute(above, "style"))
            found = {key: points(length, LARGE, usual="px") for key, length in measures}
            return (found["width"], found["height"]) if len(found) == 2 else None
    return None


def rest(package: Package, builder: Builder) -> None:
    """Every visible paragraph of which a word was not read yet, as a place, and what attributes say. A
    watermark or an alternative text is a place whatever was read: it is judged as what it is."""
    said = list(said_in_attributes.told(package))
    for kind, text in said:
        if kind in ("watermark", "alternative"):
            builder.place(kind, text)
    builder.rest((*(("other", text) for text in _visible(package)), *said))


def _visible(package: Package) -> Iterator[str]:
    """The visible texts of all parts that have some."""
    for name in package.names:
        if name.startswith("xl/drawings/") and name.endswith(".vml"):  # buttons and labels of forms
            yield from (" ".join(box.itertext()) for box in find_all(package.xml(name), "textbox"))
        elif name.startswith(_VISIBLE) and name.endswith(".xml") and not name.startswith(_SETTINGS):
            yield from _visible_in(package.xml(name), is_chart="/charts/" in name)


def _visible_in(root: Element | None, *, is_chart: bool) -> Iterator[str]:
    if is_chart:
        for point in find_all(root, "v", "name", "pt"):
            if _is_shown(point):
                yield " ".join(point.itertext())
    for formula in find_all(root, "oMathPara"):
        if next(formula.iterancestors("{*}p"), None) is None:
            yield on_one_line(formula)
    yield from map(_paragraph, find_all(root, "p"))


def _paragraph(paragraph: Element) -> str:
    """The visible text of a paragraph, without that of paragraphs within it."""
    pieces: list[str] = []
    for item in paragraph.iter():
        name = tag(item)
        if name == "t" and _is_shown(item) and next(item.iterancestors("{*}p")) is paragraph:
            pieces.append("" if _is_of_formula(item) else item.text or "")
        elif name == "oMath" and _is_shown(item):
            pieces.append(f" {on_one_line(item)} ")
        elif name in _BETWEEN:
            pieces.append("-" if name == "noBreakHyphen" else " ")
    return clean("".join(pieces))


def _is_of_formula(text: Element) -> bool:
    return next(text.iterancestors("{*}oMath"), None) is not None


def _is_shown(element: Element) -> bool:
    return not any(
        tag(above) in _NOT_SHOWN or (tag(above) == "r" and child(above, "rPr", "vanish") is not None)
        for above in element.iterancestors()
    )


def write_frame(frame: Element, owner: str, package: Package, builder: Builder) -> None:
    """The chart or diagram that a frame of part `owner` refers to, into the text."""
    for diagram in find_all(frame, "relIds"):
        for point, depth in _points_in_order(package.xml(package.target(owner, attribute(diagram, "dm")))):
            builder.item(" ".join(lines_of(point)), depth=depth)
    for chart in find_all(frame, "chart"):
        if (root := package.xml(package.target(owner, relation_id(chart)))) is not None:
            _write_chart(root, builder)


def _points_in_order(model: Element | None) -> list[tuple[Element, int]]:
    """(point, depth) of a diagram as it is shown: each below the one it hangs on, in the order of the links
    between them (ECMA-376 part 1, 21.4.3.2); the file has them as they were added."""
    links = {
        attribute(link, "destId"): (attribute(link, "srcId"), number(link, "srcOrd"))
        for link in find_all(model, "cxn")
        if attribute(link, "type") in ("", "parOf")
    }

    def path(key: str, most: int = 50) -> tuple[int, ...]:
        above = links.get(key) if most else None
        return (*path(above[0], most - 1), above[1]) if above else ()

    points = [(path(attribute(point, "modelId")), point) for point in find_all(model, "pt")]
    return [(point, max(0, len(at) - 1)) for at, point in sorted(points, key=itemgetter(0))]


def _write_chart(chart: Element, builder: Builder) -> None:
    """Titles, and the series as a table: categories down, series across."""
    plot = child(chart, "chart")
    for title in children(plot, "title") + list(find_all(child(plot, "plotArea"), "title")):
        builder.paragraph(" ".join(lines_of(title)))
    columns: list[dict[int, str]] = []
    heads: list[str] = [""]
    for series in find_all(chart, "ser"):
        if not columns:
            columns.append(_points(_first(series, "cat", "xVal")))
        heads.append(" ".join(_points(child(series, "tx")).values()))
        columns.append(_points(_first(series, "val", "yVal")))
    height = min(max((max(column, default=-1) for column in columns), default=-1) + 1, _POINTS)
    rows = [[column.get(row, "") for column in columns] for row in range(height)]
    builder.table([heads, *rows] if rows else [])


def _first(series: Element, *names: str) -> Element | None:
    return next((found for name in names if (found := child(series, name)) is not None), None)


def _points(element: Element | None) -> dict[int, str]:
    """The cached values of a chart's reference, by index; of several levels of categories, all."""
    found: dict[int, str] = {}
    for point in find_all(element, "pt"):
        index, text = number(point, "idx", len(found)), text_in(point).strip()
        found[index] = f"{text} {found[index]}" if index in found else text
    if not found and element is not None and tag(element) == "tx":
        found[0] = text_in(child(element, "v"))
    return found


def text_of(paragraph: Element) -> str:
    """The text of one DrawingML paragraph."""
    return clean("".join(map(_piece, find_all(paragraph, "t", "br", "oMath"))))


def _piece(item: Element) -> str:
    """A piece of text, a formula, or the end of a line. `baseline`: how high a text stands (21.1.2.3.9)."""
    if tag(item) == "br":
        return "\n"
    if tag(item) == "oMath":
        return on_one_line(item)
    if _is_of_formula(item):
        return ""
    height = attribute(child(item.getparent(), "rPr"), "baseline")
    return raised(item.text or "") if height.rstrip("%").isdecimal() and height != "0" else item.text or ""


def lines_of(element: Element | None) -> Iterator[str]:
    """The paragraphs with text below an element."""
    return (text for paragraph in find_all(element, "p") if (text := text_of(paragraph)))
