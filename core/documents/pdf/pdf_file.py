"""Reads PDF files by way of PDFium: the pages with their words, rules, pictures and annotations, then what
stands beside the pages.

`page_words` reads the words of a page, `page_layout` makes text of them.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from functools import partial
from typing import Any

import pypdfium2 as pdfium
from PIL import Image

from core.documents.build import Builder, Full, Unreadable
from core.documents.cleaning import first_few
from core.documents.pdf import page_layout
from core.documents.pdf.actual_text import uncover
from core.documents.pdf.drawn_objects import Drawn, box_of, drawn_on
from core.documents.pdf.glyphs import spelled_out
from core.documents.pdf.marks import Annotations, beside_labels, outline, ticked, with_fields, xfa
from core.documents.pdf.page_content import Box, PageFrame, PdfPage, Word
from core.documents.pdf.page_looks import PageLooks, ink_beyond_words
from core.documents.pdf.page_words import lacks_map, upright_words
from core.documents.pdf.pdf_strings import read_strings
from core.documents.pdf.pdfium import raw
from core.documents.pdf.seen_words import lacks_letters, seen, spells


def read(data: bytes, builder: Builder) -> None:
    """Read a PDF into the builder. Raises Unreadable for an encrypted or damaged file, and for a scan."""
    builder.kind, builder.unit = "pdf", "page"
    try:
        document: Any = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        code = getattr(error, "err_code", None)
        raise Unreadable("encrypted" if code == raw.FPDF_ERR_PASSWORD else "damaged") from None
    try:
        _read_document(document, data, builder)
    finally:
        document.close()


def _read_document(document: Any, data: bytes, builder: Builder) -> None:
    for name, value in document.get_metadata_dict().items():
        builder.property(name, value)
    builder.title = builder.properties.get("Title", "")
    count = len(document)
    if count > builder.limits.pages:
        builder.warn("pages_left_out", builder.limits.pages)
    if document.get_formtype():
        document.init_forms()
    pages = _read_pages(document, min(count, builder.limits.pages), builder)
    scans = _scans(pages, builder)
    with suppress(Full) if scans else nullcontext():
        _write(document, data, pages, builder, with_text=not scans)
    if scans:
        raise Unreadable("scan", scans)


def _write(document: Any, data: bytes, pages: list[PdfPage], builder: Builder, *, with_text: bool) -> None:
    """Write the pages into the builder, then what stands beside them: outline, forms, attachments, strings.
    Without `with_text` only what the pages have beside their text is written."""
    for number, page in enumerate(pages, 1):
        for key, box in page.pictures:
            builder.picture(key, partial(_draw_part, document, number, page.turned, box), page=number)
        builder.hide(page.hidden, page=number)
        for kind, text in page.comments:
            builder.place(kind, text, page=number)
    if with_text:
        page_layout.write(pages, builder)
    builder.rest(("outline", title) for title in outline(document))
    builder.rest(("field", text) for text in xfa(document))
    _attachments(document, builder)
    read_strings(document, data, builder)


def render(data: bytes, number: int, dpi: int) -> Any:
    """Draw page `number` (from 1) as a grey picture (Pillow), for character recognition."""
    document: Any = pdfium.PdfDocument(data)
    page = document[number - 1]
    scale = min(dpi / 72, 4_000 / max(1.0, *page.get_size()))
    return page.render(scale=scale, grayscale=True).to_pil().convert("L")


def _scans(pages: list[PdfPage], builder: Builder) -> str:
    """Return the numbers of the pages, such as `1,2`, if all pages that show something are scans. Warn about
    the scanned pages and return an empty string if only some are."""
    scans = [number for number, page in enumerate(pages, 1) if page.scanned]
    if scans and len(scans) == sum(bool(page.words or page.scanned) for page in pages):
        return ",".join(map(str, scans))
    if scans:
        builder.warn("scanned_pages", ", ".join(map(str, scans)))
    return ""


def _read_pages(document: Any, count: int, builder: Builder) -> list[PdfPage]:
    """Read the first `count` pages. A page that cannot be loaded counts as empty, with a warning. Raises
    Unreadable where no page can be loaded."""
    pages: list[PdfPage] = []
    lost = 0
    looks = PageLooks()
    for index in range(count):
        try:
            pages.append(_read_page(document, index, looks))
        except pdfium.PdfiumError:
            lost += 1
            builder.warn("damaged_part", f"p. {index + 1}")
            pages.append(PdfPage(width=595.0, height=842.0, words=[]))
    if looks.left_out:
        builder.warn("unseen_pages", first_few(looks.left_out))
    if count and lost == count:
        raise Unreadable("damaged")
    return pages


_COVERED, _FEW_WORDS = 0.6, 8
"""Of the page's area: what a scan covers. Words at most that a scanned page has as text."""


