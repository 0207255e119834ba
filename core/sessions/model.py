"""The values of a session: what was said, what was given, at which level. See `core.sessions.repository`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from core.sensitivity.evidence import Finding
from core.sensitivity.level import Level


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
    """Who could read it when it was said (`core.sessions.model`); None: whoever comes, too."""
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
    waits for a word of theirs (`Sessions.hold`); `held_in`: where it waits instead, apart. `masking`:
    personal data are hidden from models. `withheld`: there are exchanges that not everyone could read for
    whom it was loaded; they are left out. `intact`: all of it was written by who holds the keys.

    What the store needs to know again of for whom it was loaded: `person`, and `people`, who are here, by
    their short tags; `readers`: who can read what is added, None: whoever comes, too; `since`: when what is
    to be kept came in, in ms by the store's clock (nothing is, after an erasure since); `indexed`: the index
    of the person names it; `sealed`: a value whose data key is shared. `record`: all of it, where it was
    loaded for nobody in particular.
    """

    key: str
    level: Level = Level.N0
    floor: Level = Level.N0
    held: bytes | None = field(default=None, repr=False)
    held_in: str = ""
    masking: bool = False
    chosen: bool = False
    before: str = ""
    bot: str = ""
    turns: tuple[KeptTurn, ...] = ()
    materials: tuple[KeptMaterial, ...] = ()
    own_materials: tuple[KeptMaterial, ...] = ()
    withheld: bool = False
    intact: bool = True
    person: str = ""
    people: frozenset[str] = field(default=frozenset(), repr=False)
    readers: str | None = field(default=None, repr=False)
    since: int = 0
    indexed: bool = False
    sealed: bytes | None = field(default=None, repr=False)
    record: SessionRecord | None = field(default=None, repr=False)


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
