"""What is not clear is asked with numbers, and a number is then understood.

Nothing is kept but the exchange itself: the question and the numbered answer stand in the session, and what
each number meant is read from them again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bots.asked import place_of
from core.bot import Turn
from core.understanding import Intent, Kind, as_kind, understand

_NUMBER = re.compile(r"^\W*(?:le |la |the |n° ?)?([1-3])(?:️?⃣)?\W*$")

DECLINED = "confirmation refusée"
"""Why an intent is « no »: to what was asked before an erasure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """What a number, or a yes, stands for: an intent and the words that it was read in."""

    intent: Intent
    text: str


def _kinds(intent: Intent) -> tuple[Kind, ...]:
    return (intent.kind, *intent.others)


async def offered(turn: Turn, intent: Intent) -> None:
    """Ask which of the likely readings is meant."""
    text = turn.texts.which(_kinds(intent))
    await turn.reply.finish(text, remember=text)


def picked(turn: Turn, text: str, intent: Intent) -> Picked | None:
    """What the words choose of what was asked last here; None when they choose nothing."""
    if not turn.session.turns:
        return None
    last = turn.session.turns[-1]
    if last.answer == turn.texts.confirm_forget() and intent.kind in ("yes", "no"):
        kind: Kind = "forget" if intent.kind == "yes" else "no"
        why = DECLINED if kind == "no" else "confirmation"
        return Picked(intent=Intent(kind=kind, why=why, command="oublier"), text=last.question)
    number = _NUMBER.match(text)
    if number is None:
        return None
    place, here = place_of(turn.event), bool(turn.materials())
    kinds = _kinds(understand(last.question, place=place, document=here))
    if last.answer != turn.texts.which(kinds) or int(number[1]) > len(kinds):
        return None
    kind = kinds[int(number[1]) - 1]
    return Picked(intent=as_kind(last.question, kind, place=place, document=here), text=last.question)