def _read_page(document: Any, index: int, looks: PageLooks) -> PdfPage:
    """Read page number `index` (from 0). Raises PdfiumError where it cannot be loaded."""
    page = document[index]
    annotations = Annotations(page, document.formenv)
    if annotations.said:
        page = with_fields(document, page, index)
    try:
        covered = uncover(document, page)
        frame, words = upright_words(page)
        words = beside_labels(words, annotations.fields, frame.turn)
        drawn = drawn_on(page, frame.turn)
        comments = annotations.said
        if lacks_letters(words) or (not spells(words) and lacks_map(page)):
            return PdfPage(width=frame.width, height=frame.height, words=[], comments=comments, scanned=True)
        look = partial(looks.at, page, index + 1, frame.turned)
        found = seen(words, drawn, frame, look)
        scanned = _is_scan(words, drawn, frame)
        pictures = () if scanned else drawn.pictures(frame.width, frame.height)
        if not scanned:
            unread = [*found.unmapped, *_boxes_of(covered, frame), *_unread_ink(words, drawn, frame, look)]
            pictures += tuple((f"letters {index} {box}", box) for box in unread)
        return PdfPage(
            width=frame.width,
            height=frame.height,
            words=ticked(found.words, annotations.ticks, frame.turn),
            hidden=found.hidden,
            rules=drawn.rules,
            comments=[*comments, *(("textbox", text) for text in spelled_out(words))],
            scanned=scanned,
            pictures=pictures,
            turned=frame.turned,
        )
    finally:
        page.close()


def _is_scan(words: list[Word], drawn: Drawn, frame: PageFrame) -> bool:
    """True if the text of a page is a picture: the page has no words, or few on a picture that covers it."""
    if not words:
        return drawn.shows
    covered = max(drawn.areas, default=0.0) > _COVERED * frame.width * frame.height
    return covered and len(words) <= _FEW_WORDS


def _boxes_of(items: list[Any], frame: PageFrame) -> Iterator[Box]:
    """Where drawn objects stand, without those that stand nowhere."""
    return filter(None, (box_of(item, frame.turn) for item in items))


def _unread_ink(
    words: list[Word], drawn: Drawn, frame: PageFrame, look: Callable[[], Image.Image | None]
) -> list[Box]:
    """The boxes where a scan that has its words under it shows more than these words."""
    image = look() if drawn.underlaid else None
    return ink_beyond_words(image, words, frame.width) if image else []


def _draw_part(document: Any, number: int, turned: int, box: Box) -> bytes:
    """Draw a part of page `number` (from 1) as a PNG file. `box` is in points from the top left of the page
    as shown, turned to the right by `turned` degrees."""
    page = document[number - 1]
    scale = 200 / 72
    width, height = page.get_size()[:: -1 if turned in (90, 270) else 1]
    left, top, right, bottom = box
    sides = (max(0.0, left), max(0.0, height - bottom), max(0.0, width - right), max(0.0, top))
    image = page.render(scale=scale, rotation=turned, crop=sides, grayscale=True).to_pil()
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _attachments(document: Any, builder: Builder) -> None:
    """Read the attached files as parts."""
    for index in range(min(document.count_attachments(), builder.limits.parts)):
        name = str(index + 1)
        try:
            attachment = document.get_attachment(index)
            name = attachment.get_name()
            data = bytes(attachment.get_data())
        except (pdfium.PdfiumError, ValueError):
            builder.warn("damaged_part", name)
            continue
        builder.budget.spend(len(data))
        try:
            builder.part(name, data)
        except Full:
            return
