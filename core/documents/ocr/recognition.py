"""Scans and images by character recognition (Tesseract, in French and English), where it is installed.

Tesseract needs exec, so it has a sandbox of its own: bubblewrap, without network or files, one thread,
bounded in time and memory. It gets pixels (pages are drawn in our jail) and gives words with boxes,
which our jail lays out like those of any PDF. Nothing here looks at the content.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from core.documents.document import Caution, Document, Page, Section
from core.documents.limits import Limits
from core.documents.sandbox.sandbox import Failure, Sandbox

Progress = Callable[[int, int], None]
"""Called with (pages done, pages in all)."""

EXTRACT = "core.documents.extraction:extract_task"
_EXTRACTED = Limits(output=20_000_000)
"""Room for the bytes of one file, in base64."""
_DPI = 200
_SECONDS = 60
_MAX_PAGES = 100
_JAIL = """
    prlimit --as=2000000000 --cpu=60 --core=0
    bwrap --unshare-all --die-with-parent --new-session --clearenv --setenv OMP_THREAD_LIMIT 1
    --ro-bind /usr /usr --symlink usr/lib /lib --symlink usr/lib64 /lib64 --symlink usr/bin /bin
    --tmpfs /tmp --chdir /tmp
    tesseract
""".split()  # noqa: SIM905


class _Pages:
    """The pages to recognise in one file and all within it: no more than there is patience for."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self.total = total
        self.done = 0
        self._progress = progress

    @property
    def left(self) -> int:
        return self.total - self.done

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
        """The languages recognised, as `fra+eng`; empty where Tesseract or bubblewrap is missing."""
        async with self._one:
            if self._languages is None:
                self._languages = await _languages()
        return self._languages

    async def read(self, data: bytes | Path, *, name: str, progress: Progress | None = None) -> Document:
        """Like `Sandbox.read`; scanned pages are recognised, page by page, where that is possible: those of
        the file, and of the files in it."""
        document = await self._sandbox.read(data, name=name)
        wanted = sum(len(_scanned(each)) for each in document.walk())
        if not wanted:
            return document
        return await self._completed(data, document, _Pages(min(wanted, _MAX_PAGES), progress))

    async def _completed(self, data: bytes | Path, document: Document, pages: _Pages) -> Document:
        document = await self._recognised(data, document, pages)
        parts = list(document.parts)
        for index, part in enumerate(parts):
            if any(_scanned(each) for each in part.walk()):
                try:
                    inner = await self._sandbox.call(
                        EXTRACT, data, {"name": document.name, "part": index}, limits=_EXTRACTED
                    )
                except Failure as failure:
                    parts[index] = replace(part, reason=part.reason and failure.reason)
                    continue
                parts[index] = await self._completed(base64.b64decode(inner), part, pages)
        read = {part.name for part in parts if part.readable}
        warnings = tuple(
            each for each in document.warnings if each.code != "part_unread" or each.about not in read
        )
        return replace(document, parts=tuple(parts), warnings=warnings) if parts else document

    async def _recognised(self, data: bytes | Path, document: Document, pages: _Pages) -> Document:
        """The document with its own scanned pages recognised, those in its parts aside."""
        wanted = _scanned(document)
        if not wanted:
            return document
        languages = await self.languages()
        if not languages:
            return replace(document, reason="ocr_missing") if document.reason else document
        taken = wanted[: pages.left]
        tables = [await self._table(data, document, number, languages, pages) for number in taken]
        return await self._join(document, taken, tables, left=len(wanted) > len(taken))

    async def _table(
        self, data: bytes | Path, document: Document, number: int, languages: str, pages: _Pages
    ) -> bytes:
        """The words of one page; none when it cannot be drawn or recognised."""
        pages.tell()
        try:
            return await _tesseract(await self._image(data, document, number), languages)
        except Failure:
            return b""
        finally:
            pages.done += 1
            pages.tell()

    async def _image(self, data: bytes | Path, document: Document, number: int) -> bytes:
        if document.type != "pdf":
            return data if isinstance(data, bytes) else await asyncio.to_thread(data.read_bytes)
        task = "core.documents.pdf.pdf_file:render_task"
        drawn = await self._sandbox.call(task, data, {"page": number, "dpi": _DPI})
        return base64.b64decode(drawn)

    async def _join(
        self, document: Document, pages: list[int], tables: list[bytes], *, left: bool
    ) -> Document:
        """The recognised pages in the places of the scanned ones."""
        task = "core.documents.ocr.recognised_page:layout_task"
        arguments = {"name": document.name, "sizes": [len(table) for table in tables], "dpi": _DPI}
        try:
            made = Document.from_json(await self._sandbox.call(task, b"".join(tables), arguments))
        except Failure as failure:
            return replace(document, reason=failure.reason)
        if not made.sections and document.reason:
            return replace(document, reason="ocr_empty")
        if document.type != "pdf":  # an image may hold several pages
            pages = [page.number for page in made.pages]
        read = {
            number: replace(page, number=number, sections=_renumbered(page, number))
            for number, page in zip(pages, made.pages, strict=False)
        }
        total = max(len(document.pages), max(read, default=0))
        old = {page.number: page for page in document.pages}
        empty = [Page(number=number) for number in range(1, total + 1)]
        warnings = [caution for caution in document.warnings if caution.code != "scanned_pages"]
        warnings.append(Caution(code="ocr_used"))
        if left:
            warnings.append(Caution(code="pages_left_out", about=str(_MAX_PAGES)))
        return replace(
            document,
            reason=None,
            detail="",
            unit="page",
            pages=tuple(read.get(page.number) or old.get(page.number) or page for page in empty),
            places=document.places + made.places,
            warnings=tuple(warnings),
        )


def _renumbered(page: Page, number: int) -> tuple[Section, ...]:
    return tuple(replace(section, page=number) for section in page.sections)


def _scanned(document: Document) -> list[int]:
    """The numbers of the pages without text. An image counts as page 1."""
    if document.reason == "scan" and document.type == "image":
        return [1]
    if document.type != "pdf":
        return []
    text = document.detail if document.reason == "scan" else ""
    text = text or next((item.about for item in document.warnings if item.code == "scanned_pages"), "")
    return [int(number) for number in text.replace(" ", "").split(",") if number.isdecimal()]


async def _languages() -> str:
    if not all(shutil.which(program) for program in ("prlimit", "bwrap", "tesseract")):
        return ""
    try:
        output = (await _run("--list-langs", data=b"")).decode("utf-8", "replace").split()
    except Failure:
        return ""
    return "+".join(language for language in ("fra", "eng") if language in output)


async def _tesseract(image: bytes, languages: str) -> bytes:
    """Words with boxes and confidence, as tab-separated values."""
    return await _run("stdin", "stdout", "-l", languages, "--dpi", str(_DPI), "tsv", data=image)


async def _run(*arguments: str, data: bytes) -> bytes:
    """Tesseract in its jail. Raises Failure when it fails, is too slow, or cannot be jailed here."""
    process = await asyncio.create_subprocess_exec(
        *_JAIL, *arguments,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    try:
        async with asyncio.timeout(_SECONDS):
            output, _ = await process.communicate(data)
    except TimeoutError:
        raise Failure("time", str(_SECONDS)) from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode != 0:
        raise Failure("damaged")
    return output
