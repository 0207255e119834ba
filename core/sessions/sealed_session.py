"""A session as it lies in the store: one hash that nobody without the keys can write so that it counts.

`level`, `floor`, `masking`, `chosen`, `before` and `bot` are in clear beside a keyed hash of session, field
and value (`2:9f…`), so that a script can compare levels. `turns` and `materials` name the values in order:
`t:` and the key of a turn, `m:` and the key and number of a material. Such a value is the tag of its author
and what is sealed, for this session, key and author; the turns of a session share one data key. `lowered`,
sealed, names the turns that count without their weak findings. `in:` and a tag: the index of that person
names this session.

The level of a session is the highest of its field, its turns and its materials. Where one of them is missing
or was not written with the keys, the session is of the highest level there is, and nothing of it goes out.
What nobody can tell from the present alone is that the whole of a session was put back to an earlier state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Literal

import orjson
from pydantic import TypeAdapter

from core.errors import Tampered
from core.inbox.sealing import to_json
from core.language.operators import Phrase, tell
from core.sensitivity.evidence import Finding
from core.sensitivity.level import Level
from core.sessions.model import KeptMaterial, KeptTurn
from core.telemetry import log
from core.vault import Opener, Vault

Raw = Mapping[bytes, bytes]
_TAG = 32
"""Length of the tag of a person."""
_FINDINGS = TypeAdapter(tuple[Finding, ...])


class SealedSession:
    """One session's hash, as `person` (whose tag is `who`) reads it. Raises UnknownKey."""

    def __init__(self, vault: Vault, tag: str, raw: Raw, *, who: str, person: str) -> None:
        self._opener = Opener(vault.keys)
        self._vault = vault
        self._tag = tag
        self._raw = raw
        self._who = who.encode()
        self._person = person
        self._lowered: frozenset[str] = frozenset()
        self.turns: tuple[KeptTurn, ...] = ()
        """Oldest first."""
        self.materials: tuple[KeptMaterial, ...] = ()
        """Oldest first."""
        self.own_materials: tuple[KeptMaterial, ...] = ()
        self.level = self.floor = Level.N0
        self.masking = False
        self.chosen = self._marked("chosen", needed=False) == "1"
        self.before = self._marked("before", needed=False)
        """The level before somebody chose a higher one, and the tag of who did: `1 9f…`."""
        self.bot = self._marked("bot", needed=False)
        self._last, _, self._written = self._marked("writers", needed=False).partition(" ")
        self.indexed = b"in:" + self._who in raw
        self.intact = True
        """Was all of it written by who holds the keys?"""
        if raw:
            try:
                self._read()
            except (Tampered, LookupError, ValueError):
                log.warning("session_tampered", reason=tell("keys.session_highest"))
                self.turns = self.materials = self.own_materials = ()
                self.level = self.floor = Level.N4B
                self.masking = True
                self.intact = False

    def _read(self) -> None:
        if b"lowered" in self._raw:
            opened = self._opener.open(self._raw[b"lowered"], context=f"lowered|{self._tag}")
            self._lowered = frozenset(orjson.loads(opened))
        level, floor = Level(int(self._marked("level"))), Level(int(self._marked("floor")))
        self.masking = self._marked("masking") == "1"
        turns = {key: self._turn(key, value) for key, value in self._values("t:", "turns")}
        materials = [
            (key, value, self._material(key, value)) for key, value in self._values("m:", "materials")
        ]
        self.turns = tuple(turns.values())
        self.materials = tuple(material for _, _, material in materials)
        self.own_materials = tuple(each for _, value, each in materials if value.startswith(self._who))
        floors = {key: turn.level if turn.floor is None else turn.floor for key, turn in turns.items()}
        lowest = {key: floor for key, floor in floors.items() if key in self._lowered}
        levels = (lowest.get(key, turn.level) for key, turn in turns.items())
        brought = (
            min(each.level, lowest.get(key.partition(":")[0], Level.N4B)) for key, _, each in materials
        )
        self.level = max(chain((level,), levels, brought))
        self.floor = max(floor, *floors.values(), Level.N0)

    @property
    def authors(self) -> tuple[str, ...]:
        """The tags of the authors of `turns`."""
        return tuple(value[:_TAG].decode() for _, value in self._values("t:", "turns"))

    @property
    def givers(self) -> tuple[str, ...]:
        """The tags of those who gave `materials`."""
        return tuple(value[:_TAG].decode() for _, value in self._values("m:", "materials"))

    @property
    def brought(self) -> tuple[str, ...]:
        """The keys of the turns in which `materials` were given."""
        return tuple(key.partition(":")[0] for key, _ in self._values("m:", "materials"))

    @property
    def sealed(self) -> bytes | None:
        """A sealed value of the session, if there is one."""
        return next((value[_TAG:] for _, value in self._values("t:", "turns")), None) if self.intact else None

    def _turn(self, key: str, value: bytes) -> KeptTurn:
        context = _context("turn", self._tag, key, value[:_TAG].decode())
        question, answer, at, level, floor, found, readers, *denied = orjson.loads(
            self._opener.open(value[_TAG:], context=context)
        )
        findings = _FINDINGS.validate_python(found) if found else ()
        denied = _FINDINGS.validate_python(denied[0]) if denied and denied[0] else ()
        if key in self._lowered:  # its author took the doubts back later
            denied += tuple(each for each in findings if each.strength == "weak")
        return KeptTurn(
            key=key,
            question=question,
            answer=answer,
            author=self._person if value.startswith(self._who) else "",
            at=at,
            level=Level(level),
            floor=None if floor is None else Level(floor),
            found=findings,
            denied=denied,
            readers=readers,
            writers=tuple(orjson.loads(self._written)) if self._last == key else None,
        )

    def _material(self, key: str, value: bytes) -> KeptMaterial:
        context = _context("material", self._tag, key, value[:_TAG].decode())
        name, text, level, readers = orjson.loads(self._opener.open(value[_TAG:], context=context))
        return KeptMaterial(name=name, text=text, level=Level(level), readers=readers)

    def _values(self, prefix: str, order: str) -> Iterator[tuple[str, bytes]]:
        """The values that `order` names. Raises KeyError when one is missing."""
        for key in self._raw.get(order.encode(), b"").decode().split():
            yield key, self._raw[(prefix + key).encode()]

    def _marked(self, field: str, *, needed: bool = True) -> str:
        """The value of a field; "" where it is not `needed`, and missing or written without the keys. Raises
        Tampered."""
        raw = self._raw.get(field.encode(), b"")
        value = raw.rpartition(b":")[0].decode(errors="replace")
        if raw == marked(self._vault, self._tag, field, value):
            return value
        if needed:
            raise Tampered(Phrase("keys.session", field=field))
        return ""


