"""From a stream of blocks (headings, paragraphs, items, tables) to pages of sections.

Every format module feeds one `Builder`; it alone decides how blocks become Markdown and sections, and
it alone counts the caps of pages and text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from core.documents.cleaning import CONTROLS, MASKED, clean, level, one_line, table_to_markdown
from core.documents.document import (
    Caution,
    CautionCode,
    Document,
    Limits,
    Page,
    Picture,
    Place,
    PlaceKind,
    Reason,
    Section,
    Type,
    Unit,
)
from core.documents.picture_words import DESCRIBED, FramesLeftOut, said_in
from core.documents.visibility import is_legible
from core.errors import DocumentError

MAILS = 8
"""Mails within each other."""


_WORD = re.compile(r"\w+")


class Unreadable(DocumentError):
    """A file that cannot be read, and why. Caught by the reader only, which makes a document of it."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason)
        self.reason: Reason = reason
        self.detail = detail


class Full(DocumentError):
    """A cap of pages or text is met: what was read so far is kept, with a caution."""


class UnpackBudget:
    """What all files within one file may unpack to together. Raises Unreadable beyond."""

    def __init__(self, limits: Limits) -> None:
        self._left = limits.expanded
        self._mails = 0
        self._shown = limits.parts

    def spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise Unreadable("expands")

    def show(self) -> bool:
        """Whether one more file may be read of which the text is one with that of another: they may lie
        within each other, and be shown many times over."""
        self._shown -= 1
        return self._shown >= 0

    @contextmanager
    def mail(self) -> Generator[None]:
        """A mail within mails is being read. People forward forwards: these unpack nothing, so more of them
        may lie within each other than archives."""
        if self._mails >= MAILS:
            raise Unreadable("nested")
        self._mails += 1
        try:
            yield
        finally:
            self._mails -= 1


def _is_written(name: str) -> bool:
    """Whether people wrote a text of a picture under this name."""
    return name[:4] not in ("XMP ", "xmp:") or name[4:] in DESCRIBED


