"""A session: what was said, what was given, at which level; and how it lies in the store.

It is one hash there, that nobody without the keys can write so that it counts.

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

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

import orjson
from pydantic import TypeAdapter

from core.errors import Tampered
from core.inbox.records import to_json
from core.language.operators import tell
from core.sensitivity.level import Finding, Level
from core.telemetry import log
from core.vault import Opener, Vault

Raw = Mapping[bytes, bytes]
_TAG = 32
"""Length of the tag of a person."""
_FINDINGS = TypeAdapter(tuple[Finding, ...])
_FIELDS = ("level", "floor", "masking", "chosen", "before", "bot", "writers")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptTurn:
    """One exchange. `key` is the same for a question and its edits; `author` the id of the person who asked,
    empty when the session is read by somebody else (the store knows a tag only)."""

    key: str
    question: str = field(repr=False)
    answer: str = field(repr=False)
    author: str
    at: float
    level: Level
    floor: Level | None = None
    """The level without weak findings; None: the same."""
    found: tuple[Finding, ...] = ()
    """Why it has this level: masked, for « Pourquoi ? » and `!niveau`."""
    denied: tuple[Finding, ...] = ()
    """What its author said is not true of it."""
    readers: str | None = field(default=None, repr=False)
    """Who could read it when it was said (by short tags); None: whoever comes, too."""
    writers: tuple[str, ...] | None = None
    """The models that wrote its answer; None: not known. Kept for the last turn of a session only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMaterial:
    """A document given in a session, as text. A form feed separates pages."""

    name: str
    text: str = field(repr=False)
    level: Level
    readers: str | None = field(default=None, repr=False)
    """As of the turn that brought it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """What a session holds, for the archives. `authors`: the tags of those who asked, turn by turn; `givers`:
    of those who gave the materials, in the turns `brought` (empty: not known)."""

    level: Level
    turns: tuple[KeptTurn, ...]
    authors: tuple[str, ...]
    materials: tuple[KeptMaterial, ...] = ()
    givers: tuple[str, ...] = ()
    brought: tuple[str, ...] = ()

    def without(self, people: Collection[str], turns: Collection[str] = ()) -> SessionRecord:
        """Leave out what these people (tags) said and gave, and these exchanges (keys) with documents."""
        said = [
            (turn, tag)
            for turn, tag in zip(self.turns, self.authors, strict=True)
            if tag not in people and turn.key not in turns
        ]
        brought = self.brought or ("",) * len(self.materials)
        given = [
            each
            for each in zip(self.materials, self.givers, brought, strict=True)
            if each[1] not in people and each[2] not in turns
        ]
        return replace(
            self,
            turns=tuple(turn for turn, _ in said),
            authors=tuple(tag for _, tag in said),
            materials=tuple(material for material, _, _ in given),
            givers=tuple(tag for _, tag, _ in given),
            brought=tuple(key for _, _, key in given),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session as it was when loaded. `chosen`: a person set the level, at least once; `before`: the level
    before they did, and the tag of who did (`1 9f…`).

    `floor` is what the level may be lowered to: all but weak findings. `held`: a question of the reader that
    waits for a word of theirs (`Sessions.hold`); `held_in`: where it waits instead, apart. `settled`: what
    the conversation has settled, where that was loaded with it. `masking`:
    personal data are hidden from models. `withheld`: there are exchanges that not everyone could read for
    whom it was loaded; they are left out. `intact`: all of it was written by who holds the keys.

    What the store needs to know again of for whom it was loaded: `person`, and `people`, who are here, by
    their short tags; `readers`: who can read what is added, None: whoever comes, too; `since`: when what is
    to be kept came in, in ms by the store's clock (nothing is, after an erasure since); `indexed`: the index
    of the person names it; `sealed`: a value whose data key is shared. `authors`, `givers`, `brought`: see
    `SessionRecord`.
    """

    key: str
    level: Level = Level.N0
    floor: Level = Level.N0
    held: bytes | None = field(default=None, repr=False)
    held_in: str = ""
    settled: bytes | None = field(default=None, repr=False)
    masking: bool = False
    chosen: bool = False
    before: str = ""
    bot: str = ""
    turns: tuple[KeptTurn, ...] = ()
    materials: tuple[KeptMaterial, ...] = ()
    authors: tuple[str, ...] = field(default=(), repr=False)
    givers: tuple[str, ...] = field(default=(), repr=False)
    brought: tuple[str, ...] = field(default=(), repr=False)
    withheld: bool = False
    intact: bool = True
    person: str = ""
    people: frozenset[str] = field(default=frozenset(), repr=False)
    readers: str | None = field(default=None, repr=False)
    since: int = 0
    indexed: bool = False
    sealed: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A person's choices. `greeted` names the job that told them who answers; empty: none yet."""

    language: str | None = None
    model: str | None = None
    writes: str | None = None
    """The language that they wrote in last, where it was plain and they chose none."""
    greeted: str = ""
    chat: str | None = field(default=None, repr=False)
    """Their chat of two with the bot: the platform's id of the conversation."""


