"""Files of a message become text: they are fetched through the connector, and read in the sandbox."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.connector import Address, Attachment, Connector
from core.documents.document import CautionCode, Document, PlaceKind
from core.documents.ocr.recognition import Ocr, Progress
from core.documents.parts import parts_of
from core.documents.sandbox.sandbox import Failure, Sandbox
from core.documents.texts import Missing, caution, missing, pictures_unread, place_name
from core.errors import Deferred, Rejected, TooLarge, Unclean
from core.gateway.ask import ROUND_THE_TEXT, VisionPicture
from core.language.commonmark import named, one_line
from core.retry import Backoff, retried
from core.sensitivity.level import Level, Part
from core.texts import Texts
from core.texts.file_texts import Receipt
from core.turn.brought import Unread

if TYPE_CHECKING:
    pass

LIMIT = 50_000_000
"""Bytes of one file."""

ROOM = 3 * LIMIT
"""Bytes of all files in hand at one time: others wait for their turn."""
ATTEMPTS = 3
"""Of a download that fails for a while."""
_LONGEST_PAUSE = 5.0
_LONGEST_NAME = 200
"""Characters of a file's name by which people and models know it; all of it counts for the level."""

SEEN, SEEN_BYTES = 1_024, 1_000_000
"""Pixels of the longer side, and bytes, of a picture that a model looks at."""
_PATCH = 16
"""Pixels of the side of a square that takes a token (Pixtral; the squares of others are larger)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A file's texts, as `texts_of` gives them. `parts` is all that is assessed: the text, and headers,
    footers, properties and names, where markings hide, of the file and of those in it."""

    name: str
    type: str
    pages: int
    title: str = field(repr=False)
    recognised: bool
    texts: tuple[tuple[str, str], ...] = field(repr=False)
    parts: tuple[Part, ...] = field(default=(), repr=False)
    said: tuple[str, ...] = ()
    """What the person must know of a file that was read: formulas without a value, hidden rows."""
    picture: VisionPicture | None = None
    """What a model may look at, where one may."""

    def receipt(self, level: Level, seen: str) -> Receipt:
        """What the person is told of it, once its level is known, and what a model saw in it."""
        return Receipt(
            name=self.name, type=self.type, pages=self.pages, title=self.title, level=level,
            recognised=self.recognised, seen=seen,
        )  # fmt: skip


_TOLD: frozenset[CautionCode] = frozenset(("formulas", "hidden_cells"))


