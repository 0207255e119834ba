"""Files of a message become text: fetched through the connector, read in the sandbox."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from core.connector import Address, Attachment
from core.documents.document import Document
from core.documents.sandbox import Sandbox
from core.documents.texts import reason
from core.errors import Deferred, Rejected
from core.texts import Texts

LIMIT = 50_000_000
"""Bytes of one file."""

Fetch = Callable[[Address, Attachment, int], Awaitable[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A file's text; form feeds separate pages. `marked` is what stands outside the text: headers,
    footers, properties, where markings hide."""

    name: str
    text: str = field(repr=False)
    marked: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A file that could not be read: `said` is the sentence for the person."""

    name: str
    said: str


class Reading:
    """Reads attachments, never on the event loop."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def read(
        self, address: Address, attachment: Attachment, fetch: Fetch, texts: Texts
    ) -> Read | Unread:
        """The text of an attachment, or why there is none. Raises SandboxError."""
        name = attachment.name
        if attachment.size is not None and attachment.size > LIMIT:
            return Unread(name=name, said=texts.file_too_large(name, LIMIT))
        try:
            data = await fetch(address, attachment, LIMIT)
        except (Rejected, Deferred):
            return Unread(name=name, said=texts.file_unavailable(name))
        document = await self._sandbox.read(data, name=name)
        if document.readable:
            return Read(name=name, text=text_of(document), marked=marked(document))
        if document.reason == "unknown_format":
            return Unread(name=name, said=texts.file_unknown_type(name))
        return Unread(name=name, said=texts.file_unreadable(name, reason(document, language=texts.language)))


def text_of(document: Document) -> str:
    """The text of a document and of the files in it, a form feed between pages."""
    pages = [page.to_markdown() for page in document.pages]
    pages += [text for part in document.parts if part.readable and (text := text_of(part))]
    return "\f".join(pages)


def marked(document: Document) -> tuple[str, ...]:
    """Headers, footers, properties and the like of a document and of the files in it."""
    places = [place.text for each in document.walk() for place in each.places]
    return (*places, *(value for each in document.walk() for value in each.properties.values()))
