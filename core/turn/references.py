"""Names a turn's session, and says how its job is found again by its messages."""

from __future__ import annotations

from core.connector import Joined, Message, Reacted, Tick
from core.inbox.inbox import Inbox, Ref
from core.inbox.records import FILE, last_answer, last_asked
from core.sensitivity.level import Level
from core.turn.exchange import Exchange
from core.turn.services import Services
from core.understanding import Kind, goes_on, understand
from core.understanding.commands import thanks_and_goes_on

_ON_THE_LAST: frozenset[Kind] = frozenset({"export", "again", "feedback", "human", "stop"})
"""What is ordered about the last answer: « annule » what it settled."""
_QUESTIONS: frozenset[Kind] = frozenset({"ask", "ask_document"})
_CORRIGIBLE = frozenset({"summariser"})
"""Kinds of answers that are everybody's in a room: « c’est faux » is about the last one, whoever asked for
it. What doubts ask is answered where they ask it."""


async def session_key(inbox: Inbox, event: Message | Joined | Reacted | Tick) -> str:
    """Name the session: a direct chat, or a thread of it that is apart; a room's thread; the root of a chain
    of replies; each tick's own. What is about the last answer, where it begins a thread among others, is of
    the thread in which its author was answered last; in a chat of two it is in that thread already."""
    conversation = event.address.whole
    if isinstance(event, Tick):
        return f"{conversation}:{event.key}"
    if isinstance(event, Reacted):
        ref = await inbox.ref(event.address, event.target)
        return ref.session if ref else conversation
    if isinstance(event, Joined) or (event.direct and not (event.address.apart and event.address.thread)):
        return conversation
    begins = not (event.direct or event.reply_to) and event.address.thread in (None, event.id)
    if begins and (last := await _answer_meant(inbox, event)) is not None:
        return last.session
    if event.address.thread:
        return f"{conversation}:{event.address.thread}"
    if event.reply_to:
        ref = await inbox.ref(event.address, event.reply_to)
        return ref.session if ref else f"{conversation}:{event.reply_to}"
    return f"{conversation}:{event.id}"


async def _answer_meant(inbox: Inbox, event: Message) -> Ref | None:
    """The answer that the author was given last in this conversation, today, if the event orders something
    about it or goes on from it; else, or if it denies it, the last one that is everybody's, unless the author
    was answered later: what was asked of them then is what they deny."""
    intent = understand(event.text, place="room")
    stops = intent.kind == "stop" and _QUESTIONS.isdisjoint(intent.others)
    orders = intent.kind in _ON_THE_LAST and (intent.sure or stops)
    follows = goes_on(event.text) or thanks_and_goes_on(event.text)
    meant, denies = orders or follows, "no" in (intent.kind, *intent.others)
    if not (meant or denies):
        return None
    who = inbox.who(event.sender.id)
    own, last = await inbox.refs(event.address, *(last_answer(each, event.at) for each in (who, "")))
    if own is not None and (meant or last is None or own.at > last.at):
        return own if meant or own.awaits else None
    return last if orders or denies else None


async def ref_of(services: Services, exchange: Exchange) -> Ref | None:
    """Return how a turn's job is found again by its messages; None where it answers no message. Raises
    StoreError."""
    if (ref := exchange.room.earlier.ref()) is not None:
        return ref
    question, outcome, reply = exchange.question, exchange.outcome, exchange.reply
    if isinstance(question.event, Reacted) or (isinstance(question.event, Joined) and not outcome.awaits):
        return None
    remembered = reply.final is not None and reply.final.remember is not None
    before = await _posts_that_asked(services, exchange)
    return Ref(
        questions=tuple(dict.fromkeys(_questions(exchange, remembered=remembered))) or (question.event.key,),
        posts=() if reply.revises else tuple(id for _, id in sorted(reply.posted.items())),
        session=exchange.session.key,
        turn=question.key,
        refused=outcome.marked,
        kind="refusal" if outcome.refusals else outcome.bot if remembered else "service",
        model=outcome.answered_by[-1] if outcome.answered_by else "",
        level=min(exchange.reading.level, Level.N4).name,
        awaits=outcome.awaits,
        about=outcome.holds,
        outlives=outcome.outlives,
        file=reply.posted.get(FILE, ""),
        chat=exchange.person.chat,
        who=exchange.person.who,
        shelves=tuple(dict.fromkeys(shelf.key for shelf, _ in outcome.shelved)),
        at=question.at,
        before=tuple(each for each in before if each not in reply.posted.values()),
    )


def _questions(exchange: Exchange, *, remembered: bool) -> list[str]:
    """Return the names of what a turn answers. A reaction that stands for a word bears the id of our message,
    which is found by its own job."""
    question, outcome = exchange.question, exchange.outcome
    said = (*question.messages, *question.contents)
    names = [each.id for each in said if not (question.by_reaction and each in question.messages)]
    if outcome.awaits == "try":
        names.append(exchange.progress.turn)  # as the author's profile names the welcome
    if remembered:
        names.append(last_answer(exchange.person.who, question.at))
    if remembered and outcome.bot in _CORRIGIBLE:
        names.append(last_answer("", question.at))
    return [*names, *(exchange.room.asking if outcome.awaits else ())]


async def _posts_that_asked(services: Services, exchange: Exchange) -> tuple[str, ...]:
    """Return the messages of ours that asked here for the word, or the choice, by which an exchange is
    handled that waited."""
    held, here = exchange.question.held, exchange.question.address
    if held is None or not exchange.question.takes_held:
        return ()
    names = (held.turn, *map(last_asked, (exchange.session.key, here.whole)))
    found = [await services.inbox.ref(here, name) for name in names]
    asked = [each for each in found if each is not None and held.turn in (each.about, each.turn)]
    return tuple(dict.fromkeys(id for each in asked for id in (*each.before, *each.posts)))
