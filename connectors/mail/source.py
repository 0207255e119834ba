"""Where the mails of a mailbox come from: an IMAP server, or what a webhook has left with us."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """`at` is when the server received it (seconds since 1970); `headers` at most a byte over the cap."""

    size: int
    at: float
    headers: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The inbox: its messages, oldest first, and the UID that the next one will have (0: not told)."""

    validity: int
    next: int
    uids: tuple[int, ...]


class Source(Protocol):
    """Every method raises Deferred when it is away, and what else its kind may raise."""

    @property
    def inbox(self) -> str:
        """The name of its inbox, by which an `Origin` knows it."""
        ...

    async def listing(self) -> Listing: ...

    async def heads(self, uids: tuple[int, ...]) -> dict[int, Head]:
        """Those of these messages of the inbox that are there."""
        ...

    async def whole(self, folder: str, validity: int, uid: int) -> bytes | None:
        """The message, None when it is not there any more."""
        ...

    async def with_id(self, folders: tuple[str, ...], id: str) -> tuple[str, int, int] | None:
        """Folder, UIDVALIDITY and UID of the message with this Message-ID."""
        ...

    async def file(self, validity: int, uid: int, folder: str) -> None:
        """Move a message of the inbox to a folder, which is made if need be. Gone already is no error."""
        ...

    async def news(self, listed: Listing, seconds: float) -> None:
        """Return when something happens in the inbox, or after so many seconds; at once if something did
        since it was `listed`."""
        ...

    def close(self) -> None:
        """End at once."""
        ...
