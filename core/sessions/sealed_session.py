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

from collections.abc import Mapping, Sequence
from dataclasses import replace

import orjson
from pydantic import TypeAdapter

from core.errors import Tampered
from core.inbox.sealing import to_json
from core.language.operators import tell
from core.sensitivity.evidence import Finding
from core.sensitivity.level import Level
from core.sessions.model import KeptMaterial, KeptTurn, Session, SessionRecord, could_read
from core.telemetry import log
from core.vault import Opener, Vault

Raw = Mapping[bytes, bytes]
_TAG = 32
"""Length of the tag of a person."""
_FIELDS = ("level", "floor", "masking", "chosen", "before", "bot", "writers")
_FINDINGS = TypeAdapter(tuple[Finding, ...])


def opened(
    vault: Vault, tag: str, raw: Raw, *, key: str = "", person: str = "", people: frozenset[str] = frozenset()
) -> Session:
    """Open the session of a hash as `person` reads it: of its turns and materials those that all `people`, by
    their short tags, could read. Without a `person` all of it is opened, for nobody in particular. Raises
    UnknownKey, TooNew."""
    fields = _fields(vault, tag, raw)
    session = Session(
        key=key,
        person=person,
        people=people,
        chosen=fields.get("chosen") == "1",
        before=fields.get("before", ""),
        bot=fields.get("bot", ""),
    )
    if not raw:
        return session
    who = vault.person_tag(person) if person else ""
    session = replace(session, indexed=f"in:{who}".encode() in raw)
    try:
        held, floor = _read(Opener(vault.keys), tag, raw, fields, person=person, who=who)
        masking = fields["masking"] == "1"
    except (Tampered, LookupError, ValueError):
        log.warning("session_tampered", reason=tell("keys.session_highest"))
        return replace(session, level=Level.N4B, floor=Level.N4B, masking=True, intact=False)
    turns = tuple(each for each in held.turns if could_read(people, each.readers))
    given = [
        (each, giver)
        for each, giver in zip(held.materials, held.givers, strict=True)
        if could_read(people, each.readers)
    ]
    return replace(
        session,
        level=held.level,
        floor=floor,
        masking=masking,
        turns=turns,
        materials=tuple(each for each, _ in given),
        own_materials=tuple(each for each, giver in given if giver == who),
        withheld=len(turns) < len(held.turns) or len(given) < len(held.materials),
        sealed=raw[f"t:{held.turns[0].key}".encode()][_TAG:] if held.turns else None,
        record=None if person else held,
    )


def _fields(vault: Vault, tag: str, raw: Raw) -> dict[str, str]:
    """The fields in clear, those alone that were written with the keys for this place."""
    found: dict[str, str] = {}
    for name in _FIELDS if raw else ():
        written = raw.get(name.encode(), b"")
        value = written.rpartition(b":")[0].decode(errors="replace")
        if written == marked(vault, tag, name, value):
            found[name] = value
    return found


def _read(
    opener: Opener, tag: str, raw: Raw, fields: Mapping[str, str], *, person: str, who: str
) -> tuple[SessionRecord, Level]:
    """All that a session holds, and its level without weak findings. Raises UnknownKey, TooNew; Tampered,
    LookupError or ValueError where some of it is missing, or was not written with the keys."""
    sealed, (last, _, writers) = raw.get(b"lowered"), fields.get("writers", "").partition(" ")
    lowered: list[str] = []
    if sealed is not None:
        lowered = orjson.loads(opener.open(sealed, context=f"lowered|{tag}"))
    turns: dict[str, KeptTurn] = {}
    authors: list[str] = []
    for key in raw.get(b"turns", b"").decode().split():
        value = raw[f"t:{key}".encode()]
        authors.append(by := value[:_TAG].decode())
        said = opener.open(value[_TAG:], context=f"turn|{tag}|{key}|{by}")
        turns[key] = _turn(
            said,
            key,
            author=person if by == who else "",
            lowered=key in lowered,
            writers=tuple(orjson.loads(writers)) if key == last else None,
        )
    floors = {key: turn.level if turn.floor is None else turn.floor for key, turn in turns.items()}
    levels = [Level(int(fields["level"]))]
    levels += (floors[key] if key in lowered else turn.level for key, turn in turns.items())
    materials: list[KeptMaterial] = []
    givers: list[str] = []
    brought: list[str] = []
    for key in raw.get(b"materials", b"").decode().split():
        value, turn = raw[f"m:{key}".encode()], key.partition(":")[0]
        givers.append(by := value[:_TAG].decode())
        name, text, level, readers = orjson.loads(
            opener.open(value[_TAG:], context=f"material|{tag}|{key}|{by}")
        )
        materials.append(KeptMaterial(name=name, text=text, level=Level(level), readers=readers))
        brought.append(turn)
        levels.append(min(Level(level), floors[turn]) if turn in lowered and turn in floors else Level(level))
    record = SessionRecord(
        level=max(levels),
        turns=tuple(turns.values()),
        authors=tuple(authors),
        materials=tuple(materials),
        givers=tuple(givers),
        brought=tuple(brought),
    )
    return record, max([Level(int(fields["floor"])), *floors.values()])


def _turn(said: bytes, key: str, *, author: str, lowered: bool, writers: tuple[str, ...] | None) -> KeptTurn:
    """The exchange that `sealed_turn` sealed; `lowered`: its author took the doubts back later."""
    question, answer, at, level, floor, found, readers, *denied = orjson.loads(said)
    findings = _FINDINGS.validate_python(found) if found else ()
    denied = _FINDINGS.validate_python(denied[0]) if denied and denied[0] else ()
    if lowered:
        denied += tuple(each for each in findings if each.strength == "weak")
    return KeptTurn(
        key=key,
        question=question,
        answer=answer,
        author=author,
        at=at,
        level=Level(level),
        floor=None if floor is None else Level(floor),
        found=findings,
        denied=denied,
        readers=readers,
        writers=writers,
    )


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
