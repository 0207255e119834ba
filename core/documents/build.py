"""From a stream of blocks (headings, paragraphs, items, tables) to pages of sections.

Every format module feeds one `Builder`. The builder alone decides how blocks become Markdown and sections,
and it alone counts the caps of pages and text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from core.documents import picture_words
from core.documents.cleaning import CONTROLS, MASKED, clean, level, one_line, table_to_markdown
from core.documents.document import (
    Caution,
    CautionCode,
    Document,
    Limits,
    Picture,
    Place,
    PlaceKind,
    Reason,
    Type,
    Unit,
    unread_document,
)
from core.documents.nesting import Nesting, UnpackBudget
from core.documents.open_page import OpenPage
from core.documents.reading_errors import Full, Unreadable
from core.documents.visibility import is_legible

_WORD = re.compile(r"\w+")


class Builder:
    """Collects one document. Formats call its methods in reading order, then the reader calls `document()`.

    `nesting` says how files within this one are read. `on_picture` is called for each picture, with its
    number and a function that makes its file.
    """

    def __init__(
        self,
        name: str,
        kind: Type,
        limits: Limits,
        nesting: Nesting,
        *,
        on_picture: Callable[[int, Callable[[], bytes]], None] | None = None,
    ) -> None:
        self.name = name
        self.kind: Type = kind
        self.limits = limits
        self.unit: Unit = "none"
        self.title = ""
        self.properties: dict[str, str] = {}
        self.parts: list[Document] = []
        self.size = 0
        """Characters taken so far."""
        self._nesting = nesting
        self._on_picture = on_picture
        self._pictures: dict[str, Picture] = {}
        self._places: dict[tuple[PlaceKind, str], int | None] = {}
        self._warnings: dict[tuple[CautionCode, str], None] = {}
        self._pages: list[OpenPage] = []
        self._rows = 0

    @property
    def budget(self) -> UnpackBudget:
        """What all files within this one may unpack to together."""
        return self._nesting.budget

    @property
    def page_number(self) -> int:
        """The number of the page being filled; 0 before the first."""
        return len(self._pages)

    @property
    def places(self) -> int:
        """How many texts outside the body there are."""
        return len(self._places)

    @property
    def pictured(self) -> bool:
        """True if there are pictures to recognise."""
        return bool(self._pictures)

    def page(self, name: str = "", *, aside: str = "") -> None:
        """Begin a page. Raises `Full` if there are too many.

        `aside` is what readers must know before the text of the page (« feuille masquée »). It stands behind
        the heading that the page begins with, else in a paragraph."""
        if len(self._pages) >= self.limits.pages:
            self.warn("pages_left_out", self.limits.pages)
            raise Full
        self._pages.append(OpenPage(one_line(name), f"({aside})" if aside else ""))

    def sheet_page(self, name: str, *, masked: bool) -> None:
        """Begin the page of a sheet, which may be hidden."""
        self.page(name, aside=MASKED["sheet"] if masked else "")
        self.heading(2, name)
        if masked:
            self.warn("hidden_cells", one_line(name))

    def slide_page(self, *, masked: bool) -> None:
        """Begin the page of a slide, which may be hidden."""
        self.page(aside=MASKED["slide"] if masked else "")
        if masked:
            self.warn("hidden_text")

    def speaker_note(self, text: str) -> None:
        """Add the speaker's note to the slide that was begun last."""
        if text := clean(text):
            self.place("note", text, page=self.page_number)
            self.raw("> " + text.replace("\n", "\n> "))

    def heading(self, level: int, text: str) -> None:
        text = one_line(text)
        if text:
            text = f"{text} {self._take_aside()}".rstrip()
            self._count(text)
            self._page().add_section(max(1, min(level, 6)), text)

    def paragraph(self, text: str) -> None:
        self.raw(clean(text))

    def item(self, text: str, *, depth: int = 0, mark: str = "-") -> None:
        """Add an entry of a list. `mark` is `-` or a number as written (`1.`, `a)`)."""
        text = clean(text)
        if not text:
            return
        indent = "  " * min(depth, 8)
        line = f"{indent}{mark} {text}".replace("\n", f"\n{indent}  ")
        self.raw(self._take_aside())
        self._count(line)
        self._page().add_item(line)

    def table(self, rows: Iterable[Sequence[str]]) -> None:
        self.raw(table_to_markdown(rows))

    def sheet(self, rows: Iterable[Sequence[str]]) -> None:
        """Add rows as tables, which empty rows separate. The limits cap the rows of all sheets together."""
        block: list[Sequence[str]] = []
        for row in rows:
            if not any(row):
                self.table(block)
                block = []
            elif self._rows < self.limits.rows:
                self._rows += 1
                block.append(row)
            else:
                self.warn("rows_left_out", self.limits.rows)
                break
        self.table(block)

    def raw(self, block: str) -> None:
        """Add a block that is Markdown already. Its spaces and lines stay."""
        block = block.encode("utf-8", "ignore").translate(None, CONTROLS).decode("utf-8")
        if block:
            self.raw(self._take_aside())
            self._page().add_block(block[: self._room(block)].rstrip())
            self._count(block)

    def place(self, kind: PlaceKind, text: str, *, page: int | None = None) -> None:
        """Add a text outside the body. The same text on many pages is kept once, without its page."""
        text = clean(text)
        if not text:
            return
        if (kind, text) in self._places:
            page = page if self._places[kind, text] == page else None
        else:
            self._count(text)
        self._places[kind, text] = page

    def hide(self, text: str, *, page: int | None = None) -> None:
        """Add a text that people do not see, as a place with a caution."""
        if text:
            self.warn("hidden_text")
            self.place("hidden", text, page=page)

    def rest(self, texts: Iterable[tuple[PlaceKind, str]]) -> None:
        """Make a place of every text with a word that the document does not have yet, so that no text gets
        lost. Hidden texts make one place together."""
        taken = {word for text in self._taken() for word in _WORD.findall(level(text))}
        hidden: dict[str, None] = {}
        for kind, text in texts:
            words = _WORD.findall(level(clean(text)))
            if taken.issuperset(words):
                continue
            taken.update(words)
            if kind == "hidden":
                hidden[text] = None
            else:
                self.place(kind, text)
        self.place("hidden", "\n".join(hidden))

    def _taken(self) -> Iterator[str]:
        """Yield all texts that the document has so far."""
        for page in self._pages:
            for section in page.sections:
                yield section.heading
                yield from section.blocks
        for _, text in self._places:
            yield text
        for part in self.parts:
            yield part.to_markdown()

    def picture(self, key: str, make: Callable[[], bytes], *, page: int | None = None) -> None:
        """Add a picture that may bear text, which is recognised later. One `key` on many pages is one
        picture. `make` is called only if its file is needed."""
        if key in self._pictures:
            return
        if self._on_picture:
            self._on_picture(len(self._pictures), make)
        self._pictures[key] = Picture(number=len(self._pictures), page=page)

    def picture_file(self, key: str, data: bytes) -> None:
        """Add a picture as a file, unless it is too small for a word, and what people wrote into the file."""
        if is_legible(data):
            self.picture(key, lambda: data)
        self.describe_picture(data)

    def describe_picture(self, data: bytes) -> None:
        """Add what people wrote into the file of a picture, as a place."""
        said = dict.fromkeys(
            text for name, text in self.said_in_picture(data) if picture_words.is_written(name)
        )
        self.place("alternative", "\n".join(said))

    def said_in_picture(self, data: bytes) -> list[tuple[str, str]]:
        """Return the texts in the file of a picture, each with its name. Damage gives a caution."""
        said, unread = picture_words.read(data)
        if unread:
            self.warn("part_unread", f"EXIF ({unread})")
        return said

    def property(self, name: str, value: object) -> None:
        text = one_line(str(value))[:2_000]
        if text and len(self.properties) < 200:
            self.properties[one_line(name)[:200]] = text

    def said(self, values: Iterable[tuple[str, str]]) -> None:
        """Add what a file says of itself as properties: first what people wrote, the values of one name
        together. A value that does not fit into a property, which is one short line, also becomes a place."""
        named: dict[str, dict[str, None]] = {}
        for name, value in values:
            named.setdefault(name, {})[value] = None
        for name in sorted(named, key=picture_words.is_written, reverse=True):
            whole = "; ".join(named[name]).strip()
            self.property(name, whole)
            if self.properties.get(one_line(name)[:200]) != whole:
                self.place("other", "\n".join(named[name]))

    def warn(self, code: CautionCode, about: object = "") -> None:
        self._warnings[(code, str(about))] = None

    def part(self, name: str, data: bytes, *, unpacked: bool = True) -> None:
        """Read a file inside this one. Beyond the caps of number and depth it counts as unread. A file that
        was not `unpacked` lies no deeper than this one."""
        if unpacked and self._nesting.depth >= self.limits.depth:
            self._keep(unread_document(name, "unknown", "nested"))
        else:
            self._keep(self._read_within(data, name, levels=int(unpacked)))

    def part_written(self, name: str, kind: Type, write: Callable[[Builder], None]) -> None:
        """Add a part that has no bytes of its own: `write` feeds its builder."""
        self._keep(built(Builder(name, kind, self._left(), self._nesting), write))

    def _read_within(self, data: bytes, name: str, *, levels: int) -> Document:
        return self._nesting.read(data, name, self._left(), self._nesting.deeper(levels))

    def _keep(self, part: Document) -> None:
        if len(self.parts) >= self.limits.parts:
            self.warn("parts_left_out", self.limits.parts)
            raise Full
        self.parts.append(part)
        self.size += sum(len(page.to_markdown()) for page in part.pages)
        if not part.readable:
            self.warn("part_unread", part.name)

    def shown_file(self, name: str, data: bytes) -> Document | None:
        """Read a file that this one shows as a part of its text, to be added by `within`. None, with a
        caution, beyond the cap of such files."""
        if not self.budget.show():
            self.warn("parts_left_out", self.limits.parts)
            return None
        return self._read_within(data, name, levels=0)

    def within(self, shown: Document) -> None:
        """Add the text of a file that this one shows in its own text. A file with more than text is a
        part."""
        if not shown.readable or shown.parts or shown.pictures:
            self._keep(shown)
            return
        for section in shown.sections:
            self.heading(section.level, section.heading)
            self.raw(section.text)
        self.place("textbox", shown.to_markdown())  # a mark in it counts as in a file of its own
        for place in shown.places:
            self.place(place.kind, place.text, page=self.page_number)
        for caution in shown.warnings:
            self.warn(caution.code, caution.about)

    def behind(self, files: Iterable[tuple[str, bytes]], *, kind: PlaceKind = "hidden") -> None:
        """Read files of which this one shows only a part, such as the workbooks behind charts. What it does
        not show becomes places of a kind, and a caution if they are hidden."""
        lines: list[tuple[PlaceKind, str]] = [
            (kind, line) for name, data in files for line in self._lines_behind(name, data)
        ]
        before = len(self._places)
        if lines:
            self.rest(lines)
        if kind == "hidden" and len(self._places) > before:
            self.warn("hidden_text")

    def _lines_behind(self, name: str, data: bytes) -> Iterator[str]:
        if self._nesting.depth >= self.limits.depth:
            self.warn("part_unread", name)
            return
        document = self._read_within(data, name, levels=1)
        if not document.readable:
            self.warn("part_unread", name)
        for each in document.walk():
            for caution in each.warnings:
                self.warn(caution.code, caution.about)
            for text in (each.to_markdown(), *(place.text for place in each.places)):
                yield from text.splitlines()

    def _take_aside(self) -> str:
        return self._pages[-1].take_aside() if self._pages else ""

    def _left(self) -> Limits:
        """The limits of a file inside this one."""
        return replace(self.limits, output=max(0, self.limits.output - self.size))

    def unread_part(self, name: str, reason: Reason, detail: str = "") -> None:
        """Add a file inside this one that cannot even be unpacked."""
        self.parts.append(unread_document(name, "unknown", reason, detail))
        self.warn("part_unread", name)

    def document(self) -> Document:
        pages = tuple(page.closed(number) for number, page in enumerate(self._pages, 1))
        headings = (section.heading for page in pages for section in page.sections if section.level == 1)
        return Document(
            name=self.name,
            type=self.kind,
            unit=self.unit,
            title=self.title or self.properties.get("title", "") or next(headings, ""),
            pages=pages,
            properties=self.properties,
            places=tuple(
                Place(kind=kind, text=text, page=page) for (kind, text), page in self._places.items()
            ),
            parts=tuple(self.parts),
            pictures=tuple(self._pictures.values()),
            warnings=tuple(Caution(code=code, about=about) for code, about in self._warnings),
        )

    def _page(self) -> OpenPage:
        """Return the page being filled. A document without pages has one."""
        if not self._pages:
            self.page()
        return self._pages[-1]

    def _room(self, block: str) -> int:
        """Return how many characters of a block fit: all, or whole lines, or at worst whole words."""
        left = self.limits.output - self.size
        if len(block) <= left:
            return len(block)
        return max(block.rfind("\n", 0, left), 0) or max(block.rfind(" ", 0, left), 0)

    def _count(self, text: str) -> None:
        """Count the characters of a text that was added. Raises `Full` beyond the cap."""
        self.size += len(text) + 2  # and the empty line after it
        if self.size > self.limits.output:
            self.warn("text_left_out", self.limits.output)
            raise Full


def built(builder: Builder, write: Callable[[Builder], None]) -> Document:
    """Return the document that `write` feeds to a builder. Raises MemoryError only, whatever a parser
    does."""
    try:
        write(builder)
    except Full:
        pass  # the builder holds what came before, and a caution
    except Unreadable as error:
        if error.reason == "scan":  # places and properties beside the pictures were read
            return replace(builder.document(), reason="scan", detail=error.detail, pages=())
        return unread_document(builder.name, builder.kind, error.reason, error.detail)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - parsers fail in every way on bad files
        return unread_document(builder.name, builder.kind, "damaged", type(error).__name__)
    if not builder.size and not builder.parts and not builder.pictured:
        return unread_document(builder.name, builder.kind, "empty")
    return builder.document()