class AttachmentReader:
    """Reads attachments, never on the event loop. A file of which a part cannot be read is not read: what
    stands there may decide the level of the whole."""

    def __init__(self, sandbox: Sandbox, connectors: Mapping[str, Connector]) -> None:
        self.sandbox = sandbox
        self._connectors = connectors
        self._ocr = Ocr(sandbox)
        self._room = _Room(ROOM)

    @asynccontextmanager
    async def held(
        self, address: Address, attachment: Attachment, texts: Texts
    ) -> AsyncGenerator[bytes | Unread]:
        """The bytes of an attachment, which count among those in hand, or why there are none. What is larger
        than its message says is fetched again, once there is room for the largest."""
        told = min(attachment.size or LIMIT, LIMIT)
        try:
            async with self._room.of(told):
                yield await self._fetched(address, attachment, texts, told)
            return
        except TooLarge:
            pass
        async with self._room.of(LIMIT):
            yield await self._fetched(address, attachment, texts, LIMIT)

    async def _fetched(
        self, address: Address, attachment: Attachment, texts: Texts, limit: int
    ) -> bytes | Unread:
        """At most so many bytes of an attachment, or why there are none. Raises TooLarge below `LIMIT`."""
        name, connector = attachment.name, self._connectors.get(address.connector)
        if connector is None or (files := connector.files) is None:
            return Unread(name=name, said=texts.file_unavailable(name))
        if attachment.size is not None and attachment.size > LIMIT:
            return Unread(name=name, said=texts.file_too_large(name, LIMIT))
        try:
            pauses = Backoff(0.2, _LONGEST_PAUSE, at_most=_LONGEST_PAUSE)
            return await retried(
                lambda: files.fetch(address, attachment, limit), on=Deferred, most=ATTEMPTS, pauses=pauses
            )
        except Unclean:
            return Unread(name=name, said=texts.file_unclean(name))
        except TooLarge:
            if limit < LIMIT:
                raise
            return Unread(name=name, said=texts.file_too_large(name, LIMIT))
        except (Rejected, Deferred):
            return Unread(name=name, said=texts.file_unavailable(name))

    async def read(
        self,
        address: Address,
        attachment: Attachment,
        texts: Texts,
        progress: Progress | None = None,
        *,
        pictured: bool = False,
    ) -> Read | Unread:
        """The text of an attachment, or why there is none. `progress` counts the pages that are recognised;
        `pictured`: a picture is made ready for a model to look at. Raises SandboxError."""
        name = attachment.name
        async with self.held(address, attachment, texts) as data:
            if isinstance(data, Unread):
                return data
            document = await self._ocr.read(data, name=name, progress=progress)
            picture = await self._picture(data) if pictured and document.type == "image" else None
        if left := missing(document):
            return Unread(name=name, said=_said(document, left[0], texts))
        warnings = [warning for each in document.walk() for warning in each.warnings if warning.code in _TOLD]
        warnings += [pictures_unread(each) for each in document.walk() if each.pictures]
        told = tuple(dict.fromkeys(caution(each, language=texts.language) for each in warnings))
        said = tuple(f"{named(name)}\u00a0: {each}" for each in told)
        return Read(
            name=name,
            type=document.type,
            pages=len(document.pages) if document.unit == "page" else 0,
            title=document.title,
            recognised=any(each.code == "ocr_used" for one in document.walk() for each in one.warnings),
            texts=texts_of(document, language=texts.language),
            parts=parts_of(document),
            said=said,
            picture=picture,
        )

    async def _picture(self, data: bytes) -> VisionPicture | None:
        try:
            jpeg, (width, height) = await self._ocr.jpeg(data, longest=SEEN, most=SEEN_BYTES)
        except Failure:
            return None
        return VisionPicture(data=jpeg, tokens=-(-width // _PATCH) * -(-height // _PATCH))


class _Room:
    """So many bytes, shared by those who hold some; first come, first served."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def of(self, size: int) -> AsyncGenerator[None]:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((size, turn))
        self._serve()
        try:
            await turn
            yield
        finally:
            if turn.done() and not turn.cancelled():
                self._left += size
            self._serve()

    def _serve(self) -> None:
        while self._waiting and (self._waiting[0][1].done() or self._left >= self._waiting[0][0]):
            size, turn = self._waiting.popleft()
            if not turn.done():  # else it was cancelled while it waited
                self._left -= size
                turn.set_result(None)


def _said(document: Document, left: Missing, texts: Texts) -> str:
    """The sentence about the first thing that was not read."""
    why = left.said(texts.language)
    if left.document is not document:
        return texts.file_part_unreadable(document.name, left.document.name, why)
    if document.reason == "unknown_format":
        return texts.file_unknown_type(document.name)
    return texts.file_unreadable(document.name, why)


def texts_of(document: Document, within: str = "", *, language: str = "fr") -> tuple[tuple[str, str], ...]:
    """The texts of a document and of the files in it, each under its name (`dossier.zip › note.pdf`), so that
    pages are those of that file; a form feed stands between pages. What people see round the text follows it,
    under a heading of its own."""
    name = one_line(document.name)[:_LONGEST_NAME]
    name = f"{within} › {name}" if within else name
    text = "\f".join(page.to_markdown() for page in document.pages)
    if around := _around(document, text, language):
        text = f"{text}\n\n{around}".lstrip()
    own = ((name, text),) if text.strip() else ()
    inner = (each for part in document.parts for each in texts_of(part, name, language=language))
    return own + tuple(inner)


_SEEN: frozenset[PlaceKind] = frozenset(
    ("header", "footer", "watermark", "comment", "picture", "field", "choice")
)
"""Places round the text that its reader sees; never what is hidden."""


def _around(document: Document, text: str, language: str) -> str:
    """What stands in places that people see, and not in the text."""
    within = set(text.split())
    lines = [
        f"- {place_name(place.kind, language=language)}\u00a0: {' '.join(place.text.split())}"
        for place in document.places
        if place.kind in _SEEN and not within.issuperset(place.text.split())
    ]
    return f"## {ROUND_THE_TEXT[language]}\n\n" + "\n".join(lines) if lines else ""
