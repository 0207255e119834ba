"""PDF by way of PDFium: words with their boxes, rules, annotations, properties. Layout is `page_layout`.

Words become `page_content.Word`s by way of `glyphs`.

A scanned page may show more than the words that a copier has laid under it as invisible text: a stamp, a line
in colour, what is written by hand. It is recognised, as pictures are; rules and dark edges are nothing.
"""

from __future__ import annotations

import io
import re
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext, suppress
from functools import partial
from typing import Any

import pypdfium2 as pdfium
from PIL import Image, ImageChops, ImageDraw

from core.documents.build import Builder, Full, Unreadable
from core.documents.cleaning import first_few
from core.documents.pdf import page_layout
from core.documents.pdf.actual_text import uncover
from core.documents.pdf.drawn_objects import box_of, drawn_on
from core.documents.pdf.glyphs import Glyphs, spelled_out
from core.documents.pdf.marks import Annotations, beside_labels, outline, ticked, with_fields, xfa
from core.documents.pdf.page_content import Box, PdfPage, Turn, Word, round_all
from core.documents.pdf.pdf_strings import read_strings
from core.documents.pdf.pdfium import raw, text_of, text_page
from core.documents.pdf.seen_words import lacks_letters, seen, spells
from core.documents.pdf.structure import Tag, Tags

_LONGEST = 2_000
"""Pixels of the longer side of a look: a plan as large as PDF allows would take 800 MB."""
_SECONDS = 6.0
"""What all looks at a file may take: drawings of many layers take longer than their words."""


class PageLooks:
    """Draws pages of one file while that costs little; `clock` gives the computing time in seconds."""

    def __init__(self, clock: Callable[[], float] = time.process_time) -> None:
        self._clock = clock
        self._spent = 0.0
        self.left_out: list[int] = []
        """The numbers of the pages at which nobody looked: their words count as seen."""

    def at(self, page: Any, number: int, turned: int) -> Image.Image | None:
        """A page as it is shown, a pixel for each point or fewer; None where it cannot be drawn, or the file
        has cost too much."""
        image = self._drawn(page, turned) if self._spent < _SECONDS else None
        if image is None:
            self.left_out.append(number)
        return image

    def _drawn(self, page: Any, turned: int) -> Image.Image | None:
        start = self._clock()
        try:
            scale = min(1.0, _LONGEST / max(page.get_size()))
            return page.render(scale=scale, rotation=turned, rev_byteorder=True).to_pil().convert("RGB")
        except (pdfium.PdfiumError, MemoryError, ValueError):
            return None
        finally:
            self._spent += self._clock() - start


_DARK = 140
"""Of 255: the darkest channel of ink, red ink too."""
_CELL = 12
"""Pixels, of one point at most."""
_ROUND = 3
"""Pixels round a word that are its own."""
_LEAST, _MOST = 10, 190
"""Of 255: how full of ink the cells of letters are."""
_STROKE = 4
"""Pixels that letters are high and wide; a rule is not."""
_TOGETHER = 3
"""Cells of a row, of what may be a word."""
_APART = 4


