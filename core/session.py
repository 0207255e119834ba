"""The values of a session: what was said, what was given, at which level. See `core.sessions`."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.sensitivity.level import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One exchange. `key` is the same for a question and its edits; `author` the id of the person who asked,
    empty when the session is read by somebody else (the store knows a tag only)."""

    key: str
    question: str = field(repr=False)
    answer: str = field(repr=False)
    author: str
    at: float
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """A document given in a session, as text. A form feed separates pages."""

    name: str
    text: str = field(repr=False)
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """For whom a session was loaded, and what was known of their erasure then. Opaque to callers."""

    person: str
    indexed: bool
    erased_here: str
    erased: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session as it was when loaded. `chosen`: a person set the level, at least once."""

    key: str
    level: Level = Level.N0
    chosen: bool = False
    bot: str = ""
    turns: tuple[Turn, ...] = ()
    materials: tuple[Material, ...] = ()
    reader: Reader | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A person's choices. `greeted` names the job that told them who answers; empty: none yet."""

    language: str | None = None
    model: str | None = None
    greeted: str = ""
