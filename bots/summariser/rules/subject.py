"""What of a summary is about a subject, or is to be done by whom words name. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from bots.summariser.rules.names import Names
from bots.summariser.rules.sentences import stems
from bots.summariser.summary import KINDS, Action, Point, Summary
from bots.summariser.talk import Talk
from core.language.accents import unaccented
from core.language.months import DAYS
from core.understanding.arguments import without_range

_DAYS = frozenset((*DAYS, "demain", "tomorrow"))


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
