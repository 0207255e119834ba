"""What a PDF says beside the text of its pages: outline, XMP, forms, and annotations (comments, stamps,
fields). Places and properties in which marks stand.

Words in the fields of a form are put behind the words that ask for them: the file writes them last.
"""

from __future__ import annotations

import ctypes
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from core.documents import xmp
from core.documents.build import Builder, Unreadable
from core.documents.document import PlaceKind
from core.documents.pdf.page_content import Box, Turn, Word, shown
from core.documents.pdf.pdfium import raw
from core.documents.xml import parse

_TITLES = 2_000
_PACKETS = 20
_LARGEST = 4_000_000
_MOST = 500
_DRAWN = {
    raw.FPDF_ANNOT_WIDGET, raw.FPDF_ANNOT_STAMP, raw.FPDF_ANNOT_FREETEXT, raw.FPDF_ANNOT_WATERMARK,
    raw.FPDF_ANNOT_SQUARE, raw.FPDF_ANNOT_CIRCLE, raw.FPDF_ANNOT_LINE, raw.FPDF_ANNOT_POLYGON,
}  # fmt: skip
"""Annotations whose look is text of the page to who reads it."""


def outline(document: Any) -> Iterator[str]:
    """The titles of the bookmarks, which a viewer shows beside the pages."""
    for bookmark in itertools.islice(document.get_toc(max_depth=15), _TITLES):
        yield bookmark.get_title() or ""


def read_xmp(packet: bytes, builder: Builder) -> None:
    """The values of an XMP packet as properties, those that another property has aside."""
    try:
        known = set(builder.properties.values())
        builder.said((f"xmp:{name}", value) for name, value in xmp.values(packet) if value not in known)
    except ValueError:
        builder.warn("damaged_part", "XMP")


def xfa(document: Any) -> Iterator[str]:
    """The texts and values of an XFA form, of which the pages only say that it needs another viewer."""
    for index in range(min(raw.FPDF_GetXFAPacketCount(document.raw), _PACKETS)):
        length = ctypes.c_ulong()
        if not raw.FPDF_GetXFAPacketContent(document.raw, index, None, 0, length) or length.value > _LARGEST:
            continue
        buffer = ctypes.create_string_buffer(length.value)
        raw.FPDF_GetXFAPacketContent(document.raw, index, buffer, length.value, length)
        try:
            root = parse(buffer.raw[: length.value], loose=True)  # one may hold a part of the XML only
        except Unreadable:
            continue
        if root is not None:
            yield from (text.strip() for text in root.itertext() if text.strip())


def with_fields(document: Any, page: Any, index: int) -> Any:
    """Page number `index` with what fields, stamps and text notes show made part of it. Its annotations are
    none any more: `Annotations` come first."""
    if not _DRAWN.intersection(map(raw.FPDFAnnot_GetSubtype, _annotations(page))):
        return page
    if raw.FPDFPage_Flatten(page.raw, raw.FLAT_NORMALDISPLAY) != raw.FLATTEN_SUCCESS:
        return page
    page.close()
    return document[index]


def _annotations(page: Any) -> Iterator[Any]:
    """The annotations of a page, each open until the next."""
    for index in range(min(raw.FPDFPage_GetAnnotCount(page.raw), _MOST)):
        if annotation := raw.FPDFPage_GetAnnot(page.raw, index):
            try:
                yield annotation
            finally:
                raw.FPDFPage_CloseAnnot(annotation)


class Annotations:
    """What the comments, stamps and fields of a page say, and where its fields and boxes to tick stand in
    user space, with how these look. `form` is PDFium's, None without fields."""

    def __init__(self, page: Any, form: Any) -> None:
        self.said: list[tuple[PlaceKind, str]] = []
        self.fields: list[Box] = []
        self.ticks: list[tuple[Box, str]] = []
        for annotation in _annotations(page):
            subtype = raw.FPDFAnnot_GetSubtype(annotation)
            if subtype == raw.FPDF_ANNOT_WIDGET:
                self._field(annotation, form)
            elif subtype not in (raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP):
                self.said.append(("comment", _string(annotation, b"Contents")))

    def _field(self, annotation: Any, form: Any) -> None:
        name, value = _field(annotation, form)
        self.said.append(("field", f"{name} : {value}" if name and value else value))
        self.said.append(("alternative", _string(annotation, b"TU")))
        box = raw.FS_RECTF()
        if not raw.FPDFAnnot_GetRect(annotation, ctypes.byref(box)):
            return
        self.fields.append((box.left, box.bottom, box.right, box.top))
        if form is not None and raw.FPDFAnnot_GetFormFieldType(form.raw, annotation) in _TICKED:
            sign = "☒" if raw.FPDFAnnot_IsChecked(form.raw, annotation) else "☐"
            self.ticks.append((self.fields[-1], sign))