class Builder:
    """Collects one document. Formats call its methods in reading order, then the reader `document()`.

    `reader` reads files within this one, `depth` counts how far within others this one is; `on_picture` is
    called with the number of each picture and what makes its file.
    """

    def __init__(
        self,
        name: str,
        kind: Type,
        limits: Limits,
        *,
        reader: PartReader,
        budget: UnpackBudget,
        depth: int = 0,
        on_picture: Callable[[int, Callable[[], bytes]], None] | None = None,
    ) -> None:
        self.name = name
        self.kind: Type = kind
        self.limits = limits
        self.unit: Unit = "none"
        self.budget = budget
        self._reader = reader
        self._depth = depth
        self.title = ""
        self.properties: dict[str, str] = {}
        self.parts: list[Document] = []
        self._pictures: dict[str, Picture] = {}
        self._on_picture = on_picture
        self._places: dict[tuple[PlaceKind, str], int | None] = {}
        self._warnings: dict[tuple[CautionCode, str], None] = {}
        self._pages: list[tuple[str, list[tuple[int, str, list[str]]]]] = []
        self.size = 0
        """Characters taken so far."""
        self._rows = 0
        self._item_open = False
        self._aside = ""

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
        """Whether there are pictures to recognise."""
        return bool(self._pictures)

    def page(self, name: str = "", *, aside: str = "") -> None:
        """Begin a page. `aside` is what its reader must know before its text (« feuille masquée »): it stands
        behind the heading that the page begins with, else in a paragraph. Raises `Full` when there are too
        many."""
        if len(self._pages) >= self.limits.pages:
            self.warn("pages_left_out", self.limits.pages)
            raise Full
        self._pages.append((one_line(name), [(0, "", [])]))
        self._item_open = False
        self._aside = f"({aside})" if aside else ""

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
        """What the speaker has below the slide that was begun last."""
        if text := clean(text):
            self.place("note", text, page=self.page_number)
            self.raw("> " + text.replace("\n", "\n> "))

    def heading(self, level: int, text: str) -> None:
        text = one_line(text)
        if text:
            text = f"{text} {self._take_aside()}".rstrip()
            self._add(text)
            self._sections().append((max(1, min(level, 6)), text, []))
            self._item_open = False

    def paragraph(self, text: str) -> None:
        self.raw(clean(text))

    def item(self, text: str, *, depth: int = 0, mark: str = "-") -> None:
        """One entry of a list. `mark` is `-` or a number as written (`1.`, `a)`)."""
        text = clean(text)
        if not text:
            return
        indent = "  " * min(depth, 8)
        line = f"{indent}{mark} {text}".replace("\n", f"\n{indent}  ")
        self.raw(self._take_aside())
        self._add(line)
        blocks = self._sections()[-1][2]
        if self._item_open and blocks:
            blocks[-1] += "\n" + line
        else:
            blocks.append(line)
        self._item_open = True

    def table(self, rows: Iterable[Sequence[str]]) -> None:
        self.raw(table_to_markdown(rows))

    def sheet(self, rows: Iterable[Sequence[str]]) -> None:
        """Rows as tables, which empty ones part; of all sheets together, as many as the limits have."""
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
        """A block that is Markdown already; its spaces and lines stay."""
        block = block.encode("utf-8", "ignore").translate(None, CONTROLS).decode("utf-8")
        if block:
            self.raw(self._take_aside())
            self._sections()[-1][2].append(block[: self._room(block)].rstrip())
            self._item_open = False
            self._add(block)

    def place(self, kind: PlaceKind, text: str, *, page: int | None = None) -> None:
        """A text outside the body. The same one on many pages is kept once, without its page."""
        text = clean(text)
        if not text:
            return
        if (kind, text) in self._places:
            page = page if self._places[kind, text] == page else None
        else:
            self._add(text)
        self._places[kind, text] = page

    def hide(self, text: str, *, page: int | None = None) -> None:
        """A text that people do not see: a place, and a caution."""
        if text:
            self.warn("hidden_text")
            self.place("hidden", text, page=page)

    def rest(self, texts: Iterable[tuple[PlaceKind, str]]) -> None:
        """Make a place of every text of which a word has not been taken yet: nothing visible gets lost. What
        is hidden makes one place."""
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
        for _, sections in self._pages:
            for _, heading, blocks in sections:
                yield heading
                yield from blocks
        for _, text in self._places:
            yield text
        for part in self.parts:
            yield part.to_markdown()

    def picture(self, key: str, make: Callable[[], bytes], *, page: int | None = None) -> None:
        """A picture that may bear text, to be recognised. One `key` on many pages is one picture. `make`
        gives its file, which is needed only then."""
        if key in self._pictures:
            return
        if self._on_picture:
            self._on_picture(len(self._pictures), make)
        self._pictures[key] = Picture(number=len(self._pictures), page=page)

    def picture_file(self, key: str, data: bytes) -> None:
        """A picture as a file, unless it is too small for a word, and what people wrote into it."""
        if is_legible(data):
            self.picture(key, lambda: data)
        self.describe_picture(data)

    def describe_picture(self, data: bytes) -> None:
        """What people wrote into the file of a picture, as a place."""
        said = dict.fromkeys(text for name, text in self.said_in_picture(data) if _is_written(name))
        self.place("alternative", "\n".join(said))

    def said_in_picture(self, data: bytes) -> list[tuple[str, str]]:
        """What the file of a picture says of it; damage is told."""
        said: list[tuple[str, str]] = []
        try:
            said.extend((name, text) for name, text in said_in(data) if text.strip())
        except MemoryError:
            raise
        except FramesLeftOut as left_out:
            self.warn("part_unread", f"EXIF ({left_out})")
        except Exception as error:  # noqa: BLE001 - decoders fail in every way on bad files
            self.warn("part_unread", f"EXIF ({type(error).__name__})")
        return said

    def property(self, name: str, value: object) -> None:
        text = one_line(str(value))[:2_000]
        if text and len(self.properties) < 200:
            self.properties[one_line(name)[:200]] = text

    def said(self, values: Iterable[tuple[str, str]]) -> None:
        """What a file says of itself as properties, the values of one name together, first what people wrote;
        what a property does not hold as it is written, on one short line, is a place."""
        named: dict[str, dict[str, None]] = {}
        for name, value in values:
            named.setdefault(name, {})[value] = None
        for name in sorted(named, key=_is_written, reverse=True):
            whole = "; ".join(named[name]).strip()
            self.property(name, whole)
            if self.properties.get(one_line(name)[:200]) != whole:
                self.place("other", "\n".join(named[name]))

    def warn(self, code: CautionCode, about: object = "") -> None:
        self._warnings[(code, str(about))] = None

    def part(self, name: str, data: bytes, *, unpacked: bool = True) -> None:
        """A file inside this one. Beyond the caps of number and depth it counts as unread; one that was not
        `unpacked` counts for no depth."""
        if unpacked and self._depth >= self.limits.depth:
            self._keep(unread(name, "unknown", "nested"))
        else:
            self._keep(self._reader(data, name, self._left(), self.budget, self._depth + unpacked))

    def part_written(self, name: str, kind: Type, write: Callable[[Builder], None]) -> None:
        """A part that has no bytes of its own: `write` feeds its builder."""
        inner = Builder(name, kind, self._left(), reader=self._reader, budget=self.budget, depth=self._depth)
        self._keep(built(inner, write))

    def _keep(self, part: Document) -> None:
        if len(self.parts) >= self.limits.parts:
            self.warn("parts_left_out", self.limits.parts)
            raise Full
        self.parts.append(part)
        self.size += sum(len(page.to_markdown()) for page in part.pages)
        if not part.readable:
            self.warn("part_unread", part.name)

    def shown_file(self, name: str, data: bytes) -> Document | None:
        """The file that this one shows in its text, to be taken `within`; None beyond the cap of their
        number, which is told."""
        if not self.budget.show():
            self.warn("parts_left_out", self.limits.parts)
            return None
        return self._reader(data, name, self._left(), self.budget, self._depth)

    def within(self, shown: Document) -> None:
        """A file of which the text is one with that of this file; a part where it is more than text."""
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
        """Read files of which this one shows a part, as the workbooks behind charts: the rest is hidden, or a
        place of another kind."""
        lines: list[tuple[PlaceKind, str]] = [
            (kind, line) for name, data in files for line in self._lines_behind(name, data)
        ]
        before = len(self._places)
        if lines:
            self.rest(lines)
        if kind == "hidden" and len(self._places) > before:
            self.warn("hidden_text")

    def _lines_behind(self, name: str, data: bytes) -> Iterator[str]:
        if self._depth >= self.limits.depth:
            self.warn("part_unread", name)
            return
        document = self._reader(data, name, self._left(), self.budget, self._depth + 1)
        if not document.readable:
            self.warn("part_unread", name)
        for each in document.walk():
            for caution in each.warnings:
                self.warn(caution.code, caution.about)
            for text in (each.to_markdown(), *(place.text for place in each.places)):
                yield from text.splitlines()

    def _take_aside(self) -> str:
        aside, self._aside = self._aside, ""
        return aside

    def _left(self) -> Limits:
        """The limits of a file inside this one."""
        return replace(self.limits, output=max(0, self.limits.output - self.size))

    def unread_part(self, name: str, reason: Reason, detail: str = "") -> None:
        """A file inside this one that cannot even be unpacked."""
        self.parts.append(unread(name, "unknown", reason, detail))
        self.warn("part_unread", name)

    def document(self) -> Document:
        pages = tuple(
            Page(number=number, name=name, sections=_sections(number, sections))
            for number, (name, sections) in enumerate(self._pages, 1)
        )
        headings = [section.heading for page in pages for section in page.sections if section.level == 1]
        return Document(
            name=self.name,
            type=self.kind,
            unit=self.unit,
            title=self.title or self.properties.get("title", "") or (headings[0] if headings else ""),
            pages=pages,
            properties=self.properties,
            places=tuple(
                Place(kind=kind, text=text, page=page) for (kind, text), page in self._places.items()
            ),
            parts=tuple(self.parts),
            pictures=tuple(self._pictures.values()),
            warnings=tuple(Caution(code=code, about=about) for code, about in self._warnings),
        )

    def _sections(self) -> list[tuple[int, str, list[str]]]:
        if not self._pages:
            self.page()
        return self._pages[-1][1]

    def _room(self, block: str) -> int:
        """How much of a block fits: all, or whole lines, or at worst whole words."""
        left = self.limits.output - self.size
        if len(block) <= left:
            return len(block)
        return max(block.rfind("\n", 0, left), 0) or max(block.rfind(" ", 0, left), 0)

    def _add(self, text: str) -> None:
        self.size += len(text) + 2  # and the empty line after it
        if self.size > self.limits.output:
            self.warn("text_left_out", self.limits.output)
            raise Full


