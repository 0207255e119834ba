"""A session as it lies in the store: one hash, whose values are sealed.

`level`, `floor`, `chosen`, `masking`, `bot` are in clear; `turns` and `materials` name the values in order:
`t:` and the key of a turn, `m:` and the key and number of a material. Such a value is the tag of its author
and what is sealed; all of a session share one data key. `in:` and a tag: the index of that person names
this session.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import orjson
from pydantic import TypeAdapter

from core.inbox.codec import to_json
from core.sensitivity.findings import Finding
from core.sensitivity.level import Level
from core.sessions.model import Material, Turn
from core.vault import Vault

Raw = Mapping[bytes, bytes]
_TAG = 32
"""Length of the tag of a person."""
_FINDINGS = TypeAdapter(tuple[Finding, ...])


class Page:
    """One session's hash, as `person` (whose tag is `who`) reads it."""

    def __init__(self, vault: Vault, tag: str, raw: Raw, *, who: str, person: str) -> None:
        self._opener = vault.opener()
        self._tag = tag
        self._raw = raw
        self._who = who.encode()
        self._person = person
        self.level = Level(int(raw.get(b"level", b"0")))
        self.floor = Level(int(raw.get(b"floor", self.level)))
        self.chosen = b"chosen" in raw
        self.masking = b"masking" in raw
        self.bot = raw.get(b"bot", b"").decode()
        self.indexed = b"in:" + self._who in raw

    @property
    def sealed(self) -> bytes | None:
        """A sealed value of the session, if there is one."""
        last = next((value for _, value in self._values(b"t:", b"turns", mine=False)), None)
        return last and last[_TAG:]

    def turns(self, *, mine: bool = False) -> Iterator[Turn]:
        """Oldest first; with `mine` the person's own only."""
        for key, value in self._values(b"t:", b"turns", mine=mine):
            context = _turn(self._tag, key.decode())
            opened = orjson.loads(self._opener.open(value[_TAG:], context=context))
            question, answer, at, level, floor, found = opened
            yield Turn(
                key=key.decode(),
                question=question,
                answer=answer,
                author=self._person if value.startswith(self._who) else "",
                at=at,
                level=Level(level),
                floor=None if floor is None else Level(floor),
                found=_FINDINGS.validate_python(found) if found else (),
            )

    def materials(self, *, mine: bool = False) -> Iterator[Material]:
        """Oldest first; with `mine` the person's own only."""
        for _, value in self._values(b"m:", b"materials", mine=mine):
            opened = self._opener.open(value[_TAG:], context=_material(self._tag))
            name, text, level = orjson.loads(opened)
            yield Material(name=name, text=text, level=Level(level))

    def _values(self, prefix: bytes, order: bytes, *, mine: bool) -> Iterator[tuple[bytes, bytes]]:
        for key in self._raw.get(order, b"").split():
            value = self._raw[prefix + key]
            if not mine or value.startswith(self._who):
                yield key, value


def sealed_turn(vault: Vault, tag: str, turn: Turn, beside: bytes | None) -> bytes:
    data = to_json([turn.question, turn.answer, turn.at, int(turn.level), turn.floor, turn.found])
    return vault.seal(data, context=_turn(tag, turn.key), beside=beside)


def sealed_material(vault: Vault, tag: str, material: Material, beside: bytes | None) -> bytes:
    data = to_json([material.name, material.text, int(material.level)])
    return vault.seal(data, context=_material(tag), beside=beside)


def _turn(tag: str, key: str) -> str:
    return f"turn|{tag}|{key}"


def _material(tag: str) -> str:
    return f"material|{tag}"
