"""What is not clear is asked with numbers, and a number is then understood.

Nothing is kept but the exchange itself: the question and the numbered answer stand in the session, and what
each number meant is read from them again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bots.asked import place_of
from bots.assistant import documents
from core.bot import Turn
from core.connector import Choice
from core.language.phrasebook import LANGUAGES
from core.sessions.repository import KeptTurn
from core.texts import Texts, texts
from core.turn.confirmation import SURE_YES
from core.understanding import Intent, Kind, as_kind, understand
from core.understanding.arguments import number_of

CONFIRMED, DECLINED = "confirmation", "confirmation refusée"
"""Why an intent is what was asked about, or « no »: to what was asked before an erasure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """What a number, or a yes, stands for: an intent and the words that it was read in."""

    intent: Intent
    text: str


def _kinds(intent: Intent) -> tuple[Kind, ...]:
    return (intent.kind, *intent.others)


def _theirs(turn: Turn) -> KeptTurn | None:
    """The last exchange here if it was with the author of this turn: who did not ask chooses nothing."""
    last = turn.session.turns[-1] if turn.session.turns else None
    return last if last is not None and last.author == turn.event.sender.id else None


def _was_asked(turn: Turn, last: KeptTurn, ask: Callable[[Texts], str]) -> bool:
    """Is the last answer what we `ask`, in either language? A word may be in another than what it answers."""
    return last.answer in (ask(texts(language, turn.texts.contacts)) for language in LANGUAGES)


def _confirmed(turn: Turn, last: KeptTurn, intent: Intent) -> Intent | None:
    """What the words mean to a confirmation; None where none was asked for, or they are no word for it. A yes
    is a sure one, for what it does is done for good; « laisse tomber » is as good a no as any."""
    if _was_asked(turn, last, lambda say: say.confirm_forget()):
        if _agrees(intent, "forget"):
            return Intent(kind="forget", why=CONFIRMED, command="oublier")
        return Intent(kind="no", why=DECLINED, command="oublier") if _declines(intent) else None
    if _was_asked(turn, last, lambda say: say.confirm_unmask()):
        yes = _agrees(intent, "mask")
        asked = Intent(kind="mask", why=CONFIRMED, command="masquer", arguments={"on": not yes})
        return asked if yes or _declines(intent) else None
    return None


def _agrees(intent: Intent, order: Kind) -> bool:
    """Is it a yes and nothing else, but for the order itself (« oui, efface »)?"""
    return intent.kind == "yes" and (intent.others == (order,) or (intent.sure and intent.chance >= SURE_YES))


def _declines(intent: Intent) -> bool:
    """Is it likelier a no, or an end to it, than anything else?"""
    return intent.kind in ("no", "stop")


def _model(turn: Turn, last: KeptTurn, number: int) -> Intent | None:
    """The order that chooses the model of this number, if models were listed last."""
    names, current = [model.id for model in turn.models(chosen=False)], turn.person.profile.model
    if number > len(names) or not _was_asked(turn, last, lambda say: say.models(names, current)):
        return None
    return Intent(kind="model", arguments={"words": names[number - 1]}, why="choisi", command="modèle")


async def offered(turn: Turn, intent: Intent) -> None:
    """Ask which of the likely readings is meant."""
    text = turn.texts.which(_kinds(intent))
    turn.awaits = "number"
    await turn.reply.finish(text, remember=text)


def proposed(turn: Turn) -> None:
    """Let what the welcome proposes be chosen by its number, typed, tapped or as a reaction."""
    turn.awaits = "try"
    tries, address = turn.texts.tries(embedded=turn.embedded), turn.event.address
    turn.reply.offer(tuple(Choice(label=each, text=each, address=address) for each in tries))


async def tried(turn: Turn, text: str) -> Picked | None:
    """What a number chooses of what the welcome proposed; None where something else was said last."""
    number = number_of(text)
    tries = turn.texts.tries(embedded=turn.embedded)
    if number is None or number > len(tries) or not turn.event.direct:
        return None
    if await turn.expected() != "try":
        return None
    said, here = tries[number - 1], bool(turn.materials())
    return Picked(intent=understand(said, place=place_of(turn.event), document=here), text=said)


def of_files(turn: Turn, text: str) -> Picked | None:
    """What a number has done with the files that came last; None where something was said since."""
    number, last = number_of(text), _theirs(turn)
    if number is None or last is None or last.question or last.answer or not turn.materials():
        return None
    ways = documents.ways(turn)
    if number > len(ways):
        return None
    said = ways[number - 1]
    return Picked(intent=understand(said, place=place_of(turn.event), document=True), text=said)


def picked(turn: Turn, text: str, intent: Intent) -> Picked | None:
    """What the words choose of what their author was asked last here; None when they choose nothing. A yes to
    what another was asked is one to nothing, and no model takes it for more."""
    if not turn.session.turns:
        return None
    last, theirs = turn.session.turns[-1], _theirs(turn) is not None
    if (confirmed := _confirmed(turn, last, intent)) is not None:
        another = Intent(kind="yes", why="à une autre personne", command="oui")
        return Picked(intent=confirmed, text=last.question) if theirs else Picked(intent=another, text=text)
    number = number_of(text)
    if number is None or not theirs:
        return None
    if (model := _model(turn, last, number)) is not None:
        return Picked(intent=model, text=text)
    place, here = place_of(turn.event), bool(turn.materials())
    kinds = _kinds(understand(last.question, place=place, document=here))
    if number > len(kinds) or not _was_asked(turn, last, lambda say: say.which(kinds)):
        return None
    kind = kinds[number - 1]
    return Picked(intent=as_kind(last.question, kind, place=place, document=here), text=last.question)
