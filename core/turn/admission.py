"""Decides whether a bot may handle an assessed turn: it is admitted, asked about, answered aside, or refused.

It is asked last, when all is known. Files that cannot be read stop a question to a model, unless others were
read. Then they are named, and nothing of them goes anywhere. What is said where a turn is not admitted stands
in `core.turn.refusal`.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.connector import Message
from core.policy.decision import Denied, Refusal
from core.sensitivity.level import Level
from core.turn.assessor import danger_of
from core.turn.doubts import asked, asked_again, doubted, offered_again, was_refused
from core.turn.exchange import Exchange
from core.turn.refusal import require_readable, sent_elsewhere
from core.turn.services import Services
from core.turn.taking_back import removed
from core.turn.waiting import is_aside
from core.understanding.understand import possible_dangers


@dataclass(frozen=True, slots=True)
class Admitted:
    """A bot may handle the turn."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The author was asked about a doubt first, or asked again; the turn waits for their word."""


@dataclass(frozen=True, slots=True)
class Told:
    """The author was told in private whom to call, and nothing more is to be said."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The policy refuses the turn."""

    refusal: Refusal


Admission = Admitted | Asked | Told | Refused


async def admit(services: Services, exchange: Exchange) -> Admission:
    """Decide whether a bot may handle an assessed turn. An author who is asked or told something instead has
    read it when this returns. Raises Deferred while nobody knows who reads, unless the turn is refused
    whoever reads."""
    findings = exchange.reading.findings
    refusal = findings.refusal(files=bool(exchange.documents.brought))
    if refusal is None and exchange.situation.audience.uncertain:
        raise exchange.situation.audience.unknown()
    text = exchange.question.text
    if possible_dangers(text) and await told_whom_to_call(exchange, text) and not findings.out_of_scope:
        await exchange.reply.finish(exchange.texts.answered_alone())
        return Told()
    edited = bool(exchange.reply.posted or exchange.progress.notes)  # else the question is new
    await _take_note(services, exchange, edited=edited)
    try:
        if await _is_asked(services, exchange):
            return Asked()
        refusal = (await _confirmed(exchange) if exchange.question.word else None) or refusal
        if refusal is not None:
            return Refused(refusal)
        if edited and await _is_still_protected(services, exchange):
            return Asked()
        await _make_ready(services, exchange)
    except Denied as denied:
        return Refused(denied.refusal)
    return Admitted()


async def _is_asked(services: Services, exchange: Exchange) -> bool:
    """Ask the author for their word where one is needed, or was asked for and did not come."""
    if exchange.question.held is not None and (
        await sent_elsewhere(services, exchange)
        or await asked_again(services, exchange)
        or await offered_again(exchange)
    ):
        return True
    return bool(exchange.reading.findings.found) and await doubted(services, exchange)


async def _is_still_protected(services: Services, exchange: Exchange) -> bool:
    """Ask the author of a question that was refused for a marking, and edited, whether it is protected."""
    return await was_refused(services, exchange) and await asked(
        services, exchange, exchange.texts.still_protected(), refused=True
    )


async def _confirmed(exchange: Exchange) -> Refusal | None:
    """Return why a turn is refused of which the author says that the marking is true for which it was refused
    before."""
    if exchange.question.held is None or not exchange.question.held.refused:
        return None
    before = await exchange.person.refusal()
    kind = exchange.situation.kind
    return before or Refusal(why="out_of_scope", level=Level.N4, ceiling=None, audience=kind)


async def _take_note(services: Services, exchange: Exchange, *, edited: bool) -> None:
    """Take note of the chat of two where this is one, that the session begins anew, and of the author's word
    for a doubt (for the trail; that of before too where it still counts). Forget what waits elsewhere of the
    question as it was before it was edited."""
    question, person, session = exchange.question, exchange.person, exchange.session
    here, alone = question.address.conversation, exchange.situation.audience.is_only(question.author.id)
    if person.can_be_told_alone and person.profile.chat != here and alone:
        await person.update(chat=here)
    if session.withheld and not session.turns and not is_aside(question.text):
        exchange.reply.put_before(exchange.texts.begun_anew())  # somebody here could not read it
    if question.word is not None:
        exchange.outcome.note("confirmed" if question.word else "denied")
    elif exchange.reading.findings.waived:
        exchange.outcome.note("denied", why="before")
    if edited and not question.resumed:
        await removed(services, person.who, question.key, person.chat)


async def _make_ready(services: Services, exchange: Exchange) -> None:
    """Put before the answer what its author should know: a question was dropped, a password was seen. Put
    after it that a robot writes here, where somebody came who never read that (AI Act, article 50(1)). The
    session has the level of files before anything of them is sent. Raises Denied where none could be read."""
    question, reading, texts = exchange.question, exchange.reading, exchange.texts
    if reading.documents.unread:
        require_readable(exchange)
    offers = question.held.offers if question.held else ()
    if question.leaves_held and not offers and not is_aside(question.text):
        exchange.reply.put_before(texts.doubt_dropped())
    if question.offer == "without":
        exchange.reply.put_before(texts.sent_without())
    if any(each.kind == "credential" for each in reading.findings.found):
        exchange.reply.put_before(texts.secret_seen())
    event = question.event
    in_room = isinstance(event, Message) and not (question.direct or event.private)
    if in_room and await exchange.room.has_newcomers():
        days = exchange.situation.policy.retention.session_days
        exchange.reply.put_after(texts.welcome_short(days))
    if reading.documents.brought and reading.level > exchange.session.level:
        await services.sessions.raise_level(exchange.session.key, reading.level, floor=reading.floor)


async def told_whom_to_call(exchange: Exchange, text: str) -> bool:
    """Say first whom to call, where a text that may tell of a danger (`possible_dangers`) does, whatever then
    becomes of the question. Among others that is said to the author alone, who asks again there if it was
    read wrongly: then return True. That somebody collapses is told where it was written: a reader may
    help."""
    danger = await danger_of(text, exchange.reading.findings.assessor.jail)
    exchange.reading.danger = danger
    if danger is None:
        return False
    whom = exchange.texts.distress(danger)
    alone = exchange.texts.distress_alone(whom, room=exchange.room.name)
    if danger != "medical" and await exchange.person.tell(alone) is not None:
        return True
    exchange.reply.put_before(whom)
    return False
