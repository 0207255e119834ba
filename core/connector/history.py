"""What was said before, read back through a connector on demand. Nothing of it is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from core.connector.events import Address, Attachment, Person, Readers


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A message read back, in its last state. `link` opens it in the platform's clients.

    `reactions` maps each reaction to the ids of those who gave it. `read` are the texts of its files by name,
    when they were to be read. `to_bot`: it calls the bot, and nobody else. Nothing of it is kept."""

    id: str
    at: float
    sender: Person
    text: str = field(repr=False)
    link: str
    reply_to: str | None = None
    thread: str | None = None
    edited: bool = False
    to_bot: bool = False
    reactions: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    attachments: tuple[Attachment, ...] = ()
    read: dict[str, str] = field(default_factory=dict[str, str], repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """What was said, oldest first, without the bot's own messages. The counts are of what is not in it.

    `truncated`: there are more than were asked for. `entry`: when the bot came, if it could read no further
    back for that reason; `reader_entry`: when the last of those came whom the range is for. `unread`
    says of each file that was to be read why it was not."""

    messages: tuple[Past, ...]
    members: tuple[Person, ...]
    deleted: int = 0
    withheld: int = 0
    unreadable: int = 0
    truncated: bool = False
    entry: float | None = None
    reader_entry: float | None = None
    unread: tuple[str, ...] = ()
    name: str = field(default="", repr=False)
    """What the conversation is called; empty where it has no name, or the platform was not asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which messages: all when nothing is said, and at most the `most` newest; orders to bots (`!…`) come too
    and are not counted.

    `before` is the question's own id, left out with what follows it. `since` is a time, `start` the first
    message, `chain` one message of a chain of replies or of a thread, which the core picks out of the range.
    `readers`: only what each of them can read too."""

    most: int
    before: str | None = None
    since: float | None = None
    start: str | None = None
    chain: str | None = None
    readers: Readers = None


class History(Protocol):
    """The platform can be read back."""

    async def recall(self, address: Address, wanted: Wanted) -> Range:
        """Read the conversation back, on demand only. Raises Deferred, Rejected (no longer in it)."""
        ...
