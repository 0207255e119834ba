"""A summary: the decisions, actions and open points of a talk, each with the messages that it rests on."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
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
    """A decision, an open question or a disagreement. `messages` are numbers of messages in the talk, at
    least one. `again` is the number of a later message that takes the subject of a decision up again."""

    text: str = field(repr=False)
    messages: tuple[int, ...]
    again: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something to do. `who` is the name of a participant, or None if nobody took it; `due` is an ISO date,
    or None if no day was told."""

    what: str = field(repr=False)
    who: str | None
    due: str | None
    messages: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The lines of a summary. Only a model writes `highlights`, which tell what happened, in the order of the
    talk. `unclaimed` are lines of a model that the messages do not bear out, and are shown as such. `quoted`:
    the texts are the people's own words."""

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
    """Keep the points of a summary that are about the members whom words name, or else about the subject or
    the day that the words are. Return them with their subject as people read it.

    Return the whole summary and "" if no point is about that, or if the words only say how much is wanted."""
    named = list(dict.fromkeys(member.name for _, member in Names(talk.members).named(unaccented(about))))
    fits = _about_people(talk, named) if named else _about_subject(talk, about)
    kinds = (*KINDS, "highlights")
    found: dict[str, Any] = {
        kind: tuple(each for each in getattr(summary, kind) if fits(each)) for kind in kinds
    }
    if not any(found.values()):
        return summary, ""
    return replace(summary, **found), ", ".join(named) or about


_Fits = Callable[["Point | Action"], bool]


def _about_people(talk: Talk, named: Sequence[str]) -> _Fits:
    """Return a test for the actions of these members, and for points whose words name one."""
    wanted = stems(unaccented(" ".join(named)))

    def fits(point: Point | Action) -> bool:
        if isinstance(point, Action):
            return point.who in named
        return not wanted.isdisjoint(stems(_words_behind(talk, point)))

    return fits


def _about_subject(talk: Talk, about: str) -> _Fits:
    """Return a test for points that share a word with a subject, or that name a day."""
    plain = unaccented(about)
    wanted = stems(without_range(plain))
    if not wanted and plain.casefold() in _DAYS:
        day = re.compile(rf"\b{re.escape(plain.casefold())}\b")
        return lambda point: day.search(_words_behind(talk, point).casefold()) is not None
    return lambda point: not wanted.isdisjoint(stems(_words_behind(talk, point)))


def _words_behind(talk: Talk, point: Point | Action) -> str:
    """Return the folded words of a point, of the messages that it rests on, and of those that these
    answer."""
    messages = [talk.by_number[n] for n in point.messages]
    answered = [before for said in messages if (before := talk.get(said.reply_to)) is not None]
    own = point.what if isinstance(point, Action) else point.text
    return unaccented(" ".join([own, *(said.text for said in (*messages, *answered))]))
