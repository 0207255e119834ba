"""A summary: what was decided, what is to be done, what stays open, each with the messages it rests on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from bots.summariser.rules.names import Names
from bots.summariser.rules.sentences import stems
from bots.summariser.talk import Talk
from core.language.folding import unaccented
from core.language.months import DAYS
from core.understanding.arguments import without_range

Kind = Literal["decisions", "actions", "open_questions", "disagreements"]
Form = Literal["digest", "compte-rendu", "manque", "passation"]
_DAYS = frozenset((*DAYS, "demain", "tomorrow"))
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


def about_only(summary: Summary, talk: Talk, about: str) -> tuple[Summary, str]:
    """The points of a summary that are about the members whom words name, else about what the words say, or
    the day that they are: by their own words, or those of the messages that they rest on or that these
    answer. With what they are about; the whole summary, and "", where no point is, or where the words say how
    much is wanted."""
    plain = unaccented(about)
    named = list(dict.fromkeys(member.name for _, member in Names(talk.members).named(plain)))
    wanted = stems(unaccented(" ".join(named)) or without_range(plain))
    is_day = not wanted and plain.casefold() in _DAYS
    day = re.compile(rf"\b{re.escape(plain.casefold())}\b") if is_day else None

    def fits(point: Point | Action) -> bool:
        if named and isinstance(point, Action):
            return point.who in named
        said = [talk.by_number[n] for n in point.messages]
        before = [each for one in said if (each := talk.get(one.reply_to)) is not None]
        own = point.what if isinstance(point, Action) else point.text
        told = unaccented(" ".join([own, *(one.text for one in (*said, *before))]))
        return not wanted.isdisjoint(stems(told)) or (
            day is not None and day.search(told.casefold()) is not None
        )

    kinds = (*KINDS, "highlights")
    found: dict[str, Any] = {kind: tuple(p for p in getattr(summary, kind) if fits(p)) for kind in kinds}
    return (replace(summary, **found), ", ".join(named) or about) if any(found.values()) else (summary, "")
