"""A conversation as it is summarised: its messages in order, and who takes part. Pure.

What was deleted, and what its author keeps out of summaries, is left out here, before anything else sees it:
only their number is kept. Of an edited message only its last state is known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cached_property
from typing import Any

import orjson

from core.connector import Range
from core.connector.untrusted_json import Json, array_in, integer_in, object_in, objects_in, text_in
from core.errors import ConfigurationError
from core.language.months import PARIS
from core.understanding import spelled

MOST = 2_000
"""Messages of one summary, the newest ones, when no number is asked for."""
LARGEST = 10_000
"""Messages of one summary, whatever is asked for."""
_ROW = 24
_LONGEST_NAME = 80
_SIGNS = re.compile(rf"[\W_]{{{_ROW + 1},}}")
_MILLISECONDS = 1e11
"""A number of seconds beyond this is one of milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Who takes part. `name` is what people read in the conversation."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message. `n` is its number in the range; `at` its time, in the time zone of its people.

    `reply_to` and `thread` are numbers of the range. `files` are names."""

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
    """Texts of its files by name, when they were to be read."""


@dataclass(frozen=True, kw_only=True)
class Talk:
    """A range of messages, oldest first. The counts are of what was not read; `links` open a message."""

    messages: tuple[Said, ...]
    members: tuple[Member, ...]
    deleted: int = 0
    withheld: int = 0
    unreadable: int = 0
    truncated: bool = False
    since: datetime | None = None
    """From when on the range could be read, when not from its beginning."""
    reader_since: datetime | None = None
    """The same, of those whom the summary is for."""
    unread: tuple[str, ...] = ()
    """Why files were not read, that were to be."""
    links: dict[int, str] = field(default_factory=dict[int, str], repr=False)
    name: str = field(default="", repr=False)

    @cached_property
    def by_number(self) -> dict[int, Said]:
        return {said.n: said for said in self.messages}

    def get(self, n: int | None) -> Said | None:
        return None if n is None else self.by_number.get(n)


def of_range(found: Range) -> Talk:
    """The talk that was read back from a conversation. Orders to bots (`!…`) are no part of it."""
    past = [one for one in found.messages if spelled(one.text) is None]
    numbers = {one.id: n for n, one in enumerate(past, 1)}
    members = {
        person.id: Member(id=person.id, name=_name(person.name or person.id)) for person in found.members
    }
    said = tuple(
        Said(
            n=numbers[one.id],
            author=members.get(one.sender.id) or Member(id=one.sender.id, name=_name(one.sender.name)),
            at=moment(one.at),
            text=_legible(one.text),
            reply_to=numbers.get(one.reply_to or ""),
            thread=numbers.get(one.thread or ""),
            reactions={key: len(who) for key, who in one.reactions.items()},
            files=tuple(each.name for each in one.attachments),
            edited=one.edited,
            read=one.read,
        )
        for one in past
    )
    return Talk(
        messages=said,
        members=tuple(members.values()),
        deleted=found.deleted,
        withheld=found.withheld,
        unreadable=found.unreadable,
        truncated=found.truncated,
        since=moment(found.entry) if found.entry is not None else None,
        reader_since=moment(found.reader_entry) if found.reader_entry is not None else None,
        unread=found.unread,
        links={numbers[one.id]: one.link for one in past},
        name=_name(found.name),
    )


def load(data: bytes, *, name: str = "TALK") -> Talk:
    """An exported conversation. Raises ConfigurationError when it is none."""
    try:
        given: Any = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise ConfigurationError(name, "talk.no_json", line=error.lineno) from error
    talk = object_in(given) or {"messages": given}
    if not isinstance(talk.get("messages"), list):
        raise ConfigurationError(name, "talk.no_messages")
    found = map(_member, array_in(talk.get("members")))
    return _talk(objects_in(talk, "messages"), {each.id: each for each in found if each is not None})


def _talk(entries: list[Json], members: dict[str, Member]) -> Talk:
    names = {member.name: member for member in members.values()}
    numbers = _numbers(entries)
    replaced = {
        numbers[old]
        for place, entry in enumerate(entries, 1)
        if (old := str(entry.get("edited_from"))) in numbers and numbers[old] != _number(entry, place)
    }
    said: list[Said] = []
    deleted = withheld = 0
    for place, entry in enumerate(entries, 1):
        n = _number(entry, place)
        if entry.get("deleted"):
            deleted += 1
        elif entry.get("optout"):
            withheld += 1
        elif n not in replaced:
            one = _said(entry, n, members, names, numbers)
            if one.text or one.files:
                said.append(one)
    said.sort(key=lambda one: (one.at, one.n))
    return Talk(
        messages=tuple(said[-LARGEST:]),
        members=tuple(members.values()),
        deleted=deleted,
        withheld=withheld,
        truncated=len(said) > LARGEST,
    )


def _numbers(entries: list[Json]) -> dict[str, int]:
    """What a message may be called by others: its number, or its id."""
    found: dict[str, int] = {}
    for place, entry in enumerate(entries, 1):
        n = _number(entry, place)
        found[str(n)] = n
        if entry.get("id") is not None:
            found[str(entry["id"])] = n
    return found


def _number(entry: Json, place: int) -> int:
    n = integer_in(entry, "n")
    return place if n is None else n


def _said(
    entry: Json,
    n: int,
    members: dict[str, Member],
    names: dict[str, Member],
    numbers: dict[str, int],
) -> Said:
    given: Any = entry.get("from")
    named = _member(given) or Member(id="", name="?")
    author = members.get(named.id) or names.get(named.name) or members.setdefault(named.id, named)
    return Said(
        n=n,
        author=author,
        at=moment(entry.get("at")),
        text=_legible(text_in(entry, "text").strip()),
        reply_to=numbers.get(str(entry.get("reply_to"))),
        thread=numbers.get(str(entry.get("thread"))),
        reactions=_reactions(entry.get("reactions")),
        files=_files(entry.get("file")),
        edited=entry.get("edited_from") not in (None, False),
    )


def moment(given: object) -> datetime:
    """ISO 8601, or seconds (or milliseconds) since 1970; without a zone it is that of Paris."""
    if isinstance(given, int | float) and not isinstance(given, bool):
        seconds = given / 1000 if given > _MILLISECONDS else given
        return datetime.fromtimestamp(seconds, timezone.utc).astimezone(PARIS)  # noqa: UP017
    try:
        at = datetime.fromisoformat(str(given).strip())
    except ValueError:
        return datetime(1970, 1, 1, tzinfo=PARIS)
    return at.replace(tzinfo=PARIS) if at.tzinfo is None else at.astimezone(PARIS)


def _member(given: object) -> Member | None:
    if isinstance(given, str) and given:
        return Member(id=given, name=_name(given))
    id, name = text_in(given, "id").strip(), text_in(given, "name").strip()
    return Member(id=id or name, name=_name(name or id)) if id or name else None


def _reactions(given: object) -> dict[str, int]:
    """`{"👍": 2}`, `{"👍": ["@a", "@b"]}` or `["👍", "👍"]`."""
    if by_key := object_in(given):
        return {key: len(array_in(by_key, key)) or _count(by_key, key) for key in by_key}
    counted: dict[str, int] = {}
    for one in array_in(given):
        found = object_in(one)
        named = (found.get("key") or found.get("reaction") or found.get("emoji")) if found else one
        if key := text_in(named).strip():
            counted[key] = counted.get(key, 0) + (_count(found, "count") if found else 1)
    return counted


def _count(given: object, name: str) -> int:
    count = integer_in(given, name)
    return 1 if count is None else count


def _files(given: object) -> tuple[str, ...]:
    names = (text_in(object_in(one).get("name", one)).strip() for one in array_in(given) or [given])
    return tuple(name for name in names if name)


def _legible(text: str) -> str:
    """Without what no word is said with, at length: rows of signs, on which the rules would spend minutes."""
    return _SIGNS.sub(lambda run: run[0][:_ROW] + ("\n" if "\n" in run[0][_ROW:] else ""), text)


def _name(given: str) -> str:
    """A name as part of a line: one line, and not long."""
    return re.sub(r"\s*[\n\r]\s*", " ", given).strip()[:_LONGEST_NAME]
