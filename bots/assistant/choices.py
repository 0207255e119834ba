"""What is not clear is asked with numbers, and a number is then understood, later too.

Nothing is kept but the exchange itself: the question and the numbered answer stand in the session, and what
each number meant is read from them again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from bots.assistant import documents
from bots.documents.requests import FORMATS
from core.bot import Exchange
from core.connector import Choice, Message
from core.language.phrasebook import LANGUAGES
from core.sessions.repository import KeptTurn
from core.texts import Texts, texts
from core.understanding import Intent, Kind, as_kind, understand
from core.understanding.commands import short_answer
from core.understanding.understand import SURE_YES

CONFIRMED, DECLINED = "confirmation", "confirmation refusée"
"""Why an intent is what was asked about, or « no »: to what was asked before an erasure."""
_BACK = 6
"""Answers among which a number looks for what it chooses of."""
_NUMBERS = re.compile(r"^\s*(?:\d{1,2}[.)]|[1-9]\ufe0f?\u20e3)\s", re.MULTILINE)
"""A line of an answer that a number may be about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """What a number, or a yes, stands for: an intent and the words that it was read in."""

    intent: Intent
    text: str


def _kinds(intent: Intent) -> tuple[Kind, ...]:
    return (intent.kind, *intent.others)


def _was_asked(exchange: Exchange, last: KeptTurn, ask: Callable[[Texts], str]) -> bool:
    """Is the last answer what we `ask`, in either language? A word may be in another than what it answers."""
    return last.answer in (ask(texts(language, exchange.texts.contacts)) for language in LANGUAGES)


def _confirmed(exchange: Exchange, last: KeptTurn, intent: Intent) -> Intent | None:
    """What the words mean to a confirmation; None where none was asked for, or they are no word for it. A yes
    is a sure one, for what it does is done for good; « laisse tomber » is as good a no as any."""
    if _was_asked(exchange, last, lambda say: say.confirm_forget()):
        if _agrees(intent, "forget"):
            return Intent(kind="forget", why=CONFIRMED, command="oublier")
        return Intent(kind="no", why=DECLINED, command="oublier") if _declines(intent) else None
    if _was_asked(exchange, last, lambda say: say.confirm_unmask()):
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


async def offered(exchange: Exchange, intent: Intent) -> None:
    """Ask which of the likely readings is meant."""
    text = exchange.texts.which(_kinds(intent))
    exchange.outcome.awaits = "number"
    await exchange.reply.finish(text, remember=text)


def proposed(exchange: Exchange) -> None:
    """Let what the welcome proposes be chosen by its number, typed, tapped or as a reaction."""
    exchange.outcome.awaits = "try"
    tries, address = exchange.texts.tries(embedded=exchange.situation.embedded), exchange.question.address
    exchange.reply.offer(tuple(Choice(label=each, text=each, address=address) for each in tries))


async def numbered(exchange: Exchange, text: str) -> Picked | None:
    """What a number chooses of what was offered last here to its author: by the message that it is put on or
    answers, else by the last answer, or by an earlier one where what was said since has no numbers and asks
    nothing. Right after a refusal that offers nothing it asks what to do about that. None where it chooses
    nothing."""
    number = short_answer(text).number
    if number is None or not isinstance(exchange.question.event, Message):
        return None
    # A reaction that stands for a number bears the id of the message that it is put on.
    named = await exchange.room.answered(exchange.question.event.reply_to or exchange.question.event.id)
    if named is None and exchange.question.direct and await exchange.person.was_just_refused():
        return Picked(intent=Intent(kind="why", why="après un refus"), text=text)
    turns = [each for each in exchange.session.turns if named in (None, each.key)][-_BACK:]
    for last in reversed(turns):
        if last.author != exchange.question.author.id:
            return None
        if (offers := await _offers(exchange, last)) is not None:
            return offers[number - 1] if number <= len(offers) else None
        if _NUMBERS.search(last.answer) or last.answer.rstrip().endswith("?"):
            return None
    begins = len(turns) < _BACK and exchange.question.direct
    tries = await _tries(exchange, named or exchange.person.profile.greeted) if begins else None
    return tries[number - 1] if tries and number <= len(tries) else None


async def _offers(exchange: Exchange, last: KeptTurn) -> Sequence[Picked] | None:
    """What the numbers of an answer stand for; None where it offered nothing by number."""
    place, here = exchange.situation.spoken_in, bool(exchange.documents.all)
    names = [model.id for model in exchange.models.available(chosen=False)]
    if any(_was_asked(exchange, last, partial(_listed, names, chosen)) for chosen in ("", *names)):
        return [_chosen("model", "words", name, command="modèle") for name in names]
    if _was_asked(exchange, last, lambda say: say.which_format()):
        return [_chosen("export", "format", kind, command="export") for kind in FORMATS]
    if not (last.question or last.answer) and here:
        return _said(exchange, documents.ways(exchange))
    kinds = _kinds(understand(last.question, place=place, document=here))
    if _was_asked(exchange, last, lambda say: say.which(kinds)):
        return [
            Picked(intent=as_kind(last.question, kind, place=place, document=here), text=last.question)
            for kind in kinds
        ]
    return await _tries(exchange, last.key) if exchange.question.direct else None


def _chosen(kind: Kind, argument: str, value: str, *, command: str) -> Picked:
    intent = Intent(kind=kind, arguments={argument: value}, why="choisi", command=command)
    return Picked(intent=intent, text=value)


def _listed(names: Sequence[str], chosen: str, say: Texts) -> str:
    """The list of models as it was when this one was `chosen`, which may be another now."""
    return say.models(names, chosen)


async def _tries(exchange: Exchange, key: str) -> Sequence[Picked] | None:
    """What the welcome proposes, if it stands below the answer to this turn, or was all of it."""
    welcomes = bool(key) and await exchange.room.expected(key) == "try"
    return _said(exchange, exchange.texts.tries(embedded=exchange.situation.embedded)) if welcomes else None


def _said(exchange: Exchange, words: Sequence[str]) -> list[Picked]:
    """What may be written, as if it had been."""
    place, here = exchange.situation.spoken_in, bool(exchange.documents.all)
    return [Picked(intent=understand(each, place=place, document=here), text=each) for each in words]


def picked(exchange: Exchange, text: str, intent: Intent) -> Picked | None:
    """What a yes or a no chooses of what was asked last here; None where nothing was. A yes to what another
    was asked is one to nothing, and no model takes it for more."""
    last = exchange.session.turns[-1] if exchange.session.turns else None
    confirmed = _confirmed(exchange, last, intent) if last is not None else None
    if last is None or confirmed is None:
        return None
    if last.author == exchange.question.author.id:
        return Picked(intent=confirmed, text=last.question)
    return Picked(intent=Intent(kind="yes", why="à une autre personne", command="oui"), text=text)
