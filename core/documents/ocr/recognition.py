"""Scans and images by character recognition (Tesseract, in French and English), where it is installed.

Each step is a task of the sandbox, in a jailed process of its own: a page is drawn or a picture decoded
(`pixels`), Tesseract gets these pixels and gives words with boxes (`tesseract`), which are laid out as
those of any PDF are (`recognised_page`). A page that is not recognised stays unread.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from core.documents.document import Caution, Document, Limits, Page, Picture, Place
from core.documents.sandbox.sandbox import DOCUMENT, Failure, Sandbox

Progress = Callable[[int, int], None]
"""Called with (pages done, pages in all)."""

_EXTRACTED = Limits(output=20_000_000)
"""Room for the bytes of one file, in base64."""
_RECOGNITION = Limits(seconds=60, memory=800_000_000, output=20_000_000)
"""What Tesseract may take for one page."""
_DPI = 200
MOST = 400
"""Pages and pictures that are recognised in one file and all within it."""

Pixels = Callable[[int], Awaitable[bytes]]
"""Gives the pixels of a page, turned clockwise by so many degrees. Raises Failure."""
SURE = 60.0
"""The confidence of a word that is what stands there."""
_GOOD = 75.0
_ENOUGH = 3
_TOLD = 4
"""Letters of a word that is no scratch."""


class RecognisedPage(NamedTuple):
    """A page: the table of its words, and what stands aslant to them on it."""

    table: bytes
    aslant: str = ""


class _Course:
    """The pages to recognise in one file and all within it: no more than there is patience for."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self.total = total
        self.done = 0
        self._progress = progress

    @property
    def left(self) -> int:
        return self.total - self.done

    def more(self, pages: int) -> None:
        """Pages that are known only once the first of a file was opened."""
        self.total = min(MOST, self.total + pages)

    def step(self) -> None:
        self.done += 1
        self.tell()

    def tell(self) -> None:
        if self._progress:
            self._progress(self.done, self.total)


