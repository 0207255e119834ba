"""A file that was read (`Document`), in one shape for every format, and the limits of reading (`Limits`).

A document has pages of sections, places where markings may stand, and cautions about what was left out. A
page is a page, a slide, a sheet, or the whole file if its format has none. A section is the text under one
heading, cut at page ends so that each statement has its page. Text is Markdown (headings apart) and not
escaped: people and models read it, no browser does.

These are pure values. They are made in the sandbox, sent as JSON, checked and rebuilt by `Sandbox.read`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

Type = Literal[
    "text", "markdown", "csv", "pdf", "docx", "pptx", "xlsx", "odt", "odp", "ods",
    "rtf", "html", "eml", "msg", "zip", "image", "unknown", "doc", "xls", "ppt", "xlsb",
]  # fmt: skip

Unit = Literal["page", "slide", "sheet", "none"]

PlaceKind = Literal[
    "header", "footer", "textbox", "watermark", "note", "comment", "master",
    "hidden", "subject", "alternative", "picture", "outline", "field", "choice", "head", "other",
]  # fmt: skip

Reason = Literal[
    "encrypted", "damaged", "unknown_format", "legacy_office", "empty", "scan", "ocr_missing", "ocr_empty",
    "too_big", "expands", "nested", "time", "memory", "output", "sandbox",
]  # fmt: skip
"""Why a file could not be read. The sentences are in `core.documents.texts`."""

CautionCode = Literal[
    "pages_left_out", "text_left_out", "rows_left_out", "parts_left_out", "nested_left_out", "part_unread",
    "scanned_pages", "ocr_used", "damaged_part", "hidden_text", "encoding_guessed", "tracked_changes",
    "formulas", "pictures_left_out", "pictures_unread", "hidden_cells",
    "unseen_pages",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """Something that the readers of a document must know. `about` is a number or a name."""

    code: CautionCode
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The text under one heading on one page. `level` is 1 to 6, or 0 without a heading."""

    page: int
    heading: str = field(default="", repr=False)
    level: int = 0
    text: str = field(default="", repr=False)

    def to_markdown(self) -> str:
        head = f"{'#' * self.level} {self.heading}" if self.heading else ""
        return "\n\n".join(part for part in (head, self.text) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page, slide or sheet. `number` counts from 1. `name` is a sheet's name or the page's own label."""

    number: int
    name: str = ""
    sections: tuple[Section, ...] = ()

    def to_markdown(self) -> str:
        return "\n\n".join(filter(None, (section.to_markdown() for section in self.sections)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A text outside the body where a marking may stand. `page` is None if the text is on several pages."""

    kind: PlaceKind
    text: str = field(repr=False)
    page: int | None = None


READ_PAGE = 200
"""Characters of text for each picture on a page. With fewer, the page does not count as read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that may bear text and was not recognised yet. `number` counts from 0 within its document."""

    number: int
    page: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One file that was read. An unreadable file is a document, too: it has a `reason` and no pages.

    `name` is the file's name as given. `type` comes from its content. `properties` are the file's own
    (author, title, labels), under the names their format gives them. `parts` are the files inside it:
    attachments of a mail, members of an archive. `detail` adds to `reason` (a number, a format's name).
    """

    name: str
    type: Type
    unit: Unit = "none"
    title: str = field(default="", repr=False)
    pages: tuple[Page, ...] = field(default=(), repr=False)
    properties: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    places: tuple[Place, ...] = field(default=(), repr=False)
    parts: tuple[Document, ...] = ()
    pictures: tuple[Picture, ...] = ()
    reason: Reason | None = None
    detail: str = ""
    warnings: tuple[Caution, ...] = ()

    @property
    def readable(self) -> bool:
        return self.reason is None

    @property
    def sections(self) -> tuple[Section, ...]:
        """The sections of all pages, in reading order, without those of `parts`."""
        return tuple(section for page in self.pages for section in page.sections)

    @property
    def pictures_are_beside_text(self) -> bool:
        """True if the pictures that were not recognised stand beside enough text that was read.

        A picture of no known page stands beside all pages. Beside text, a picture is more often a logo or a
        drawing than a page, so its owner is asked. A page that is one picture was not read at all.
        """
        beside = Counter(picture.page for picture in self.pictures)
        texts = (
            (count, [page.to_markdown().strip() for page in self.pages if number in (None, page.number)])
            for number, count in beside.items()
        )
        return self.readable and all(sum(map(len, read)) >= READ_PAGE * count for count, read in texts)

    def walk(self) -> Iterator[Document]:
        """This document and every file inside it."""
        yield self
        for part in self.parts:
            yield from part.walk()

    @property
    def unread(self) -> tuple[Document, ...]:
        """The unreadable files among this document and those inside it. Callers fail closed on any."""
        return tuple(document for document in self.walk() if not document.readable)

    def to_markdown(self) -> str:
        """Return all text in reading order. The parts follow, each under its name."""
        texts = [page.to_markdown() for page in self.pages]
        texts += [f"# {part.name}\n\n{part.to_markdown()}".strip() for part in self.parts if part.readable]
        return "\n\n".join(filter(None, texts))


def unread_document(name: str, kind: Type, reason: Reason, detail: object = "") -> Document:
    """Return the document of a file that could not be read."""
    return Document(name=name, type=kind, reason=reason, detail=str(detail))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Caps of one document. Sizes are in bytes (of text, in characters), times in seconds.

    `file_size` is that of the file itself. `seconds` bounds both the CPU time and the clock. `memory` is the
    address space of the reading process beyond what its parsers already take. `output` is the text that is
    kept. `expanded` bounds what all archives unpack to together, `ratio` the size of an unpacked part over
    its packed size, and `depth` how many archives lie within each other.
    """

    file_size: int = 100 * 1024 * 1024
    seconds: int = 30
    memory: int = 512 * 1024 * 1024
    output: int = 4_000_000
    pages: int = 1_000
    rows: int = 20_000
    parts: int = 200
    depth: int = 2
    expanded: int = 256 * 1024 * 1024
    ratio: int = 200
