"""What a policy rules beside its levels: quotas, markings, rights, a second reading, how long things stay."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import ConfigDict

from core.policy.channels import channels
from core.policy.fields import HomologableLevel, OpenLevel, Text, count, texts
from core.sensitivity.level import Level, Sublevel

Strength = Literal["strong", "weak"]
KINDS = tuple(channels())
HOMOLOGABLE = tuple(name for name, channel in channels().items() if channel.homologable)
"""What may be a system homologated for Diffusion Restreinte: nothing public, in clear or open to guests."""
_ONLY_THESE = ConfigDict(extra="forbid")
_Limit = Annotated[int | None, count(100)]
_Channels = Annotated[tuple[str, ...], texts(KINDS, KINDS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """What one person may use. None: without limit."""

    __pydantic_config__ = _ONLY_THESE
    messages_per_minute: _Limit = None
    tokens_per_day: _Limit = None
    tokens_per_day_in_all: _Limit = None
    """Of all people together: what the service may spend (RGESN)."""
    answer_characters: _Limit = None
    """The longest answer of a model; a longer one is cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkingRule:
    """An addition to the built-in vocabulary of markings; `pattern` is a regular expression."""

    name: str
    pattern: str
    level: Level
    strength: Strength
    sublevel: Sublevel | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """What these people may have a model read. `people` are ids, in which `*` stands for any text: a person,
    or a group (`@*:agent.x.tchap.gouv.fr`). `level` is the highest that they may; `deny` the lowest that they
    may not, whatever others of these rules grant them: N0 blocks them."""

    __pydantic_config__ = _ONLY_THESE
    people: Annotated[tuple[str, ...], texts(())]
    level: HomologableLevel | None = None
    deny: OpenLevel | None = None

    def names(self, person: str) -> bool:
        return any(fnmatchcase(person, pattern) for pattern in self.people)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondReading:
    """Which model reads again what nobody stamped: doubtful messages, and documents of so many characters.
    `channels` are kinds of audience; none: all. See `core.models.second_reader`."""

    __pydantic_config__ = _ONLY_THESE
    model: Text
    from_characters: Annotated[int, count(2_000)] = 2_000
    channels: _Channels = ()
    tokens_per_day: Annotated[int, count(1_000_000)] = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long things are kept, in days. The audit trail: CNIL 2021-122 asks for 6 to 12 months. The register
    by which answers are recognised holds none of their words; 0: there is none."""

    __pydantic_config__ = _ONLY_THESE
    session_days: Annotated[int, count(30)] = 30
    audit_days: Annotated[int, count(183)] = 183
    register_days: Annotated[int, count(90, least=0)] = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveRule:
    """What the archives get: up to `clearance`, what people mark, and all conversations of some kinds of
    audience (`channels`)."""

    __pydantic_config__ = _ONLY_THESE
    channels: _Channels = ()
    clearance: OpenLevel = Level.N2