class Ocr:
    """Reads files with the sandbox, and what they show as pictures with Tesseract."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._languages: str | None = None
        self._one = asyncio.Lock()

    async def languages(self) -> str:
        """The languages recognised, as `fra+eng`; empty where Tesseract or its data are missing."""
        async with self._one:
            if self._languages is None:
                self._languages = "+".join(await self._call("ocr.tesseract:languages_task", b""))
        return self._languages

    async def read(self, data: bytes | Path, *, name: str, progress: Progress | None = None) -> Document:
        """Like `Sandbox.read`; scanned pages and pictures that matter are recognised, where that is possible:
        those of the file, and of the files in it."""
        return await self.recognised(data, await self._sandbox.read(data, name=name), progress)

    async def jpeg(self, data: bytes | Path, *, longest: int, most: int) -> tuple[bytes, tuple[int, int]]:
        """A picture as a JPEG that is at most so many pixels long and bytes large, and its size. Raises
        Failure."""
        made = await self._call("ocr.pixels:jpeg_task", data, longest=longest, most=most)
        width, height = made["size"]
        return base64.b64decode(made["data"]), (width, height)

    async def read_many(self, paths: Sequence[Path]) -> list[Document | None]:
        """The documents at paths, with nothing recognised yet; None for those that cannot be opened."""
        return await self._sandbox.read_many(paths)

    async def recognised(
        self, data: bytes | Path, document: Document, progress: Progress | None = None
    ) -> Document:
        """The document of `data` with what it shows as pictures, as `read` gives it."""
        wanted = sum(map(pages_to_recognise, document.walk()))
        if not wanted:
            return document
        if not await self.languages():
            return _without_recognition(document)
        return await self._completed(data, document, _Course(min(wanted, MOST), progress))

    async def _completed(self, data: bytes | Path, document: Document, course: _Course) -> Document:
        document = await self._recognised(data, document, course)
        document = await self._pictures(data, document, course)
        parts = list(document.parts)
        for index, part in enumerate(parts):
            if any(map(pages_to_recognise, part.walk())):
                try:
                    inner = await self._call("ocr.pixels:extract_task", data, name=document.name, part=index)
                except Failure as failure:
                    parts[index] = replace(part, reason=part.reason and failure.reason)
                    continue
                parts[index] = await self._completed(base64.b64decode(inner), part, course)
        read = {part.name for part in parts if part.readable}
        warnings = tuple(
            each for each in document.warnings if each.code != "part_unread" or each.about not in read
        )
        return replace(document, parts=tuple(parts), warnings=warnings) if parts else document

    async def _recognised(self, data: bytes | Path, document: Document, course: _Course) -> Document:
        """The document with its own scanned pages recognised, those in its parts aside."""
        if document.type == "image" and document.reason == "scan":
            return await self._image(data, document, course)
        wanted = _scanned(document)
        tables: dict[int, RecognisedPage] = {}
        why: Failure | None = None
        for number in wanted[: course.left]:
            try:
                pixels = self._pixels("page_task", data, page=number, dpi=_DPI)
                tables[number] = await self._table(pixels, course, turned=True)
            except Failure as failure:
                why = failure
        if not tables:
            return replace(document, reason=why.reason) if why and document.reason else document
        return await self._join(document, tables, [number for number in wanted if number not in tables])

    async def _image(self, data: bytes | Path, document: Document, course: _Course) -> Document:
        """A file of pictures, each frame a page."""
        tables: dict[int, RecognisedPage] = {}
        frames, frame = 1, 0
        while frame < frames and course.left > 0:
            number = frame

            async def pixels(turn: int, number: int = number) -> bytes:
                nonlocal frames
                drawn = await self._call("ocr.pixels:image_task", data, frame=number, turn=turn)
                course.more(int(drawn["frames"]) - frames)
                frames = int(drawn["frames"])
                return base64.b64decode(drawn["pixels"])

            try:
                tables[frame + 1] = await self._table(pixels, course, turned=True)
            except Failure as failure:
                if not tables:
                    return replace(document, reason=failure.reason)
            frame += 1
        if not tables:
            return document
        unread = [number for number in range(1, frames + 1) if number not in tables]
        return await self._join(document, tables, unread)

    def _pixels(self, task: str, data: bytes | Path, **arguments: Any) -> Pixels:
        async def pixels(turn: int) -> bytes:
            return base64.b64decode(await self._call(f"ocr.pixels:{task}", data, **arguments, turn=turn))

        return pixels

    async def _pictures(self, data: bytes | Path, document: Document, course: _Course) -> Document:
        """The document with the texts of its pictures as places; those that are not recognised stay."""
        tables: list[tuple[Picture, RecognisedPage]] = []
        for picture in document.pictures[: max(0, course.left)]:
            pixels = self._pixels("picture_task", data, name=document.name, picture=picture.number)
            with contextlib.suppress(Failure):
                tables.append((picture, await self._table(pixels, course, turned=False)))
        if not tables:
            return document
        try:
            made = await self._laid_out(document.name, [found.table for _, found in tables])
        except Failure:
            return document
        read = {picture.number for picture, _ in tables}
        left = tuple(picture for picture in document.pictures if picture.number not in read)
        alone = not document.sections  # the pictures are all that it shows
        places = tuple(
            Place(kind="picture", text=text, page=None if alone else picture.page)
            for (picture, found), page in zip(tables, made.pages, strict=False)
            for text in ("" if alone else page.to_markdown().strip(), found.aslant)
            if text
        )
        document = replace(document, places=document.places + places, pictures=left)
        return replace(document, pages=made.pages, unit="page") if alone else document

    async def _table(self, pixels: Pixels, course: _Course, *, turned: bool) -> RecognisedPage:
        """The words of one page as it is read best: upside down or on its side, where that gives more."""
        course.tell()
        try:
            upright = await pixels(0)
            found = await self._as_shown(upright)
            best = confidence_of(found.table)
            if not turned or best.good:
                return found
            for turn in await self._turns(upright, best):
                other = await self._as_shown(await pixels(turn))
                if confidence_of(other.table).score > best.score:
                    found, best = other, confidence_of(other.table)
            return found
        finally:
            course.step()

    async def _as_shown(self, pixels: bytes) -> RecognisedPage:
        """The words of a page, and what stands aslant on it; the other way round where that is more: a page
        that is held askew."""
        table = await self._words(pixels)
        try:
            made = await self._call("ocr.pixels:aslant_task", pixels + table, size=len(pixels), sure=SURE)
            other = await self._words(base64.b64decode(made)) if made else b""
        except Failure:
            return RecognisedPage(table)
        if confidence_of(other).score > confidence_of(table).score:
            return RecognisedPage(other, _told(table, other))
        return RecognisedPage(table, _told(other, table))

    async def _turns(self, pixels: bytes, seen: Confidence) -> tuple[int, ...]:
        """By how much a page that reads badly may be turned: as Tesseract finds; where it has too few letters
        to tell, any way."""
        try:
            turn: int | None = await self._recognise("turn_task", pixels)
        except Failure:
            turn = None
        if turn is None:
            return (180, 90, 270) if seen.words < _FEW else ()
        return (turn,) if turn else ()

    async def _join(
        self, document: Document, tables: dict[int, RecognisedPage], unread: list[int]
    ) -> Document:
        """The recognised pages in the places of the scanned ones. `unread` are those that were not."""
        try:
            made = await self._laid_out(document.name, [found.table for found in tables.values()])
        except Failure as failure:
            return replace(document, reason=failure.reason)
        aslant = tuple(
            Place(kind="picture", text=found.aslant, page=number)
            for number, found in tables.items()
            if found.aslant
        )
        if not (made.sections or unread or aslant) and document.reason:
            return replace(document, reason="ocr_empty")
        recognised = {
            number: _numbered(page, number) for number, page in zip(tables, made.pages, strict=False)
        }
        warnings = [caution for caution in document.warnings if caution.code != "scanned_pages"]
        warnings.append(Caution(code="ocr_used"))
        if unread:
            warnings.append(Caution(code="scanned_pages", about=", ".join(map(str, unread))))
        return replace(
            document,
            reason=None,
            detail="",
            unit="page",
            pages=_in_their_places(recognised, document.pages, unread),
            places=document.places + made.places + aslant,
            warnings=tuple(warnings),
        )

    async def _laid_out(self, name: str, tables: list[bytes]) -> Document:
        """A document of one page for each table of words."""
        arguments = {"name": name, "sizes": [len(table) for table in tables], "dpi": _DPI}
        made = await self._call("ocr.recognised_page:layout_task", b"".join(tables), **arguments)
        return DOCUMENT.validate_python(made)

    async def _call(self, task: str, data: bytes | Path, **arguments: Any) -> Any:
        return await self._sandbox.call(f"core.documents.{task}", data, arguments, limits=_EXTRACTED)

    async def _recognise(self, task: str, pixels: bytes) -> Any:
        task = f"core.documents.ocr.tesseract:{task}"
        return await self._sandbox.call(task, pixels, {"dpi": _DPI}, limits=_RECOGNITION)

    async def _words(self, pixels: bytes) -> bytes:
        """Words with boxes and confidence, as tab-separated values."""
        words: str = await self._recognise("words_task", pixels)
        return words.encode()


_FEW = 5
"""Words below which a page is too empty for its direction to be found by its letters."""


def pages_to_recognise(document: Document) -> int:
    """How many pages and pictures of a document, the files in it aside, wait for recognition."""
    return len(_scanned(document)) + len(document.pictures)


def _scanned(document: Document) -> list[int]:
    """The numbers of the pages without text. An image counts as page 1."""
    if document.reason == "scan" and document.type == "image":
        return [1]
    if document.type != "pdf":
        return []
    text = document.detail if document.reason == "scan" else ""
    text = text or next((item.about for item in document.warnings if item.code == "scanned_pages"), "")
    return [int(number) for number in text.replace(" ", "").split(",") if number.isdecimal()]


def _without_recognition(document: Document) -> Document:
    """The document where Tesseract is missing: its scans are said to be unread for that reason."""
    parts = tuple(map(_without_recognition, document.parts))
    missing = document.reason == "scan" and bool(_scanned(document))
    return replace(document, parts=parts, reason="ocr_missing" if missing else document.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence:
    """`words` are those of two letters and more; `mean` is their confidence (0 to 100); `score` adds up the
    confidence of the sure ones, so that two readings of one page can be compared. Words that stand on their
    side (higher than wide) have none: Tesseract reads their letters, not their order."""

    words: int
    mean: float
    score: float

    @property
    def good(self) -> bool:
        """Whether it can hardly be read better another way round."""
        return self.words >= _ENOUGH and self.mean >= _GOOD


def confidence_of(table: bytes) -> Confidence:
    """Of a table of words (tesseract(1), TSV)."""
    sure = [confidence for *_, confidence in _words_of(table)]
    mean = sum(sure) / len(sure) if sure else 0.0
    return Confidence(words=len(sure), mean=mean, score=sum(each for each in sure if each >= SURE))


def _told(table: bytes, known: bytes) -> str:
    """The lines of a table that are sure to stand there, unless another table has their words."""
    lines: dict[str, list[str]] = {}
    for line, word, confidence in _words_of(table):
        if confidence >= _GOOD:
            lines.setdefault(line, []).append(word)
    there = {word for _, word, confidence in _words_of(known) if confidence >= SURE}
    new = (word for words in lines.values() for word in words if word not in there)
    return "\n".join(map(" ".join, lines.values())) if any(len(word) >= _TOLD for word in new) else ""


def _words_of(table: bytes) -> Iterator[tuple[str, str, float]]:
    """(line, word, confidence) of a table."""
    for line in table.decode("utf-8", "replace").split("\n")[1:]:
        cells = line.split("\t")
        if len(cells) >= 12 and cells[0] == "5" and sum(map(str.isalnum, cells[11])) >= 2:
            try:
                width, height, confidence = float(cells[8]), float(cells[9]), float(cells[10])
                line = " ".join(cells[1:5])
                yield line, cells[11].strip(), 0.0 if height > 1.5 * width else confidence
            except ValueError:
                continue


def _numbered(page: Page, number: int) -> Page:
    """A recognised page, with the number that it has in the document."""
    sections = tuple(replace(section, page=number) for section in page.sections)
    return replace(page, number=number, sections=sections)


def _in_their_places(
    recognised: dict[int, Page], old: Sequence[Page], unread: Sequence[int]
) -> tuple[Page, ...]:
    """All pages of a document in their order: a recognised page in place of the old one, an empty page where
    there is neither."""
    total = max(len(old), *recognised, *unread, 0)
    pages = {page.number: page for page in old} | recognised
    return tuple(pages.get(number) or Page(number=number) for number in range(1, total + 1))