SHORT = 8
"""Characters of a person's tag: among a thousand people, two in ten million would be taken for another."""


def could_read(people: frozenset[str], readers: str | None) -> bool:
    """Could all these people, by their short tags, read what is kept with these `readers`?"""
    if readers is None:
        return True
    return people <= {readers[at : at + SHORT] for at in range(0, len(readers), SHORT)}


def opened_session(
    vault: Vault, tag: str, raw: Raw, *, key: str = "", person: str = "", people: frozenset[str] = frozenset()
) -> Session:
    """Open the session of a hash as `person` reads it: of its turns and materials those that all `people`, by
    their short tags, could read. Without a `person` all of it is opened, for nobody in particular. Raises
    UnknownKey, TooNew."""
    fields, who = dict[str, str](), vault.tag("person", person) if person else ""
    for name in _FIELDS:  # those alone that were written with the keys for this place
        written = raw.get(name.encode(), b"")
        value = written.rpartition(b":")[0].decode(errors="replace")
        if written and written == marked(vault, tag, name, value):
            fields[name] = value
    session = partial(
        Session,
        key=key,
        person=person,
        people=people,
        chosen=fields.get("chosen") == "1",
        before=fields.get("before", ""),
        bot=fields.get("bot", ""),
        indexed=f"in:{who}".encode() in raw,
    )
    if not raw:
        return session()
    try:
        return _read(session, Opener(vault.keys), tag, raw, fields, who)
    except (Tampered, LookupError, ValueError):
        log.warning("session_tampered", reason=tell("keys.session_highest"))
        return session(level=Level.N4B, floor=Level.N4B, masking=True, intact=False)