def marked(vault: Vault, tag: str, field: str, value: str) -> bytes:
    """A field of a session: its value in clear, and a keyed hash that binds it to its place."""
    return f"{value}:{vault.tag('mark', tag, field, value)}".encode()


def written(turn: KeptTurn) -> str:
    """Which models wrote the answer of a turn, as the field `writers`: its key, and their ids as JSON."""
    return "" if turn.writers is None else f"{turn.key} {to_json(turn.writers).decode()}"


def sealed_turn(vault: Vault, tag: str, who: str, turn: KeptTurn, beside: bytes | None) -> bytes:
    said = (turn.question, turn.answer, turn.at, int(turn.level), turn.floor, turn.found, turn.readers)
    context = _context("turn", tag, turn.key, who)
    if turn.denied:  # the version before knows seven parts: it must not take eight for a forgery
        return vault.seal_packed(to_json((*said, turn.denied)), context=context, always=True)
    return vault.seal(to_json(said), context=context, beside=beside)


def sealed_materials(
    vault: Vault, tag: str, who: str, turn: str, materials: Sequence[KeptMaterial]
) -> list[bytes]:
    """The materials that came with a turn, in the order in which `append.lua` numbers them."""
    return [
        vault.seal_packed(
            to_json([material.name, material.text, int(material.level), material.readers]),
            context=_context("material", tag, f"{turn}:{number}", who),
        )
        for number, material in enumerate(materials)
    ]


def sealed_lowered(vault: Vault, tag: str, turns: Sequence[KeptTurn]) -> bytes:
    """The names of turns that count without their weak findings from now on."""
    return vault.seal(orjson.dumps([turn.key for turn in turns]), context=f"lowered|{tag}")


def _context(kind: Literal["turn", "material"], tag: str, key: str, who: str) -> str:
    """Where a turn or a material of the author `who` belongs."""
    return f"{kind}|{tag}|{key}|{who}"
