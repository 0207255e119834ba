"""What was read of a file: pages of sections, where markings may stand, what was left out and why; and how
much of a file is read, at what cost at most (`Limits`).

One shape for every format. A page is a page, a slide, a sheet, or the whole file where it has none; a section
is the text under one heading, cut at page ends so that each statement has its page. Text is Markdown
(headings apart), not escaped: it is read by people and models, not by a browser.

Pure values: made in the sandbox, sent as JSON, checked and rebuilt where they are asked for (`Sandbox.read`).
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
    """Something about a document that was read which its reader must know. `about` is a number or name."""

    code: CautionCode
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The text under one heading on one page. `level` is 1 to 6; 0 without a heading."""

    page: int
    heading: str = field(default="", repr=False)
    level: int = 0
    text: str = field(default="", repr=False)

    def to_markdown(self) -> str:
        head = f"{'#' * self.level} {self.heading}" if self.heading else ""
        return "\n\n".join(part for part in (head, self.text) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page, slide or sheet. `number` counts from 1; `name` is a sheet's name or the page's own label."""

    number: int
    name: str = ""
    sections: tuple[Section, ...] = ()

    def to_markdown(self) -> str:
        return "\n\n".join(filter(None, (section.to_markdown() for section in self.sections)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A text outside the body where a marking may stand. `page` is None when it is on every page."""

    kind: PlaceKind
    text: str = field(repr=False)
    page: int | None = None


READ_PAGE = 200
"""Characters of text for each picture on a page from which the page counts as read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that may bear text and was not recognised yet. `number` counts from 0 within its document."""

    number: int
    page: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One file, read. Unreadable files are documents too: they have a `reason` and no pages.

    `name` is the file's name as given; `type` comes from its content. `properties` are the file's own
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
        """Say whether the pictures that were not recognised stand beside enough text that was read.

        A picture of no known page stands beside all pages. Beside text, a picture is a logo or a drawing
        more often than a page: its owner is asked. A page that is one picture was not read at all.
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
        """Every file in it, itself included, that could not be read: enough to fail closed."""
        return tuple(document for document in self.walk() if not document.readable)

    def to_markdown(self) -> str:
        """All text in reading order; parts follow, each under its name."""
        texts = [page.to_markdown() for page in self.pages]
        texts += [f"# {part.name}\n\n{part.to_markdown()}".strip() for part in self.parts if part.readable]
        return "\n\n".join(filter(None, texts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Caps of one document. Sizes in bytes (of text: characters), times in seconds.

    `file_size` is that of the file itself; `seconds` bounds both the CPU time and the clock; `memory` is the
    address space of the reading process beyond what its parsers already take. `expanded` bounds what
    an archive unpacks to, in all; `depth` the archives and mails within each other.
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