def beyond(image: Image.Image, words: list[Word], width: float) -> list[Box]:
    """The boxes, at most a few, of what a look at a page of a width in points shows where no word stands."""
    scale = image.width / width
    red, green, blue = image.split()
    ink = ImageChops.darker(ImageChops.darker(red, green), blue).point([255] * _DARK + [0] * (256 - _DARK))
    draw = ImageDraw.Draw(ink)
    for word in words:
        left, top, right, bottom = (scale * side for side in (word.x0, word.y0, word.x1, word.y1))
        draw.rectangle((left - _ROUND, top - _ROUND, right + _ROUND, bottom + _ROUND), fill=0)
    found: list[Box] = []
    for row in range(1, ink.height // _CELL - 1):
        if len(cells := list(_inked(ink, row))) >= _TOGETHER:
            side = _CELL / scale
            box = side * (cells[0] - 1), side * (row - 1), side * (cells[-1] + 2), side * (row + 2)
            joins = found and (box[1] < found[-1][3] or len(found) >= _APART)
            found.append(round_all((found.pop(), box)) if joins else box)
    return found


def _inked(ink: Image.Image, row: int) -> Iterator[int]:
    """The columns of a row of cells in which letters may stand, those at the edges of the page aside."""
    top, columns = row * _CELL, ink.width // _CELL
    fullness = ink.crop((0, top, columns * _CELL, top + _CELL)).reduce(_CELL).tobytes()
    for column in range(1, columns - 1):
        if _LEAST <= fullness[column] <= _MOST:
            inked = ink.crop((column * _CELL, top, (column + 1) * _CELL, top + _CELL)).getbbox()
            if inked and min(inked[2] - inked[0], inked[3] - inked[1]) >= _STROKE:
                yield column


_LIGATURES = dict(enumerate(("ff", "fi", "fl", "ffi", "ffl", "st", "st"), 0xFB00))
_ACCENTS = dict(
    zip("´`ˆ^¨˜~¸ˇ˚", "\u0301\u0300\u0302\u0302\u0308\u0303\u0303\u0327\u030c\u030a", strict=True)
)
"""Each accent, and what composes it with the letter before."""
_ACCENTED = re.compile("([´`ˆ^¨˜~¸ˇ˚])([A-Za-zıȷ])")
_DOTLESS = {"ı": "i", "ȷ": "j"}
_LEFT_OUT = "\x01"
_HYPHEN = {0x02: "-", 0xFFFE: "-"}
_WORD = re.compile(r"[^\s\x02\ufffe]*[\x02\ufffe]|[^\s\x02\ufffe]+")  # they end a word broken over two lines
_DIGITS = "0123456789"
_SAMPLE = 200
_UNKNOWN = 0.3
_LEFTWARDS = re.compile("[\u0600-\u06ff](?=[\u0600-\u06ff])")
_PRESENTED = re.compile("[\ufb1d-\ufdff\ufe70-\ufefc]")
"""Letters of Arabic and Hebrew as they look in their place in a word."""
_TRANSLATION = _LIGATURES | _HYPHEN | {ord(_LEFT_OUT): ""}
_LAST = _TRANSLATION | {0xAD: "-"}


def read(data: bytes, builder: Builder) -> None:
    builder.kind, builder.unit = "pdf", "page"
    try:
        document: Any = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        code = getattr(error, "err_code", None)
        raise Unreadable("encrypted" if code == raw.FPDF_ERR_PASSWORD else "damaged") from None
    try:
        for name, value in document.get_metadata_dict().items():
            builder.property(name, value)
        builder.title = builder.properties.get("Title", "")
        count = len(document)
        if count > builder.limits.pages:
            builder.warn("pages_left_out", builder.limits.pages)
        if document.get_formtype():
            document.init_forms()
        sheets = _sheets(document, min(count, builder.limits.pages), builder)
        scans = _scans(sheets, builder)
        with suppress(Full) if scans else nullcontext():
            _write(document, data, sheets, builder, shown=not scans)
        if scans:
            raise Unreadable("scan", scans)
    finally:
        document.close()


def _write(document: Any, data: bytes, sheets: list[PdfPage], builder: Builder, *, shown: bool) -> None:
    """The text of the pages, where it is `shown` as text, and all that stands round it."""
    for number, sheet in enumerate(sheets, 1):
        for key, box in sheet.pictures:
            builder.picture(key, partial(_drawn, document, number, sheet.turned, box), page=number)
        builder.hide(sheet.hidden, page=number)
        for kind, text in sheet.comments:
            builder.place(kind, text, page=number)
    if shown:
        page_layout.write(sheets, builder)
    builder.rest(("outline", title) for title in outline(document))
    builder.rest(("field", text) for text in xfa(document))
    _attachments(document, builder)
    read_strings(document, data, builder)


def render(data: bytes, number: int, dpi: int) -> Any:
    """Page `number` (from 1) as a grey picture (Pillow), for character recognition."""
    document: Any = pdfium.PdfDocument(data)
    page = document[number - 1]
    scale = min(dpi / 72, 4_000 / max(1.0, *page.get_size()))
    return page.render(scale=scale, grayscale=True).to_pil().convert("L")


def _scans(sheets: list[PdfPage], builder: Builder) -> str:
    """The numbers of the pages, `1,2`, where all are scans; else those that are, are told."""
    scans = [number for number, sheet in enumerate(sheets, 1) if sheet.scanned]
    if scans and len(scans) == sum(bool(sheet.words or sheet.scanned) for sheet in sheets):
        return ",".join(map(str, scans))
    if scans:
        builder.warn("scanned_pages", ", ".join(map(str, scans)))
    return ""


def _sheets(document: Any, count: int, builder: Builder) -> list[PdfPage]:
    """The pages. One that cannot be loaded is told, and empty; raises Unreadable where none can be."""
    sheets: list[PdfPage] = []
    lost = 0
    looks = PageLooks()
    for index in range(count):
        try:
            sheets.append(_sheet(document, index, looks))
        except pdfium.PdfiumError:
            lost += 1
            builder.warn("damaged_part", f"p. {index + 1}")
            sheets.append(PdfPage(width=595.0, height=842.0, words=[]))
    if looks.left_out:
        builder.warn("unseen_pages", first_few(looks.left_out))
    if count and lost == count:
        raise Unreadable("damaged")
    return sheets


def _sheet(document: Any, index: int, looks: PageLooks) -> PdfPage:
    page = document[index]
    annotations = Annotations(page, document.formenv)
    said = annotations.said
    page = with_fields(document, page, index) if said else page
    try:
        width, height = page.get_size()
        rotation = page.get_rotation()
        untold = uncover(document, page)
        tags = Tags(page).by_content
        words = list(_words(page, width, height, rotation, tags))
        turned = 0
        lying = sum(bool(word.angle) for word in words)
        for quarter in (90, 270, 180) if lying > 0.7 * len(words) else ():  # nearly all its text is turned
            sides = (width, height) if quarter == 180 else (height, width)
            again = list(_words(page, *sides, (rotation + quarter) % 360, tags))
            if sum(bool(word.angle) for word in again) < 0.3 * len(words):
                words, rotation, (width, height), turned = again, (rotation + quarter) % 360, sides, quarter
                break
        turn = _turn(width, height, rotation)
        words = beside_labels(words, annotations.fields, turn) if annotations.fields else words
        drawn = drawn_on(page, turn)
        covered = max(drawn.areas, default=0.0) > 0.6 * width * height
        if lacks_letters(words) or (not spells(words) and _is_unmapped(page)):  # read by its looks, or not
            return PdfPage(width=width, height=height, words=[], comments=said, scanned=True)
        scanned = drawn.shows if not words else covered and len(words) <= 8
        said.extend(("textbox", text) for text in spelled_out(words))
        look = partial(looks.at, page, index + 1, turned)
        found = seen(words, drawn, width, height, look)
        more = beyond(image, words, width) if drawn.underlaid and (image := look()) else []
        below = [box for item in untold if (box := box_of(item, turn))]
        unmapped = tuple((f"letters {index} {box}", box) for box in (*found.unmapped, *below, *more))
        return PdfPage(
            width=width,
            height=height,
            words=ticked(found.words, annotations.ticks, turn),
            hidden=found.hidden,
            rules=drawn.rules,
            comments=said,
            scanned=scanned,
            pictures=() if scanned else drawn.pictures(width, height) + unmapped,
            turned=turned,
        )
    finally:
        page.close()


def _is_unmapped(page: Any) -> bool:
    """Whether fonts do not say which letters theirs are: the text is then not what is seen."""
    with text_page(page) as textpage:
        count = raw.FPDFText_CountChars(textpage) if textpage else 0
        looked = range(0, count, max(1, count // _SAMPLE))
        unknown = sum(raw.FPDFText_HasUnicodeMapError(textpage, index) == 1 for index in looked)
        return unknown > _UNKNOWN * len(looked)


def _words(page: Any, width: float, height: float, rotation: int, tags: Mapping[int, Tag]) -> Iterator[Word]:
    """The words in the order of the file, with boxes in points from the top left as the page is shown."""
    with text_page(page) as textpage:
        if textpage is None:
            return
        glyphs = Glyphs(textpage, _turn(width, height, rotation), tags)
        text = _ligated(_accented(text_of(textpage), glyphs), glyphs)
        for match in _WORD.finditer(text):
            start, end = match.span()
            digits = end - start - len(match[0].rstrip(_DIGITS))
            if 0 < digits < end - start and glyphs.is_raised(start, end - 1):
                end -= digits
                yield glyphs.word(_spelt(text[start:end]), start, end - 1)
                start, end = end, match.end()
            for first, last in glyphs.parts(start, end - 1):
                yield glyphs.word(_spelt(text[first : last + 1]), first, last)


def _accented(text: str, glyphs: Glyphs) -> str:
    """Accents that are drawn over a letter of their own, as TeX's older fonts do, and that letter as one.

    Indexes hold: of the two characters the second becomes a sign that `_spelt` leaves out."""
    if not _ACCENTED.search(text):
        return text
    letters = list(text)
    for match in _ACCENTED.finditer(text):
        at = match.start()
        letter = _DOTLESS.get(match[2], match[2])
        composed = unicodedata.normalize("NFC", letter + _ACCENTS[match[1]])
        if len(composed) == 1 and glyphs.is_over(at, at + 1):
            letters[at : at + 2] = composed, _LEFT_OUT
    return "".join(letters)


def _ligated(text: str, glyphs: Glyphs) -> str:
    """Two letters of one glyph in their order: of Arabic ones, as of all of a line, PDFium gives the left
    first, and a glyph has none."""
    if not _LEFTWARDS.search(text):
        return text
    letters = list(text)
    for match in _LEFTWARDS.finditer(text):
        at = match.start()
        if glyphs.is_one(at, at + 1):
            letters[at : at + 2] = letters[at + 1], letters[at]
    return "".join(letters)


def _spelt(text: str) -> str:
    """Without ligatures and soft hyphens; a hyphen at the end is one, however it is written."""
    text = text[:-1].replace("\xad", "").translate(_TRANSLATION) + text[-1].translate(_LAST)
    return unicodedata.normalize("NFKC", text) if _PRESENTED.search(text) else text


def _turn(width: float, height: float, rotation: int) -> Turn:
    """User space (origin bottom left, before /Rotate) → the page as shown (origin top left)."""

    def turn(x: float, y: float) -> tuple[float, float]:
        match rotation:
            case 90:
                return y, x
            case 180:
                return width - x, y
            case 270:
                return width - y, height - x
            case _:
                return x, height - y

    return turn


def _drawn(document: Any, number: int, turned: int, box: Box) -> bytes:
    """A part of page `number` (from 1) as a PNG file. `box` is in points from the top left, as shown when it
    is turned by so many degrees."""
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