def _read(
    session: partial[Session], opener: Opener, tag: str, raw: Raw, fields: Mapping[str, str], who: str
) -> Session:
    """Complete the session with what it holds. Raises UnknownKey, TooNew; Tampered, LookupError or ValueError
    where some of it is missing, or was not written with the keys."""
    person, people = session.keywords["person"], session.keywords["people"]
    lowered = _lowered(opener, tag, raw)
    last, _, writers = fields.get("writers", "").partition(" ")
    turns: dict[str, KeptTurn] = {}
    by: dict[str, str] = {}
    for key in raw.get(b"turns", b"").decode().split():
        by[key], said = _opened(opener, raw, tag, "turn", key)
        turn = _turn(key, said, lowered=key in lowered)
        wrote = tuple(orjson.loads(writers)) if key == last else None
        turns[key] = replace(turn, author=person if by[key] == who else "", writers=wrote)
    floors = {key: turn.level if turn.floor is None else turn.floor for key, turn in turns.items()}
    materials = list(_materials(opener, tag, raw))
    levels = [Level(int(fields["level"]))]
    levels += (floors[key] if key in lowered else turn.level for key, turn in turns.items())
    for each in materials:
        lower = each.brought in lowered and each.brought in floors
        levels.append(min(each.material.level, floors[each.brought]) if lower else each.material.level)
    here = [turn for turn in turns.values() if could_read(people, turn.readers)]
    beside = [each for each in materials if could_read(people, each.material.readers)]
    return session(
        level=max(levels),
        floor=max([Level(int(fields["floor"])), *floors.values()]),
        masking=fields["masking"] == "1",
        turns=tuple(here),
        authors=tuple(by[turn.key] for turn in here),
        materials=tuple(each.material for each in beside),
        givers=tuple(each.giver for each in beside),
        brought=tuple(each.brought for each in beside),
        withheld=len(here) < len(turns) or len(beside) < len(materials),
        sealed=raw[f"t:{next(iter(turns))}".encode()][_TAG:] if turns else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """A material with the tag of who gave it and the key of the exchange that brought it."""

    material: KeptMaterial
    giver: str
    brought: str


def _lowered(opener: Opener, tag: str, raw: Raw) -> list[str]:
    """The keys of the exchanges whose author took the doubts about them back later."""
    sealed = raw.get(b"lowered")
    return [] if sealed is None else orjson.loads(opener.open(sealed, context=f"lowered|{tag}"))


def _opened(
    opener: Opener, raw: Raw, tag: str, what: Literal["turn", "material"], key: str
) -> tuple[str, bytes]:
    """The tag of who brought a sealed value of the session, and the value. Raises LookupError, Tampered."""
    value = raw[f"{what[0]}:{key}".encode()]
    by = value[:_TAG].decode()
    return by, opener.open(value[_TAG:], context=f"{what}|{tag}|{key}|{by}")


def _turn(key: str, said: bytes, *, lowered: bool) -> KeptTurn:
    """An exchange as it was sealed, without its author. `lowered`: its doubts count as denied."""
    question, answer, at, level, floor, found, readers, *more = orjson.loads(said)
    findings = _FINDINGS.validate_python(found) if found else ()
    denied = _FINDINGS.validate_python(more[0]) if more and more[0] else ()
    if lowered:
        denied += tuple(each for each in findings if each.strength == "weak")
    return KeptTurn(
        key=key,
        question=question,
        answer=answer,
        author="",
        at=at,
        level=Level(level),
        floor=None if floor is None else Level(floor),
        found=findings,
        denied=denied,
        readers=readers,
        writers=None,
    )


def _materials(opener: Opener, tag: str, raw: Raw) -> Iterator[_Given]:
    for key in raw.get(b"materials", b"").decode().split():
        by, given = _opened(opener, raw, tag, "material", key)
        name, text, level, readers = orjson.loads(given)
        material = KeptMaterial(name=name, text=text, level=Level(level), readers=readers)
        yield _Given(material=material, giver=by, brought=key.partition(":")[0])


def marked(vault: Vault, tag: str, field: str, value: str | int) -> bytes:
    """A field of a session: its value in clear, and a keyed hash that binds it to its place."""
    return f"{value}:{vault.tag('mark', tag, field, str(value))}".encode()


def sealed_turn(vault: Vault, tag: str, who: str, turn: KeptTurn, beside: bytes | None) -> bytes:
    """Seal an exchange for this session, key and author; `beside`: with the data key of this value of it."""
    said = (turn.question, turn.answer, turn.at, int(turn.level), turn.floor, turn.found, turn.readers)
    context = f"turn|{tag}|{turn.key}|{who}"
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
            context=f"material|{tag}|{turn}:{number}|{who}",
        )
        for number, material in enumerate(materials)
    ]


def sealed_lowered(vault: Vault, tag: str, turns: Sequence[KeptTurn]) -> bytes:
    """The names of turns that count without their weak findings from now on."""
    return vault.seal(orjson.dumps([turn.key for turn in turns]), context=f"lowered|{tag}")
