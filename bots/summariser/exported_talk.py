"""Reads a conversation that was exported as JSON: `{"members": […], "messages": […]}`, or its messages alone.

Of a message: `n` or `id`, `from`, `at`, `text`, `reply_to`, `thread`, `reactions`, `file`, `edited_from` (the
message that this one replaces), `deleted`, `optout` (its author keeps it out of summaries). Pure.
"""

from __future__ import annotations

from typing import Any

import orjson

from bots.summariser.talk import LARGEST, Member, Said, Talk, legible, moment, one_line
from core.connector.untrusted_json import Json, array_in, integer_in, object_in, objects_in, text_in
from core.errors import ConfigurationError


def load(data: bytes, *, name: str = "TALK") -> Talk:
    """Read an exported conversation. Raises ConfigurationError, which names `name`, if the data are none."""
    try:
        given: Any = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise ConfigurationError(name, "talk.no_json", line=error.lineno) from error
    export = object_in(given) or {"messages": given}
    if not isinstance(export.get("messages"), list):
        raise ConfigurationError(name, "talk.no_messages")
    members = map(_member, array_in(export.get("members")))
    return _Export(objects_in(export, "messages"), [each for each in members if each is not None]).talk()


class _Export:
    """The entries of one export, and the people and messages that they refer to."""

    def __init__(self, entries: list[Json], members: list[Member]) -> None:
        self._entries = [(_number(entry, place), entry) for place, entry in enumerate(entries, 1)]
        self._members = {member.id: member for member in members}
        self._by_name = {member.name: member for member in self._members.values()}
        self._numbers: dict[str, int] = {}
        """The number of each message, by its number as text and by its id."""
        for n, entry in self._entries:
            self._numbers[str(n)] = n
            if entry.get("id") is not None:
                self._numbers[str(entry["id"])] = n

    def talk(self) -> Talk:
        replaced = self._replaced()
        said: list[Said] = []
        deleted = withheld = 0
        for n, entry in self._entries:
            if entry.get("deleted"):
                deleted += 1
            elif entry.get("optout"):
                withheld += 1
            elif n not in replaced:
                one = self._said(n, entry)
                if one.text or one.files:
                    said.append(one)
        said.sort(key=lambda one: (one.at, one.n))
        return Talk(
            messages=tuple(said[-LARGEST:]),
            members=tuple(self._members.values()),
            deleted=deleted,
            withheld=withheld,
            truncated=len(said) > LARGEST,
        )

    def _replaced(self) -> set[int]:
        """Return the numbers of the messages of which a later state is in the export."""
        found: set[int] = set()
        for n, entry in self._entries:
            old = self._numbers.get(str(entry.get("edited_from")))
            if old is not None and old != n:
                found.add(old)
        return found

    def _said(self, n: int, entry: Json) -> Said:
        return Said(
            n=n,
            author=self._author(entry.get("from")),
            at=moment(entry.get("at")),
            text=legible(text_in(entry, "text").strip()),
            reply_to=self._numbers.get(str(entry.get("reply_to"))),
            thread=self._numbers.get(str(entry.get("thread"))),
            reactions=_reactions(entry.get("reactions")),
            files=_files(entry.get("file")),
            edited=entry.get("edited_from") not in (None, False),
        )

    def _author(self, given: object) -> Member:
        """Return the member of this id or name; a person who is no member yet becomes one."""
        named = _member(given) or Member(id="", name="?")
        known = self._members.get(named.id) or self._by_name.get(named.name)
        return known or self._members.setdefault(named.id, named)


def _number(entry: Json, place: int) -> int:
    n = integer_in(entry, "n")
    return place if n is None else n


def _member(given: object) -> Member | None:
    if isinstance(given, str) and given:
        return Member(id=given, name=one_line(given))
    id, name = text_in(given, "id").strip(), text_in(given, "name").strip()
    return Member(id=id or name, name=one_line(name or id)) if id or name else None


def _reactions(given: object) -> dict[str, int]:
    """Count reactions: `{"👍": 2}`, `{"👍": ["@a", "@b"]}` or `["👍", "👍"]`."""
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
