"""A conversation as it is summarised: its messages in order, and the people who take part. Pure.

Messages that were deleted, or that their author keeps out of summaries, are left out before anything else
sees them: only their number is kept. Of an edited message only the last state is known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cached_property

from core.connector import Past, Range
from core.language.months import PARIS
from core.understanding import spelled

MOST = 2_000
"""Messages of one summary, the newest ones, if no number is asked for."""
LARGEST = 10_000
"""Messages of one summary at most."""
_ROW = 24
_LONGEST_NAME = 80
_SIGNS = re.compile(rf"[\W_]{{{_ROW + 1},}}")
_MILLISECONDS = 1e11
"""A number of seconds beyond this is taken for milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person who takes part. `name` is what people read in the conversation."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message. `n` is its number in the talk, and `at` its time in Paris.

    `reply_to` and `thread` are numbers of messages in the talk. `reactions` counts each one. `files` are
    names."""

    n: int
    author: Member
    at: datetime
    text: str = field(repr=False)
    reply_to: int | None = None
    thread: int | None = None
    reactions: dict[str, int] = field(default_factory=dict[str, int])
    files: tuple[str, ...] = ()
    edited: bool = False
    read: dict[str, str] = field(default_factory=dict[str, str], repr=False)
    """The texts of its files by name, if files were to be read."""


@dataclass(frozen=True, kw_only=True)
class Talk:
    """Messages, oldest first, with counts of those that were not read. `links` has the address of each."""

    messages: tuple[Said, ...]
    members: tuple[Member, ...]
    deleted: int = 0
    withheld: int = 0
    unreadable: int = 0
    truncated: bool = False
    since: datetime | None = None
    """The time from which messages could be read; None if all could."""
    reader_since: datetime | None = None
    """The time from which the people whom the summary is for may read messages; None if they may read all."""
    unread: tuple[str, ...] = ()
    """For each file that was to be read and was not, the reason."""
    links: dict[int, str] = field(default_factory=dict[int, str], repr=False)
    name: str = field(default="", repr=False)

    @cached_property
    def by_number(self) -> dict[int, Said]:
        return {said.n: said for said in self.messages}

    def get(self, n: int | None) -> Said | None:
        return None if n is None else self.by_number.get(n)


def of_range(found: Range) -> Talk:
    """Return the talk that was read back from a conversation, without orders to bots (`!…`)."""
    past = [one for one in found.messages if spelled(one.text) is None]
    numbers = {one.id: n for n, one in enumerate(past, 1)}
    members = {
        person.id: Member(id=person.id, name=one_line(person.name or person.id)) for person in found.members
    }
    return Talk(
        messages=tuple(_said(one, numbers, members) for one in past),
        members=tuple(members.values()),
        deleted=found.deleted,
        withheld=found.withheld,
        unreadable=found.unreadable,
        truncated=found.truncated,
        since=moment(found.entry) if found.entry is not None else None,
        reader_since=moment(found.reader_entry) if found.reader_entry is not None else None,
        unread=found.unread,
        links={numbers[one.id]: one.link for one in past},
        name=one_line(found.name),
    )


def _said(one: Past, numbers: Mapping[str, int], members: Mapping[str, Member]) -> Said:
    author = members.get(one.sender.id) or Member(id=one.sender.id, name=one_line(one.sender.name))
    return Said(
        n=numbers[one.id],
        author=author,
        at=moment(one.at),
        text=legible(one.text),
        reply_to=numbers.get(one.reply_to or ""),
        thread=numbers.get(one.thread or ""),
        reactions={key: len(who) for key, who in one.reactions.items()},
        files=tuple(each.name for each in one.attachments),
        edited=one.edited,
        read=one.read,
    )


def moment(given: object) -> datetime:
    """Read a time: ISO 8601, or seconds or milliseconds since 1970. Without a zone it is one of Paris; a time
    that cannot be read becomes the beginning of 1970."""
    if isinstance(given, int | float) and not isinstance(given, bool):
        seconds = given / 1000 if given > _MILLISECONDS else given
        return datetime.fromtimestamp(seconds, timezone.utc).astimezone(PARIS)  # noqa: UP017
    try:
        at = datetime.fromisoformat(str(given).strip())
    except ValueError:
        return datetime(1970, 1, 1, tzinfo=PARIS)
    return at.replace(tzinfo=PARIS) if at.tzinfo is None else at.astimezone(PARIS)


def legible(text: str) -> str:
    """Shorten rows of signs that say no word: the rules would spend minutes on a long one."""
    return _SIGNS.sub(lambda run: run[0][:_ROW] + ("\n" if "\n" in run[0][_ROW:] else ""), text)


def one_line(given: str) -> str:
    """Put a name on one line, and cut a long one."""
    return re.sub(r"\s*[\n\r]\s*", " ", given).strip()[:_LONGEST_NAME]
