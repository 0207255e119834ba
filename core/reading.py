"""Files of a message become text: fetched through the connector, read in the sandbox."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from core.connector import Address, Attachment
from core.documents.sandbox import Sandbox
from core.errors import Deferred, Rejected
from core.texts import Texts

LIMIT = 50_000_000
"""Bytes of one file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A file's text; form feeds separate pages."""

    name: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A file that could not be read: `said` is the sentence for the person."""

    name: str
    said: str


class Reading:
    """Reads attachments, one after the other, never on the event loop."""

    Fetch = Callable[[Address, Attachment, int], Awaitable[bytes]]

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def read(
        self, address: Address, attachment: Attachment, fetch: Fetch, texts: Texts
    ) -> Read | Unread:
        name = attachment.name
        if attachment.size is not None and attachment.size > LIMIT:
            return Unread(name=name, said=texts.file_too_large(name, LIMIT))
        try:
            data = await fetch(address, attachment, LIMIT)
        except (Rejected, Deferred):
            return Unread(name=name, said=texts.file_unavailable(name))
        document = await self._sandbox.read(data, name=name)
        if not document.readable:
            return Unread(name=name, said=texts.file_unreadable(name, document.reason))
        return Read(name=name, text=document.text())