def _field(annotation: Any, form: Any) -> tuple[str, str]:
    """The name and the value of a field, which may stand in the field above it."""
    name, value = _string(annotation, b"T"), _string(annotation, b"V")
    if form is not None and not value:
        name = name or _wide(raw.FPDFAnnot_GetFormFieldName, form.raw, annotation)
        value = _wide(raw.FPDFAnnot_GetFormFieldValue, form.raw, annotation)
    return name, "" if value == "Off" else value


def _wide(function: Any, *arguments: Any) -> str:
    """What one of PDFium's functions writes into a buffer of UTF-16."""
    length = function(*arguments, None, 0)
    if length <= 2:
        return ""
    buffer = (ctypes.c_ushort * (length // 2 + 1))()
    function(*arguments, buffer, length)
    return bytes(buffer)[: length - 2].decode("utf-16-le", "replace")


def _string(annotation: Any, key: bytes) -> str:
    return _wide(raw.FPDFAnnot_GetStringValue, annotation, key)


_TICKED = frozenset((raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON))


def ticked(words: list[Word], boxes: Iterable[tuple[Box, str]], turn: Turn) -> list[Word]:
    """The words of a page with those boxes among them, before the next word on the line; a sign that the
    file writes into one is that box."""
    for box, sign in boxes:
        x0, y0, x1, y1 = shown(box, turn)
        level = [word for word in words if y0 <= word.middle[1] <= y1 and not word.angle]
        inside = [word for word in level if x0 <= word.middle[0] <= x1 and len(word.text) == 1]
        beside = min((word for word in level if word.x0 >= x1 - 1), key=lambda word: word.x0, default=None)
        tick = Word(sign, x0, y0, x1, y1, y1 - y0, place=len(words))
        if beside:
            tick = beside._replace(text=sign, x0=min(x0, beside.x0 - 1), x1=min(x1, beside.x0 - 1))
        words = [word for word in words if word not in inside] + [tick]
    return words


_BAND = 10.0
"""Points."""


def beside_labels(words: list[Word], fields: Iterable[Box], turn: Turn) -> list[Word]:
    """The words of a page in the order of the file, with the words in each form field right behind their
    label, level with it.

    A file writes what was filled in last, far from the labels. The words are numbered anew where some were
    moved.
    """
    moved, behind = _moves(_by_band(words), (shown(box, turn) for box in fields))
    if not moved:
        return words
    staying = sorted((word for word in words if id(word) not in moved), key=lambda word: word.place)
    ordered = chain.from_iterable((word, *behind.get(id(word), ())) for word in staying)
    return [word._replace(place=at) for at, word in enumerate(ordered)]


def _moves(bands: dict[int, list[Word]], boxes: Iterable[Box]) -> tuple[set[int], dict[int, list[Word]]]:
    """Find the words that are moved, and what stands behind which label (both by the `id` of a word). The
    label of a field is the last word before the field on its line."""
    moved: set[int] = set()
    behind: dict[int, list[Word]] = {}
    for box in boxes:
        inside, before = _around_field(box, bands)
        before = [word for word in before if id(word) not in moved]
        if not (inside and before) or any(id(word) in behind for word in inside):
            continue
        if min(word.place for word in inside) > max(word.place for word in before):
            label = max(before, key=lambda word: word.x1)
            filled = [word for word in inside if id(word) not in moved]
            behind.setdefault(id(label), []).extend(_level_with(label, filled, inside))
            moved.update(map(id, inside))
    return moved, behind


def _by_band(words: list[Word]) -> dict[int, list[Word]]:
    """The words of each horizontal band of the page, so that a field looks at the words near it only."""
    bands: defaultdict[int, list[Word]] = defaultdict(list)
    for word in words:
        bands[int(word.middle[1] // _BAND)].append(word)
    return bands


def _around_field(box: Box, bands: dict[int, list[Word]]) -> tuple[list[Word], list[Word]]:
    """The upright words inside a field, and those to its left on the same line."""
    left, top, right, bottom = box
    across = range(int(top // _BAND), int(min(bottom, top + 2_000) // _BAND) + 1)
    near = chain.from_iterable(bands.get(band, ()) for band in across)
    level = [word for word in near if top <= word.middle[1] <= bottom and not word.angle]
    inside = [word for word in level if left <= word.middle[0] <= right]
    return inside, [word for word in level if word.x1 <= left + 1]


def _level_with(label: Word, filled: list[Word], inside: list[Word]) -> Iterator[Word]:
    """The words that were filled in, shifted so that the first line of the field is level with its label."""
    down = label.middle[1] - min(word.middle[1] for word in inside)
    return (word._replace(y0=word.y0 + down, y1=word.y1 + down) for word in filled)
