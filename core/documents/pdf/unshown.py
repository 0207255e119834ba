"""What a PDF keeps and no page shows: templates of pages (ISO 32000-1, 12.7.6), pages that were taken out,
and form XObjects that nothing draws.

Their letters are in fonts, so PDFium reads them: in a copy of the file, to which another catalogue is added
whose pages they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pypdfium2 as pdfium

from core.documents.build import Builder
from core.documents.pdf.pdfium import text_of, text_page

_NAME = rb"/([^\s/\[\]()<>{}%]{1,127})"
_DRAWS = re.compile(_NAME + rb"\s+Do\b")
_REFERS = re.compile(_NAME + rb"\s+(\d{1,9})\s+\d{1,5}\s+R\b")
_KIDS = re.compile(rb"/Kids\s*\[([^\[\]]*)\]")
_NUMBER = re.compile(rb"(\d{1,9})\s+\d{1,5}\s+R\b")
_PAGE = re.compile(rb"/Type\s*/(?:Page|Template)(?![A-Za-z])")
_FORM = re.compile(rb"/Subtype\s*/Form(?![A-Za-z])")
_LOOK = re.compile(rb"/AP\b")
_FLAGS = re.compile(rb"/F\s+(\d{1,5})(?!\s+\d+\s+R)\b")
_CATALOGUE = re.compile(rb"/Type\s*/Catalog(?![A-Za-z])")
_PAGES = re.compile(rb"/Pages\s+\d+\s+\d+\s+R")
_START = re.compile(rb"startxref\s+(\d{1,12})")
_UNSEEN = 2 | 32
"""Flags of annotations that are not shown: Hidden, NoView (12.5.3)."""
_MOST = 200
_SIDE = 14_400
"""Points of the side of a page, at most."""


class UnshownObjects:
    """Takes every object of a file, of those of one number the last; then reads what no page shows."""

    def __init__(self) -> None:
        self._pages: set[int] = set()
        self._forms: set[int] = set()
        self._templates: dict[int, bytes] = {}
        self._kids: dict[int, set[int]] = {}
        self._names: dict[int, set[tuple[bytes, int]]] = {}
        self._looks: dict[int, bool] = {}
        self._drawn: set[bytes] = set()
        self._catalogue = b""
        self._last = 0

    def take(self, number: int, text: bytes, stream: bytes) -> None:
        self._last = max(self._last, number)
        if page := _PAGE.search(text):
            self._pages.add(number)
            if b"Template" in page[0]:
                self._templates[number] = _PAGE.sub(b"/Type/Page", text)
        if _FORM.search(text):
            self._forms.add(number)
        if _CATALOGUE.search(text):
            self._catalogue = text
        self._kids[number] = {int(each) for kids in _KIDS.findall(text) for each in _NUMBER.findall(kids)}
        self._names[number] = {(name, int(of)) for name, of in _REFERS.findall(text)}
        if _LOOK.search(text):
            flags = _FLAGS.search(text)
            self._looks[number] = not (flags and int(flags[1]) & _UNSEEN)
        self._drawn.update(_DRAWS.findall(stream))

    def read(self, data: bytes, builder: Builder) -> None:
        """Make hidden texts of what they say and no page does; what cannot be read is told."""
        pages, forms = self._unshown()
        if not pages and not forms:
            return
        try:
            document: Any = pdfium.PdfDocument(self._as_pages(data, pages, forms))
        except (pdfium.PdfiumError, ValueError):
            builder.warn("part_unread", "modèles de pages")
            return
        try:
            before = builder.places
            builder.rest(("hidden", text) for text in _texts(document, builder))
            if builder.places > before:
                builder.warn("hidden_text")
        finally:
            document.close()

    def _unshown(self) -> tuple[list[int], list[int]]:
        shown = set[int]().union(*self._kids.values())
        drawn = {
            of
            for number, names in self._names.items()
            for name, of in names
            if name in self._drawn or self._looks.get(number)
        }
        return sorted(self._pages - shown), sorted(self._forms - drawn)

    def _as_pages(self, data: bytes, pages: list[int], forms: list[int]) -> bytes:
        """The file with an update (7.5.6) whose pages are these. Raises ValueError without a catalogue."""
        starts = _START.findall(data)
        catalogue, replaced = _PAGES.subn(b"/Pages %d 0 R" % (self._last + 2), self._catalogue.strip())
        if not starts or not replaced:
            raise ValueError
        root, node, content, first = range(self._last + 1, self._last + 5)
        made = {root: catalogue, content: b"<</Length 5>>stream\n/X Do\nendstream"}
        kids: list[int] = []
        for number in pages[:_MOST]:
            kids.append(number)
            if template := self._templates.get(number):
                kids[-1] = first + len(kids) - 1
                made[kids[-1]] = template
        for form in forms[: _MOST - len(kids)]:
            kids.append(first + len(kids))
            made[kids[-1]] = (
                b"<</Type/Page/Parent %d 0 R/MediaBox[-%d -%d %d %d]/Contents %d 0 R"
                b"/Resources<</XObject<</X %d 0 R>>>>>>" % (node, *[_SIDE // 2] * 4, content, form)
            )
        listed = b" ".join(b"%d 0 R" % kid for kid in kids)
        made[node] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(kids), listed)
        out = bytearray(data + b"\n")
        table = bytearray(b"xref\n")
        for number, text in made.items():
            table += b"%d 1\n%010d 00000 n \n" % (number, len(out))
            out += b"%d 0 obj\n%s\nendobj\n" % (number, text)
        end = len(out)
        trailer = b"trailer<</Size %d/Root %d 0 R/Prev %s>>" % (first + len(kids), root, starts[-1])
        return bytes(out + table + trailer + b"\nstartxref\n%d\n%%%%EOF" % end)


def _texts(document: Any, builder: Builder) -> Iterator[str]:
    for index in range(len(document)):
        try:
            page = document[index]
        except pdfium.PdfiumError:
            builder.warn("part_unread", "modèles de pages")
            continue
        try:
            with text_page(page) as textpage:
                yield text_of(textpage) if textpage else ""
        finally:
            page.close()
    if len(document) >= _MOST:
        builder.warn("part_unread", "modèles de pages")