def _sections(page: int, sections: Iterable[tuple[int, str, list[str]]]) -> tuple[Section, ...]:
    return tuple(
        Section(page=page, level=level, heading=heading, text="\n\n".join(blocks))
        for level, heading, blocks in sections
        if heading or blocks
    )


PartReader = Callable[[bytes, str, Limits, UnpackBudget, int], Document]
"""data, name, limits, budget, depth → document (`core.documents.file_reader.read_within`)."""


def built(builder: Builder, write: Callable[[Builder], None]) -> Document:
    """The document that `write` feeds a builder with, whatever its parser does. Raises MemoryError only."""
    try:
        write(builder)
    except Full:
        pass  # the builder holds what came before, and the caution
    except Unreadable as error:
        if error.reason == "scan":  # what it says beside its pictures was read
            return replace(builder.document(), reason="scan", detail=error.detail, pages=())
        return unread(builder.name, builder.kind, error.reason, error.detail)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - parsers fail in every way on bad files
        return unread(builder.name, builder.kind, "damaged", type(error).__name__)
    if not builder.size and not builder.parts and not builder.pictured:
        return unread(builder.name, builder.kind, "empty")
    return builder.document()


def unread(name: str, kind: Type, reason: Reason, detail: Any = "") -> Document:
    """The document of a file that could not be read."""
    return Document(name=name, type=kind, reason=reason, detail=str(detail))
