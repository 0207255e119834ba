"""A summary: what was decided, what is to be done, what stays open, each with the messages it rests on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["decisions", "actions", "open_questions", "disagreements"]
Form = Literal["digest", "compte-rendu", "manque", "passation"]
KINDS: tuple[Kind, ...] = ("decisions", "actions", "open_questions", "disagreements")


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A decision, an open question or a disagreement. `messages` are numbers of the range, never empty;
    `again` is that of a later message that takes the subject of a decision up again."""

    text: str = field(repr=False)
    messages: tuple[int, ...]
    again: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """`who` is the name of a participant, None when nobody took it; `due` is an ISO date, None when none
    was told."""

    what: str = field(repr=False)
    who: str | None
    due: str | None
    messages: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """`highlights` tell what happened, in the order of the talk (a model's only); `unclaimed` is what a model
    wrote and the messages do not bear out: shown as such. `quoted`: the texts are the people's own words."""

    decisions: tuple[Point, ...] = ()
    actions: tuple[Action, ...] = ()
    open_questions: tuple[Point, ...] = ()
    disagreements: tuple[Point, ...] = ()
    highlights: tuple[Point, ...] = ()
    unclaimed: tuple[str, ...] = field(default=(), repr=False)
    quoted: bool = False

    @property
    def empty(self) -> bool:
        return not (self.decisions or self.actions or self.open_questions or self.disagreements)
